//! The codes that commands end with.

/// It is done.
pub const DONE: u8 = 0;
/// The action returned an error, or failed on its way.
pub const ACTION: u8 = 1;
/// The command was not understood, or the agent has no such action.
pub const USAGE: u8 = 2;
/// The node or the agent could not be reached.
pub const UNREACHABLE: u8 = 3;
/// There was no answer in time.
pub const TIMEOUT: u8 = 4;
/// A child that a queue started was told to end by SIGTERM, and did so in good order.
pub const TERMINATED: u8 = 143;
