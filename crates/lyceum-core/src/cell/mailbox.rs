//! The mailbox of one agent: bounded lists of blocks under one lock.
//!
//! - the *lane*: messages in the order in which they were accepted;
//! - the *control* lane: the agent's own turns and calls that join a turn of their chain;
//! - the *door*: senders that wait for room;
//! - *active* turns: those whose callers wait while they run or are suspended, so that a deadline
//!   ends the wait even while an action blocks its thread.

use std::ptr::{self, NonNull};

use lyceum_wire::AccessKind;

use super::block::{Block, Place};
use super::list::{Chain, List};
use super::lock::{Guard, Lock};
use super::standing::{Gate, Standing};
use crate::mailbox::Overflow;

/// How many one-way messages a holder takes out at once.
const BATCH: u32 = 32;
/// How many senders may wait for room in one mailbox.
const DOOR_LIMIT: u32 = 65_536;
/// The messages that a mailbox holds unless set otherwise.
pub(crate) const DEFAULT_CAPACITY: u32 = 1024;
/// The encoded bytes that a mailbox holds unless set otherwise.
pub(crate) const DEFAULT_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) struct Mailbox(Lock<Lists>);

struct Lists {
    lane: List,
    active: List,
    rare: Option<Box<Rare>>,
    /// When a timer looks for calls past their deadline; `u64::MAX` for never.
    watch: u64,
    length: u32,
    /// The access of one-way messages that a holder took out and has not started.
    in_hand: Option<AccessKind>,
    /// Whether the last turn was the agent's own.
    lane_is_due: bool,
}

/// What few mailboxes need.
struct Rare {
    control: List,
    door: List,
    door_length: u32,
    bytes: u64,
    limits: Limits,
}

/// The bounds of a mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) messages: u32,
    pub(crate) bytes: u64,
    pub(crate) overflow: Overflow,
}

/// What became of a message that was put into a mailbox.
pub(crate) enum Pushed {
    /// It is in; a timer is to look at the time given.
    Accepted { watch: Option<u64> },
    /// It waits at the door; a timer is to look at the time given.
    AtDoor { watch: Option<u64> },
    /// It is in, and older ones are out, whose counts the caller of this gets; a timer is to look
    /// at the time given.
    Evicted { oldest: Vec<NonNull<Block>>, watch: Option<u64> },
    /// It is not in.
    Full,
    /// It is not in, by the policy that drops the newest.
    Dropped,
    /// It is not in: see the gate.
    Closed(Gate),
}

/// How to put a message into a mailbox.
#[derive(Clone, Copy)]
pub(crate) struct PushOptions {
    /// Into the control lane, past the bounds and the gate.
    pub(crate) control: bool,
    /// Whether the sender can wait at the door.
    pub(crate) may_wait: bool,
}

/// What a holder is to do next.
pub(super) enum Next {
    /// Start this message; it is in the list of active turns.
    Turn(NonNull<Block>),
    /// Start these one-way messages.
    Tells(Chain),
    /// Nothing can start before a suspended turn or a job ends.
    Blocked,
    /// Nothing is there.
    Empty,
}

/// What may start now, for a holder.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Whether messages of others start at all.
    pub(super) open: bool,
    /// Whether the agent's own turns start.
    pub(super) own: bool,
    /// Whether the state is there.
    pub(super) present: bool,
    /// Whether an exclusive turn is suspended.
    pub(super) suspended: bool,
    /// Whether shared turns are suspended.
    pub(super) sharing: bool,
    /// Whether so many of them are that no message starts another one.
    pub(super) crowded: bool,
    /// Whether the agent has so many jobs that no message starts another one.
    pub(super) jobs_full: bool,
}

/// What a holder takes from a mailbox with one look.
pub(super) struct Taken {
    pub(super) next: Next,
    /// Senders that got in from the door.
    pub(super) admitted: Vec<NonNull<Block>>,
    /// Whether anything is left for a further look.
    pub(super) more: bool,
}

/// All blocks of a mailbox that closes for good.
pub(super) struct Leftovers {
    /// Never started. The receiver gets the counts.
    pub(super) waiting: Vec<NonNull<Block>>,
    /// Started; still linked nowhere, counted by their turns.
    pub(super) active: Vec<NonNull<Block>>,
    /// Whether a timer was to look for calls past their deadline.
    pub(super) watched: bool,
}

