//! Prints what happens in [`examples::stream`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::stream::run())
}
