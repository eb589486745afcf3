//! Python's pickle as data: nothing that it holds is ever looked up, called or built.
//!
//! [`read`] takes protocols 0 to 5, and what they say of classes becomes an inert [`Object`]: the
//! name of a class, and what it was to be called with. [`Known`] is what such objects stand for
//! where that is safe to say; [`plain()`] makes values of the wire of all of it. [`write()`] makes
//! pickles of values, [`write_exception`] and [`write_description`] of the two kinds of objects
//! that peers wait for.
//!
//! What a pickle can make this side keep is bounded by [`Limits`]: its
//! length, how deep it nests, and how many values there are once each reference is followed.

mod arena;
mod cursor;
mod date;
mod error;
mod exception;
mod expand;
mod known;
mod machine;
mod object;
mod plain;
mod text;
mod write;

pub use error::PickleError;
pub use exception::Exception;
pub use known::Known;
pub use object::{Class, Object, Value};
pub use plain::plain;
pub use write::{ActionLine, write, write_description, write_exception};

use crate::aiomas::Limits;

/// Reads a pickle.
///
/// ```
/// use lyceum_wire::academy::pickle::{Value, read};
///
/// // pickle.dumps(("hi",)), and one that would run a command if Python loaded it.
/// let tuple = read(b"\x80\x04\x8c\x02hi\x85.", Default::default())?;
/// assert_eq!(tuple, Value::Tuple(vec![Value::Text("hi".into())]));
/// let command = read(b"cos\nsystem\n(Vrm -rf /\ntR.", Default::default())?;
/// let Value::Object(object) = command else { panic!("no object") };
/// assert_eq!(object.class.to_string(), "os.system");
/// # Ok::<(), lyceum_wire::academy::pickle::PickleError>(())
/// ```
///
/// # Errors
///
/// Says where the pickle is broken, larger than allowed, or asks for what is never data.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Value, PickleError> {
    let (arena, root) = machine::Machine::new(bytes, limits)?.run()?;
    expand::Expansion::new(&arena, limits).value(root)
}
