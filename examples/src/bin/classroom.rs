//! Prints what happens in [`examples::classroom`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::classroom::run())
}
