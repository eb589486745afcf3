//! Recipients: what a handle points to, in 8 bytes.
//!
//! A recipient is a cell of this process, an agent elsewhere, or one of them with a default
//! deadline of its own. All three begin with a [`Base`]. Typed messages compare the class of the
//! base with the type that they know, as they must anyhow, so that calls to cells of this process
//! pay nothing for the other two.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, fence};
use std::time::Duration;

use super::header::Header;
use super::sync::Ordering;
use super::vtable::AgentVTable;
use super::word::Word;
use crate::AgentRef;
use crate::exchange::Remote;
use crate::node::Shared;

/// What every recipient begins with.
///
/// Public only because [`Recipient`] derefs to it: users cannot name it, and see no field.
#[repr(C)]
pub struct Base {
    refs: AtomicU32,
    /// Of a cell: who holds it. It is here because there is a gap of its size; nobody ever gets
    /// hold of what is no cell.
    pub(crate) word: Word,
    /// The class; for cells the first field of their [`AgentVTable`].
    class: NonNull<Class>,
    pub(crate) node: Arc<Shared>,
}

/// What is known of a kind of recipient.
pub(crate) struct Class {
    kind: Kind,
    /// What messages are checked against before they touch the state. No agent has the type of
    /// the classes that are no cells.
    type_id: TypeId,
    /// Frees the recipient.
    free: unsafe fn(NonNull<Base>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cell,
    Remote,
    Timed,
}

/// A counted reference to whom a handle leads to.
#[repr(transparent)]
pub struct Recipient(NonNull<Base>);

// SAFETY: a base is made of atomics and shared references; what follows it is `Send` and `Sync`,
// or a cell, which sees to that itself.
unsafe impl Send for Recipient {}
// SAFETY: as above.
unsafe impl Sync for Recipient {}

/// Where a recipient is.
pub(crate) enum Place<'r> {
    Here(&'r AgentRef),
    There(&'r Remote),
}

/// A recipient with a default deadline of its own.
struct Timed {
    inner: Recipient,
    timeout: Duration,
}

/// A recipient that is no cell.
#[repr(C)]
struct Plain<T> {
    base: Base,
    value: T,
}

impl Class {
    /// Makes the class of cells of agents of one type.
    pub(super) const fn of_cells(type_id: TypeId, free: unsafe fn(NonNull<Base>)) -> Self {
        Self { kind: Kind::Cell, type_id, free }
    }

    /// Returns whether this is the class of cells of agents of type `A`.
    #[inline]
    pub(super) fn is_of<A: 'static>(&self) -> bool {
        self.type_id == TypeId::of::<A>()
    }

    const fn of_plain<T: 'static>(kind: Kind) -> Self {
        Self { kind, type_id: TypeId::of::<Plain<PhantomData<T>>>(), free: free::<T> }
    }
}

static REMOTE: Class = Class::of_plain::<Remote>(Kind::Remote);
static TIMED: Class = Class::of_plain::<Timed>(Kind::Timed);

impl Base {
    /// Makes the base of a cell.
    pub(super) fn of_cell(vtable: &'static AgentVTable, word: Word, node: Arc<Shared>) -> Self {
        Self { refs: AtomicU32::new(1), word, class: NonNull::from(vtable).cast(), node }
    }

    fn of_plain(class: &'static Class, node: Arc<Shared>) -> Self {
        let refs = AtomicU32::new(1);
        Self { refs, word: Word::closed(), class: NonNull::from(class), node }
    }

    #[inline]
    fn class(&self) -> &'static Class {
        // SAFETY: classes are statics.
        unsafe { self.class.as_ref() }
    }

    /// Returns what is known of a cell's type.
    ///
    /// # Safety
    ///
    /// This is the base of a cell.
    #[inline]
    pub(super) unsafe fn vtable(&self) -> &'static AgentVTable {
        // SAFETY: as the caller says; a cell's class points to its whole table.
        unsafe { self.class.cast().as_ref() }
    }

    /// Adds a count.
    #[inline]
    pub(crate) fn retain(&self) {
        if self.refs.fetch_add(1, Ordering::Relaxed) > u32::MAX / 2 {
            // Only handles that were leaked by the billion get here; wrapping would free early.
            std::process::abort();
        }
    }

    /// Gives back a count; the last one frees the recipient.
    ///
    /// # Safety
    ///
    /// The caller owns a count and does not use the recipient afterwards.
    #[inline]
    pub(super) unsafe fn release(this: NonNull<Self>) {
        // SAFETY: the caller owns a count.
        let base = unsafe { this.as_ref() };
        if base.refs.fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            // SAFETY: this was the last count. The registry counts live agents, so that an agent
            // has ended and its state is gone.
            unsafe { (base.class().free)(this) };
        }
    }
}

