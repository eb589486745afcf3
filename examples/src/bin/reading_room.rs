//! Prints what happens in [`examples::reading_room`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::reading_room::run())
}
