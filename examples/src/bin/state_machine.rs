//! Prints what happens in [`examples::state_machine`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::state_machine::run())
}
