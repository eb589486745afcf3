//! The wire of aiomas 2.0.1, which is mosaik's low-level API, too.
//!
//! - [`Value`]: what a payload holds; [`Integer`], [`Map`] and [`Typed`] are its larger parts.
//! - [`FrameDecoder`], [`write_frame`]: payloads in a stream.

mod frame;
mod integer;
mod map;
mod plain;
mod value;

pub use frame::{FrameDecoder, FrameError, write_frame};
pub use integer::{Integer, ParseIntegerError};
pub use map::Map;
pub use value::{Typed, Value};
