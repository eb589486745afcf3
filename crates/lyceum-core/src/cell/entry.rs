//! Entries: how a message of a known type gets into the cell of an agent of a known type.

use std::any::TypeId;
use std::fmt;
use std::future::Future;
use std::mem::{ManuallyDrop, needs_drop};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{self, Poll};

use lyceum_wire::AccessKind;

use super::block::{Block, BlockRef, Content, UNDECIDED};
use super::chain::{self, Held};
use super::context::OwnedContext;
use super::frame::{self, Frame};
use super::header::{Header, state_of};
use super::mailbox::{PushOptions, Pushed};
use super::phase::Verdict;
use super::pool;
use super::recipient::Recipient;
use super::standing::Gate;
use super::ticket::Ticket;
use super::turn;
use super::vtable::BlockVTable;
use super::waits;
use super::word::Released;
use crate::call::{CallOptions, Timeout};
use crate::caught::{self, Panic};
use crate::life;
use crate::{Access, Action, Agent, AgentRef, Context, Dispatch, Message};

/// How agents of one type take messages of type `M`: found once, called for each message.
pub struct Entry<M: Message> {
    submit: fn(&Recipient, M, &CallOptions) -> Submitted<M>,
}

/// What became of a message that was handed to an agent.
pub(crate) enum Submitted<M: Message> {
    /// The action ran, and this is its result.
    Done(Result<M::Output, M::Error>),
    /// The action panicked at once.
    Panicked(Box<str>),
    /// The message did not get in.
    Refused(Refusal, M),
    /// The outcome comes later.
    Waiting(Ticket<M>),
    /// The message is in, and nobody waits.
    Accepted,
}

/// Why a message did not get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The mailbox is full and its policy says no.
    Full,
    /// The mailbox is full and its policy drops the newest.
    Dropped,
    /// The agent is switched off.
    Inactive,
    /// The agent is gone for good.
    Ended,
    /// The call would wait for itself.
    Reentrant,
    /// The call would join a turn, and as many turns are suspended as may be.
    Crowded,
    /// The agent that calls is switched off.
    SenderInactive,
    /// The deadline of the call was past when it was sent.
    Late,
    /// The agent has no such action.
    UnknownAction,
}

impl<M: Message> Entry<M> {
    /// Returns how agents of type `A` take the message.
    pub const fn of<A: Agent>() -> Self
    where
        M: Action<A>,
    {
        Self { submit: submit::<A, M> }
    }

    #[inline]
    pub(crate) fn submit(
        self,
        target: &Recipient,
        message: M,
        options: &CallOptions,
    ) -> Submitted<M> {
        (self.submit)(target, message, options)
    }
}

impl<M: Message> Clone for Entry<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Message> Copy for Entry<M> {}

impl<M: Message> fmt::Debug for Entry<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", M::INFO)
    }
}

fn submit<A: Agent, M: Action<A>>(
    target: &Recipient,
    message: M,
    options: &CallOptions,
) -> Submitted<M> {
    if !target.is_cell_of(TypeId::of::<A>()) {
        return Submitted::Refused(Refusal::UnknownAction, message);
    }
    // SAFETY: the type of an agent is that of a cell.
    let target = unsafe { target.as_cell() };
    let outer = frame::current();
    match outer {
        None => target.node.note_outside(),
        // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
        Some(frame) if !options.control && unsafe { frame.as_ref() }.is_silenced() => {
            return Submitted::Refused(Refusal::SenderInactive, message);
        }
        Some(_) => {}
    }
    if !options.one_way && options.timeout.is_past(&target.node) {
        return Submitted::Refused(Refusal::Late, message);
    }
    let shared = <M::Access as Access>::KIND == AccessKind::Shared;
    if runs_inline::<A, M>(target, outer, options) && target.word.try_hold(shared) {
        return run_inline::<A, M>(target, message, options, outer);
    }
    enqueue::<A, M>(target, message, options, outer)
}

