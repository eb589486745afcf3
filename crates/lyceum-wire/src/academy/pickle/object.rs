//! What a pickle holds.

use std::fmt;
use std::sync::Arc;

use crate::Integer;

/// A value of Python, as data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer of any size.
    Int(Integer),
    /// A float.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes or a bytearray.
    Bytes(Vec<u8>),
    /// A list or a deque.
    List(Vec<Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A set or a frozenset, in the order of the pickle.
    Set(Vec<Value>),
    /// A dict, ordered or with a default. Keys may be anything, and may stand twice.
    Dict(Vec<(Value, Value)>),
    /// A class or a function, by name alone.
    Class(Class),
    /// An object that Python would make.
    Object(Box<Object>),
}

/// The name of a class or a function.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Class {
    /// Its module, as in `app.shapes`.
    pub module: Arc<str>,
    /// Its name within the module, as in `Outer.Inner`.
    pub name: Arc<str>,
}

/// An object that Python would make, and which nothing here does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Object {
    /// What would be called.
    pub class: Class,
    /// With which arguments by position.
    pub args: Vec<Value>,
    /// With which arguments by name.
    pub kwargs: Vec<(Value, Value)>,
    /// What it would be given as its state.
    pub state: Option<Value>,
    /// What would be appended to it.
    pub items: Vec<Value>,
    /// What would be put into it by key.
    pub pairs: Vec<(Value, Value)>,
}

impl Value {
    /// Returns what to call this value where people read.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "truth value",
            Self::Int(_) => "integer",
            Self::Float(_) => "float",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Class(_) => "class",
            Self::Object(_) => "object",
        }
    }
}

impl Class {
    /// Makes the name of a class.
    pub fn new(module: &str, name: &str) -> Self {
        Self { module: module.into(), name: name.into() }
    }

    /// Returns whether this is the class of that module and name.
    pub(super) fn is(&self, module: &str, name: &str) -> bool {
        &*self.module == module && &*self.name == name
    }

    /// Returns the name of what is built into Python, in version 2, too.
    pub(super) fn built_in(&self) -> Option<&str> {
        matches!(&*self.module, "builtins" | "__builtin__" | "exceptions").then_some(&*self.name)
    }
}

impl Object {
    /// Returns the fields of an object that is its fields: of a class without arguments, whose
    /// state is a dict; of pydantic, too.
    pub(super) fn fields(&self) -> Option<&[(Value, Value)]> {
        if !self.args.is_empty() || !self.kwargs.is_empty() || !self.items.is_empty() {
            return None;
        }
        let fields = match self.state.as_ref()? {
            Value::Dict(fields) => fields,
            // What a class with slots has: no dict, and the slots.
            Value::Tuple(parts) => match &parts[..] {
                [Value::None, Value::Dict(slots)] => slots,
                [Value::Dict(fields), Value::Dict(slots)] if slots.is_empty() => fields,
                _ => return None,
            },
            _ => return None,
        };
        let of_pydantic = || match get(fields, "__dict__") {
            Some(Value::Dict(own)) if get(fields, "__pydantic_extra__").is_some() => Some(&own[..]),
            _ => None,
        };
        Some(of_pydantic().unwrap_or(fields))
    }
}

/// Returns the value of a key that is a text.
pub(super) fn get<'v>(pairs: &'v [(Value, Value)], key: &str) -> Option<&'v Value> {
    let is_it = |(own, _): &&(Value, Value)| matches!(own, Value::Text(text) if text == key);
    pairs.iter().rfind(is_it).map(|(_, value)| value)
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({self})")
    }
}
