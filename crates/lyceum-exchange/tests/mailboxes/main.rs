//! Mailboxes that outlive programs: the logic, without I/O and in a time that the tests make up.
#![cfg(feature = "mailboxes")]

mod bounds;
mod delivery;
mod ending;
mod finding;
mod office;
mod replay;
