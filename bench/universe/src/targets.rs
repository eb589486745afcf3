//! Who takes part, and in what.

use lyceum_bench_figures::{Role, Target};

use crate::case::Case::{self, Campaign, FanOut, Idle, OwnEvent, Schelling, SideBySide};

/// How a target is run: each time in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// By this program.
    Here,
    /// By the script of Fusil's rules, which needs nothing but Python.
    Rules,
    /// By the script for Mesa.
    Mesa,
}

/// Everybody, in the order of the tables.
pub const ALL: &[Target<Case>] = &[
    target(
        "lyceum",
        Role::Subject,
        Runs::Here,
        &[OwnEvent, FanOut, Idle, Schelling, SideBySide, Campaign],
    ),
    target("one_universe", Role::Reference, Runs::Here, &[SideBySide]),
    target("plain", Role::Reference, Runs::Here, &[Campaign]),
    target("fusil_rules", Role::Peer, Runs::Rules, &[OwnEvent, FanOut, Idle]),
    target("krabmaga", Role::Peer, Runs::Here, &[Schelling]),
    target("mesa", Role::Peer, Runs::Mesa, &[Schelling]),
];

const fn target(name: &'static str, role: Role, way: Runs, cases: &'static [Case]) -> Target<Case> {
    Target { name, role, way, cases }
}
