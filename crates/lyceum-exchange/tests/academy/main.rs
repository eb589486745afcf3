//! The exchange of Academy, against the real Academy in Python: its server, users and agents.
#![cfg(feature = "academy")]

#[path = "../python/environment.rs"]
mod environment;

mod agents;
mod peer;
mod scripted;

mod faults;
mod hostile;
mod reaching;
mod serving;
#[cfg(feature = "tls")]
mod tls;
