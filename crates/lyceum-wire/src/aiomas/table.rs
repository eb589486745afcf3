//! Tables of types: which number stands for what on a connection.

use thiserror::Error;

use crate::aiomas::{Date, DateError, Proxy, Typed, Value, date, proxy};

/// Which number stands for which type on a connection.
///
/// A number is the place of a serializer in the order in which both sides registered them; nothing
/// on the wire says which one that was. Agents in containers have dates at 0, their extra
/// serializers from 1 on and proxies at the end. A bare RPC client, which is no container, has no
/// dates.
///
/// ```
/// use lyceum_wire::aiomas::{Kind, TypeTable};
///
/// let table = TypeTable::container().with("Point")?;
/// assert_eq!(table.kind(0), Some(&Kind::Date));
/// assert_eq!(table.kind(1), Some(&Kind::Extra("Point".into())));
/// assert_eq!(table.kind(2), Some(&Kind::Proxy));
/// assert_eq!(TypeTable::bare().kind(0), Some(&Kind::Proxy));
/// # Ok::<(), lyceum_wire::aiomas::TypeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeTable {
    /// What stands before the proxies, which are always last.
    first: Vec<Kind>,
}

/// A type that has a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A date, as [`Date`] holds it.
    Date,
    /// A proxy, as [`Proxy`] holds it.
    Proxy,
    /// What an extra serializer is for, by the name of the Rust type.
    Extra(String),
}

/// A typed value whose number is known.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Known {
    /// A date.
    Date(Date),
    /// A proxy.
    Proxy(Proxy),
    /// What an extra serializer made.
    Extra {
        /// The name of the Rust type.
        name: String,
        /// What the serializer made of the value.
        data: Value,
    },
}

/// Says why a typed value cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TypeError {
    /// The number stands for nothing on this connection.
    #[error("cannot read a value of type {id}: expected a number below {count}")]
    Unknown {
        /// The number.
        id: u32,
        /// How many types there are.
        count: usize,
    },
    /// The data are not what such a type is made of.
    #[error("cannot read a {kind}: expected a text as its data, found {found}")]
    Data {
        /// Which type it is.
        kind: &'static str,
        /// What the data are.
        found: &'static str,
    },
    /// The data are no date.
    #[error("cannot read a date")]
    Date(#[from] DateError),
    /// The connection is one of a bare client.
    #[error("cannot write a date: expected a connection of a container")]
    NoDates,
    /// There is a type of that name already.
    #[error("cannot add `{name}`: expected a name that the table does not have")]
    Duplicate {
        /// The name.
        name: String,
    },
}

impl TypeTable {
    /// Makes the table of a container: 0 is a date and 1 a proxy.
    pub fn container() -> Self {
        Self { first: vec![Kind::Date] }
    }

    /// Makes the table of a bare RPC client: 0 is a proxy.
    pub fn bare() -> Self {
        Self { first: Vec::new() }
    }

