//! Serves a store, as `lyceum exchange serve` does.

use std::path::Path;

use lyceum::Node;
use lyceum::network::server::{Clock, Server, ServerSettings};
use lyceum::network::store::{Folder, Keeper};

use crate::fill::settings;

pub(crate) fn run(folder: &Path) -> lyceum::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let keeper = Keeper::open(Box::new(Folder::open(folder, 32 << 20)?), settings())?;
        let clock = Clock::of(&Node::local());
        let address = "127.0.0.1:0".parse()?;
        let server = Server::bind(address, keeper, None, clock, ServerSettings::default()).await?;
        println!("{}", server.address());
        server.serve(std::future::pending()).await?;
        Ok(())
    })
}
