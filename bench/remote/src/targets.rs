//! Who takes part, and in what.

use lyceum_bench_figures::{Role, Target};

use crate::case::Case;

/// How a target is run: by a pair of programs.
#[derive(Clone, Copy, Debug)]
pub struct Ends {
    /// Who answers; nobody where a case needs one process only.
    pub server: Side,
    /// Who measures.
    pub client: Side,
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
pub const ALL: &[Target<Case>] = &[
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
        way: Ends { server: Side::Rust("lyceum_aiomas"), client: Side::Python },
        ..both("aiomas_to_lyceum", Role::Subject, &[AiomasCall, AiomasFlight])
    },
    Target {
        way: Ends { server: Side::Nobody, client: Side::Rust("lyceum") },
        ..both("lyceum", Role::Subject, &[Clock])
    },
    Target {
        way: Ends { server: Side::Nobody, client: Side::Python },
        ..both("aiomas", Role::Peer, &[Clock])
    },
    Target {
        way: Ends { server: Side::Python, client: Side::Python },
        ..both("aiomas", Role::Peer, &[AiomasCall, AiomasFlight])
    },
];

const fn both(name: &'static str, role: Role, cases: &'static [Case]) -> Target<Case> {
    let way = Ends { server: Side::Rust(name), client: Side::Rust(name) };
    Target { name, role, way, cases }
}
