//! Redis and hybrid pass the suite of exchanges with mailboxes. `direct` is none of their chapters:
//! Academy's messages have no topics, no links between agents, no chains, no streams but lists.

use lyceum_test::{Bed, exchange_suite};

use crate::faults::{kill, restart};
use crate::nodes::url;
use crate::office::Mailboxes;
use crate::redis_server::RedisServer;

/// What a server writes outlives its process.
const OPTIONS: [&str; 4] = ["--appendonly", "yes", "--save", ""];

/// Starts a server; `None` where this machine has none.
fn bed(scheme: &str) -> Option<Bed> {
    let mut server = RedisServer::with(&OPTIONS)?;
    let url = url(&server, scheme);
    let restart = move || {
        kill(&mut server);
        restart(&mut server, &OPTIONS);
    };
    Some(Bed::mailboxes(Mailboxes::at(url, restart)))
}

mod redis {
    use super::*;

    exchange_suite!(bed("redis") => every, mailboxes, academy);
}

mod hybrid {
    use super::*;

    exchange_suite!(bed("hybrid") => every, mailboxes, academy);
}
