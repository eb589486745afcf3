//! Arguments of an action, taken one after the other, by position or by name.

use std::{fmt, io};

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, de};
use serde_json::{Map, Value};

use crate::BadArguments;
use crate::exchange::{Encoded, Unreadable};

/// Where the arguments of an action come from.
pub trait ArgumentSource {
    /// Hands the next argument to `read`; false if there is none.
    ///
    /// # Errors
    ///
    /// Says that it was given twice, or what `read` did not like.
    fn next(&mut self, name: &'static str, read: ReadArgument<'_>) -> Result<bool, ArgumentFault>;

    /// Says what is left that the action does not take.
    fn surplus(&self) -> Option<BadArguments> {
        None
    }
}

/// What reads an argument from a deserializer of any format.
pub type ReadArgument<'r> =
    &'r mut dyn FnMut(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error>;

/// Why an argument was not read.
#[derive(Debug)]
pub enum ArgumentFault {
    /// It has another type, in the words of who read it.
    Unreadable(String),
    /// It was given by position and by name.
    Twice,
}

/// JSON arguments: by position, by name, or both.
///
/// An array gives arguments by position, an object by name, `null` none at all.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    positional: Vec<Value>,
    named: Map<String, Value>,
}

impl Arguments {
    /// Takes arguments by position and by name.
    pub fn new(positional: Vec<Value>, named: Map<String, Value>) -> Self {
        Self { positional, named }
    }

    /// Returns the arguments that are given by position.
    pub fn positional(&self) -> &[Value] {
        &self.positional
    }

    /// Returns the arguments that are given by name.
    pub fn named(&self) -> &Map<String, Value> {
        &self.named
    }

    /// Returns how many bytes the arguments take as JSON.
    pub(super) fn encoded_len(&self) -> usize {
        let mut written = Written(0);
        // Values of JSON can be written as JSON, and a count takes everything.
        let _ = serde_json::to_writer(&mut written, &(&self.positional, &self.named));
        written.0
    }
}

impl From<Value> for Arguments {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::default(),
            Value::Array(positional) => Self::new(positional, Map::new()),
            Value::Object(named) => Self::new(Vec::new(), named),
            other => Self::new(vec![other], Map::new()),
        }
    }
}

/// Takes the next argument.
///
/// # Errors
///
/// Says that the argument is missing, or which type was expected. An optional one may be missing.
pub(crate) fn take<T: DeserializeOwned + JsonSchema>(
    source: &mut dyn ArgumentSource,
    name: &'static str,
) -> Result<T, BadArguments> {
    let mut value = None;
    let found = source.next(name, &mut |deserializer| {
        value = Some(erased_serde::deserialize::<T>(deserializer)?);
        Ok(())
    });
    match (found, value) {
        (Ok(true), Some(value)) => Ok(value),
        (Ok(_), _) => serde_json::from_value(Value::Null)
            .map_err(|_| BadArguments::missing(name, expected_type::<T>())),
        (Err(ArgumentFault::Twice), _) => Err(BadArguments::Twice { name }),
        (Err(ArgumentFault::Unreadable(why)), _) => {
            Err(BadArguments::wrong(name, expected_type::<T>(), why))
        }
    }
}

/// Takes all arguments from JSON.
///
/// # Errors
///
/// As `make`; or names the first argument that the action does not have.
pub(crate) fn from_json<M>(
    arguments: Arguments,
    make: impl FnOnce(&mut dyn ArgumentSource) -> Result<M, BadArguments>,
) -> Result<M, BadArguments> {
    let positional = arguments.positional.into_iter();
    let mut source = JsonSource { positional, named: arguments.named, taken: 0 };
    let message = make(&mut source)?;
    source.surplus().map_or(Ok(message), Err)
}

