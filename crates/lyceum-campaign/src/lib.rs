//! Test campaigns: programs run in sessions under limits, their inputs mutated, their faults kept.
//!
//! Two modules run programs:
//!
//! - [`process`] says what is run: a program with its input and limits, and how it ended.
//! - [`sandbox`] runs it: a keeper starts one program after the other, shut off from the machine,
//!   and leaves no process behind.
//!
//! [`Campaign`] runs it all: universes side by side, of the agents in [`agents`], which any other
//! project can use, too. [`Replay`] runs again what was found.
//!
//! All else decides, and neither starts a program nor reads a clock. In reading order:
//!
//! - [`ProjectFile`] says what a campaign does: the program, its inputs, limits and patterns.
//! - [`Corpus`] has inputs worth changing, [`Dictionary`] words worth putting into them.
//!   [`Novelty`] tells which inputs let a program do something new.
//! - [`Mutator`] changes inputs, and [`Strength`] says how much, by what the sessions scored.
//! - [`Scanner`] scores what a program prints, [`OutputWatch`] follows a file that grows.
//! - [`Find`] is what a session found, and [`FindBook`] tells new ones from those known.
//! - [`Minimizer`] makes an input smaller, one trial at a time.
//! - [`Report`] is what became of a campaign: as text, JSON and HTML.

// The macros write paths into the crate `lyceum`, which stands above this one.
extern crate self as lyceum;

pub mod agents;
pub mod process;
pub mod sandbox;

mod campaign;
mod hunt;
mod replay;
mod stopwatch;

mod project;

mod corpus;
mod mutation;

mod find;
mod minimize;
mod patterns;

mod report;

pub use campaign::{Campaign, CampaignError, Progress, Stopper};
pub use corpus::{
    Corpus, CorpusError, CorpusInput, CorpusLimits, Dictionary, DictionaryError, Novelty, Origin,
    Skipped, SkippedWhy,
};
pub use find::{Cause, DirectoryName, Find, FindBook, FindKind, KnownFind, Noted};
pub use minimize::{MinimizeStatus, Minimizer};
pub use mutation::{ByteOrder, Change, Mutant, Mutation, MutationKind, Mutator, Strength, Trend};
pub use patterns::{Hit, Look, OutputWatch, Pattern, PatternError, PatternTable, Scanner};
pub use project::{
    InputWay, Kept, ProjectFault, ProjectFile, ProjectFileError, ProjectLimits, StopLimits,
};
pub use replay::{Replay, ReplayError, ReplayVerdict, Replayed};
pub use report::{
    CampaignSummary, EndReason, History, MinimizedInput, Point, Report, ReportError, ReportedFind,
    SessionRecord, shell_words,
};

/// What the code of the macros needs.
#[doc(hidden)]
pub mod macros {
    pub use futures_util::future::BoxFuture;
    pub use lyceum_core::wire::AccessKind;
    pub use lyceum_core::*;
    pub use lyceum_universe as universe;
}

/// The page of the guide: its program is compiled as a test.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../docs/src/sandbox.md")]
    struct Sandbox;
}
