//! What programs print, weighed line by line.

mod scanner;
mod table;
mod watch;

pub use scanner::{Hit, Scanner};
pub use table::{Pattern, PatternError, PatternTable};
pub use watch::{Look, OutputWatch};
