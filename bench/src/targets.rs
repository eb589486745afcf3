//! Who takes part: one file for each framework.

mod actix;
mod kameo;
mod lyceum;
mod ractor;
mod raw_tokio;
mod stakker;
mod xtra;

pub use lyceum_bench_figures::Role;

use crate::case::{Case, Measured, Place};
use crate::drivers;
use crate::sizes::Sizes;

/// Everybody, in the order of the tables.
pub const ALL: [Target; 7] = [
    Target::framework::<lyceum::Lyceum>("lyceum", Role::Subject),
    Target::framework::<ractor::Ractor>("ractor", Role::Peer),
    Target::framework::<kameo::Kameo>("kameo", Role::Peer),
    Target::framework::<xtra::Xtra>("xtra", Role::Peer),
    Target::framework::<actix::Actix>("actix", Role::Peer),
    Target::framework::<raw_tokio::RawTokio>("raw_tokio", Role::Reference),
    Target { name: "stakker", role: Role::Reference, measure: stakker::measure },
];

/// One framework under measurement.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub role: Role,
    /// Runs a case once.
    pub measure: fn(Case, Place, &Sizes) -> Measured,
}

impl Target {
    const fn framework<F: crate::framework::Framework>(name: &'static str, role: Role) -> Self {
        Self { name, role, measure: drivers::measure::<F> }
    }
}

/// Returns the target of that name.
pub fn find(name: &str) -> Result<Target, UnknownTarget> {
    ALL.iter().find(|target| target.name == name).copied().ok_or(UnknownTarget)
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
