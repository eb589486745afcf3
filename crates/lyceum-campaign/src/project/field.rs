//! Fields that may be wrong while the others are read all the same.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::value::{Error as Wrong, UnitDeserializer};
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::{Spanned, Value};

/// A value with its place, or what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Field<T> {
    pub(super) span: Range<usize>,
    pub(super) value: Result<T, String>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(from)?;
        let span = spanned.span();
        let value = match spanned.into_inner() {
            // The parser would take a date for a text.
            Value::Datetime(_) => Err(no_date::<T>()),
            value => value.try_into().map_err(|error| for_people(error.message())),
        };
        Ok(Self { span, value })
    }
}

/// Says what was expected where a date stands.
fn no_date<T: DeserializeOwned>() -> String {
    let nothing = UnitDeserializer::<Wrong>::new();
    match T::deserialize(nothing) {
        Ok(_) => "invalid type: datetime".to_owned(),
        Err(error) => for_people(&error.to_string().replacen("unit value", "datetime", 1)),
    }
}

/// Writes what was expected without the names of our own types.
fn for_people(message: &str) -> String {
    let message = message.replace("expected i64", "expected a whole number");
    message.replace("expected f64", "expected a number")
}

/// A list whose elements have places of their own.
#[derive(Clone, Debug)]
pub(super) struct List<T> {
    pub(super) span: Range<usize>,
    pub(super) elements: Result<Vec<Field<T>>, String>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Elements<T>>::deserialize(from)?;
        Ok(Self { span: spanned.span(), elements: spanned.into_inner().0 })
    }
}

/// A table whose values have places of their own.
#[derive(Clone, Debug)]
pub(super) struct Entries<T> {
    pub(super) span: Range<usize>,
    pub(super) entries: Result<Vec<(String, Field<T>)>, String>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Pairs<T>>::deserialize(from)?;
        Ok(Self { span: spanned.span(), entries: spanned.into_inner().0 })
    }
}

struct Elements<T>(Result<Vec<Field<T>>, String>);

struct Pairs<T>(Result<Vec<(String, Field<T>)>, String>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Elements<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(from.deserialize_any(Wide::<T>::LIST)?.list()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(from.deserialize_any(Wide::<T>::TABLE)?.table()))
    }
}

/// What stood where a list or a table is expected.
enum Found<T> {
    List(Vec<Field<T>>),
    Table(Vec<(String, Field<T>)>),
    Other(String),
}

impl<T> Found<T> {
    fn list(self) -> Result<Vec<Field<T>>, String> {
        match self {
            Self::List(list) => Ok(list),
            Self::Table(_) => Err("invalid type: map, expected a list".to_owned()),
            Self::Other(what) => Err(what),
        }
    }

    fn table(self) -> Result<Vec<(String, Field<T>)>, String> {
        match self {
            Self::Table(table) => Ok(table),
            Self::List(_) => Err("invalid type: sequence, expected a table".to_owned()),
            Self::Other(what) => Err(what),
        }
    }
}

/// How the parser names the only entry of what it hands out for a date.
const DATE: &str = "$__toml_private_datetime";

/// Takes anything, so that what is wrong does not keep the rest of the file from being read.
struct Wide<T> {
    is_table: bool,
    kind: PhantomData<T>,
}

impl<T> Wide<T> {
    const LIST: Self = Self { is_table: false, kind: PhantomData };
    const TABLE: Self = Self { is_table: true, kind: PhantomData };

    fn expected(&self) -> &'static str {
        if self.is_table { "a table" } else { "a list" }
    }

    fn other<E>(&self, what: impl fmt::Display) -> Result<Found<T>, E> {
        Ok(Found::Other(format!("invalid type: {what}, expected {}", self.expected())))
    }
}

impl<'de, T: DeserializeOwned> Visitor<'de> for Wide<T> {
    type Value = Found<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Found<T>, E> {
        self.other(format_args!("boolean `{value}`"))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Found<T>, E> {
        self.other(format_args!("integer `{value}`"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Found<T>, E> {
        self.other(format_args!("floating point `{value}`"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Found<T>, E> {
        self.other(format_args!("string {value:?}"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found<T>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Found::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if self.is_table && name != DATE {
                entries.push((name, map.next_value()?));
                continue;
            }
            map.next_value::<IgnoredAny>()?;
            if name == DATE {
                return self.other("datetime");
            }
        }
        if self.is_table { Ok(Found::Table(entries)) } else { self.other("map") }
    }
}
