//! Programs to learn from, the simplest first.
//!
//! | program | shows |
//! |---|---|
//! | [`hello`] | one agent with two actions |
//! | [`ping_pong`] | two agents, of which one finds and calls the other |
//! | [`sensors`] | an interface with two implementations, found by interface |
//! | [`stream`] | many results of one call |
//! | [`large_data`] | data that passes through agents by reference, and is moved when it is read |
//! | [`behaviours`] | a behaviour with state, subscriptions and a queue of its own |
//! | [`state_machine`] | a traffic light |
//! | [`supervision`] | restarts, alone and together |
//! | [`persistent`] | an agent whose mailbox outlives its program, and a durable call to it |
//! | [`reading_room`] | agents that a file describes |
//! | [`relay_race`] | a batch of agents that know each other before they start |
//! | [`primes`] | a batch for a cluster: jobs of Slurm, processes or nodes, as a flag says |
//! | [`trading_day`] | eight hours of a market in virtual time, repeatable by their seed |
//! | [`classroom`] | a launcher of one's own |
//! | [`mixed`] | agents in Python, with Academy, and in Rust that call each other |
//! | [`tap`] | a universe with a command line, whose runs are recorded and replayed |
//! | [`feeder`] | households that negotiate under the time of a co-simulation, also in mosaik |
//!
//! Each has a function `run`, which returns what happened line by line, and a program of the same
//! name, which prints it: `cargo run -p examples --bin hello`. Simulation studies, with plots, are
//! in the folder `studies`.

use std::future::Future;

pub mod behaviours;
pub mod classroom;
pub mod feeder;
pub mod hello;
pub mod large_data;
pub mod mixed;
pub mod persistent;
pub mod ping_pong;
pub mod primes;
pub mod reading_room;
pub mod relay_race;
pub mod sensors;
pub mod state_machine;
pub mod stream;
pub mod supervision;
pub mod tap;
pub mod trading_day;

/// Runs an example to its end and prints what happened.
///
/// # Errors
///
/// Returns why the example failed.
pub fn print(example: impl Future<Output = lyceum::Result<Vec<String>>>) -> lyceum::Result<()> {
    for line in lyceum::block_on(example)? {
        println!("{line}");
    }
    Ok(())
}
