//! The server, with requests as they are on the wire.
#![cfg(feature = "server")]

mod access;
mod ask;
mod delivery;
mod depot;
mod faults;
mod house;
mod limits;
#[cfg(feature = "academy")]
mod nodes;
mod wire;
