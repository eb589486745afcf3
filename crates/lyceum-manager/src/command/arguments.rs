//! The arguments of an action, as words of a command line.

use lyceum_core::{Arguments, Value};
use lyceum_wire::{ActionDescription, ParameterDescription};
use serde_json::Map;

use super::{Failure, schema};

/// Reads the words: each is JSON, by position, or `name=JSON`.
///
/// Where the parameter takes a string and nothing else, a word is that string, unless it is in
/// JSON's quotes. A word that is no JSON is a string, too, unless it begins like an object, a list
/// or a quoted string: that is a slip, which would not be noticed.
///
/// # Errors
///
/// Says which word is not understood.
pub(crate) fn read(
    words: &[String],
    action: Option<&ActionDescription>,
) -> Result<Arguments, Failure> {
    let parameters = action.map_or(&[][..], |action| &action.parameters);
    let mut positional = Vec::new();
    let mut named = Map::new();
    for word in words {
        if let Some((name, text)) = split(word) {
            let parameter = parameters.iter().find(|parameter| parameter.name == name);
            if let (Some(action), None) = (action, parameter) {
                return Err(unknown(word, name, action));
            }
            if named.insert(name.into(), value(text, parameter)?).is_some() {
                return Err(Failure::Usage(format!(
                    "cannot take `{name}` twice: expected it once"
                )));
            }
        } else {
            let parameter = parameters.get(positional.len());
            positional.push(value(word, parameter)?);
        }
    }
    if positional.is_empty() || named.is_empty() {
        return Ok(Arguments::new(positional, named));
    }
    by_name(positional, named, action)
}

/// Takes a word apart that gives an argument by its name.
fn split(word: &str) -> Option<(&str, &str)> {
    let (name, text) = word.split_once('=')?;
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    (begins && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, text))
}

fn value(word: &str, parameter: Option<&ParameterDescription>) -> Result<Value, Failure> {
    let takes_text =
        parameter.is_some_and(|parameter| schema::is_text(parameter.schema.as_value()));
    match serde_json::from_str(word) {
        Ok(value @ (Value::String(_) | Value::Null)) => Ok(value),
        Ok(_) if takes_text => Ok(word.into()),
        Ok(value) => Ok(value),
        Err(error) if !takes_text && word.starts_with(['{', '[', '"']) => {
            Err(Failure::Usage(format!("cannot read the argument `{word}` as JSON: {error}")))
        }
        Err(_) => Ok(word.into()),
    }
}

/// Gives all arguments by name, since positions and names cannot be mixed on their way.
fn by_name(
    positional: Vec<Value>,
    mut named: Map<String, Value>,
    action: Option<&ActionDescription>,
) -> Result<Arguments, Failure> {
    let Some(action) = action else {
        let text = "cannot take arguments both by position and by name: expected one of them";
        return Err(Failure::Usage(text.into()));
    };
    for (index, value) in positional.into_iter().enumerate() {
        let Some(parameter) = action.parameters.get(index) else {
            return Err(Failure::Usage(format!(
                "cannot take argument {} of `{}`: expected at most {}",
                index + 1,
                action.name,
                action.parameters.len()
            )));
        };
        if named.insert(parameter.name.clone(), value).is_some() {
            return Err(Failure::Usage(format!(
                "cannot take `{}` both by position and by name: expected it once",
                parameter.name
            )));
        }
    }
    Ok(Arguments::new(Vec::new(), named))
}

fn unknown(word: &str, name: &str, action: &ActionDescription) -> Failure {
    let names: Vec<_> = action.parameters.iter().map(|one| one.name.as_str()).collect();
    let has = if names.is_empty() { "none".into() } else { names.join(", ") };
    Failure::Usage(format!(
        "cannot take `{word}`: `{}` has no argument `{name}`, it has {has}; a string with `=` in \
         it goes in JSON's quotes, as in '\"{word}\"'",
        action.name
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action() -> ActionDescription {
        serde_json::from_value(json!({
            "name": "greet",
            "access": "shared",
            "parameters": [
                { "name": "who", "schema": { "type": "string" } },
                { "name": "times", "schema": { "type": "integer" } },
            ],
            "result": {},
        }))
        .unwrap()
    }

    fn check(words: &[&str], expected: &Value) {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        let arguments = read(&words, Some(&action())).unwrap();
        let found = if arguments.named().is_empty() {
            json!(arguments.positional())
        } else {
            json!(arguments.named())
        };
        assert_eq!(found, *expected, "{words:?}");
    }

    fn refused(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        read(&words, Some(&action())).unwrap_err().to_string()
    }

    #[test]
    fn words_are_json_or_strings() {
        check(&["ada", "2"], &json!(["ada", 2]));
        check(&["\"ada\"", "2"], &json!(["ada", 2]));
        check(&["5", "2"], &json!(["5", 2]));
        check(&["[1", "two"], &json!(["[1", "two"]));
        check(&["times=2", "who=a=b"], &json!({ "times": 2, "who": "a=b" }));
        check(&["ada", "times=2"], &json!({ "who": "ada", "times": 2 }));
        check(&["\"a=b\""], &json!(["a=b"]));
    }

    #[test]
    fn slips_are_refused_with_what_was_expected() {
        assert!(refused(&["ada", "{\"a\":"]).contains("as JSON"));
        assert!(refused(&["whom=ada"]).contains("it has who, times"));
        assert!(refused(&["ada", "who=bob"]).contains("both by position and by name"));
        assert!(refused(&["who=ada", "who=bob"]).contains("twice"));
    }
}
