//! Pickles that would do harm, if anybody did what they say or kept what they announce.

use lyceum_wire::academy::pickle::{Class, PickleError, Value, plain, read};
use lyceum_wire::academy::{ActionRequest, Limits, Serialization, payload};
use serde_json::{Value as Json, json};

fn error(bytes: &[u8]) -> PickleError {
    read(bytes, Limits::default()).unwrap_err()
}

fn opaque(bytes: &[u8]) -> Json {
    Json::from(plain(read(bytes, Limits::default()).unwrap()))
}

#[test]
fn commands_are_names_and_arguments_and_nothing_runs() {
    let mark = std::env::temp_dir().join(format!("lyceum-pickle-{}", std::process::id()));
    let command = format!("touch {}", mark.display());
    for (module, name) in [("os", "system"), ("posix", "system"), ("builtins", "eval")] {
        let old = format!("c{module}\n{name}\n(V{command}\ntR.");
        let json = opaque(old.as_bytes());
        assert_eq!(json, json!({"__class__": format!("{module}.{name}"), "args": [command]}));
    }
    let popen = opaque(b"csubprocess\nPopen\n((Vsh\nV-c\nVid\nltR.");
    assert_eq!(popen, json!({"__class__": "subprocess.Popen", "args": [["sh", "-c", "id"]]}));
    let inst = opaque(b"(Vid\nios\nsystem\n.");
    assert_eq!(inst, json!({"__class__": "os.system", "args": ["id"]}));
    let built = opaque(b"(cos\nsystem\nVid\no.");
    assert_eq!(built, inst);
    let new = opaque(b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85}\x92.");
    assert_eq!(new, inst);
    assert!(!mark.exists());
}

#[test]
fn what_is_looked_up_by_a_call_is_never_called() {
    // getattr(os, "system")("id"): the callee is no class by name.
    let chain = b"cbuiltins\ngetattr\n(cos\n__name__\nVsystem\ntR(Vid\ntR.";
    let error = error(chain);
    assert!(matches!(error, PickleError::Refused { .. }), "{error}");
}

#[test]
fn what_is_never_data_is_refused() {
    for bytes in [&b"Pid\n."[..], b"NQ.", b"\x82\x01.", b"\x83\x01\x02.", b"\x97.", b"N\x98."] {
        assert!(matches!(error(bytes), PickleError::Refused { .. }), "{bytes:?}");
    }
}

#[test]
fn depth_is_limited_and_the_stack_is_safe() {
    for count in [65, 1000, 100_000, 1_000_000] {
        let lists = [b"]".repeat(count), b"a".repeat(count - 1), b".".to_vec()].concat();
        assert_eq!(error(&lists), PickleError::TooDeep { limit: 64 }, "{count} lists");
        let tuples = [b"N".to_vec(), b"\x85".repeat(count), b".".to_vec()].concat();
        assert_eq!(error(&tuples), PickleError::TooDeep { limit: 64 }, "{count} tuples");
    }
    let fits = [b"]".repeat(64), b"a".repeat(63), b".".to_vec()].concat();
    assert!(read(&fits, Limits::default()).is_ok());
    let marks = [b"(".repeat(100_000), b".".to_vec()].concat();
    assert!(matches!(error(&marks), PickleError::Expected { .. }));
}

#[test]
fn announced_lengths_must_be_there() {
    let ten_gib = (10_u64 << 30).to_le_bytes();
    for code in [0x8d, 0x8e, 0x96, 0x95] {
        let lie = [&[0x80, 5, code][..], &ten_gib, b"x."].concat();
        assert!(matches!(error(&lie), PickleError::Truncated { .. }), "{code:#x}");
    }
    for code in [b'T', b'X', b'B', 0x8b] {
        let lie = [&[code][..], &u32::MAX.to_le_bytes(), b"x."].concat();
        assert!(matches!(error(&lie), PickleError::Truncated { .. }), "{code:#x}");
    }
}

/// A zero in more than sixteen bytes had no digits at all, and whoever read it panicked.
#[test]
fn integers_in_more_bytes_than_they_need_are_what_they_are() {
    for (high, expected) in [(0x00, 0), (0xff, -1)] {
        for count in [0, 1, 15, 16, 17, 200, 1_700] {
            let bytes = vec![high; count];
            let length = u32::try_from(count).unwrap().to_le_bytes();
            let pickle = [&[0x8b][..], &length, &bytes, b"."].concat();
            let expected = if count == 0 { 0 } else { expected };
            assert_eq!(opaque(&pickle), json!(expected), "{count} bytes of {high}");
        }
    }
}

#[test]
fn shared_references_are_counted_as_often_as_they_are_followed() {
    // Each level is a tuple of two times the one before: 2 to the power of 60 values.
    let levels = (0..60).flat_map(|_| *b"2\x86").collect::<Vec<_>>();
    let bomb = [b"N", &levels[..], b"."].concat();
    assert!(matches!(error(&bomb), PickleError::TooMany { .. }));
    // One long text, kept once and named a hundred thousand times.
    let text = [&[b'X'][..], &1_000_000_u32.to_le_bytes(), &b"x".repeat(1_000_000)].concat();
    let bomb = [b"(", &text[..], b"q\0", &b"h\0".repeat(100_000), b"t."].concat();
    assert!(matches!(error(&bomb), PickleError::TooLarge { .. }));
    // One long tuple, which is the arguments of many objects.
    let items = b"N".repeat(100_000);
    let calls = b"capp\nA\nh\0R".repeat(100_000);
    let bomb = [b"((", &items[..], b"tq\0", &calls, b"t."].concat();
    assert!(matches!(error(&bomb), PickleError::TooMany { .. }));
    // One integer of thousands of digits.
    let integer = [&[0x8b][..], &1786_u32.to_le_bytes(), &[0x7f; 1786]].concat();
    let bomb = [b"(", &integer[..], b"q\0", &b"h\0".repeat(1_000_000), b"t."].concat();
    assert!(matches!(error(&bomb), PickleError::TooLarge { .. }));
}

