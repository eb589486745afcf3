//! The link passes the suite of exchanges with mailboxes. `direct` is none of its chapters:
//! Academy's messages have no topics, no links between agents, no chains, no streams but lists.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lyceum_exchange::store::Folder;
use lyceum_test::{Bed, exchange_suite};
use tokio::runtime::Runtime;

use crate::house::{House, Plan};
use crate::office::Mailboxes;

mod link {
    use super::*;

    exchange_suite!(bed("exchange") => every, mailboxes, academy);
}

/// By requests of HTTP, as Academy's programs come.
mod http {
    use super::*;

    exchange_suite!(bed("academy+http") => every, academy);
}

fn bed(scheme: &str) -> Bed {
    let mut shop = Shop::open();
    let url = format!("{scheme}://{}", shop.house().address);
    Bed::mailboxes(Mailboxes::at(url, move || shop.restart()))
}

/// A server on a runtime of its own, with a folder of its own.
struct Shop {
    runtime: Runtime,
    folder: PathBuf,
    house: Option<House>,
}

impl Shop {
    fn open() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("suite-{}-{count}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut shop = Self { runtime: Runtime::new().unwrap(), folder, house: None };
        shop.start(Plan::default());
        shop
    }

    /// Starts the server, which takes messages that are as long as the suite's.
    fn start(&mut self, plan: Plan) {
        let store = Box::new(Folder::open(&self.folder, 4 << 20).unwrap());
        let mut plan = Plan { store, ..plan };
        plan.settings.limits.message = 4 << 20;
        self.house = Some(self.runtime.block_on(House::build(plan)));
    }

    fn house(&self) -> &House {
        self.house.as_ref().expect("it runs")
    }

    fn restart(&mut self) {
        let address = self.house().address;
        self.end();
        self.start(Plan { address, ..Plan::default() });
    }

    fn end(&mut self) {
        if let Some(house) = self.house.take() {
            self.runtime.block_on(house.close()).unwrap();
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.end();
        // It is in the tests' own folder anyway.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
