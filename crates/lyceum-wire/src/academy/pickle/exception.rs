//! Exceptions of Python, as data.

use std::fmt;

use super::known::looks_like_error;
use super::{Object, Value};

/// An exception of Python.
///
/// ```
/// use lyceum_wire::academy::pickle::{Exception, read};
///
/// let pickle = b"\x80\x04\x8c\x08builtins\x8c\nValueError\x93\x8c\x03bad\x85R.";
/// let exception = Exception::of(&read(pickle, Default::default())?).expect("it is one");
/// assert_eq!((exception.kind.as_str(), exception.text.as_str()), ("ValueError", "bad"));
/// # Ok::<(), lyceum_wire::academy::pickle::PickleError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The name of its class, with its module unless it is built in.
    pub kind: String,
    /// What it says.
    pub text: String,
}

impl Exception {
    /// Returns the exception that an object is. `None` for values that are no objects; whether an
    /// object is an exception is for the caller to know.
    pub fn of(value: &Value) -> Option<Self> {
        let Value::Object(object) = value else { return None };
        let kind = match object.class.built_in() {
            Some(name) => name.to_owned(),
            None => object.class.to_string(),
        };
        Some(Self { kind, text: said(object) })
    }
}

/// Returns what an exception says: its arguments.
fn said(object: &Object) -> String {
    let is_scalar = |value: &&Value| {
        matches!(value, Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_))
    };
    let parts = object.args.iter().filter(is_scalar).map(|value| match value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Returns whether Python raises an exception of that built-in name with one text as its argument,
/// and nothing worse comes of it.
///
/// Those that end a program, an iteration or a coroutine are left out.
pub(super) fn is_raised_with_text(name: &str) -> bool {
    const NEED_MORE: [&str; 3] =
        ["UnicodeDecodeError", "UnicodeEncodeError", "UnicodeTranslateError"];
    const OF_PYTHON: &[&str] = &[
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BlockingIOError",
        "BrokenPipeError",
        "BufferError",
        "BytesWarning",
        "ChildProcessError",
        "ConnectionAbortedError",
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "DeprecationWarning",
        "EOFError",
        "EncodingWarning",
        "Exception",
        "FileExistsError",
        "FileNotFoundError",
        "FloatingPointError",
        "FutureWarning",
        "IOError",
        "ImportError",
        "ImportWarning",
        "IndentationError",
        "IndexError",
        "InterruptedError",
        "IsADirectoryError",
        "KeyError",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotADirectoryError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "PendingDeprecationWarning",
        "PermissionError",
        "ProcessLookupError",
        "RecursionError",
        "ReferenceError",
        "ResourceWarning",
        "RuntimeError",
        "RuntimeWarning",
        "SyntaxError",
        "SyntaxWarning",
        "SystemError",
        "TabError",
        "TimeoutError",
        "TypeError",
        "UnboundLocalError",
        "UnicodeError",
        "UnicodeWarning",
        "UserWarning",
        "ValueError",
        "Warning",
        "ZeroDivisionError",
    ];
    looks_like_error(name) && OF_PYTHON.contains(&name) && !NEED_MORE.contains(&name)
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.text)
    }
}
