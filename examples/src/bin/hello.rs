//! Prints what happens in [`examples::hello`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::hello::run())
}
