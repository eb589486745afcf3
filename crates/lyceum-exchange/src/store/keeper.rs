//! The mailboxes and their log, for many callers at once.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, watch};

use crate::mailbox::{
    Acknowledge, Delivery, Journal, Limits, MailboxError, MailboxId, Mailboxes, Parcel, Place,
    Wording,
};
use crate::store::bell::Bell;
use crate::store::log::Log;
use crate::store::record::CHECK;
use crate::store::{Cursor, ReadError, Store, StoreError, indexer, recovery, writer};

/// How a store is used.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bounds on what is kept.
    pub limits: Limits,
    /// In whose words callers are told of failures.
    pub wording: Wording,
    /// Bytes of one segment of the log; at least four times the longest message.
    pub segment: u32,
    /// Bytes of bodies that were put lately and stay in memory.
    pub recent: usize,
    /// After so many bytes of log the index is brought up to date.
    pub index_after: u64,
}

impl Settings {
    /// Returns what suits most disks.
    pub fn new(wording: Wording) -> Self {
        Self {
            limits: Limits::default(),
            wording,
            segment: 64 << 20,
            recent: 64 << 20,
            index_after: 32 << 20,
        }
    }
}

/// How much must have happened before somebody is told that something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// It survives the death of the process.
    Written,
    /// It survives the death of the machine.
    Synced,
}

/// What to wait for after a change.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is safe before the ticket was waited for"]
pub struct Ticket {
    position: u64,
    level: Level,
}

/// How far the writer has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    pub(crate) written: u64,
    pub(crate) synced: u64,
    pub(crate) has_failed: bool,
}

impl Ticket {
    /// Returns the place in the log that must be safe.
    pub fn position(self) -> u64 {
        self.position
    }

    /// Returns how safe it must be.
    pub fn level(self) -> Level {
        self.level
    }
}

impl Progress {
    fn has(&self, ticket: Ticket) -> bool {
        let reached = match ticket.level {
            Level::Written => self.written,
            Level::Synced => self.synced,
        };
        reached >= ticket.position
    }
}

/// What a program is given.
#[derive(Debug)]
pub struct Taken {
    /// The messages, and their bodies where those are in memory.
    pub parcels: Vec<(Parcel, Option<Bytes>)>,
    /// What to wait for before they are given.
    pub ticket: Ticket,
    /// Up to where the log must be on disk before.
    pub synced: u64,
    /// Whether more wait in the mailbox.
    pub has_more: bool,
    /// Whether some of them do not wait behind requests.
    pub has_urgent: bool,
    /// Keeps the bodies from being given back.
    pub pin: Arc<()>,
}

/// The mailboxes of an exchange, kept by a store.
///
/// One task writes: [`write`](Self::write) runs it, and [`index`](Self::index) what keeps restarts
/// short. Both end after [`close`](Self::close).
#[derive(Clone)]
pub struct Keeper {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: Box<dyn Store>,
    pub(crate) settings: Settings,
    pub(crate) core: Mutex<Core>,
    /// Where the log was written to. Whoever holds it writes.
    pub(crate) writing: Mutex<Cursor>,
    /// Tells the writer that there is something to do.
    pub(crate) work: Condvar,
    /// Tells the indexer.
    pub(crate) index_work: Condvar,
    pub(crate) progress: watch::Sender<Progress>,
    /// Tells those who wait for space that there is some, or none.
    pub(crate) space: Notify,
}

pub(crate) struct Core {
    pub(crate) mailboxes: Mailboxes,
    pub(crate) log: Log,
    /// Up to where somebody waits for the disk.
    pub(crate) sync_wanted: u64,
    /// Where the index ends.
    pub(crate) indexed: u64,
    pub(crate) is_closing: bool,
    pub(crate) writer_is_over: bool,
    /// Held by those who have a place and have not read it yet.
    pub(crate) pin: Arc<()>,
    waiting: HashMap<MailboxId, Arc<Notify>>,
    bells: HashMap<MailboxId, Arc<Bell>>,
}

impl Core {
    /// Tells those who wait of what was changed.
    fn changed(&mut self, level: Level) -> Ticket {
        let position = self.log.position;
        if level == Level::Synced {
            self.sync_wanted = self.sync_wanted.max(position);
        }
        for mailbox in self.mailboxes.take_woken() {
            if let Some(waiting) = self.waiting.get(&mailbox) {
                waiting.notify_waiters();
            }
            if let Some(bell) = self.bells.get(&mailbox) {
                bell.ring(mailbox);
            }
        }
        Ticket { position, level }
    }
}

