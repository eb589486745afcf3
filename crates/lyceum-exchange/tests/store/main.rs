//! Stores: what survives which crash, what is refused when, and what space comes back.
#![cfg(feature = "mailboxes")]

mod crashes;
mod depot;
mod disk;
mod shaky;
mod space;