/// Returns whether the message may be handled on this thread if its agent is idle.
///
/// Calls run there once their action is known to be short; one-way messages only if it takes no
/// longer than queueing them would.
#[inline]
fn runs_inline<A: Agent, M: Action<A>>(
    target: &AgentRef,
    outer: Option<NonNull<Frame>>,
    options: &CallOptions,
) -> bool {
    if <M::Access as Access>::KIND == AccessKind::Detached || options.queued {
        return false;
    }
    let node = &*target.node;
    // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
    let outer = outer.map(|outer| unsafe { outer.as_ref() });
    let here = match outer {
        Some(frame) => frame.node == NonNull::from(node) && frame.has_room(),
        None => node.is_current_runtime(),
    };
    if !here {
        return false;
    }
    if node.is_simulated() {
        return node.toss();
    }
    match M::INFO.dispatch {
        Dispatch::Queued => false,
        Dispatch::Inline => true,
        Dispatch::Measured => {
            let profile = M::profile();
            if options.one_way {
                return profile.is_tiny();
            }
            let fits = options.timeout.after().is_none_or(|timeout| timeout > profile.typical());
            profile.is_short() && fits
        }
    }
}

/// Runs an idle agent's turn on the caller's thread; the caller holds the cell.
fn run_inline<A: Agent, M: Action<A>>(
    target: &AgentRef,
    message: M,
    options: &CallOptions,
    outer: Option<NonNull<Frame>>,
) -> Submitted<M> {
    let header: &Header = target;
    // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
    let parent = outer.and_then(|outer| unsafe { outer.as_ref() }.turn);
    let block = Block::take(target.pointer(), vtable::<A, M>(), 1);
    // SAFETY: the block was just taken, with a count of one.
    let turn = unsafe { block.as_ref() };
    if !options.one_way {
        turn.lend_parent(parent);
        turn.awaited.set(true);
    }
    note_origin(turn, outer);
    match options.timeout {
        // Most turns that run here are done before anybody asks for the deadline.
        Timeout::Unset if !options.one_way => turn.set_deadline(UNDECIDED),
        _ if !options.one_way => set_deadline::<M>(target, turn, options, turn.earliest_above()),
        _ => {}
    }
    header.node.note_turn(header.id, M::INFO);
    let helping = outer.is_none().then(|| header.node.help()).flatten();
    let node = NonNull::from(&*header.node);
    let frame = Frame::new(node, Some(target.pointer()), Some(block), true);
    let measured = header.node.measures(M::profile());
    let polled = {
        let _entered = frame.enter();
        first_poll::<A, M>(block, message)
    };
    if let Some(started) = measured {
        M::profile().note(started.elapsed());
    }
    match polled {
        Ok(Poll::Ready(result)) => {
            leave(target, block, result.is_err());
            Submitted::Done(result)
        }
        Ok(Poll::Pending) if options.one_way => {
            turn::park(target, block);
            release(target);
            Submitted::Accepted
        }
        Ok(Poll::Pending) => {
            let ticket = suspend::<M>(target, block);
            if let Some(helping) = helping {
                helping.run(|| ticket.is_decided());
            }
            ticket.enter_wait()
        }
        Err(panic) => {
            turn::drop_content(block);
            leave(target, block, true);
            let text = caught::into_text(panic);
            life::turn_panicked(header, M::INFO, &text);
            Submitted::Panicked(text)
        }
    }
}

type FirstPoll<M> = Result<Poll<Result<<M as Message>::Output, <M as Message>::Error>>, Panic>;

/// Builds the action's future in the block and polls it, keeping a ready result out of it.
#[inline]
fn first_poll<A: Agent, M: Action<A>>(block: NonNull<Block>, message: M) -> FirstPoll<M> {
    // SAFETY: the block is alive during its poll, and the waker is forgotten.
    let waker = ManuallyDrop::new(unsafe { Block::borrowed_waker(block) });
    let mut cx = task::Context::from_waker(&waker);
    caught::catch(|| {
        let _span = turn::span(block);
        // SAFETY: the caller holds the cell and owns the empty block.
        let future = unsafe { run::<A, M>(message, block) };
        // SAFETY: as above.
        unsafe { poll_new(block, future, &mut cx) }
    })
}

