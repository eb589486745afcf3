//! Inputs worth changing, and words worth putting into them.

mod dictionary;
mod folder;
mod novelty;
mod pool;
mod tokens;

pub use dictionary::{Dictionary, DictionaryError};
pub use folder::{CorpusError, Skipped, SkippedWhy};
pub use novelty::Novelty;
pub use pool::{Corpus, CorpusInput, CorpusLimits, Origin};
