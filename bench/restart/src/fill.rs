//! Fills a store with messages that wait.

use std::io::Write;
use std::path::Path;

use lyceum::network::mailbox::{
    Delivery, Letter, LetterKind, Limits, MailboxId, Profile, PutError,
};
use lyceum::network::server::wording;
use lyceum::network::store::{Folder, Keeper, Level, Settings, Ticket};
use uuid::Uuid;

/// Mailboxes of agents, among which the messages are spread.
const AGENTS: u64 = 1_000;

/// Puts for which the disk is waited once.
const BATCH: u64 = 10_000;

const BODY: &[u8] = &[b'x'; 200];

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::new(wording);
    settings.limits = Limits {
        outstanding: usize::MAX,
        messages_per_mailbox: usize::MAX,
        bytes_per_mailbox: u64::MAX,
        ..Limits::default()
    };
    settings
}

fn id(number: u64) -> MailboxId {
    MailboxId::new(Uuid::from_u128(number.into()))
}

/// Fills the store, says so, and waits for the end of the process.
pub(crate) fn run(folder: &Path, messages: u64) -> lyceum::Result<()> {
    let keeper = Keeper::open(Box::new(Folder::open(folder, 32 << 20)?), settings())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (writer, indexer) = (keeper.clone(), keeper.clone());
    runtime.spawn_blocking(move || writer.write());
    runtime.spawn_blocking(move || indexer.index());
    let registered = register(&keeper)?;
    runtime.block_on(keeper.done(registered))?;
    let mut next = 0;
    while next < messages {
        let end = messages.min(next + BATCH);
        while next < end {
            match put(&keeper, next) {
                Ok(_waited_for_below) => next += 1,
                // The disk is behind.
                Err(PutError::Mailbox(_)) => {
                    runtime.block_on(keeper.space());
                }
                Err(error) => return Err(error.into()),
            }
        }
        let ((), ticket) = keeper.change(Level::Synced, |_, _| ());
        runtime.block_on(keeper.done(ticket))?;
    }
    println!("filled");
    std::io::stdout().flush()?;
    // The other side kills this process.
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

fn register(keeper: &Keeper) -> lyceum::Result<Ticket> {
    let (registered, ticket) = keeper.change(Level::Synced, |mailboxes, log| {
        (0..=AGENTS)
            .try_for_each(|number| mailboxes.register(log, id(number), Profile::default(), ""))
    });
    registered?;
    Ok(ticket)
}

fn put(keeper: &Keeper, number: u64) -> Result<Ticket, PutError> {
    let letter = Letter {
        from: id(0),
        to: id(1 + number % AGENTS),
        tag: Uuid::from_u128(number.into()),
        label: None,
        kind: LetterKind::Request,
        delivery: Delivery::Durable,
        expires: None,
    };
    let (put, ticket) =
        keeper.change(Level::Written, |mailboxes, log| mailboxes.put(log, letter, BODY, None));
    put.map(|_accepted| ticket)
}