/// # Safety
///
/// The caller owns the block, whose content is empty and whose payload has room for the future.
#[inline]
unsafe fn poll_new<F: Future>(
    block: NonNull<Block>,
    future: F,
    cx: &mut task::Context<'_>,
) -> Poll<F::Output> {
    // SAFETY: as the caller says. The block never moves, which pins the future.
    unsafe {
        let place = Block::payload(block).cast::<F>();
        place.write(future);
        block.as_ref().content.set(Content::Future);
        let polled = Pin::new_unchecked(&mut *place.as_ptr()).poll(cx);
        if polled.is_ready() {
            block.as_ref().content.set(Content::Empty);
            place.drop_in_place();
        }
        polled
    }
}

/// Lets go of a cell after an inline turn that is over, and of its block.
#[inline]
fn leave(target: &AgentRef, block: NonNull<Block>, failed: bool) {
    let header: &Header = target;
    header.count_turn(failed);
    // SAFETY: this still owns the block's first count.
    let turn = unsafe { block.as_ref() };
    if turn.counts_parent() {
        waits::leave(turn);
    } else {
        turn.forget_parent();
    }
    if !turn.is_unique() {
        turn.phase.finish();
    }
    // SAFETY: as above.
    unsafe { Block::release(block) };
    release(header);
}

#[inline]
fn release(header: &Header) {
    if header.word.release(turn::parked_bits(header, false)) == Released::Schedule {
        header.schedule(false);
    }
}

/// Leaves an inline turn suspended with its agent, for the caller to wait for.
#[cold]
fn suspend<M: Message>(target: &AgentRef, block: NonNull<Block>) -> Ticket<M> {
    // SAFETY: this owns the block's first count, which passes to the agent, and adds one for the
    // caller.
    let (turn, ticket) = unsafe { (block.as_ref(), Ticket::new(BlockRef::from_alive(block))) };
    turn.start();
    turn.count_parents();
    turn.decided_deadline();
    turn::park(target, block);
    release(target);
    ticket
}

/// Sets when the caller of a message stops waiting: its own limit, or a caller's further up.
fn set_deadline<M: Message>(target: &AgentRef, block: &Block, options: &CallOptions, above: u64) {
    let own = options.deadline(&target.node, M::INFO);
    block.set_deadline(own.min(above));
}

/// Puts a message into the agent's mailbox.
fn enqueue<A: Agent, M: Action<A>>(
    target: &AgentRef,
    message: M,
    options: &CallOptions,
    outer: Option<NonNull<Frame>>,
) -> Submitted<M> {
    let header: &Header = target;
    // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
    let outer = outer.map(|outer| unsafe { outer.as_ref() });
    let parent = outer.and_then(|frame| frame.turn);
    let mut push = PushOptions { control: options.control, may_wait: !options.immediate };
    if header.word.is_occupied() {
        match (chain::look(target.pointer(), parent), <M::Access as Access>::KIND) {
            (Held::Not, _) => {}
            // A turn that waited for room in its own mailbox would wait for itself.
            (Held::Shared | Held::Exclusively, _) if options.one_way => push.may_wait = false,
            (Held::Shared, AccessKind::Shared) if header.word.is_crowded() => {
                return Submitted::Refused(Refusal::Crowded, message);
            }
            // What waits in the mailbox may wait for the turn that waits for this call.
            (Held::Shared, AccessKind::Shared) | (_, AccessKind::Detached) => push.control = true,
            (Held::Shared | Held::Exclusively, _) => {
                return Submitted::Refused(Refusal::Reentrant, message);
            }
        }
    }
    let counts = if options.one_way { 1 } else { 2 };
    let block = Block::take(target.pointer(), vtable::<A, M>(), counts);
    // SAFETY: the block was just taken; its payload has room for the message.
    let turn = unsafe {
        Block::payload(block).cast::<M>().write(message);
        block.as_ref()
    };
    turn.content.set(Content::Message);
    turn.bytes.set(options.bytes);
    turn.one_way.set(options.one_way);
    turn.awaited.set(!options.one_way);
    turn.publication.set(options.publication);
    turn.from_outside.set(outer.is_none());
    note_origin(turn, outer.map(NonNull::from));
    if !options.one_way {
        // One-way messages start chains of their own: nobody waits for them.
        turn.lend_parent(parent);
        turn.count_parents();
        let above = turn.earliest_above();
        let above = outer.map_or(above, |frame| frame.time_at(&target.node, above));
        set_deadline::<M>(target, turn, options, above);
    }
    // SAFETY: the second count is for the caller.
    let ticket = (!options.one_way).then(|| Ticket::new(unsafe { BlockRef::from_owned(block) }));
    push_block(target, block, ticket, push, options)
}

