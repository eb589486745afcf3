//! Prints what happens in [`examples::ping_pong`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::ping_pong::run())
}
