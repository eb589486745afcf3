//! Agents on other machines: launchers against the real programs, on loopback.

#[path = "../../examples/farm/agents.rs"]
mod agents;
mod farm;
mod gathering;
mod machine;

#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(feature = "slurm")]
mod slurm;
#[cfg(feature = "ssh")]
mod ssh;
