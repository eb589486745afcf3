//! An agent as far as the word is concerned: what `header.rs` and `turn.rs` do.

use std::ptr::NonNull;

use crate::block::{Block, Turn};
use crate::lanes::{DEFAULT_BYTES, Limits, Mailbox, Next, PushOptions, Pushed, Room};
use crate::mailbox::Overflow;
use crate::ready::Ready;
use crate::standing::{Gate, Stage, Standing};
use crate::sync::{AtomicU32, Ordering, UnsafeCell, Watched};
use crate::woken::WokenList;
use crate::word::{CLOSED, Released, SHARING, SUSPENDED, WAITING, Word};

const END: u32 = 1;
const ACTIVE: u32 = 0;
const STARTING: u32 = 1;

/// A cell with its mailbox, its list of woken turns and a run queue.
pub(crate) struct Agent {
    pub(crate) word: Word,
    asked: AtomicU32,
    mode: AtomicU32,
    woken: WokenList,
    standing: Standing,
    mailbox: Mailbox,
    /// The run queue, which has nobody else.
    ready: Ready<Scheduled>,
    /// What only the holder reaches: loom finds two at a time.
    state: UnsafeCell<State>,
}

/// How to put a message in.
const BRIEFLY: PushOptions = PushOptions { control: false, may_wait: false };
/// When senders give up that wait for room.
const DEADLINE: u64 = 1;

#[derive(Default)]
struct State {
    handled: Vec<u32>,
    suspended: bool,
    sharing: u32,
    returned: usize,
    buried: bool,
}

/// The agent, in its run queue.
struct Scheduled;

impl Agent {
    pub(crate) fn idle() -> Self {
        Self::new(Word::idle(), ACTIVE)
    }

    pub(crate) fn closed() -> Self {
        Self::new(Word::closed(), STARTING)
    }

    /// An idle agent with a mailbox for so many messages, where senders wait for room.
    pub(crate) fn with_room_for(messages: u32) -> Self {
        let agent = Self::idle();
        let limits = Limits { messages, bytes: DEFAULT_BYTES, overflow: Overflow::Wait };
        agent.mailbox.set_limits(limits);
        agent
    }

    fn new(word: Word, mode: u32) -> Self {
        Self {
            word,
            asked: AtomicU32::new(0),
            mode: AtomicU32::new(mode),
            woken: WokenList::new(),
            standing: Standing::new(Stage::Running),
            mailbox: Mailbox::new(),
            ready: Ready::new(),
            state: UnsafeCell::new(State::default()),
        }
    }

