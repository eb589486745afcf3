//! Prints what happens in [`examples::behaviours`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::behaviours::run())
}