impl Mailbox {
    pub(crate) fn new() -> Self {
        Self(Lock::new(Lists {
            lane: List::new(),
            active: List::new(),
            rare: None,
            watch: u64::MAX,
            length: 0,
            in_hand: None,
            lane_is_due: false,
        }))
    }

    #[inline]
    fn lock(&self) -> Guard<'_, Lists> {
        self.0.lock()
    }

    pub(crate) fn set_limits(&self, limits: Limits) {
        self.lock().rare().limits = limits;
    }

    /// Puts a message in, if its agent's standing lets it; on `Accepted`, `AtDoor` and `Evicted`
    /// the mailbox owns the count.
    #[inline]
    pub(crate) fn push(
        &self,
        block: NonNull<Block>,
        options: PushOptions,
        standing: &Standing,
    ) -> Pushed {
        let mut lists = self.lock();
        let gate = standing.gate();
        if options.control {
            if gate == Gate::Ended {
                return Pushed::Closed(gate);
            }
            lists.rare().control.push_back(block, Place::Control);
            return Pushed::Accepted { watch: lists.watch_for(block) };
        }
        if gate != Gate::Open {
            return Pushed::Closed(gate);
        }
        if lists.has_room(block) {
            lists.accept(block);
            return Pushed::Accepted { watch: lists.watch_for(block) };
        }
        lists.push_full(block, options)
    }

    /// Takes the next message to start, after unlinking a turn that is over.
    pub(super) fn take(&self, over: Option<NonNull<Block>>, room: Room) -> Taken {
        let mut lists = self.lock();
        if let Some(over) = over {
            lists.active.remove(over);
        }
        let mut admitted = lists.admit();
        let next = lists.next(room);
        admitted.extend(lists.admit());
        let more = lists.length > 0 || lists.rare.is_some();
        Taken { next, admitted, more }
    }

    /// Unlinks a turn that is over; true if it was linked, whose count the caller gets.
    pub(super) fn unlink(&self, over: NonNull<Block>) -> bool {
        let mut lists = self.lock();
        // SAFETY: the caller owns a count of its own, or the list still has one.
        let linked = unsafe { over.as_ref() }.place.get() == Place::Active;
        if linked {
            lists.active.remove(over);
        }
        linked
    }

    /// Links a turn that was not linked yet, with the agent's count; returns when a timer is to
    /// look.
    pub(super) fn activate(&self, block: NonNull<Block>) -> Option<u64> {
        let mut lists = self.lock();
        // SAFETY: the caller owns a count.
        if unsafe { block.as_ref() }.place.get() == Place::Active {
            return None;
        }
        lists.active.push_back(block, Place::Active);
        lists.watch_for(block)
    }

    /// Takes out the suspended turns, with their counts; jobs of detached turns stay.
    pub(super) fn take_parked(&self) -> Vec<NonNull<Block>> {
        let mut lists = self.lock();
        // SAFETY: the list owns counts of its blocks.
        let parked = |block: &NonNull<Block>| unsafe { block.as_ref() }.parked.get();
        let parked: Vec<_> = lists.active.iter().filter(parked).collect();
        for block in &parked {
            lists.active.remove(*block);
        }
        parked
    }

    /// Puts back one-way messages that could not start, before all others.
    pub(super) fn put_back(&self, mut chain: Chain) {
        let mut blocks = Vec::new();
        while let Some(block) = chain.pop() {
            blocks.push(block);
        }
        let mut lists = self.lock();
        lists.in_hand = None;
        for block in blocks.into_iter().rev() {
            lists.lane.push_front(block, Place::Lane);
            lists.entered_lane(block);
        }
    }

    /// Notes that a holder is about to start the last of the one-way messages that it took out.
    pub(super) fn start_last(&self) {
        self.lock().in_hand = None;
    }

    /// Takes a message out that did not start; true if the caller got the mailbox's count.
    pub(crate) fn remove(&self, block: NonNull<Block>) -> bool {
        self.lock().remove(block)
    }

    /// Returns whether senders wait for room.
    pub(super) fn has_door(&self) -> bool {
        self.lock().rare.as_ref().is_some_and(|rare| rare.door_length > 0)
    }

    /// Returns whether turns of that access keep a message from starting, or one ahead of it.
    pub(super) fn has_behind(&self, turns: AccessKind, block: &Block) -> bool {
        self.lock().has_behind(turns, block)
    }

    /// Ends the wait of all callers whose deadline is at or before `now`.
    ///
    /// Returns the messages that had not started, with their counts, those that had, with a count
    /// added, and when to look again. Does nothing if the watch is for later than `due`: another
    /// timer sees to that. It may be for earlier, since a timer that is set for the past is due
    /// with the last one that fired.
    pub(super) fn expire(&self, due: u64, now: u64) -> Expired {
        let mut lists = self.lock();
        let mut expired = Expired { waiting: Vec::new(), active: Vec::new(), watch: None };
        if lists.watch > due {
            return expired;
        }
        let late = |block: &NonNull<Block>| {
            // SAFETY: lists own counts of their blocks; deadlines are read under the lock.
            let block = unsafe { block.as_ref() };
            block.deadline() <= now && !block.expired.get()
        };
        let waiting: Vec<_> = lists.waiting().filter(late).collect();
        for block in waiting {
            lists.remove(block);
            expired.waiting.push(block);
        }
        for block in lists.active.iter().filter(late) {
            // SAFETY: as above. Once is enough: the turn may run for long.
            let active = unsafe { block.as_ref() };
            active.expired.set(true);
            active.retain();
            expired.active.push(block);
        }
        lists.watch = lists.earliest_deadline();
        expired.watch = (lists.watch != u64::MAX).then_some(lists.watch);
        expired
    }

    /// Brings the watch up to date; returns the time that it is really for.
    pub(crate) fn refresh_watch(&self) -> Option<u64> {
        let mut lists = self.lock();
        lists.watch = lists.earliest_deadline();
        (lists.watch != u64::MAX).then_some(lists.watch)
    }

    /// Takes everything out of the mailbox of an agent that has ended, and for good: whoever has
    /// the lock later sees that end.
    pub(super) fn close(&self) -> Leftovers {
        let mut lists = self.lock();
        let watched = std::mem::replace(&mut lists.watch, u64::MAX) != u64::MAX;
        let active: Vec<_> = std::iter::from_fn(|| lists.active.pop_front()).collect();
        Leftovers { waiting: lists.take_waiting(), active, watched }
    }

    /// Takes out what has not started: all of it, or what the agent's former life was to do.
    pub(crate) fn clear(&self) -> Vec<NonNull<Block>> {
        self.lock().take_waiting()
    }

    /// Returns whether messages may wait, for who holds the cell: what comes later notifies him.
    pub(super) fn may_have_messages(&self) -> bool {
        let lists = self.lock();
        lists.length > 0 || lists.rare.is_some()
    }

    /// Counts messages: those that wait, and turns whose callers wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let lists = self.lock();
        (lists.length as usize, lists.active.iter().count())
    }
}

