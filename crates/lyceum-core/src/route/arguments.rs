//! JSON arguments of an action, by position and by name.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::BadArguments;

/// JSON arguments while they are taken apart: by position, by name, or both.
///
/// An array gives arguments by position, an object by name, `null` none at all.
#[derive(Debug)]
pub struct Arguments {
    positional: std::vec::IntoIter<Value>,
    named: Map<String, Value>,
    taken: usize,
}

impl Arguments {
    /// Takes arguments by position and by name.
    pub fn new(positional: Vec<Value>, named: Map<String, Value>) -> Self {
        Self { positional: positional.into_iter(), named, taken: 0 }
    }

    /// Takes the next argument, by position if any is left, else by name.
    ///
    /// # Errors
    ///
    /// Says that the argument is missing, or which type was expected. An optional one may be
    /// missing.
    pub fn take<T: DeserializeOwned + JsonSchema>(
        &mut self,
        name: &'static str,
    ) -> Result<T, BadArguments> {
        let value = self.positional.next();
        if value.is_some() && self.named.contains_key(name) {
            return Err(BadArguments::Twice { name });
        }
        let value = value.or_else(|| self.named.remove(name));
        self.taken += 1;
        let missing = value.is_none();
        serde_json::from_value(value.unwrap_or(Value::Null)).map_err(|cause| {
            let expected = expected_type::<T>();
            if missing {
                BadArguments::missing(name, expected)
            } else {
                BadArguments::wrong(name, expected, cause)
            }
        })
    }

    /// Checks that nothing is left over.
    ///
    /// # Errors
    ///
    /// Names the first argument that the action does not have.
    pub fn finish(self) -> Result<(), BadArguments> {
        if self.positional.len() > 0 {
            let given = self.taken + self.positional.len();
            return Err(BadArguments::TooMany { given, expected: self.taken });
        }
        match self.named.keys().next() {
            Some(name) => Err(BadArguments::Unknown { name: name.clone() }),
            None => Ok(()),
        }
    }
}

impl From<Value> for Arguments {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::new(Vec::new(), Map::new()),
            Value::Array(positional) => Self::new(positional, Map::new()),
            Value::Object(named) => Self::new(Vec::new(), named),
            other => Self::new(vec![other], Map::new()),
        }
    }
}

/// Returns what a JSON Schema expects, in a word or two.
fn expected_type<T: JsonSchema>() -> String {
    let schema = schemars::generate::SchemaSettings::default()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>();
    match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<_> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" or ")
        }
        _ => T::schema_name().into(),
    }
}
