//! Turns: what the holder of a cell does.

use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::task::{self, Poll};

use lyceum_wire::AccessKind;
use tracing::Level;
use tracing::span::EnteredSpan;

use super::block::{Block, BlockRef, Content};
use super::frame::Frame;
use super::header::{Asked, Header};
use super::list::Chain;
use super::mailbox::{Next, Room};
use super::phase::Verdict;
use super::sync::Ordering;
use super::word;
use crate::OnCancel;
use crate::caught::{self, Panic, dropping, panic_text};
use crate::life::{self, Mode};

/// How many messages an agent handles before the next agent runs.
pub(super) const BATCH: u32 = 32;
/// How many where a caller runs the agent for its own call.
pub(super) const BRIEF_BATCH: u32 = 2;

/// How often a holder looks at woken turns and messages before the next agent runs. Each look
/// starts at least one message that can start, whatever wakes meanwhile.
const ROUNDS: u32 = 16;

/// How many shared turns of one agent may be suspended at once; further messages wait in the
/// mailbox.
const SHARED_LIMIT: u32 = 65_536;

/// Runs what waits at an agent, for a while. Called by who took it from a run queue.
///
/// # Safety
///
/// The agent is scheduled, and the caller is the only one to run it for that.
pub(super) unsafe fn visit(this: NonNull<Header>, batch: u32) {
    // SAFETY: a scheduled agent has not ended, so that the registry counts it.
    let header = unsafe { this.as_ref() };
    header.word.take_scheduled();
    let mut budget = batch;
    for _ in 0..ROUNDS {
        header.word.look();
        if attend(this) {
            return;
        }
        poll_woken(this);
        let blocked = match run_messages(this, &mut budget) {
            Pace::Blocked => true,
            Pace::Empty => false,
            Pace::Spent => break,
            Pace::Asked => continue,
        };
        if header.word.release_unless_notified(parked_bits(header, blocked)) {
            return;
        }
    }
    header.word.release_scheduled(parked_bits(header, true));
    header.schedule(false);
}

/// Why a holder stopped handling messages.
enum Pace {
    Blocked,
    Empty,
    Spent,
    /// Somebody asks for something else first.
    Asked,
}

/// Returns what stands in a new turn's way once the cell is let go.
#[inline]
pub(super) fn parked_bits(header: &Header, blocked: bool) -> u32 {
    let mut bits = 0;
    if !header.suspended.get().is_null() {
        bits |= word::SUSPENDED;
    }
    if header.sharing.get() > 0 {
        bits |= word::SHARING;
        if is_crowded(header) {
            bits |= word::CROWDED;
        }
    }
    if blocked {
        bits |= word::WAITING;
    }
    if header.mode() != Mode::Active || !header.present.load(Ordering::Relaxed) {
        bits |= word::CLOSED;
    }
    bits
}

/// Does what the holder was asked for; true if the agent is gone, with its header.
fn attend(this: NonNull<Header>) -> bool {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    let asked = header.take_asked();
    if asked & Asked::END != 0 {
        // SAFETY: the caller holds the cell and is told that the agent is gone.
        unsafe { bury(this) };
        return true;
    }
    if asked & (Asked::DROP_TURNS | Asked::DROP_STATE) != 0 {
        drop_turns(this);
    }
    if asked & Asked::DROP_STATE != 0 {
        // SAFETY: the caller holds the cell, and no turn is left that borrows the state.
        unsafe { drop_state(this) };
        life::state_dropped(header);
    }
    if asked & Asked::PUT_STATE != 0 {
        let state = header.with_extras(|extras| extras.new_state.take());
        if let Some(state) = state
            && !header.present.load(Ordering::Relaxed)
        {
            // SAFETY: the header is alive, since the caller holds the cell.
            let agent = unsafe { crate::AgentRef::from_alive(this) };
            // SAFETY: the caller holds the cell, and the old state was dropped.
            unsafe { (header.vtable().put_state)(&agent, state.into_inner()) };
            header.standing.set_started(false);
        }
    }
    false
}

