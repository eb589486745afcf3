//! Arguments, results and exceptions, as texts.

use lyceum_wire::academy::pickle::{ActionLine, plain, read, write_description};
use lyceum_wire::academy::{Body, Limits, Message, Payload, Serialization, Value, handle, payload};
use lyceum_wire::aiomas::{from_value, to_value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::pickles::pickles;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Color {
    Red,
}

fn captured(name: &str) -> Value {
    let pickle = pickles().filter(|pickle| pickle.name == name).last().unwrap();
    plain(read(&pickle.bytes, Limits::default()).unwrap())
}

#[test]
fn what_python_sends_is_read_into_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: i64,
        y: f64,
    }
    let point: Point = from_value(captured("dataclass"), &handle::table()).unwrap();
    assert_eq!(point, Point { x: 1, y: 2.5 });
    let members: (Color, u8) = from_value(captured("members"), &handle::table()).unwrap();
    assert_eq!(members, (Color::Red, 3));
    let bytes: Vec<Vec<u8>> = from_value(captured("bytes"), &handle::table()).unwrap();
    assert_eq!(bytes[1], [0, 255]);
    let table = handle::table();
    let dates: Vec<String> = from_value(captured("dates"), &table).unwrap();
    let timestamps = dates.iter().filter_map(|date| date.parse::<jiff::Timestamp>().ok());
    assert_eq!(
        timestamps.count(),
        2,
        "those with a zone, and before the last hour of the year 9999"
    );
    let durations: Vec<jiff::SignedDuration> = from_value(captured("durations"), &table).unwrap();
    assert_eq!(durations[1], jiff::SignedDuration::from_micros(-1));
    let text = from_value::<String>(captured("exception"), &table).unwrap_err().to_string();
    assert!(text.contains("expected a string"), "{text}");
}

#[test]
fn a_handle_in_json_is_the_id_of_its_agent() {
    let value = captured("handle");
    let json = payload::write(Serialization::Json, &value).unwrap();
    let expected = json!({
        "uid": "00112233-4455-6677-8899-aabbccddeeff", "name": "sensor", "role": "agent"
    });
    assert_eq!(serde_json::from_str::<Json>(&json).unwrap(), expected);
    let pickled = payload::write(Serialization::Pickle, &value).unwrap();
    assert_eq!(payload::read(Serialization::Pickle, &pickled, Limits::default()), Ok(value));
}

/// Academy takes every dict with the key `__exception__` for an exception, wherever it is.
#[test]
fn a_dict_with_the_mark_of_exceptions_is_a_value_where_a_value_is_wanted() {
    let text = r#"[{"__exception__": 1, "exception_str": "x"}, {"__type__": [0, "y"]}]"#;
    let value = payload::read(Serialization::Json, text, Limits::default()).unwrap();
    assert_eq!(payload::write(Serialization::Json, &value).unwrap(), text);
}

#[test]
fn python_s_json_has_more_than_json() {
    let text = "[NaN, Infinity, 1267650600228229401496703205376]";
    let value = payload::read(Serialization::Json, text, Limits::default()).unwrap();
    assert_eq!(payload::write(Serialization::Json, &value).unwrap(), text);
    let bytes = to_value(&Value::Bytes(vec![1, 2]), &handle::table()).unwrap();
    assert_eq!(payload::write(Serialization::Json, &bytes).unwrap(), "[1, 2]");
}

#[test]
fn exceptions_of_academy_have_kind_and_text() {
    let messages = include_str!("messages.txt").lines();
    let bodies = messages.map(|line| Message::read(line.as_bytes()).unwrap().body().unwrap());
    let exceptions = bodies.filter_map(|body| match body {
        Body::UserErrorResponse { serialization, exception } => {
            let limits = Limits::default();
            Some(payload::read_exception(serialization, &exception, limits).unwrap())
        }
        _ => None,
    });
    let texts: Vec<_> = exceptions.map(|exception| exception.to_string()).collect();
    assert_eq!(texts, ["ValueError: bad", "ValueError: bad"]);
}

#[test]
fn exceptions_are_read_as_they_were_written() {
    for serialization in [Serialization::Pickle, Serialization::Json] {
        for (kind, text, expected) in
            [("ValueError", "grüß", "ValueError: grüß"), ("KeyError", "", "KeyError: ")]
        {
            let written = payload::write_exception(serialization, kind, text);
            let read = payload::read_exception(serialization, &written, Limits::default()).unwrap();
            assert_eq!(read.to_string().trim_end(), expected.trim_end(), "{serialization:?}");
        }
    }
    let error = payload::read_exception(Serialization::Json, "[1]", Limits::default()).unwrap_err();
    assert!(error.to_string().contains("expected an exception"), "{error}");
}

#[test]
fn results_are_read_as_they_were_written() {
    let value = to_value(&json!({"a": [1, 2.5, null, true, "x"]}), &handle::table()).unwrap();
    for serialization in [Serialization::Pickle, Serialization::Json] {
        let payload = Payload::of(serialization, &value).unwrap();
        assert_eq!(payload.value(Limits::default()), Ok(value.clone()));
    }
}

#[test]
fn a_description_is_the_object_that_academy_pickles() {
    let actions = [ActionLine {
        name: "add".into(),
        types: vec![("n".into(), "int".into())],
        doc: "Adds.".into(),
    }];
    let written = write_description("Counts.", &actions);
    let read = plain(read(&written, Limits::default()).unwrap());
    assert_eq!(Json::from(read), Json::from(captured("description")));
}