/// What [`Mailbox::expire`] found.
pub(super) struct Expired {
    pub(super) waiting: Vec<NonNull<Block>>,
    pub(super) active: Vec<NonNull<Block>>,
    pub(super) watch: Option<u64>,
}

impl Lists {
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_with(|| Box::new(Rare::new()))
    }

    #[inline]
    fn has_room(&self, block: NonNull<Block>) -> bool {
        let Some(rare) = &self.rare else {
            // SAFETY: the sender owns a count.
            let bytes = u64::from(unsafe { block.as_ref() }.bytes.get());
            let bytes_fit = bytes <= DEFAULT_BYTES || self.length == 0;
            return self.length < DEFAULT_CAPACITY && bytes_fit;
        };
        rare.door_length == 0 && rare.fits(self.length, rare.bytes, block)
    }

    #[inline]
    fn accept(&mut self, block: NonNull<Block>) {
        // SAFETY: the caller hands over a count.
        let message = unsafe { block.as_ref() };
        if message.one_way.get() && message.awaited.get() {
            // Its sender waited for room alone.
            message.awaited.set(false);
            message.set_deadline(u64::MAX);
        }
        self.lane.push_back(block, Place::Lane);
        self.entered_lane(block);
    }

    #[inline]
    fn entered_lane(&mut self, block: NonNull<Block>) {
        self.length += 1;
        // SAFETY: the lane owns a count.
        let bytes = unsafe { block.as_ref() }.bytes.get();
        if bytes > 0 {
            self.rare().bytes += u64::from(bytes);
        }
    }

    fn left_lane(&mut self, block: NonNull<Block>) {
        self.length -= 1;
        // SAFETY: whoever took the block out of the lane has its count.
        let bytes = unsafe { block.as_ref() }.bytes.get();
        if bytes > 0 {
            self.rare().bytes -= u64::from(bytes);
        }
    }

    /// Lowers the watch to a block's deadline; returns it if that needs a new timer.
    #[inline]
    fn watch_for(&mut self, block: NonNull<Block>) -> Option<u64> {
        // SAFETY: the mailbox owns a count.
        let deadline = unsafe { block.as_ref() }.deadline();
        (deadline < self.watch).then(|| {
            self.watch = deadline;
            deadline
        })
    }

    #[cold]
    fn push_full(&mut self, block: NonNull<Block>, options: PushOptions) -> Pushed {
        // SAFETY: blocks in the lane are counted by it.
        let publication = |block: &NonNull<Block>| unsafe { block.as_ref() }.publication.get();
        if publication(&block) {
            return self.replace(block, publication);
        }
        let rare = self.rare();
        let has_door = options.may_wait && rare.door_length < DOOR_LIMIT;
        match rare.limits.overflow {
            Overflow::Wait if has_door => {
                self.rare().door.push_back(block, Place::Door);
                self.rare().door_length += 1;
                Pushed::AtDoor { watch: self.watch_for(block) }
            }
            Overflow::Wait | Overflow::Fail => Pushed::Full,
            Overflow::DropNewest => Pushed::Dropped,
            Overflow::DropOldest => self.replace(block, |_| true),
        }
    }

    /// Puts a block in for the oldest ones that may go, if those leave enough room.
    fn replace(
        &mut self,
        block: NonNull<Block>,
        may_go: impl Fn(&NonNull<Block>) -> bool,
    ) -> Pushed {
        let rare = self.rare.get_or_insert_with(|| Box::new(Rare::new()));
        let (mut length, mut bytes, mut fits) = (self.length, rare.bytes, false);
        let mut oldest = Vec::new();
        for candidate in self.lane.iter().filter(may_go) {
            oldest.push(candidate);
            length -= 1;
            // SAFETY: blocks in the lane are counted by it.
            bytes -= u64::from(unsafe { candidate.as_ref() }.bytes.get());
            fits = rare.fits(length, bytes, block);
            if fits {
                break;
            }
        }
        if !fits {
            return Pushed::Full;
        }
        for block in &oldest {
            self.lane.remove(*block);
            self.left_lane(*block);
        }
        self.accept(block);
        Pushed::Evicted { oldest, watch: self.watch_for(block) }
    }

    #[inline]
    fn next(&mut self, room: Room) -> Next {
        // SAFETY: the lane owns a count.
        let fits = |first: NonNull<Block>| room.fits(unsafe { first.as_ref() });
        let ready = self.lane.first().filter(|first| room.open && fits(*first));
        // Own turns come first, but not twice in a row past a message that could start.
        let lane_is_due = std::mem::take(&mut self.lane_is_due) && ready.is_some();
        if !lane_is_due && let Some(next) = self.next_control(room) {
            self.lane_is_due = true;
            return next;
        }
        let Some(first) = ready else {
            let waits = room.open && self.lane.first().is_some();
            return if waits { Next::Blocked } else { Next::Empty };
        };
        // SAFETY: the lane owns a count.
        let head = unsafe { first.as_ref() };
        if head.awaited.get() {
            self.lane.remove(first);
            self.left_lane(first);
            self.active.push_back(first, Place::Active);
            return Next::Turn(first);
        }
        let mut bytes = 0;
        let access = head.vtable.info.access;
        let (chain, count) = self.lane.split_front(BATCH, |block| {
            // Of one access, so that one note tells what is ahead of those that stay.
            let wanted = !block.awaited.get() && block.vtable.info.access == access;
            bytes += if wanted { u64::from(block.bytes.get()) } else { 0 };
            wanted
        });
        self.length -= count;
        self.in_hand = (count > 1).then_some(access);
        if bytes > 0 {
            self.rare().bytes -= bytes;
        }
        Next::Tells(chain)
    }

    fn next_control(&mut self, room: Room) -> Option<Next> {
        let rare = self.rare.as_mut()?;
        // SAFETY: the lane owns counts of its blocks.
        let fits = |block: &NonNull<Block>| room.fits_own(unsafe { block.as_ref() });
        let first = rare.control.iter().find(fits)?;
        rare.control.remove(first);
        self.active.push_back(first, Place::Active);
        Some(Next::Turn(first))
    }

    /// Lets senders in from the door as far as there is room.
    fn admit(&mut self) -> Vec<NonNull<Block>> {
        let mut admitted = Vec::new();
        while let Some(rare) = &mut self.rare
            && let Some(first) = rare.door.first()
            && rare.fits(self.length, rare.bytes, first)
        {
            rare.door.remove(first);
            rare.door_length -= 1;
            self.accept(first);
            // SAFETY: the mailbox owns a count; the receiver gets one of its own.
            unsafe { first.as_ref() }.retain();
            admitted.push(first);
        }
        admitted
    }

    fn remove(&mut self, block: NonNull<Block>) -> bool {
        // SAFETY: the caller owns a count of its own or found the block in a list.
        match unsafe { block.as_ref() }.place.get() {
            Place::Lane => {
                self.lane.remove(block);
                self.left_lane(block);
            }
            Place::Control => self.rare().control.remove(block),
            Place::Door => {
                self.rare().door.remove(block);
                self.rare().door_length -= 1;
            }
            Place::Active | Place::Nowhere => return false,
        }
        true
    }

    fn has_behind(&self, turns: AccessKind, block: &Block) -> bool {
        let access = |message: &Block| message.vtable.info.access;
        let door = self.rare.iter().flat_map(|rare| rare.door.iter());
        let ahead = match block.place.get() {
            Place::Lane | Place::Door => self.lane.iter().chain(door),
            Place::Control => return excludes(turns, access(block)),
            Place::Active | Place::Nowhere => return false,
        };
        if self.in_hand.is_some_and(|access| excludes(turns, access)) {
            return true;
        }
        // What waits for turns to end is at the head, unless a holder is about to look.
        ahead
            // SAFETY: lists own counts of their blocks.
            .map(|message| unsafe { message.as_ref() })
            .find(|message| excludes(turns, access(message)) || ptr::eq(*message, block))
            .is_some_and(|message| excludes(turns, access(message)))
    }

    fn waiting(&self) -> impl Iterator<Item = NonNull<Block>> {
        let rare = self.rare.iter().flat_map(|rare| rare.control.iter().chain(rare.door.iter()));
        self.lane.iter().chain(rare)
    }

    fn take_waiting(&mut self) -> Vec<NonNull<Block>> {
        let waiting: Vec<_> = self.waiting().collect();
        for block in &waiting {
            self.remove(*block);
        }
        waiting
    }

    fn earliest_deadline(&self) -> u64 {
        let all = self.waiting().chain(self.active.iter());
        // SAFETY: lists own counts of their blocks.
        let open = all.map(|block| unsafe { block.as_ref() }).filter(|block| !block.expired.get());
        open.map(Block::deadline).min().unwrap_or(u64::MAX)
    }
}