/// Notes where a message came from that was handed over in the frame of its arrival.
#[inline]
fn note_origin(turn: &Block, outer: Option<NonNull<Frame>>) {
    // SAFETY: the frame on the list is entered, so that its guard keeps it in place.
    if let Some(origin) = outer.and_then(|outer| unsafe { outer.as_ref() }.origin) {
        // SAFETY: the frame of an arrival borrows its origin.
        turn.set_origin(unsafe { origin.as_ref() }.clone());
    }
}

/// Hands a filled block to the mailbox, with the ticket of the caller where one waits.
fn push_block<M: Message>(
    target: &AgentRef,
    block: NonNull<Block>,
    ticket: Option<Ticket<M>>,
    push: PushOptions,
    options: &CallOptions,
) -> Submitted<M> {
    let header: &Header = target;
    // SAFETY: the count that `Block::take` gave is this function's until the mailbox takes it.
    let turn = unsafe { block.as_ref() };
    let patient = PushOptions { may_wait: push.may_wait && ticket.is_some(), ..push };
    let mut at_door = false;
    let watch = match header.mailbox.push(block, patient, &header.standing) {
        Pushed::Accepted { watch } => watch,
        Pushed::AtDoor { watch } => {
            at_door = true;
            watch
        }
        Pushed::Evicted { oldest, watch } => {
            if options.publication {
                header.node.topics.note_lost(oldest.len() as u64);
            }
            turn::end_waiting(header, oldest, Verdict::Evicted);
            header.notify_room();
            watch
        }
        Pushed::Full if push.may_wait && ticket.is_none() => {
            turn.awaited.set(true);
            set_deadline::<M>(target, turn, options, u64::MAX);
            // SAFETY: this function still owns the first count.
            let ticket = Ticket::new(unsafe { BlockRef::from_alive(block) });
            return push_block(target, block, Some(ticket), push, options);
        }
        Pushed::Full => return refuse(block, ticket, Refusal::Full),
        Pushed::Dropped => return refuse(block, ticket, Refusal::Dropped),
        Pushed::Closed(Gate::Inactive) => return refuse(block, ticket, Refusal::Inactive),
        Pushed::Closed(_) => return refuse(block, ticket, Refusal::Ended),
    };
    if let Some(due) = watch {
        header.watch(due);
    }
    if push.control {
        header.notify();
    } else {
        header.notify_message(ticket.is_some() && M::profile().is_short());
    }
    match ticket {
        None => Submitted::Accepted,
        Some(ticket) if options.one_way && !at_door => {
            // There was room at the second look.
            ticket.forget();
            Submitted::Accepted
        }
        Some(ticket) => ticket.enter_wait(),
    }
}

/// Takes the message back out of a block that the mailbox refused.
fn refuse<M: Message>(
    block: NonNull<Block>,
    ticket: Option<Ticket<M>>,
    refusal: Refusal,
) -> Submitted<M> {
    if let Some(ticket) = ticket {
        ticket.forget();
    }
    // SAFETY: the block was filled with this message, and the mailbox did not take it.
    let message = unsafe {
        block.as_ref().content.set(Content::Empty);
        let message = Block::payload(block).cast::<M>().read();
        Block::release(block);
        message
    };
    Submitted::Refused(refusal, message)
}

