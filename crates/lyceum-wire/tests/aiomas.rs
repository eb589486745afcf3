//! The wire of aiomas, against bytes that the Python package wrote: `aiomas/capture.py` says how.
#![cfg(feature = "aiomas")]

#[path = "aiomas/data.rs"]
mod data;
#[path = "aiomas/fixture.rs"]
mod fixture;
#[path = "aiomas/strategy.rs"]
mod strategy;

#[path = "aiomas/chunks.rs"]
mod chunks;
#[path = "aiomas/hostile.rs"]
mod hostile;
#[path = "aiomas/round_trip.rs"]
mod round_trip;
#[path = "aiomas/rust_values.rs"]
mod rust_values;
#[path = "aiomas/session.rs"]
mod session;
#[path = "aiomas/values.rs"]
mod values;
