//! Agents on other machines: launchers against the real programs, on loopback.

#[path = "../../examples/farm/agents.rs"]
mod agents;
mod farm;
mod file;
mod gathering;
mod kubernetes;
mod machine;
mod slurm;
mod ssh;