/// Makes the action's future.
///
/// # Safety
///
/// The caller holds the cell of the block's agent, of type `A`, in the way that the action's
/// access needs, for as long as the future lives; the block outlives the future.
#[inline]
unsafe fn run<A: Agent, M: Action<A>>(
    message: M,
    block: NonNull<Block>,
) -> impl Future<Output = Result<M::Output, M::Error>> + Send {
    // SAFETY: as the caller says.
    let (agent, cx) = unsafe {
        let state = state_of::<A>(block.as_ref().agent);
        // A `Context` is a transparent wrapper of an `OwnedContext`.
        let owned: *const OwnedContext = OwnedContext::of_block(block);
        let cx: &'static Context<A> = &*owned.cast();
        (<M::Access as super::Borrowing>::borrow(state), cx)
    };
    message.run(agent, cx)
}

/// Returns what the type-erased parts need to know of a kind of message to a type of agent.
#[inline]
fn vtable<A: Agent, M: Action<A>>() -> &'static BlockVTable {
    vtable_of::<A, M, _>(|message, block| {
        // SAFETY: never called: this closure only names the future's type.
        unsafe { run::<A, M>(message, block) }
    })
}

#[inline]
fn vtable_of<A, M, F>(_: fn(M, NonNull<Block>) -> F) -> &'static BlockVTable
where
    A: Agent,
    M: Action<A>,
    F: Future<Output = Result<M::Output, M::Error>> + Send,
{
    const {
        &BlockVTable {
            info: M::INFO,
            profile: M::profile,
            size: payload_size::<M, F, Reply<M>>(),
            align: payload_align::<M, F, Reply<M>>(),
            plain_result: !needs_drop::<Reply<M>>(),
            build: build::<A, M>,
            poll: poll::<M, F>,
            drop_message: drop_in_place::<M>,
            drop_future: drop_in_place::<F>,
            drop_result: drop_in_place::<Reply<M>>,
        }
    }
}

pub(super) type Reply<M> = Result<<M as Message>::Output, <M as Message>::Error>;

/// Returns the size of a payload that has room for each of three types, and for a panic's text.
const fn payload_size<M, F, R>() -> usize {
    let text = size_of::<Box<str>>();
    let size = larger(larger(size_of::<M>(), size_of::<F>()), larger(size_of::<R>(), text));
    let align = payload_align::<M, F, R>();
    if align > pool::ALIGN { size + align } else { size }
}

const fn payload_align<M, F, R>() -> usize {
    larger(align_of::<M>(), larger(align_of::<F>(), align_of::<R>()))
}

const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// # Safety
///
/// The payload holds a message of this type, which the caller owns, as in [`run`].
unsafe fn build<A: Agent, M: Action<A>>(block: NonNull<Block>) {
    // SAFETY: as the caller says; the message is moved out before anything can panic.
    unsafe {
        block.as_ref().content.set(Content::Empty);
        let message = Block::payload(block).cast::<M>().read();
        install(block, run::<A, M>(message, block));
    }
}

/// # Safety
///
/// The payload is empty, and has room for the future.
unsafe fn install<F>(block: NonNull<Block>, future: F) {
    // SAFETY: as the caller says.
    unsafe {
        Block::payload(block).cast::<F>().write(future);
        block.as_ref().content.set(Content::Future);
    }
}

/// # Safety
///
/// The payload holds a future of this type, which the caller owns.
unsafe fn poll<M: Message, F: Future<Output = Reply<M>>>(
    block: NonNull<Block>,
    cx: &mut task::Context<'_>,
) -> Poll<()> {
    // SAFETY: as the caller says; the block never moves, which pins the future.
    unsafe {
        let place = Block::payload(block);
        let future = place.cast::<F>();
        let Poll::Ready(result) = Pin::new_unchecked(&mut *future.as_ptr()).poll(cx) else {
            return Poll::Pending;
        };
        let turn = block.as_ref();
        turn.failed.set(result.is_err());
        turn.content.set(Content::Empty);
        // The result is parked on the stack while the future's drop runs, which may panic.
        future.drop_in_place();
        place.cast::<Reply<M>>().write(result);
        turn.content.set(Content::Result);
        Poll::Ready(())
    }
}

/// # Safety
///
/// The place holds a value of this type, which the caller owns.
unsafe fn drop_in_place<T>(place: NonNull<u8>) {
    // SAFETY: as the caller says.
    unsafe { place.cast::<T>().drop_in_place() };
}