impl Keeper {
    /// Reads what a store has. It blocks.
    ///
    /// # Errors
    ///
    /// Says why the store cannot be used.
    pub fn open(store: Box<dyn Store>, settings: Settings) -> Result<Self, StoreError> {
        let mut mailboxes = Mailboxes::new(settings.limits, settings.wording);
        let segment = recovery::load(&*store, &mut mailboxes)?;
        let mut log = Log::new(segment, settings.segment, settings.recent);
        store
            .allocate(segment, settings.segment)
            .map_err(StoreError::segment("allocate", segment))?;
        log.has_spare = store.allocate(segment + 1, settings.segment).is_ok();
        log.is_full = !log.has_spare;
        let core = Core {
            mailboxes,
            log,
            sync_wanted: 0,
            indexed: 0,
            is_closing: false,
            writer_is_over: false,
            pin: Arc::new(()),
            waiting: HashMap::new(),
            bells: HashMap::new(),
        };
        let shared = Shared {
            store,
            settings,
            core: Mutex::new(core),
            writing: Mutex::new(Cursor { segment, offset: 0 }),
            work: Condvar::new(),
            index_work: Condvar::new(),
            progress: watch::Sender::new(Progress::default()),
            space: Notify::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Writes what is to be written, until the store is closed. It blocks.
    ///
    /// # Errors
    ///
    /// Says what failed. Nothing is accepted then.
    pub fn write(&self) -> Result<(), StoreError> {
        writer::run(&self.shared)
    }

    /// Keeps the index up to date and gives space back, until the store is closed. It blocks.
    pub fn index(&self) {
        indexer::run(&self.shared);
    }

    /// Ends the writer and the indexer, after all that was changed before.
    pub fn close(&self) {
        self.shared.lock().is_closing = true;
        self.shared.work.notify_all();
    }

    /// Changes the mailboxes, and says what to wait for.
    ///
    /// What nobody [waits](Self::done) for is written with what somebody waits for, or by the next
    /// [`flush`](Self::flush).
    pub fn change<T>(
        &self,
        level: Level,
        f: impl FnOnce(&mut Mailboxes, &mut dyn Journal) -> T,
    ) -> (T, Ticket) {
        self.change_as(|mailboxes, log| (f(mailboxes, log), level))
    }

    /// The same, where what is changed says how safe it is to be.
    pub fn change_as<T>(
        &self,
        f: impl FnOnce(&mut Mailboxes, &mut dyn Journal) -> (T, Level),
    ) -> (T, Ticket) {
        let mut core = self.shared.lock();
        let Core { mailboxes, log, .. } = &mut *core;
        let (result, level) = f(mailboxes, log);
        let ticket = core.changed(level);
        drop(core);
        if level == Level::Synced {
            self.shared.work.notify_one();
        }
        (result, ticket)
    }

    /// Gives a program what waits for it, with the bodies that are in memory: all in order, or only
    /// what does not wait behind requests.
    ///
    /// # Errors
    ///
    /// Says why it gets nothing.
    pub fn take(
        &self,
        mailbox: MailboxId,
        generation: u64,
        most: (usize, u64),
        is_urgent: bool,
    ) -> Result<Taken, MailboxError> {
        let mut core = self.shared.lock();
        let Core { mailboxes, log, pin, .. } = &mut *core;
        let pin = pin.clone();
        let explicitly = Acknowledge::Explicitly;
        let parcels = if is_urgent {
            mailboxes.take_urgent(log, mailbox, generation, most, explicitly)?
        } else {
            mailboxes.take(log, mailbox, generation, most, explicitly)?
        };
        let is_durable = |parcel: &Parcel| parcel.letter.delivery == Delivery::Durable;
        let is_durable = parcels.iter().any(is_durable);
        let find = |parcel: Parcel| {
            let body = log.recent.find(parcel.place);
            (parcel, body)
        };
        let parcels = parcels.into_iter().map(find).collect();
        let has_more = core.mailboxes.has_waiting(mailbox);
        let has_urgent = core.mailboxes.has_urgent(mailbox);
        let synced = if is_durable { core.sync_wanted } else { 0 };
        let ticket = core.changed(Level::Written);
        Ok(Taken { parcels, ticket, synced, has_more, has_urgent, pin })
    }

    /// Writes what nobody waits for.
    pub fn flush(&self) {
        if !self.write_through() {
            self.shared.work.notify_one();
        }
    }

    /// Writes what is to be written, if nothing but memory of the system is needed for it. Says
    /// whether nothing is left.
    fn write_through(&self) -> bool {
        match writer::write_through(&self.shared) {
            Ok(is_done) => is_done,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store has failed");
                self.shared.fail();
                true
            }
        }
    }

    /// Returns up to where the log is on disk.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if that is not known.
    pub fn synced(&self) -> Result<u64, StoreError> {
        let progress = self.shared.progress.borrow();
        if progress.has_failed { Err(StoreError::Failed) } else { Ok(progress.synced) }
    }

    /// Returns what hears of it when more of the log is on disk.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.progress.subscribe()
    }

    /// Has a bell rung when something new waits in a mailbox, or it changes hands.
    pub fn hang(&self, mailbox: MailboxId, bell: &Arc<Bell>) {
        self.shared.lock().bells.insert(mailbox, bell.clone());
        bell.ring(mailbox);
    }

