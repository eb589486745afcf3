//! Rust values to wire values and back.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, de, ser};
use thiserror::Error;

use crate::aiomas::limits::WRITTEN_NESTING;
use crate::aiomas::{Deserializer, Serializer, TypeError, TypeTable, Value};

/// Says why a Rust value is no wire value, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The Rust type says so itself.
    #[error("{text}")]
    Custom {
        /// What it says.
        text: String,
    },
    /// A typed value cannot be written or read.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The typed value is of another type.
    #[error("expected a {expected}, found a value of type {found}")]
    WrongType {
        /// The name of the Rust type.
        expected: &'static str,
        /// The type's number on this connection.
        found: u32,
    },
    /// The integer has no room in any Rust type.
    #[error("expected an integer of at most 128 bits")]
    Integer,
    /// Lists and maps lie too deep in each other.
    #[error("expected at most {WRITTEN_NESTING} lists and maps in each other")]
    Nesting,
}

impl ser::Error for ValueError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Custom { text: text.to_string() }
    }
}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Custom { text: text.to_string() }
    }
}

/// Makes a wire value of a Rust value.
///
/// Bytes are those that serde knows as bytes; a `Vec<u8>` is a list. Options are null or what is
/// in them. Structs are maps, tuples lists, enums as serde writes them in JSON.
/// [`Date`](crate::aiomas::Date), [`Proxy`](crate::aiomas::Proxy) and types that
/// [the table names](TypeTable::with) are typed values.
///
/// # Errors
///
/// A date needs a table with dates, and lists and maps lie at most 255 deep in each other.
///
/// ```
/// use lyceum_wire::aiomas::{TypeTable, Value, to_value};
///
/// let value = to_value(&(1, "two", Some(3.0), None::<u8>), &TypeTable::container())?;
/// assert_eq!(value, vec![1.into(), "two".into(), 3.0.into(), Value::Null].into());
/// # Ok::<(), lyceum_wire::aiomas::ValueError>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(value: &T, table: &TypeTable) -> Result<Value, ValueError> {
    value.serialize(Serializer::new(table))
}

/// Makes a Rust value of a wire value.
///
/// It takes what [`to_value`] makes, and what Python may send instead:
/// integers where floats are wanted, bytes as lists of numbers and the other way round, texts as
/// keys that are numbers, and a plain text or map where a typed value is wanted. A typed value is
/// read as its data where its own type is not wanted: a date as a text, say. Where any type is
/// wanted, as by `serde_json::Value`, bytes are lists of numbers, and integers beyond 64 bits
/// floats.
///
/// # Errors
///
/// The value is not of the type; it is of another type that the table names; or its number stands
/// for nothing there.
///
/// ```
/// use lyceum_wire::aiomas::{TypeTable, Value, from_value};
///
/// let value = Value::from(vec![1.into(), "two".into(), 3.into(), Value::Null]);
/// let (a, b, c, d): (u8, String, f64, Option<u8>) = from_value(value, &TypeTable::container())?;
/// assert_eq!((a, b.as_str(), c, d), (1, "two", 3.0, None));
/// # Ok::<(), lyceum_wire::aiomas::ValueError>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: Value, table: &TypeTable) -> Result<T, ValueError> {
    T::deserialize(Deserializer::new(value, table))
}
