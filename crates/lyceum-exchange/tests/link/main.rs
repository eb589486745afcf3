//! Nodes on the exchange server by their links.
#![cfg(all(feature = "academy", feature = "server"))]

#[path = "../python/academy.rs"]
mod academy;
mod agents;
mod crash;
mod durable;
#[path = "../python/environment.rs"]
mod environment;
mod full;
mod holders;
mod hostile;
#[path = "../server/house.rs"]
mod house;
mod large;
mod lasting;
mod nodes;
#[path = "../suite/office.rs"]
mod office;
mod python;
mod raw;
mod references;
mod refused;
mod returning;
mod script;
mod suite;