#[test]
fn a_value_that_contains_itself_is_refused() {
    assert_eq!(error(b"]q\0h\0a."), PickleError::Cycle);
    assert_eq!(error(b"}q\0Va\nh\0s."), PickleError::Cycle);
    assert_eq!(error(b"capp\nA\n)\x81q\0h\0b."), PickleError::Cycle);
    let many = [b"]q\0(", &b"h\0".repeat(1000)[..], b"e."].concat();
    assert_eq!(error(&many), PickleError::Cycle);
}

#[test]
fn the_stack_never_runs_empty() {
    for bytes in [
        &b"."[..],
        b"0.",
        b"R.",
        b"a.",
        b"b.",
        b"s.",
        b"t.",
        b"u.",
        b"e.",
        b"\x85.",
        b"\x86.",
        b"\x93.",
        b"\x94.",
        b"h\0.",
        b"g1\n.",
        b"(.",
        b"N(a.",
        b"N(R.",
        b"1.",
        b"d.",
        b"(Nd.",
        b"NNa.",
        b"NNNs.",
        b"NNR.",
        b"NN\x81.",
        b"capp\nA\nNR.",
        b"capp\nA\n)N\x92.",
        b"N}b.",
        b"2.",
        b"o.",
        b"(o.",
        b"(No.",
        b"NN\x93.",
        b"N(\x90.",
    ] {
        let error = error(bytes);
        assert!(
            matches!(error, PickleError::Expected { .. } | PickleError::Refused { .. }),
            "{bytes:?}: {error}"
        );
    }
}

#[test]
fn what_is_no_pickle_is_named() {
    assert_eq!(error(b"\xee"), PickleError::Opcode { offset: 0, code: 0xee });
    assert!(matches!(error(b"\x80\x06N."), PickleError::Expected { .. }), "protocol 6");
    for bytes in
        [&b"Inope\n."[..], b"Fnope\n.", b"L1\xff\n.", b"Sx\n.", b"S'\\x41'\n.", b"V\\ud800\n."]
    {
        assert!(matches!(error(bytes), PickleError::Expected { .. }), "{bytes:?}");
    }
    let digits = [b"L", &b"9".repeat(5000)[..], b"\n."].concat();
    assert!(matches!(error(&digits), PickleError::Expected { .. }));
    let surrogate = b"\x8c\x03\xed\xa0\x80.";
    assert!(matches!(error(surrogate), PickleError::Expected { .. }));
    let long = vec![b'N'; 17 * 1024 * 1024];
    assert!(matches!(error(&long), PickleError::TooLong { .. }));
}

#[test]
fn objects_that_only_look_known_stay_opaque() {
    let uuid = b"\x80\x04\x8c\x04uuid\x8c\x04UUID\x93)\x81}\x8c\x03intJ\xff\xff\xff\xffsb.";
    assert_eq!(opaque(uuid), json!({"int": -1}), "a state that is no UUID is fields");
    let date = b"\x80\x04\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xe8\x0d\x01\x85R.";
    assert_eq!(opaque(date)["__class__"], "datetime.date", "month 13");
    let path = b"cpathlib\nPath\n(I1\ntR.";
    assert_eq!(opaque(path)["__class__"], "pathlib.Path");
    let class = read(b"cbuiltins\nprint\n.", Limits::default()).unwrap();
    assert_eq!(class, Value::Class(Class::new("builtins", "print")));
}

#[test]
fn a_payload_is_checked_before_it_is_decoded() {
    let limits = Limits { payload: 1000, ..Limits::default() };
    let long = "A".repeat(10_000);
    let error = payload::read(Serialization::Pickle, &long, limits).unwrap_err();
    assert!(matches!(error, payload::PayloadError::TooLong { .. }), "{error}");
    for text in ["no base64!", "gAR9lC4", "gAR9lC4=="] {
        let error = payload::read(Serialization::Pickle, text, Limits::default()).unwrap_err();
        assert!(matches!(error, payload::PayloadError::Base64(_)), "{error}");
    }
    let request = |pargs: &str, kargs: &str| ActionRequest {
        action: "a".into(),
        serialization: Serialization::Json,
        result_serialization: None,
        exception_serialization: None,
        pargs: pargs.into(),
        kargs: kargs.into(),
        time_left_millis: None,
    };
    for (pargs, kargs, part) in [
        ("{}", "{}", "a list of arguments"),
        ("[]", "[]", "a dict of arguments"),
        ("[", "{}", "JSON"),
        ("\"[1]\"", "{}", "a list of arguments"),
    ] {
        let error = request(pargs, kargs).arguments(Limits::default()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
