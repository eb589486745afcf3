//! Prints what happens in [`examples::persistent`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::persistent::run())
}
