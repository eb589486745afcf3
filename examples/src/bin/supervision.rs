//! Prints what happens in [`examples::supervision`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::supervision::run())
}
