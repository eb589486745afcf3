//! Prints what happens in [`examples::feeder`], or takes part in a scenario of mosaik that waits
//! at an address: `feeder 127.0.0.1:5555`.

use examples::feeder::{self, Feeders};
use lyceum::network::mosaik;

fn main() -> lyceum::Result<()> {
    match std::env::args().nth(1) {
        None => examples::print(feeder::run()),
        Some(address) => lyceum::block_on(async {
            mosaik::run(&address, Feeders::new()?).await?;
            Ok(())
        }),
    }
}
