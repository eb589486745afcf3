//! The aiomas exchange, against the real aiomas in Python.
#![cfg(feature = "aiomas")]

#[cfg(feature = "tls")]
#[path = "../server/authority.rs"]
mod authority;
#[path = "../python/environment.rs"]
mod environment;
#[path = "../python/snippets.rs"]
mod snippets;

mod agents;
mod peer;

mod faults;
mod hostile;
mod managing;
mod reaching;
mod serving;
#[cfg(feature = "tls")]
mod tls;
mod without_agents;
