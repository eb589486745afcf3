//! Simulation studies: models of many agents in universes, with tables and plots.
//!
//! | program | shows |
//! |---|---|
//! | [`schelling`] | 100,000 agents on a grid, who part by themselves, with a plot and pictures |
//! | [`epidemic`] | a sweep over parameters: many universes side by side, a table and a plot |
//!
//! Each has a function `run`, which returns what happened line by line, and a program of the same
//! name that runs it in its full size and writes plots into the folder that it is given:
//! `cargo run --release -p studies --bin schelling -- FOLDER`. The chapter "Studies" of the guide
//! explains how they are written.

pub mod epidemic;
pub mod schelling;
