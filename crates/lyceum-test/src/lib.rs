//! Tools for testing agents.
