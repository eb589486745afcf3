//! The primitives that the loom models replace with their own.

pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
