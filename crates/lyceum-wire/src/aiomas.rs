//! The wire of aiomas 2.0.1, which is mosaik's low-level API, too.
//!
//! - [`Value`]: what a payload holds; [`Integer`], [`Map`] and [`Typed`] are its larger parts.

mod integer;
mod map;
mod plain;
mod value;

pub use integer::{Integer, ParseIntegerError};
pub use map::Map;
pub use value::{Typed, Value};
