//! The wire of Academy, against bytes that the Python package wrote: `capture.py` says how.
#![cfg(feature = "academy")]

mod frames;
mod hostile;
mod messages;
mod payloads;
mod pickles;
mod round_trip;
