//! The lyceum program.
fn main() {}