/// Handles messages until the budget is spent or none can start.
fn run_messages(this: NonNull<Header>, budget: &mut u32) -> Pace {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    let mut over = None;
    let mut more = true;
    loop {
        if *budget == 0 && over.is_none() {
            return Pace::Spent;
        }
        if !more && over.is_none() {
            return Pace::Empty;
        }
        let taken = header.mailbox.take(over, room(header));
        more = taken.more;
        release_over(over.take());
        for block in taken.admitted {
            // SAFETY: the mailbox added a count for this.
            let block = unsafe { BlockRef::from_owned(block) };
            if block.one_way.get() {
                block.end(Verdict::Accepted, false);
            }
        }
        match taken.next {
            Next::Empty => return Pace::Empty,
            Next::Blocked => return Pace::Blocked,
            Next::Turn(block) => {
                over = start(this, block).then_some(block);
                *budget = budget.saturating_sub(1);
            }
            Next::Tells(chain) => {
                if !run_tells(this, chain, budget) {
                    return Pace::Asked;
                }
            }
        }
        if *budget == 0 || header.has_requests() {
            if let Some(block) = over {
                header.mailbox.unlink(block);
            }
            release_over(over);
            return if *budget == 0 { Pace::Spent } else { Pace::Asked };
        }
    }
}

/// Gives up the count of a turn that is over and linked nowhere.
fn release_over(over: Option<NonNull<Block>>) {
    if let Some(block) = over {
        // SAFETY: a turn that is over leaves the list's count to who unlinked it.
        unsafe { Block::release(block) };
    }
}

/// Runs one-way messages; false if the agent's mode changed, with the rest put back.
fn run_tells(this: NonNull<Header>, mut chain: Chain, budget: &mut u32) -> bool {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    let mut started = false;
    let several = chain.has_several();
    while let Some(block) = chain.pop() {
        // SAFETY: the chain handed over its count.
        let next = unsafe { block.as_ref() };
        let requests = started && header.has_requests();
        let stopped = requests || header.mode() != Mode::Active;
        if stopped || !room(header).fits(next) {
            chain.push(block);
            header.mailbox.put_back(chain);
            return !stopped;
        }
        if several && chain.is_empty() {
            header.mailbox.start_last();
        }
        started = true;
        if start(this, block) {
            // SAFETY: a turn that is over leaves its count to its starter.
            unsafe { Block::release(block) };
        }
        *budget = budget.saturating_sub(1);
    }
    true
}

fn room(header: &Header) -> Room {
    let mode = header.mode();
    Room {
        present: header.present.load(Ordering::Relaxed),
        own: mode != Mode::Inactive,
        open: mode == Mode::Active,
        suspended: !header.suspended.get().is_null(),
        sharing: header.sharing.get() > 0,
        crowded: is_crowded(header),
        jobs_full: header.jobs_are_full(),
    }
}

fn is_crowded(header: &Header) -> bool {
    header.sharing.get() >= SHARED_LIMIT
}

/// Starts a message that left the queue; true if it is over, its count left to the caller.
fn start(this: NonNull<Header>, block: NonNull<Block>) -> bool {
    // SAFETY: the caller holds the cell and a count of the block.
    let (header, turn) = unsafe { (this.as_ref(), block.as_ref()) };
    if turn.is_cancelled() {
        drop_content(block);
        turn.phase.finish();
        return true;
    }
    turn.start();
    if turn.vtable.info.access == AccessKind::Detached {
        start_detached(this, block);
        return false;
    }
    header.node.note_turn(header.id, turn.vtable.info);
    poll_turn(this, block)
}

/// Polls a turn; true if it is over, its count left to the caller.
fn poll_turn(this: NonNull<Header>, block: NonNull<Block>) -> bool {
    // SAFETY: the caller holds the cell and a count of the block.
    let (header, turn) = unsafe { (this.as_ref(), block.as_ref()) };
    let info = turn.vtable.info;
    let profile = (turn.vtable.profile)();
    let node = NonNull::from(&*header.node);
    let frame = Frame::new(node, Some(this), Some(block), profile.is_short());
    let measured = header.node.measures(profile);
    let polled = {
        let _entered = frame.enter();
        poll_caught(block)
    };
    if let Some(started) = measured {
        profile.note(started.elapsed());
    }
    match polled {
        Ok(Poll::Pending) => {
            park(header, block);
            false
        }
        Ok(Poll::Ready(())) => {
            unpark(header, block);
            finish(header, block, turn.failed.get());
            true
        }
        Err(panic) => {
            unpark(header, block);
            let text = panic_text(&*panic);
            // SAFETY: `poll_caught` left the content empty.
            unsafe { Block::payload(block).cast::<Box<str>>().write(text.clone()) };
            turn.content.set(Content::Panic);
            finish(header, block, true);
            caught::forget(panic);
            life::turn_panicked(header, info, &text);
            true
        }
    }
}

