//! Stepped execution: universes, projects, sessions, scores.
//!
//! Users reach this as `lyceum::universe`. In reading order:
//!
//! - [`Universe`] runs a [`Project`] in sessions, step by step, and returns a [`Report`].
//! - Agents have `#[live]`, `#[event]`, `#[init]`, `#[deinit]` and `#[score]` methods in their
//!   `#[agent]` block; while they act, [`Step`] is what they get of their surroundings.
//! - [`Event`] is what they say to each other; [`events`] are those that every universe knows.
//! - [`Universes`] run side by side, and share a [`Tally`].
//! - [`Sender`] brings events in from outside; [`Recording`] is a log of them, to replay a run.
//!
//! Inside, `kernel` is a step from its beginning to its end, `government` what the universe does
//! in it by itself, and `world` everything that an agent reaches while it acts.

mod calm;
mod channel;
mod column;
mod error;
mod event;
pub mod events;
mod government;
mod inhabitant;
mod kernel;
mod letter;
mod log;
mod order;
mod ordinary;
mod pace;
mod parts;
mod post;
mod program;
mod project;
mod record;
mod register;
mod report;
mod roster;
mod scope;
mod score;
mod sender;
mod session;
mod step;
mod tally;
mod trace;
mod universe;
mod universes;
mod views;
mod world;

pub use calm::Calm;
pub use error::{ActivateError, AddError, AddFault, Load, RunError, SendError, SendFault};
pub use event::Event;
pub use inhabitant::{EventEntry, Handler, Inhabitant, Outcome, Source, Species};
pub use letter::Letter;
pub use log::{Level, Line};
pub use pace::Pace;
pub use parts::Parts;
pub use program::Program;
pub use project::Project;
/// What draws lots: the crate whose traits [`Step::random`] needs.
pub use rand;
pub use record::Recording;
pub use register::AgentNumber;
pub use report::{Report, RunOutcome};
pub use scope::{Belongings, Scope};
pub use sender::Sender;
pub use session::SessionRecord;
pub use step::Step;
pub use tally::Tally;
pub use trace::{Deed, Trace, TraceEvent};
pub use universe::{OnFailure, Universe, UniverseBuilder};
pub use universes::{OnStuck, Stuck, Universes, Watch};
pub use views::{Application, Project as ProjectView, Session};
pub use world::Counts;
