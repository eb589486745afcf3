//! Prints what happens in [`examples::trading_day`].

fn main() -> lyceum::Result<()> {
    examples::print(examples::trading_day::run())
}
