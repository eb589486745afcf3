//! The wire of aiomas, against bytes that the Python package wrote: `capture.py` says how.
#![cfg(feature = "aiomas")]

mod data;
mod fixture;
mod strategy;

mod chunks;
mod hostile;
mod round_trip;
mod rust_values;
mod session;
mod values;
