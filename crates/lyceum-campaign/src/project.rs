//! Files that say what a campaign does.

mod check;
mod error;
mod field;
mod file;
mod measure;
mod patterns;
mod program;
mod settings;

pub use error::{ProjectFault, ProjectFileError};
pub(crate) use program::INPUT_FILE;
pub use settings::{InputWay, Kept, ProjectFile, ProjectLimits, StopLimits};