    fn as_holder<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // SAFETY: loom checks that no other holder is here.
        self.state.with_mut(|state| act(unsafe { &mut *state }))
    }

    /// Runs a turn on the caller's thread if the agent is idle.
    pub(crate) fn call_inline(&self, message: u32) -> bool {
        if !self.word.try_hold(false) {
            return false;
        }
        self.as_holder(|state| {
            assert!(!state.suspended && state.sharing == 0, "nobody else has the state");
            assert!(!state.buried, "the state is there");
            state.handled.push(message);
        });
        self.release(false);
        true
    }

    /// Takes the idle agent, as a caller does before its first poll.
    pub(crate) fn hold(&self, kind: u32) {
        assert!(self.word.try_hold(kind == SHARING), "the model starts with an idle agent");
    }

    /// Takes the agent that is closed or idle, opens it and lets go, as `hold.rs` does; false if
    /// somebody else had it.
    pub(crate) fn open_by_hold(&self) -> bool {
        let Some(closed) = self.word.try_hold_open_or_closed() else { return false };
        self.as_holder(|state| assert!(!state.suspended, "nobody else has the state"));
        self.mode.store(ACTIVE, Ordering::Release);
        if closed {
            self.word.release_scheduled(self.parked_bits(false));
            self.schedule();
        } else {
            self.release(false);
        }
        true
    }

    /// Polls a turn on the thread of the caller, who holds the agent, and lets go.
    pub(crate) fn first_poll(&self, turn: &Turn, kind: u32) {
        if !turn.poll() {
            self.as_holder(|state| match kind {
                SUSPENDED => state.suspended = true,
                _ => state.sharing += 1,
            });
            turn.park(kind);
        }
        self.release(false);
    }

    fn release(&self, blocked: bool) {
        if self.word.release(self.parked_bits(blocked)) == Released::Schedule {
            self.schedule();
        }
    }

    /// As in `turn.rs`.
    fn parked_bits(&self, blocked: bool) -> u32 {
        let mut bits = self.as_holder(|state| {
            let suspended = if state.suspended { SUSPENDED } else { 0 };
            suspended | if state.sharing > 0 { SHARING } else { 0 }
        });
        if blocked {
            bits |= WAITING;
        }
        if self.mode.load(Ordering::Acquire) != ACTIVE {
            bits |= CLOSED;
        }
        bits
    }

    /// Returns what stands in a turn's way, after all threads.
    pub(crate) fn parked(&self) -> u32 {
        self.parked_bits(false)
    }

    /// Leaves a message; false if the agent has ended.
    pub(crate) fn tell(&self, message: u32) -> bool {
        self.push(Block::tell(message), BRIEFLY)
    }

    /// Leaves a message, which waits for room if there is none.
    pub(crate) fn tell_patiently(&self, message: u32) {
        let block = Block::patient_tell(message, DEADLINE);
        assert!(self.push(block, PushOptions { may_wait: true, ..BRIEFLY }), "it lives");
        // SAFETY: the sender's count.
        unsafe { Block::release(block) };
    }

    /// Leaves a message, and takes it back if it has not started.
    pub(crate) fn tell_and_take_back(&self, message: u32) -> bool {
        let block = Block::tell(message);
        // SAFETY: the block is new; the count is the sender's own.
        unsafe { block.as_ref() }.retain();
        assert!(self.push(block, BRIEFLY), "it lives");
        let removed = self.mailbox.remove(block);
        if removed {
            // SAFETY: the mailbox's count.
            unsafe { Block::release(block) };
            self.notify_room();
        }
        // SAFETY: the sender's count.
        unsafe { Block::release(block) };
        removed
    }

    /// As in `entry.rs`: puts a message in, whose count the mailbox gets, and says so.
    fn push(&self, block: NonNull<Block>, options: PushOptions) -> bool {
        match self.mailbox.push(block, options, &self.standing) {
            Pushed::Accepted { .. } | Pushed::AtDoor { .. } => {}
            Pushed::Closed(Gate::Ended) => {
                // SAFETY: the mailbox did not take it.
                unsafe { Block::release(block) };
                return false;
            }
            _ => unreachable!("the models do not fill mailboxes but with those that wait"),
        }
        if self.word.notify_message() {
            self.schedule();
        }
        true
    }

    /// Ends the wait of those whose deadline passed, as in `header.rs`; true if there were any.
    pub(crate) fn expire(&self) -> bool {
        let expired = self.mailbox.expire(DEADLINE, DEADLINE);
        let any = !expired.waiting.is_empty();
        for block in expired.waiting {
            // SAFETY: the mailbox handed over its count.
            unsafe { Block::release(block) };
        }
        if any {
            self.notify_room();
        }
        any
    }

    /// As in `header.rs`.
    fn notify_room(&self) {
        if self.word.is_waiting() || self.mailbox.has_door() {
            self.notify();
        }
    }

    /// Fires a turn's waker, as `block.rs` and `header.rs` do.
    pub(crate) fn wake(&self, turn: &Turn) {
        turn.add_cause();
        if !turn.wakes().mark() {
            return;
        }
        self.woken.push(turn.clone().into_owned());
        self.notify();
        if self.word.is_ended() {
            self.drop_woken();
        }
    }

    /// As in `turn.rs`.
    fn drop_woken(&self) {
        let mut woken = self.woken.take();
        while let Some(block) = woken.pop() {
            // SAFETY: the list hands over a count of each of its turns.
            drop(unsafe { Turn::from_owned(block) });
        }
    }

    fn notify(&self) {
        if self.word.notify() {
            self.schedule();
        }
    }

    /// Ends the agent at once, or asks its holder to.
    pub(crate) fn end(&self) {
        if self.word.try_hold(false) {
            self.bury();
            return;
        }
        self.asked.fetch_or(END, Ordering::AcqRel);
        self.notify();
    }

    /// Lets messages start.
    pub(crate) fn open(&self) {
        self.mode.store(ACTIVE, Ordering::Release);
        self.notify();
    }

    fn schedule(&self) {
        assert!(self.ready.push(Scheduled, false).is_ok(), "nobody closes it");
        assert!(self.ready.len() <= 1, "a cell is in one run queue once");
    }

    /// Serves the run queue for a moment.
    pub(crate) fn pump(&self) -> bool {
        let scheduled = self.ready.pop_any(|_| 0).is_some();
        if scheduled {
            self.visit();
        }
        scheduled
    }

    /// Serves the run queue until it is empty.
    pub(crate) fn pump_all(&self) {
        while self.pump() {}
    }

    /// As in `turn.rs`.
    fn visit(&self) {
        self.word.take_scheduled();
        loop {
            self.word.look();
            if self.take_asked() & END != 0 {
                self.bury();
                return;
            }
            self.poll_woken();
            let blocked = self.run_messages();
            if self.word.release_unless_notified(self.parked_bits(blocked)) {
                return;
            }
        }
    }

    fn take_asked(&self) -> u32 {
        if self.asked.load(Ordering::Acquire) == 0 {
            return 0;
        }
        self.asked.swap(0, Ordering::AcqRel)
    }

    fn poll_woken(&self) {
        let mut woken = self.woken.take();
        while let Some(block) = woken.pop() {
            // SAFETY: the list hands over a count of each of its turns.
            let turn = unsafe { Turn::from_owned(block) };
            turn.wakes().hear();
            let parked = turn.parked();
            if parked != 0 && turn.poll() {
                turn.park(0);
                self.as_holder(|state| match parked {
                    SUSPENDED => state.suspended = false,
                    _ => state.sharing -= 1,
                });
            }
        }
    }

    /// Handles messages, all of them exclusive; true if some wait for a suspended turn.
    fn run_messages(&self) -> bool {
        loop {
            let (suspended, sharing) = self.as_holder(|state| (state.suspended, state.sharing > 0));
            let room = Room {
                open: self.mode.load(Ordering::Acquire) == ACTIVE,
                own: true,
                present: true,
                suspended,
                sharing,
                crowded: false,
                jobs_full: false,
            };
            let taken = self.mailbox.take(None, room);
            for sender in taken.admitted {
                // SAFETY: the count that the mailbox made for the sender's waker.
                unsafe { Block::release(sender) };
            }
            match taken.next {
                Next::Tells(mut chain) => {
                    while let Some(block) = chain.pop() {
                        // SAFETY: the chain owned a count.
                        let number = unsafe { block.as_ref() }.number;
                        self.as_holder(|state| state.handled.push(number));
                        // SAFETY: as above.
                        unsafe { Block::release(block) };
                    }
                }
                Next::Turn(_) => unreachable!("nobody waits for an answer"),
                Next::Blocked => return true,
                Next::Empty => return false,
            }
        }
    }

    fn bury(&self) {
        self.standing.end();
        let waiting = self.mailbox.close().waiting;
        let returned = waiting.len();
        for block in waiting {
            // SAFETY: the mailbox handed over its count.
            unsafe { Block::release(block) };
        }
        self.drop_woken();
        self.as_holder(|state| {
            assert!(!state.buried, "an agent ends once");
            state.buried = true;
            state.returned += returned;
        });
        self.word.release_ended();
        // A wake-up that came too late to be dropped before finds nobody to look.
        self.drop_woken();
    }

    /// Returns the messages that were handled, the largest first.
    pub(crate) fn handled(&self) -> Vec<u32> {
        let mut handled = self.handled_in_order();
        handled.sort_unstable_by(|one, two| two.cmp(one));
        handled
    }

    pub(crate) fn handled_in_order(&self) -> Vec<u32> {
        self.as_holder(|state| state.handled.clone())
    }

    pub(crate) fn returned(&self) -> usize {
        self.as_holder(|state| state.returned)
    }

    pub(crate) fn has_woken(&self) -> bool {
        !self.woken.is_empty()
    }

    pub(crate) fn is_buried(&self) -> bool {
        self.as_holder(|state| state.buried)
    }
}
