//! What a keeper and its master tell each other.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use crate::process::{Exit, Limits, Overflow, TerminalSize};
use crate::sandbox::fault::Fault;

/// The longest order: more than the system lets any program be started with.
pub(crate) const ORDER_LIMIT: usize = 8 << 20;

/// The message that says that an order follows, in a file beside it.
pub(crate) const START: &[u8] = b"start";

/// The message that asks the program to stop.
pub(crate) const STOP: &[u8] = b"stop";

/// What is to be run. Files and folders come as open descriptors with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) path: OsString,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) directory: OsString,
    pub(crate) limits: Limits,
    pub(crate) overflow: Overflow,
    pub(crate) terminal: Option<TerminalSize>,
}

/// What a keeper answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// It can take orders.
    Ready,
    /// It cannot, and ends.
    Broken(Fault),
    /// The program runs. Its descriptor comes with this.
    Started,
    /// The program was not started.
    Refused(Fault),
    /// The program and everything of it has ended.
    Ended(Exit),
}