impl Recipient {
    /// Makes the recipient that stands for an agent elsewhere.
    pub(crate) fn remote(node: Arc<Shared>, remote: Remote) -> Self {
        Self::plain(&REMOTE, node, remote)
    }

    /// Returns what the agent offers under an interface; the macros' table of type `T`.
    pub fn interface<T: 'static>(&self, id: TypeId) -> Option<&'static T> {
        (self.cell()?.vtable().interface)(id)?.downcast_ref()
    }

    /// Makes a recipient whose messages have this default deadline.
    pub(crate) fn timed(&self, timeout: Duration) -> Self {
        let inner = self.untimed().clone();
        Self::plain(&TIMED, self.node.clone(), Timed { inner, timeout })
    }

    fn plain<T>(class: &'static Class, node: Arc<Shared>, value: T) -> Self {
        let plain = Box::new(Plain { base: Base::of_plain(class, node), value });
        // The base is the first field of a C layout.
        Self(NonNull::from(Box::leak(plain)).cast())
    }

    /// Returns whether it is a cell of the type behind the id.
    #[inline]
    pub(super) fn is_cell_of(&self, type_id: TypeId) -> bool {
        self.class().type_id == type_id
    }

    /// Returns the cell without looking at the class.
    ///
    /// # Safety
    ///
    /// It is a cell.
    #[inline]
    pub(super) unsafe fn as_cell(&self) -> &AgentRef {
        // SAFETY: both are transparent wrappers of a pointer to the same place.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// Returns the cell, if it is one of this process and has no deadline of its own.
    #[inline]
    pub(crate) fn cell(&self) -> Option<&AgentRef> {
        // SAFETY: the class says so.
        (self.class().kind == Kind::Cell).then(|| unsafe { self.as_cell() })
    }

    /// Returns where it is, whatever its default deadline.
    pub(crate) fn place(&self) -> Place<'_> {
        let this = self.untimed();
        match this.cell() {
            Some(agent) => Place::Here(agent),
            // SAFETY: of three classes, two are ruled out.
            None => Place::There(unsafe { this.value::<Remote>() }),
        }
    }

    /// Returns the default deadline of its own.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        // SAFETY: the class says so.
        (self.class().kind == Kind::Timed).then(|| unsafe { self.value::<Timed>() }.timeout)
    }

    /// Returns the recipient behind one with a deadline of its own.
    pub(crate) fn untimed(&self) -> &Self {
        match self.class().kind {
            Kind::Cell | Kind::Remote => self,
            // SAFETY: the class says so. What is inside has no deadline of its own.
            Kind::Timed => unsafe { &self.value::<Timed>().inner },
        }
    }

    /// # Safety
    ///
    /// It was made by `plain` with a value of this type.
    unsafe fn value<T>(&self) -> &T {
        // SAFETY: as the caller says; the layout is C.
        unsafe { &self.0.cast::<Plain<T>>().as_ref().value }
    }
}

/// # Safety
///
/// Nobody has a count of the recipient, which was made by `plain` with a value of this type.
unsafe fn free<T>(base: NonNull<Base>) {
    // SAFETY: it was leaked from a box of this type.
    drop(unsafe { Box::from_raw(base.cast::<Plain<T>>().as_ptr()) });
}

impl AgentRef {
    /// Returns the agent as whom a handle leads to.
    #[inline]
    pub(crate) fn recipient(&self) -> &Recipient {
        // SAFETY: both are transparent wrappers of a pointer to the same place.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

impl From<AgentRef> for Recipient {
    fn from(agent: AgentRef) -> Self {
        let pointer: NonNull<Header> = agent.pointer();
        // The count passes on.
        std::mem::forget(agent);
        Self(pointer.cast())
    }
}

impl std::ops::Deref for Recipient {
    type Target = Base;

    #[inline]
    fn deref(&self) -> &Base {
        // SAFETY: the count keeps it alive.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for Recipient {
    #[inline]
    fn clone(&self) -> Self {
        self.retain();
        Self(self.0)
    }
}

impl Drop for Recipient {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this owns a count.
        unsafe { Base::release(self.0) };
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        match (self.place(), other.place()) {
            (Place::Here(one), Place::Here(other)) => one == other,
            (Place::There(one), Place::There(other)) => one == other,
            (Place::Here(_), Place::There(_)) | (Place::There(_), Place::Here(_)) => false,
        }
    }
}

impl Eq for Recipient {}

impl Hash for Recipient {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.place() {
            Place::Here(agent) => agent.hash(state),
            Place::There(remote) => remote.hash(state),
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Place::Here(agent) => agent.fmt(f),
            Place::There(remote) => remote.fmt(f),
        }
    }
}
