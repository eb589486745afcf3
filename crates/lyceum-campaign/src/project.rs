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
pub use settings::{InputWay, Kept, ProjectFile, ProjectLimits, StopLimits};