    /// Adds an extra serializer in front of the proxies, for the Rust type of that name.
    ///
    /// Structs and enums of that name that go through [`to_value`](crate::aiomas::to_value) and
    /// [`from_value`](crate::aiomas::from_value) are such typed values from then on. With serde, a
    /// type's name is that of its definition, or what `#[serde(rename = "...")]` says.
    ///
    /// # Errors
    ///
    /// Each name has one number.
    ///
    /// ```
    /// use lyceum_wire::aiomas::{TypeTable, Typed, from_value, to_value};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Point { x: i64, y: i64 }
    ///
    /// let table = TypeTable::container().with("Point")?;
    /// let value = to_value(&Point { x: 1, y: 2 }, &table)?;
    /// assert_eq!(serde_json::Value::from(value.clone()).to_string(),
    ///     r#"{"__type__":[1,{"x":1,"y":2}]}"#);
    /// assert_eq!(from_value::<Point>(value, &table)?, Point { x: 1, y: 2 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with(mut self, name: &str) -> Result<Self, TypeError> {
        if self.id_of(name).is_some() {
            return Err(TypeError::Duplicate { name: name.into() });
        }
        self.first.push(Kind::Extra(name.into()));
        Ok(self)
    }

    /// Returns what a number stands for.
    pub fn kind(&self, id: u32) -> Option<&Kind> {
        match usize::try_from(id).ok()? {
            place if place == self.first.len() => Some(&Kind::Proxy),
            place => self.first.get(place),
        }
    }

    /// Returns the number of a type.
    pub fn id(&self, kind: &Kind) -> Option<u32> {
        let place = match kind {
            Kind::Proxy => self.first.len(),
            _ => self.first.iter().position(|own| own == kind)?,
        };
        u32::try_from(place).ok()
    }

    /// Makes the value of a date.
    ///
    /// # Errors
    ///
    /// A bare client's connection has no dates.
    pub fn date(&self, date: Date) -> Result<Value, TypeError> {
        let id = self.id(&Kind::Date).ok_or(TypeError::NoDates)?;
        Ok(Typed { id, data: date.to_string().into() }.into())
    }

    /// Makes the value of a proxy.
    pub fn proxy(&self, proxy: Proxy) -> Value {
        let id = u32::try_from(self.first.len()).expect("a table is short");
        Typed { id, data: proxy.path.into() }.into()
    }

    /// Reads a typed value.
    ///
    /// # Errors
    ///
    /// A number that stands for nothing, or data that do not fit it, are typed errors. Python drops
    /// the connection instead.
    ///
    /// ```
    /// use lyceum_wire::aiomas::{Known, Proxy, TypeTable, Typed};
    ///
    /// let table = TypeTable::container();
    /// let known = table.read(Typed { id: 1, data: "agents/0".into() })?;
    /// assert_eq!(known, Known::Proxy(Proxy { path: "agents/0".into() }));
    /// assert!(table.read(Typed { id: 7, data: "agents/0".into() }).is_err());
    /// # Ok::<(), lyceum_wire::aiomas::TypeError>(())
    /// ```
    pub fn read(&self, typed: Typed) -> Result<Known, TypeError> {
        match (self.known(typed.id)?, typed.data) {
            (Kind::Extra(name), data) => Ok(Known::Extra { name: name.clone(), data }),
            (Kind::Date, Value::Text(text)) => Ok(Known::Date(text.parse()?)),
            (Kind::Proxy, Value::Text(path)) => Ok(Known::Proxy(Proxy { path })),
            (Kind::Date, other) => Err(TypeError::Data { kind: "date", found: other.kind() }),
            (Kind::Proxy, other) => Err(TypeError::Data { kind: "proxy", found: other.kind() }),
        }
    }

    /// Returns what a number stands for, or the error that says that it stands for nothing.
    pub(crate) fn known(&self, id: u32) -> Result<&Kind, TypeError> {
        self.kind(id).ok_or(TypeError::Unknown { id, count: self.first.len() + 1 })
    }

    /// Returns the number of the type that serde knows by that name.
    pub(crate) fn id_of(&self, name: &str) -> Option<u32> {
        match name {
            date::NAME => self.id(&Kind::Date),
            proxy::NAME => self.id(&Kind::Proxy),
            _ => {
                let is_named = |kind: &Kind| matches!(kind, Kind::Extra(own) if own == name);
                self.first.iter().position(is_named).and_then(|place| u32::try_from(place).ok())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_stand_behind_the_extra_types() {
        let table = TypeTable::container().with("A").unwrap().with("B").unwrap();
        assert_eq!(table.kind(2), Some(&Kind::Extra("B".into())));
        assert_eq!(table.kind(3), Some(&Kind::Proxy));
        assert_eq!(table.kind(4), None);
        assert_eq!(table.kind(u32::MAX), None);
        assert_eq!(table.id(&Kind::Extra("A".into())), Some(1));
        let bare = TypeTable::bare().with("A").unwrap();
        assert_eq!((bare.id(&Kind::Date), bare.id(&Kind::Proxy)), (None, Some(1)));
    }

    #[test]
    fn name_has_one_number() {
        let error = TypeTable::bare().with("A").unwrap().with("A").unwrap_err();
        assert_eq!(error, TypeError::Duplicate { name: "A".into() });
    }

    #[test]
    fn typed_values_survive() {
        let table = TypeTable::container().with("A").unwrap();
        let date: Date = "2016-01-01T00:00:00+00:00".parse().unwrap();
        let Value::Typed(typed) = table.date(date).unwrap() else { panic!("no typed value") };
        assert_eq!(table.read(*typed), Ok(Known::Date(date)));
        let extra = Typed { id: 1, data: 7.into() };
        assert_eq!(table.read(extra), Ok(Known::Extra { name: "A".into(), data: 7.into() }));
    }

    #[test]
    fn unfit_typed_values_are_refused() {
        let read = |id: u32, data: Value| TypeTable::container().read(Typed { id, data });
        assert_eq!(read(2, 1.into()), Err(TypeError::Unknown { id: 2, count: 2 }));
        assert_eq!(read(0, 1.into()), Err(TypeError::Data { kind: "date", found: "integer" }));
        assert_eq!(read(1, ().into()), Err(TypeError::Data { kind: "proxy", found: "null" }));
        assert_eq!(read(0, "agents/0".into()), Err(TypeError::Date(DateError::Form)));
        let date = Date::try_from(jiff::Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(TypeTable::bare().date(date), Err(TypeError::NoDates));
    }
}