/// Builds and polls a turn's future; after a panic the content is empty.
pub(super) fn poll_caught(block: NonNull<Block>) -> Result<Poll<()>, Panic> {
    // SAFETY: the block is alive during its poll, and the waker is forgotten before it may be
    // freed.
    let waker = ManuallyDrop::new(unsafe { Block::borrowed_waker(block) });
    let mut cx = task::Context::from_waker(&waker);
    let polled = caught::catch(|| {
        let _span = span(block);
        // SAFETY: the caller holds the cell, or is the job of a detached turn.
        unsafe { build_and_poll(block, &mut cx) }
    });
    if polled.is_err() {
        drop_content(block);
    }
    polled
}

/// Enters the span of a turn for one poll, where a subscriber wants such spans.
#[inline]
pub(super) fn span(block: NonNull<Block>) -> Option<EnteredSpan> {
    tracing::enabled!(Level::TRACE).then(|| {
        // SAFETY: the caller polls the block's turn, which keeps it and its agent alive.
        let (turn, agent) = unsafe { (block.as_ref(), block.as_ref().agent.as_ref()) };
        let action = turn.vtable.info.name;
        tracing::trace_span!("turn", agent = agent.vtable().name, id = %agent.id, action).entered()
    })
}

/// # Safety
///
/// The caller owns the block's content, which is a message or a future.
pub(super) unsafe fn build_and_poll(block: NonNull<Block>, cx: &mut task::Context<'_>) -> Poll<()> {
    // SAFETY: as the caller says.
    unsafe {
        let turn = block.as_ref();
        if turn.content.get() == Content::Message {
            (turn.vtable.build)(block);
        }
        (turn.vtable.poll)(block, cx)
    }
}

/// Leaves a turn suspended; the agent keeps the count.
pub(super) fn park(header: &Header, block: NonNull<Block>) {
    // SAFETY: the caller holds the cell and a count of the block.
    let turn = unsafe { block.as_ref() };
    if turn.parked.replace(true) {
        return;
    }
    match turn.vtable.info.access {
        AccessKind::Exclusive => header.suspended.set(block.as_ptr()),
        AccessKind::Shared => header.sharing.set(header.sharing.get() + 1),
        AccessKind::Detached => {}
    }
    header.activate(block);
}

fn unpark(header: &Header, block: NonNull<Block>) {
    // SAFETY: the caller holds the cell and a count of the block.
    let turn = unsafe { block.as_ref() };
    if !turn.parked.replace(false) {
        return;
    }
    match turn.vtable.info.access {
        AccessKind::Exclusive => header.suspended.set(ptr::null_mut()),
        AccessKind::Shared => header.sharing.set(header.sharing.get() - 1),
        AccessKind::Detached => {}
    }
}

/// Hands the outcome of a turn to its caller, or drops it.
pub(super) fn finish(header: &Header, block: NonNull<Block>, failed: bool) {
    // SAFETY: the caller holds the cell and a count of the block.
    let turn = unsafe { block.as_ref() };
    header.count_turn(failed);
    if failed && !turn.awaited.get() {
        let (agent, action) = (header.vtable().name, turn.vtable.info.name);
        tracing::warn!(agent, id = %header.id, action, "a one-way message failed");
    }
    let given = turn.awaited.get() && turn.finish_and_give();
    if !given {
        drop_content(block);
        if !turn.is_unique() {
            turn.phase.finish();
        }
    }
}

/// Polls the turns whose wakers fired.
fn poll_woken(this: NonNull<Header>) {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    let mut woken = header.woken.take();
    while let Some(block) = woken.pop() {
        // SAFETY: the list hands over a count of each of its blocks.
        let turn = unsafe { BlockRef::from_owned(block) };
        turn.wakes.hear();
        if !turn.parked.get() {
            continue;
        }
        let over = if turn.is_cancelled() && turn.vtable.info.on_cancel == OnCancel::Drop {
            drop_content(block);
            unpark(header, block);
            finish(header, block, true);
            true
        } else {
            poll_turn(this, block)
        };
        if over && header.mailbox.unlink(block) {
            release_over(Some(block));
        }
    }
}

