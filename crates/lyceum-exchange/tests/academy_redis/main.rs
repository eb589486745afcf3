//! Academy's redis exchange, against the real Academy in Python on a real Redis: its users,
//! managers and agents, with what is asked of them on its HTTP exchange, too.
#![cfg(feature = "redis")]

#[path = "../python/academy.rs"]
#[expect(dead_code, reason = "this peer says more than that all is well")]
mod academy;
#[path = "../academy/agents.rs"]
mod agents;
#[path = "../python/environment.rs"]
mod environment;
#[path = "../academy/peer.rs"]
mod peer;
#[path = "../academy/reaching.rs"]
mod reaching;
#[path = "../python/redis_server.rs"]
mod redis_server;
#[path = "../academy/serving.rs"]
mod serving;
#[path = "../python/snippets.rs"]
mod snippets;

/// Which exchange on a Redis these tests are about; none if it is the HTTP exchange.
const EXCHANGE: Option<&str> = Some("redis");
