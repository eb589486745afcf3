//! Who takes part, and in what.

use lyceum_bench_figures::{Role, Target};

use crate::case::Case;

/// How a target is run.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub service: Service,
    pub side: Side,
}

/// Where the mailboxes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Nowhere: agents are reached directly, or there are none.
    Nothing,
    /// Lyceum's server.
    Lyceum,
    /// Academy's server.
    Academy,
    /// A real Redis.
    Redis,
    /// The same as a directory.
    Hybrid,
}

/// Who measures, and who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Rust,
    Python,
    /// Redis itself: one of its own round trips.
    Ping,
    /// The disk that the server would write to.
    Disk,
}

use Case::{
    DurableCall, DurableCrowd, HybridCall, HybridCrowd, HybridEcho, LaunchNode, LaunchProcesses,
    PythonCall, PythonCrowd, RedisCall, RedisCrowd, ServerCall, ServerCrowd,
};

/// Everybody, in the order of the tables.
pub const ALL: &[Target<Case>] = &[
    target(
        "python_on_lyceum",
        Role::Subject,
        Service::Lyceum,
        Side::Python,
        &[PythonCall, PythonCrowd],
    ),
    target(
        "lyceum",
        Role::Subject,
        Service::Lyceum,
        Side::Rust,
        &[ServerCall, ServerCrowd, DurableCall, DurableCrowd],
    ),
    target("lyceum", Role::Subject, Service::Redis, Side::Rust, &[RedisCall, RedisCrowd]),
    target(
        "lyceum",
        Role::Subject,
        Service::Hybrid,
        Side::Rust,
        &[HybridCall, HybridCrowd, HybridEcho],
    ),
    target("lyceum", Role::Subject, Service::Nothing, Side::Rust, &[LaunchNode, LaunchProcesses]),
    target(
        "academy",
        Role::Peer,
        Service::Academy,
        Side::Python,
        &[PythonCall, PythonCrowd, ServerCall, ServerCrowd, LaunchProcesses],
    ),
    target("academy", Role::Peer, Service::Redis, Side::Python, &[RedisCall, RedisCrowd]),
    target(
        "academy",
        Role::Peer,
        Service::Hybrid,
        Side::Python,
        &[HybridCall, HybridCrowd, HybridEcho],
    ),
    target("academy", Role::Peer, Service::Nothing, Side::Python, &[LaunchNode]),
    target("redis_ping", Role::Reference, Service::Redis, Side::Ping, &[RedisCall]),
    target(
        "lyceum_tcp",
        Role::Reference,
        Service::Nothing,
        Side::Rust,
        &[HybridCall, HybridCrowd, HybridEcho],
    ),
    target("disk", Role::Reference, Service::Nothing, Side::Disk, &[DurableCall]),
];

const fn target(
    name: &'static str,
    role: Role,
    service: Service,
    side: Side,
    cases: &'static [Case],
) -> Target<Case> {
    Target { name, role, way: Way { service, side }, cases }
}
