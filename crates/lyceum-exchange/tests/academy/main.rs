//! The exchange of Academy, against the real Academy in Python: its server, users and agents.
#![cfg(feature = "academy")]

#[path = "../python/academy.rs"]
#[expect(dead_code, reason = "this peer says more than that all is well")]
mod academy;
#[cfg(feature = "tls")]
#[path = "../server/authority.rs"]
mod authority;
#[path = "../python/environment.rs"]
mod environment;
#[path = "../python/redis_server.rs"]
mod redis_server;
#[path = "../python/snippets.rs"]
mod snippets;

mod agents;
mod peer;
mod scripted;

mod faults;
mod hostile;
mod reaching;
mod serving;
#[cfg(feature = "tls")]
mod tls;

/// Which exchange on a Redis these tests are about; none if it is the HTTP exchange.
const EXCHANGE: Option<&str> = None;
