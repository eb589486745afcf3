//! Those who wait for something of an agent's, each in a place of its own.

use std::collections::BTreeMap;
use std::task::Waker;

/// The wakers of those who wait for one thing, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    last: u64,
    wakers: BTreeMap<u64, Waker>,
}

/// Where somebody waits. Whoever has it gives it back when it waits no more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaiterPlace(u64);

impl Waiters {
    /// Lets somebody wait, in the place that it has if it has one.
    ///
    /// Returns the waker that was there, to be dropped outside of any lock.
    #[must_use]
    pub(crate) fn wait(&mut self, place: &mut Option<WaiterPlace>, waker: &Waker) -> Option<Waker> {
        let place = place.get_or_insert_with(|| {
            self.last += 1;
            WaiterPlace(self.last)
        });
        if self.wakers.get(&place.0).is_some_and(|waiting| waiting.will_wake(waker)) {
            return None;
        }
        self.wakers.insert(place.0, waker.clone())
    }

    /// Gives a place back; returns the waker that was there, to be dropped outside of any lock.
    #[must_use]
    pub(crate) fn leave(&mut self, place: WaiterPlace) -> Option<Waker> {
        self.wakers.remove(&place.0)
    }

    /// Takes the wakers out; whoever waits on keeps its place.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Waker> + use<> {
        std::mem::take(&mut self.wakers).into_values()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }
}
