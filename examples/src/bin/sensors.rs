//! Prints what happens in [`examples::sensors`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::sensors::run())
}
