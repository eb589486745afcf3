//! Who takes part, and in what.

use lyceum_bench_figures::Role;

use crate::case::Case;

/// One pair of programs under measurement.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub name: &'static str,
    pub role: Role,
    /// Who answers; nobody where a case needs one process only.
    pub server: Side,
    /// Who measures.
    pub client: Side,
    pub cases: &'static [Case],
}

/// A program at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This binary, in the part of that name.
    Rust(&'static str),
    /// The script for aiomas, in Python 3.8.
    Python,
    Nobody,
}

use Case::{AiomasCall, AiomasFlight, Call, Clock, Crowd, Echo, Handles, Kill, Ping};

/// Everybody, in the order of the tables.
pub const ALL: &[Target] = &[
    both("lyceum_tcp", Role::Subject, &[Call, Crowd, Echo, Ping, Handles, Kill]),
    both("lyceum_unix", Role::Subject, &[Call, Crowd, Echo, Ping, Kill]),
    both("raw_tcp", Role::Reference, &[Call, Crowd, Echo, Ping, Kill]),
    both("raw_unix", Role::Reference, &[Call, Crowd, Echo, Ping, Kill]),
    both("tarpc", Role::Peer, &[Call, Crowd, Echo]),
    both("tonic", Role::Peer, &[Call, Crowd, Echo]),
    both("ractor_cluster", Role::Peer, &[Call, Crowd, Echo]),
    both("kameo", Role::Peer, &[Call, Crowd, Echo]),
    both("nats", Role::Peer, &[Call, Crowd, Echo]),
    both("lyceum_aiomas", Role::Subject, &[AiomasCall, AiomasFlight]),
    Target {
        server: Side::Rust("lyceum_aiomas"),
        client: Side::Python,
        ..both("aiomas_to_lyceum", Role::Subject, &[AiomasCall, AiomasFlight])
    },
    Target { server: Side::Nobody, ..both("lyceum", Role::Subject, &[Clock]) },
    Target { server: Side::Nobody, client: Side::Python, ..both("aiomas", Role::Peer, &[Clock]) },
    Target {
        server: Side::Python,
        client: Side::Python,
        ..both("aiomas", Role::Peer, &[AiomasCall, AiomasFlight])
    },
];

const fn both(name: &'static str, role: Role, cases: &'static [Case]) -> Target {
    Target { name, role, server: Side::Rust(name), client: Side::Rust(name), cases }
}

/// Checks the name of a target.
pub fn find(name: &str) -> Result<&'static str, UnknownTarget> {
    ALL.iter().find(|target| target.name == name).map(|target| target.name).ok_or(UnknownTarget)
}

/// There is no target of that name.
#[derive(Debug)]
pub struct UnknownTarget;

impl std::error::Error for UnknownTarget {}

impl std::fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = ALL.iter().map(|target| target.name).collect();
        write!(f, "the targets are {}", names.join(", "))
    }
}
