//! Objects that stand for something that is no object of Python alone.

use uuid::Uuid;

use super::object::get;
use super::{Object, Value, date};
use crate::academy::{EntityId, Role};

/// What an object stands for, where that is safe to say: an allow-list, by name of the class.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Known {
    /// A `uuid.UUID`.
    Uuid(Uuid),
    /// A date, a time of day, or both, as ISO 8601 has it; a `timedelta` as a duration: `PT1.5S`.
    Time(String),
    /// A path of `pathlib`.
    Path(String),
    /// A `decimal.Decimal` or a `fractions.Fraction`.
    Number(String),
    /// An `AgentId` or a `UserId`.
    Entity(EntityId),
    /// A `Handle` of an agent.
    Handle(EntityId),
    /// A member of an enumeration, as its value; a class called with one scalar cannot be told
    /// from it.
    Member(Value),
}

impl Known {
    /// Returns what an object stands for.
    pub fn of(object: &Object) -> Option<Self> {
        if !object.kwargs.is_empty() || !object.items.is_empty() || !object.pairs.is_empty() {
            return None;
        }
        let class = &object.class;
        let module = &*class.module;
        match (module, &*class.name) {
            ("uuid", "UUID") => uuid(object).map(Self::Uuid),
            ("datetime", name) => date::text(name, object).map(Self::Time),
            ("academy.identifier", name) => entity(name, object).map(Self::Entity),
            ("academy.handle", "Handle") => handle(object).map(Self::Handle),
            (_, name) if module.starts_with("pathlib") => path(name, object).map(Self::Path),
            ("decimal", "Decimal") | ("fractions", "Fraction") => number(object).map(Self::Number),
            _ => member(object).map(Self::Member),
        }
    }
}

fn uuid(object: &Object) -> Option<Uuid> {
    match (&object.args[..], &object.state) {
        ([Value::Text(text)], None) => text.parse().ok(),
        ([], Some(Value::Dict(state))) => match get(state, "int")? {
            Value::Int(number) => number.as_u128().map(Uuid::from_u128),
            _ => None,
        },
        _ => None,
    }
}

fn entity(name: &str, object: &Object) -> Option<EntityId> {
    // A type that is generic has its parameter in the name.
    let role = match name.split('[').next()? {
        "AgentId" => Role::Agent,
        "UserId" => Role::User,
        _ => return None,
    };
    let fields = object.fields()?;
    let Value::Object(uid) = get(fields, "uid")? else { return None };
    let name = match get(fields, "name") {
        Some(Value::Text(name)) => Some(name.clone()),
        Some(Value::None) | None => None,
        Some(_) => return None,
    };
    Some(EntityId { uid: uuid(uid).filter(|_| uid.class.is("uuid", "UUID"))?, name, role })
}

fn handle(object: &Object) -> Option<EntityId> {
    let [Value::Object(id)] = &object.args[..] else { return None };
    if &*id.class.module != "academy.identifier" {
        return None;
    }
    entity(&id.class.name, id).filter(|id| id.role == Role::Agent)
}

/// Joins the parts of a path. The first one may be its root.
fn path(class: &str, object: &Object) -> Option<String> {
    let separator = match class {
        "Path" | "PosixPath" | "PurePath" | "PurePosixPath" => '/',
        "WindowsPath" | "PureWindowsPath" => '\\',
        _ => return None,
    };
    let mut path = String::new();
    for part in &object.args {
        let Value::Text(part) = part else { return None };
        if !path.is_empty() && !path.ends_with(separator) {
            path.push(separator);
        }
        path.push_str(part);
    }
    Some(if path.is_empty() { ".".into() } else { path })
}

fn number(object: &Object) -> Option<String> {
    match &object.args[..] {
        [Value::Text(text)] => Some(text.clone()),
        [Value::Int(one), Value::Int(other)] => Some(format!("{one}/{other}")),
        _ => None,
    }
}

/// Returns the scalar that a class, which is written as classes are, is called with.
fn member(object: &Object) -> Option<Value> {
    let last = object.class.name.rsplit('.').next()?;
    let is_class = last.starts_with(char::is_uppercase) && object.class.built_in().is_none();
    match &object.args[..] {
        [value @ (Value::Text(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_))]
            if is_class && object.state.is_none() && !looks_like_error(last) =>
        {
            Some(value.clone())
        }
        _ => None,
    }
}

/// Returns whether a class is an exception, by its name.
pub(super) fn looks_like_error(name: &str) -> bool {
    ["Error", "Exception", "Warning"].iter().any(|end| name.ends_with(end))
}

/// Returns the plain value that an object of Python's own collections is.
pub(super) fn simplified(object: Object) -> Value {
    match plain_collection(&object) {
        Some(value) => value,
        None => Value::Object(Box::new(reconstructed(object))),
    }
}

fn plain_collection(object: &Object) -> Option<Value> {
    if object.state.is_some() || !object.kwargs.is_empty() {
        return None;
    }
    let args = &object.args[..];
    if object.class.is("_codecs", "encode") {
        return bytes_of(args).map(Value::Bytes);
    }
    match (object.class.built_in(), &*object.class.module, &*object.class.name) {
        (Some("set" | "frozenset"), ..) => match args {
            [] => Some(Value::Set(Vec::new())),
            [Value::List(items) | Value::Tuple(items)] => Some(Value::Set(items.clone())),
            _ => None,
        },
        (Some("bytes" | "bytearray"), ..) => match args {
            [] => Some(Value::Bytes(Vec::new())),
            [Value::Bytes(bytes)] => Some(Value::Bytes(bytes.clone())),
            _ => bytes_of(args).map(Value::Bytes),
        },
        (_, "collections", "OrderedDict") if args.is_empty() => {
            Some(Value::Dict(object.pairs.clone()))
        }
        (_, "collections", "defaultdict") => Some(Value::Dict(object.pairs.clone())),
        (_, "collections", "Counter") => match args {
            [Value::Dict(counts)] => Some(Value::Dict(counts.clone())),
            _ => None,
        },
        (_, "collections", "deque") => Some(Value::List(object.items.clone())),
        _ => None,
    }
}

/// Returns the bytes that old protocols write as a text in Latin-1.
fn bytes_of(args: &[Value]) -> Option<Vec<u8>> {
    let [Value::Text(text), Value::Text(codec)] = args else { return None };
    let is_latin = matches!(&codec[..], "latin1" | "latin-1");
    is_latin.then(|| text.chars().map(u8::try_from).collect::<Result<_, _>>().ok()).flatten()
}

/// Returns an object that old protocols make by a detour as new ones do.
fn reconstructed(mut object: Object) -> Object {
    let is_old = matches!(&*object.class.module, "copyreg" | "copy_reg");
    match (&*object.class.name, &object.args[..]) {
        ("_reconstructor", [Value::Class(class), Value::Class(base), Value::None])
            if is_old && base.built_in() == Some("object") =>
        {
            object.class = class.clone();
            object.args.clear();
        }
        ("__newobj__", [Value::Class(class), ..]) if is_old => {
            object.class = class.clone();
            object.args.remove(0);
        }
        _ => {}
    }
    object
}
