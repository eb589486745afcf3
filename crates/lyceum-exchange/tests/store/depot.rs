//! A keeper with its two threads, and one user and one agent.

use std::thread::{self, JoinHandle};

use lyceum_exchange::mailbox::{
    Acknowledge, Delivery, Letter, LetterKind, MailboxId, Moment, Notice, Profile, Put, PutError,
};
use lyceum_exchange::store::{Keeper, Level, Settings, Store, StoreError};
use uuid::Uuid;

pub(crate) const NOW: Moment = Moment::from_millis(1_000_000);

pub(crate) fn id(number: u128) -> MailboxId {
    MailboxId::new(Uuid::from_u128(number))
}

pub(crate) const USER: u128 = 1;
pub(crate) const AGENT: u128 = 2;

fn wording(notice: Notice<'_>) -> Vec<u8> {
    format!("{:?}", notice.failure).into_bytes()
}

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::new(wording);
    settings.segment = 32 << 10;
    settings.index_after = 24 << 10;
    settings.recent = 4 << 10;
    settings.limits.message = 4 << 10;
    settings
}

pub(crate) fn letter(tag: u128) -> Letter {
    Letter {
        from: id(USER),
        to: id(AGENT),
        tag: Uuid::from_u128(tag),
        label: None,
        kind: LetterKind::Request,
        delivery: Delivery::Durable,
        expires: None,
    }
}

/// What is told of an operation that went wrong.
#[derive(Debug)]
pub(crate) enum Trouble {
    Put(PutError),
    Store,
}

pub(crate) struct Depot {
    pub(crate) keeper: Keeper,
    threads: Vec<JoinHandle<()>>,
}

impl Depot {
    #[expect(clippy::disallowed_methods, reason = "`close` joins them")]
    pub(crate) fn open(store: impl Store, settings: Settings) -> Result<Self, StoreError> {
        let keeper = Keeper::open(Box::new(store), settings)?;
        let (writer, indexer) = (keeper.clone(), keeper.clone());
        let threads = vec![
            // A disk that dies is the point of some tests, and they look at its effects.
            thread::spawn(move || drop(writer.write())),
            thread::spawn(move || indexer.index()),
        ];
        let depot = Self { keeper, threads };
        for number in [USER, AGENT] {
            let (registered, _) = depot.keeper.change(Level::Written, |mailboxes, log| {
                mailboxes.register(log, id(number), Profile::default(), "ada")
            });
            registered.unwrap();
        }
        Ok(depot)
    }

    pub(crate) async fn put(&self, letter: Letter, body: &[u8]) -> Result<Put, Trouble> {
        let (put, ticket) = self
            .keeper
            .change(Level::Synced, |mailboxes, log| mailboxes.put(log, letter, body, None));
        let put = put.map_err(Trouble::Put)?;
        self.keeper.done(ticket).await.map_err(|_| Trouble::Store)?;
        Ok(put)
    }

    pub(crate) async fn answer(&self, tag: u128) -> Result<Put, Trouble> {
        self.put(letter(tag).answer(), format!("answer {tag}").as_bytes()).await
    }

    /// Gives the mailbox to a new program, which takes and reads everything.
    pub(crate) async fn read(&self, number: u128) -> Result<Vec<Vec<u8>>, Trouble> {
        let pin = self.keeper.pin();
        let (parcels, ticket) = self.keeper.change(Level::Written, |mailboxes, log| {
            let generation = mailboxes.lease(log, id(number), NOW)?;
            let most = (usize::MAX, u64::MAX);
            mailboxes.take(log, id(number), generation, most, Acknowledge::AtOnce)
        });
        let parcels = parcels.map_err(|error| Trouble::Put(error.into()))?;
        self.keeper.done(ticket).await.map_err(|_| Trouble::Store)?;
        let mut bodies = Vec::new();
        for parcel in parcels {
            bodies.push(self.keeper.body(parcel.place).await.unwrap().to_vec());
        }
        drop(pin);
        Ok(bodies)
    }

    pub(crate) fn close(self) {
        self.keeper.close();
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}