/// Takes all arguments from an encoded value: a sequence by position, or a map by name.
///
/// With `positional` the format cannot tell which, and it is a sequence of `count`.
///
/// # Errors
///
/// As `make`; or says what is no argument of the action.
pub(crate) fn from_encoded<M>(
    encoded: &dyn Encoded,
    positional: bool,
    count: usize,
    make: impl FnOnce(&mut dyn ArgumentSource) -> Result<M, BadArguments>,
) -> Result<M, BadArguments> {
    if let Some(mut source) = encoded.arguments() {
        let message = make(&mut *source)?;
        return source.surplus().map_or(Ok(message), Err);
    }
    let (mut make, mut made) = (Some(make), None);
    let mut take = |source: &mut dyn ArgumentSource| {
        if let Some(make) = make.take() {
            made = Some(make(source));
        }
    };
    let mut named = None;
    let read = encoded.read(&mut |deserializer| {
        let all = All { take: &mut take, named: &mut named };
        if positional {
            deserializer.deserialize_tuple(count, all)
        } else {
            deserializer.deserialize_any(all)
        }
    });
    if let Some(named) = named {
        let make = make.take().ok_or_else(|| BadArguments::unreadable("read twice".into()))?;
        return from_json(Arguments::new(Vec::new(), named), make);
    }
    match (made, read) {
        (Some(Ok(message)), Ok(())) => Ok(message),
        (Some(Err(why)), _) => Err(why),
        (_, Err(Unreadable(why))) => Err(BadArguments::unreadable(why)),
        (None, Ok(())) => from_json(Arguments::default(), make.take().expect("it was not called")),
    }
}

/// Counts what is written.
struct Written(usize);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct JsonSource {
    positional: std::vec::IntoIter<Value>,
    named: Map<String, Value>,
    taken: usize,
}

impl ArgumentSource for JsonSource {
    fn next(&mut self, name: &'static str, read: ReadArgument<'_>) -> Result<bool, ArgumentFault> {
        let value = self.positional.next();
        if value.is_some() && self.named.contains_key(name) {
            return Err(ArgumentFault::Twice);
        }
        self.taken += 1;
        let Some(value) = value.or_else(|| self.named.remove(name)) else { return Ok(false) };
        let mut deserializer = <dyn erased_serde::Deserializer<'_>>::erase(value);
        match read(&mut deserializer) {
            Ok(()) => Ok(true),
            Err(error) => Err(ArgumentFault::Unreadable(error.to_string())),
        }
    }

    fn surplus(&self) -> Option<BadArguments> {
        if self.positional.len() > 0 {
            let given = self.taken + self.positional.len();
            return Some(BadArguments::TooMany { given, expected: self.taken });
        }
        let name = self.named.keys().next()?.clone();
        Some(BadArguments::Unknown { name })
    }
}

/// Reads all arguments: a sequence one by one, a map into JSON, since its order is anyone's.
struct All<'a> {
    take: &'a mut dyn FnMut(&mut dyn ArgumentSource),
    named: &'a mut Option<Map<String, Value>>,
}

impl<'de> Visitor<'de> for All<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments, as an array by position or an object by name")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<(), S::Error> {
        let mut source = SeqSource { seq, taken: 0, failed: None };
        (self.take)(&mut source);
        let SeqSource { mut seq, failed, .. } = source;
        match failed {
            Some(error) => Err(error),
            None => match seq.next_element::<de::IgnoredAny>()? {
                Some(_) => Err(S::Error::custom("there are more arguments than expected")),
                None => Ok(()),
            },
        }
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut named = Map::new();
        while let Some((name, value)) = map.next_entry()? {
            named.insert(name, value);
        }
        *self.named = Some(named);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.named = Some(Map::new());
        Ok(())
    }
}

struct SeqSource<S, E> {
    seq: S,
    taken: usize,
    failed: Option<E>,
}

impl<'de, S: SeqAccess<'de>> ArgumentSource for SeqSource<S, S::Error> {
    fn next(&mut self, _: &'static str, read: ReadArgument<'_>) -> Result<bool, ArgumentFault> {
        self.taken += 1;
        match self.seq.next_element_seed(Element(read)) {
            Ok(found) => Ok(found.is_some()),
            Err(error) => {
                let text = error.to_string();
                self.failed = Some(error);
                Err(ArgumentFault::Unreadable(text))
            }
        }
    }
}

struct Element<'r>(ReadArgument<'r>);

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let mut deserializer = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        (self.0)(&mut deserializer).map_err(D::Error::custom)
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