    /// Takes a bell away again, unless it is somebody else's by now.
    pub fn unhang(&self, mailbox: MailboxId, bell: &Arc<Bell>) {
        let mut core = self.shared.lock();
        if core.bells.get(&mailbox).is_some_and(|hung| Arc::ptr_eq(hung, bell)) {
            core.bells.remove(&mailbox);
        }
    }

    /// Looks at the mailboxes.
    pub fn look<T>(&self, f: impl FnOnce(&Mailboxes) -> T) -> T {
        f(&self.shared.lock().mailboxes)
    }

    /// Waits until a change is as safe as was asked for.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] if it is not known to be safe.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time; the change is made in any case.
    pub async fn done(&self, ticket: Ticket) -> Result<(), StoreError> {
        if ticket.level == Level::Written {
            if self.write_through() && self.shared.progress.borrow().has(ticket) {
                return self.synced().map(|_| ());
            }
            self.shared.work.notify_one();
        }
        let mut progress = self.shared.progress.subscribe();
        let reached =
            progress.wait_for(|progress| progress.has(ticket) || progress.has_failed).await;
        match reached {
            Ok(progress) if !progress.has_failed => Ok(()),
            _ => Err(StoreError::Failed),
        }
    }

    /// Waits until there is space again, or it is known that there is none; says which.
    ///
    /// # Cancel safety
    ///
    /// It can be dropped at any time.
    pub async fn space(&self) -> bool {
        loop {
            let changed = self.shared.space.notified();
            {
                let core = self.shared.lock();
                if core.log.has_failed || core.log.is_full || core.log.has_spare {
                    return core.log.has_spare && !core.log.has_failed;
                }
            }
            changed.await;
        }
    }

    /// Returns whether the disk has space and works.
    pub fn health(&self) -> Result<(), StoreError> {
        let core = self.shared.lock();
        if core.log.has_failed { Err(StoreError::Failed) } else { Ok(()) }
    }

    /// Returns whether new messages are refused since the disk has no space.
    pub fn is_full(&self) -> bool {
        let core = self.shared.lock();
        core.log.is_full && !core.log.has_spare
    }

    /// Returns what is told of a mailbox's changes from now on.
    pub fn watch(&self, mailbox: MailboxId) -> Arc<Notify> {
        let mut core = self.shared.lock();
        core.waiting.entry(mailbox).or_default().clone()
    }

    /// Forgets those who waited for a mailbox's changes, if none is left but who asks.
    pub fn unwatch(&self, mailbox: MailboxId, watch: Arc<Notify>) {
        let mut core = self.shared.lock();
        drop(watch);
        if core.waiting.get(&mailbox).is_some_and(|waiting| Arc::strong_count(waiting) == 1) {
            core.waiting.remove(&mailbox);
        }
    }

    /// Keeps the bodies of all places that are known now from being given back.
    pub fn pin(&self) -> Arc<()> {
        self.shared.lock().pin.clone()
    }

    /// Reads a body: from memory if it was put lately, and on another thread otherwise.
    ///
    /// The caller has a [`pin`](Self::pin) from before it knew the place, and has waited for it to
    /// be written.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the disk.
    pub async fn body(&self, place: Place) -> Result<Bytes, ReadError> {
        if place.length == 0 {
            return Ok(Bytes::new());
        }
        if let Some(body) = self.recent(place) {
            return Ok(body);
        }
        let shared = self.shared.clone();
        let read = tokio::task::spawn_blocking(move || shared.body(place));
        match read.await {
            Ok(read) => read,
            Err(error) => {
                let source = std::io::Error::other(error);
                Err(ReadError::Io { segment: place.segment, source })
            }
        }
    }

    /// Does the same on this thread, for what cannot wait.
    #[cfg(feature = "server")]
    pub(crate) fn body_now(&self, place: Place) -> Result<Bytes, ReadError> {
        match self.recent(place) {
            Some(body) => Ok(body),
            None => self.shared.body(place),
        }
    }

    fn recent(&self, place: Place) -> Option<Bytes> {
        self.shared.lock().log.recent.find(place)
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a body, and checks it.
    pub(crate) fn body(&self, place: Place) -> Result<Bytes, ReadError> {
        let Place { segment, offset, length } = place;
        let read = self.store.read(segment, offset, length + CHECK as u32);
        let mut bytes = read.map_err(|source| ReadError::Io { segment, source })?;
        let check = bytes.split_off(length as usize);
        if check == crc32fast::hash(&bytes).to_le_bytes() {
            Ok(bytes.into())
        } else {
            Err(ReadError::Damaged { segment, offset })
        }
    }

    pub(crate) fn fail(&self) {
        self.lock().log.has_failed = true;
        self.work.notify_all();
        self.progress.send_modify(|progress| progress.has_failed = true);
        self.space.notify_waiters();
    }
}