/// Runs a detached turn as a job of the agent.
fn start_detached(this: NonNull<Header>, block: NonNull<Block>) {
    // SAFETY: the caller holds the cell and a count of the block; the job gets one of its own.
    let (header, turn) = unsafe { (this.as_ref(), BlockRef::from_alive(block)) };
    turn.count_agent();
    header.activate(block);
    header.node.note_turn(header.id, turn.vtable.info);
    // SAFETY: the header is alive, since the caller holds the cell.
    let agent = unsafe { crate::AgentRef::from_alive(this) };
    life::spawn_detached(&agent, super::detached::DetachedTurn::new(turn));
}

/// Drops the suspended turns; their callers hear that the agent went down.
fn drop_turns(this: NonNull<Header>) {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    for block in header.mailbox.take_parked() {
        end_turn(header, block, Verdict::Down);
    }
}

/// Ends a started turn that will not be polled again, and gives up the agent's count.
fn end_turn(header: &Header, block: NonNull<Block>, verdict: Verdict) {
    // SAFETY: the caller took the block out of the list, with the agent's count.
    let turn = unsafe { BlockRef::from_owned(block) };
    if turn.vtable.info.access == AccessKind::Detached {
        // Its job owns the content and a count of its own.
        turn.end(verdict, false);
        return;
    }
    unpark(header, block);
    turn.phase.finish();
    drop_content(block);
    turn.end(verdict, false);
    header.count_turn(true);
}

/// Ends messages that never started; callers get them back.
pub(crate) fn end_waiting(header: &Header, blocks: Vec<NonNull<Block>>, verdict: Verdict) {
    for block in blocks {
        // SAFETY: the mailbox handed over its count, and with it the content.
        let message = unsafe { BlockRef::from_owned(block) };
        if !(message.awaited.get() && message.end(verdict, true)) {
            header.node.dead_letter(header, message.vtable.info, verdict.into());
            drop_content(block);
        }
    }
}

/// Ends an agent for good: no turn, no message and no state is left.
///
/// # Safety
///
/// The caller holds the cell and does not use the header afterwards.
pub(super) unsafe fn bury(this: NonNull<Header>) {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    header.standing.end();
    let leftovers = header.mailbox.close();
    for block in leftovers.active {
        end_turn(header, block, Verdict::Down);
    }
    end_waiting(header, leftovers.waiting, Verdict::Terminated);
    drop_woken(header);
    // SAFETY: the caller holds the cell, and no turn is left that borrows the state.
    unsafe { drop_state(this) };
    header.word.release_ended();
    // A wake-up that came too late to be dropped before finds nobody to look.
    drop_woken(header);
    // SAFETY: the header is alive: the registry still counts it.
    let agent = unsafe { crate::AgentRef::from_alive(this) };
    life::buried(&agent);
    if leftovers.watched {
        agent.node.clock.leave_watch(&agent.node.registry);
    }
}

/// Drops the list of woken turns of an agent that is gone.
pub(super) fn drop_woken(header: &Header) {
    let mut woken = header.woken.take();
    while let Some(block) = woken.pop() {
        // SAFETY: the list hands over a count of each of its blocks.
        unsafe { Block::release(block) };
    }
}

/// # Safety
///
/// The caller holds the cell, and no turn is left that borrows the state.
unsafe fn drop_state(this: NonNull<Header>) {
    // SAFETY: the caller holds the cell.
    let header = unsafe { this.as_ref() };
    if !header.present.swap(false, Ordering::AcqRel) {
        return;
    }
    // SAFETY: the state was there, and is marked as gone.
    dropping(header.vtable().name, || unsafe { (header.vtable().drop_state)(this) });
}

/// Drops whatever the payload holds; a panic in a drop is caught.
pub(crate) fn drop_content(block: NonNull<Block>) {
    // SAFETY: the caller owns the content.
    let turn = unsafe { block.as_ref() };
    let content = turn.content.replace(Content::Empty);
    if content == Content::Empty || (content == Content::Result && turn.vtable.plain_result) {
        return;
    }
    let payload = Block::payload(block);
    // SAFETY: the content says what the payload held, and that it is gone now.
    dropping(turn.vtable.info, || unsafe {
        match content {
            Content::Empty => {}
            Content::Message => (turn.vtable.drop_message)(payload),
            Content::Future => (turn.vtable.drop_future)(payload),
            Content::Result => (turn.vtable.drop_result)(payload),
            Content::Panic => payload.cast::<Box<str>>().drop_in_place(),
        }
    });
}
