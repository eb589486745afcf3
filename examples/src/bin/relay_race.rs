//! Prints what happens in [`examples::relay_race`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::relay_race::run())
}
