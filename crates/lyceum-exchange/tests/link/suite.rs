//! The link passes the suite of exchanges with mailboxes. `direct` is none of its chapters:
//! Academy's messages have no topics, no links between agents, no chains, no streams but lists.

use lyceum_test::{Bed, exchange_suite};
use tokio::runtime::Runtime;

use crate::house::{House, Plan};
use crate::office::Mailboxes;

exchange_suite!(bed() => every, mailboxes);

/// Starts a server, which takes messages that are as long as the suite's.
fn bed() -> Bed {
    let runtime = Runtime::new().unwrap();
    let mut plan = Plan::default();
    plan.settings.limits.message = 4 << 20;
    let house = runtime.block_on(House::build(plan));
    let url = format!("exchange://{}", house.address);
    Bed::mailboxes(Mailboxes::at(url, (house, runtime)))
}
