//! Lyceum's nodes on a real Redis: what happens when programs, servers and connections end.
#![cfg(feature = "hybrid")]

#[path = "../academy/agents.rs"]
mod agents;
#[path = "../suite/office.rs"]
mod office;
#[path = "../python/redis_server.rs"]
mod redis_server;

mod bounds;
mod dead;
mod failover;
mod faults;
mod finding;
mod holders;
mod hybrid;
mod login;
mod namespaces;
mod nodes;
mod raw;
mod suite;
