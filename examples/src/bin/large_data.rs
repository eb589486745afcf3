//! Prints what happens in [`examples::large_data`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::large_data::run())
}