/// Returns whether turns keep a message from starting.
fn excludes(turns: AccessKind, message: AccessKind) -> bool {
    match message {
        AccessKind::Exclusive => turns != AccessKind::Detached,
        AccessKind::Shared => turns == AccessKind::Exclusive,
        AccessKind::Detached => false,
    }
}

impl Room {
    /// Returns whether one of the agent's own turns can start.
    fn fits_own(self, block: &Block) -> bool {
        // What needs nothing of the agent answers even while it is switched off. The limits are
        // for others' messages: a call that joins a turn of its chain is waited for by that turn.
        let room = Self { crowded: false, jobs_full: false, ..self };
        (self.own || block.vtable.info.access == AccessKind::Detached) && room.fits(block)
    }

    #[inline]
    pub(super) fn fits(self, block: &Block) -> bool {
        if !self.present {
            return false;
        }
        match block.vtable.info.access {
            AccessKind::Exclusive => !self.suspended && !self.sharing,
            AccessKind::Shared => !self.suspended && !self.crowded,
            AccessKind::Detached => !self.jobs_full,
        }
    }
}

impl Rare {
    /// Returns whether a mailbox of so many messages and bytes has room for this one.
    fn fits(&self, length: u32, bytes: u64, block: NonNull<Block>) -> bool {
        // SAFETY: the sender or the door owns a count.
        let more = u64::from(unsafe { block.as_ref() }.bytes.get());
        // A message larger than the bound gets in alone.
        let bytes_fit = bytes + more <= self.limits.bytes || length == 0;
        length < self.limits.messages && bytes_fit
    }

    fn new() -> Self {
        Self {
            control: List::new(),
            door: List::new(),
            door_length: 0,
            bytes: 0,
            limits: Limits {
                messages: DEFAULT_CAPACITY,
                bytes: DEFAULT_BYTES,
                overflow: Overflow::Wait,
            },
        }
    }
}
