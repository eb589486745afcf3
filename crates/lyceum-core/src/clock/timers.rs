//! A queue of timers, fast enough for a million pending ones.
//!
//! [`Timers`] knows about cancelled timers and about dues in the past, [`Wheel`] below it only
//! about order. The wheel files an entry by the highest 6-bit digit in which its due differs from
//! a base, so inserting is one push. Slots are emptied in order of time: a small one is sorted
//! once and then popped from its end, a crowded one is filed again relative to its own minimum.
//! A random timer is thereby moved about three times and compared about eight times in its life,
//! always within memory that fits the first cache, whereas a binary heap misses it at every step.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;

/// Below this many cancelled timers, they stay until their turn comes.
const CANCELLED_MIN: usize = 1_024;

/// Width of a digit of a due; a level has one slot for each of its values.
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// A slot up to this size is sorted at once, a larger one is filed again.
const RUN_MAX: usize = 256;

/// Up to this many late entries, plus an eighth of all, a heap is cheaper than filing all again.
const LATE_MIN: usize = 1_024;

/// Below this many entries, memory is kept for the next burst.
const SHRINK_MIN: usize = 4_096;

/// Pending timers, popped in order of due time and, among equals, of insertion.
///
/// Time runs forward only: a due before the last popped one counts as equal to it, so popped dues
/// never decrease. Times are nanoseconds since the epoch of the clock.
pub(crate) struct Timers<T> {
    wheel: Wheel<T>,
    /// Sequence numbers of the cancelled timers that are still in the wheel.
    cancelled: HashSet<u64, BuildHasherDefault<SeqHasher>>,
    /// Cancelled payloads that left the wheel, for the owner to drop outside of its lock.
    dead: Vec<T>,
    last_seq: u64,
    /// The timer popped last. All pending ones are greater, so a key up to it has fired.
    last_popped: TimerKey,
}

/// Names one timer of one queue, for cancelling it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimerKey {
    due: u64,
    seq: u64,
}

impl<T> Timers<T> {
    /// Creates an empty queue.
    pub(crate) fn new() -> Self {
        let last_popped = TimerKey { due: 0, seq: 0 };
        Self {
            wheel: Wheel::new(),
            cancelled: HashSet::default(),
            dead: Vec::new(),
            last_seq: 0,
            last_popped,
        }
    }

    /// Adds a timer; a due in the past means now, after the timers that are due already.
    pub(crate) fn insert(&mut self, due: u64, payload: T) -> TimerKey {
        self.last_seq += 1;
        let key = TimerKey { due: due.max(self.last_popped.due), seq: self.last_seq };
        self.wheel.insert(Entry { key, payload });
        key
    }

    /// Cancels a timer, which does nothing if it has fired.
    ///
    /// The payload is [dead](Self::take_dead) later: when its turn comes, or when more than half
    /// of the entries (and more than 1,024) are cancelled ones. Cancel a key once, and none that
    /// was discarded: if the entry is gone already, `len` counts one too few until the queue
    /// empties or many are cancelled. It never touches another timer.
    pub(crate) fn cancel(&mut self, key: TimerKey) {
        if key <= self.last_popped {
            return;
        }
        self.cancelled.insert(key.seq);
        if self.cancelled.len() > CANCELLED_MIN.max(self.wheel.len / 2) {
            self.retain(|_| true);
        }
    }

    /// Cancels all timers but those to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let cancelled = mem::take(&mut self.cancelled);
        let keep = |entry: &Entry<T>| !cancelled.contains(&entry.key.seq) && keep(&entry.payload);
        let dead = self.wheel.rebuild(keep);
        self.dead.extend(dead);
    }

    /// Returns how many timers take up memory.
    pub(crate) fn size(&self) -> usize {
        self.wheel.len
    }

    /// Takes the payloads of cancelled timers, to be dropped where that can do no harm.
    pub(crate) fn take_dead(&mut self) -> Vec<T> {
        mem::take(&mut self.dead)
    }

    /// Returns the earliest timer with its due time.
    pub(crate) fn earliest(&mut self) -> Option<(u64, &T)> {
        let due = self.next_due()?;
        Some((due, &self.wheel.peek()?.payload))
    }

    /// Removes the earliest timer without its time having come.
    pub(crate) fn discard_earliest(&mut self) -> Option<T> {
        self.next_due()?;
        Some(self.wheel.pop()?.payload)
    }

    /// Returns the due time of the earliest timer.
    pub(crate) fn next_due(&mut self) -> Option<u64> {
        while let Some(key) = self.wheel.earliest() {
            if self.cancelled.is_empty() || !self.cancelled.remove(&key.seq) {
                return Some(key.due);
            }
            self.dead.extend(self.wheel.pop().map(|entry| entry.payload));
        }
        self.cancelled.clear();
        self.cancelled.shrink_to(CANCELLED_MIN);
        None
    }

    /// Removes the earliest timer if it is due at `now`, and returns it with its due time.
    pub(crate) fn pop_due(&mut self, now: u64) -> Option<(u64, T)> {
        if self.next_due()? > now {
            return None;
        }
        let Entry { key, payload } = self.wheel.pop()?;
        self.last_popped = key;
        Some((key.due, payload))
    }

    /// Returns the number of timers that are neither popped nor cancelled.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.wheel.len.saturating_sub(self.cancelled.len())
    }
}

/// Entries in order: first those in `run` and `late`, then those in `ties`, then the levels.
struct Wheel<T> {
    /// Due up to `base`, sorted, the earliest last.
    run: Vec<Entry<T>>,
    /// What was inserted before `base`.
    late: BinaryHeap<Entry<T>>,
    /// What was inserted at `base` exactly, so after all such entries in `run`.
    ties: Vec<Entry<T>>,
    /// Due after `base`. Level `n` has what differs from `base` in digit `n` and in no higher one,
    /// each in the slot of that digit. So lower levels, and in a level lower slots, come first.
    levels: Vec<Level<T>>,
    /// One bit for each level with entries.
    occupied: u16,
    base: u64,
    len: usize,
    /// The greatest `len` since memory was last returned.
    peak: usize,
}

struct Level<T> {
    /// One bit for each slot with entries.
    occupied: u64,
    slots: [Vec<Entry<T>>; SLOTS],
}

impl<T> Wheel<T> {
    fn new() -> Self {
        Self {
            run: Vec::new(),
            late: BinaryHeap::new(),
            ties: Vec::new(),
            levels: (0..LEVELS).map(|_| Level::new()).collect(),
            occupied: 0,
            base: 0,
            len: 0,
            peak: 0,
        }
    }

    fn insert(&mut self, entry: Entry<T>) {
        if self.len == 0 {
            self.base = entry.key.due;
        }
        self.len += 1;
        self.peak = self.peak.max(self.len);
        match entry.key.due.cmp(&self.base) {
            Ordering::Greater => self.file(entry),
            Ordering::Equal => self.ties.push(entry),
            Ordering::Less => {
                self.late.push(entry);
                if self.late.len() > LATE_MIN + self.len / 8 {
                    let _none_dead = self.rebuild(|_| true);
                }
            }
        }
    }

    fn earliest(&mut self) -> Option<TimerKey> {
        if self.run.is_empty() && self.late.is_empty() {
            self.refill();
        }
        Some(self.run.last().max(self.late.peek())?.key)
    }

    /// Returns what `earliest` has just found.
    fn peek(&self) -> Option<&Entry<T>> {
        self.run.last().max(self.late.peek())
    }

    /// Removes what `earliest` has just returned.
    fn pop(&mut self) -> Option<Entry<T>> {
        let entry =
            if self.late.peek() > self.run.last() { self.late.pop() } else { self.run.pop() }?;
        self.len -= 1;
        Some(entry)
    }

    /// Files an entry that is due after the base.
    fn file(&mut self, entry: Entry<T>) {
        let due = entry.key.due;
        let level = (due ^ self.base).ilog2() / DIGIT_BITS;
        let slot = (due >> (level * DIGIT_BITS)) as usize % SLOTS;
        self.occupied |= 1 << level;
        let level = &mut self.levels[level as usize];
        level.occupied |= 1 << slot;
        level.slots[slot].push(entry);
    }

    /// Fills the empty run, from the ties or the earliest slots.
    fn refill(&mut self) {
        if self.peak > SHRINK_MIN && self.len < self.peak / 16 {
            let _none_dead = self.rebuild(|_| true);
        }
        if self.run.is_empty() {
            mem::swap(&mut self.run, &mut self.ties);
            self.ties.shrink_to(RUN_MAX);
            self.run.reverse();
        }
        while self.run.is_empty() && self.occupied != 0 {
            let lowest = self.occupied.trailing_zeros() as usize;
            let level = &mut self.levels[lowest];
            let slot = &mut level.slots[level.occupied.trailing_zeros() as usize];
            level.occupied &= level.occupied - 1;
            if level.occupied == 0 {
                self.occupied &= self.occupied - 1;
            }
            if lowest == 0 || slot.len() <= RUN_MAX {
                mem::swap(&mut self.run, slot);
                slot.shrink_to(RUN_MAX);
                self.run.sort_unstable();
                self.base = self.run[0].key.due;
            } else {
                let crowd = mem::take(slot);
                let first = crowd.iter().map(|entry| entry.key.due).min();
                self.base = first.expect("an occupied slot has entries");
                self.distribute(crowd);
            }
        }
    }

    /// Files all entries anew, in memory of the right size; returns those not to be kept.
    #[cold]
    fn rebuild(&mut self, keep: impl Fn(&Entry<T>) -> bool) -> Vec<T> {
        let old = mem::replace(self, Self::new());
        let slots = || old.levels.iter().flat_map(|level| &level.slots).flatten();
        let others = || old.run.iter().chain(&old.late).chain(&old.ties);
        let dues = || others().chain(slots()).map(|entry| entry.key.due);
        let first = dues().min().unwrap_or(0);
        let last = dues().max().unwrap_or(0);
        // Room below the first lets a series of ever earlier timers cause few rebuilds.
        self.base = first.saturating_sub(last - first).saturating_sub(1);

        let slots = old.levels.into_iter().flat_map(|level| level.slots).flatten();
        let kept = old.run.into_iter().chain(old.late).chain(old.ties).chain(slots);
        let mut dead = Vec::new();
        let mut len = 0;
        self.distribute(kept.filter_map(|entry| {
            if keep(&entry) {
                len += 1;
                Some(entry)
            } else {
                dead.push(entry.payload);
                None
            }
        }));
        self.len = len;
        self.peak = len;
        dead
    }

    /// Files entries, or puts them into the run if they are not due after the base.
    fn distribute(&mut self, entries: impl IntoIterator<Item = Entry<T>>) {
        entries.into_iter().for_each(|entry| {
            if entry.key.due > self.base { self.file(entry) } else { self.run.push(entry) }
        });
        self.run.sort_unstable();
    }
}

impl<T> Level<T> {
    fn new() -> Self {
        Self { occupied: 0, slots: std::array::from_fn(|_| Vec::new()) }
    }
}

struct Entry<T> {
    key: TimerKey,
    payload: T,
}

impl<T> Entry<T> {
    /// The order of keys as one number, which compares without a branch.
    fn rank(&self) -> u128 {
        u128::from(self.key.due) << 64 | u128::from(self.key.seq)
    }
}

/// The earlier is the greater, as the top of a max-heap and the end of a sorted vector.
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.rank().cmp(&self.rank())
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<T> Eq for Entry<T> {}

/// Hashes sequence numbers, which nobody outside can choose, by one multiplication.
#[derive(Default)]
struct SeqHasher(u64);

impl Hasher for SeqHasher {
    fn write_u64(&mut self, seq: u64) {
        self.0 = seq.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20);
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a sequence number hashes as one u64");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::rc::Rc;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn drain<T>(timers: &mut Timers<T>) -> Vec<(u64, T)> {
        std::iter::from_fn(|| timers.pop_due(u64::MAX)).collect()
    }

    fn capacity<T>(wheel: &Wheel<T>) -> usize {
        let slots = wheel.levels.iter().flat_map(|level| &level.slots).map(Vec::capacity);
        wheel.run.capacity() + wheel.late.capacity() + wheel.ties.capacity() + slots.sum::<usize>()
    }

    /// Spreads 0, 1, 2, .. over all numbers below 2^40, without repetition.
    fn scatter(n: u64) -> u64 {
        n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (1 << 40)
    }

    #[test]
    fn due_in_the_past_comes_after_what_is_due_already() {
        let mut timers = Timers::new();
        timers.insert(50, "popped");
        timers.insert(50, "waiting");
        timers.insert(60, "later");
        timers.pop_due(50);

        timers.insert(3, "past");

        assert_eq!(timers.pop_due(50), Some((50, "waiting")));
        assert_eq!(timers.pop_due(50), Some((50, "past")));
        assert_eq!(timers.pop_due(50), None);
    }

    #[test]
    fn asking_for_the_next_due_does_not_delay_an_earlier_timer() {
        let mut timers = Timers::new();
        let cancelled = timers.insert(1 << 40, "cancelled");
        timers.insert(1 << 50, "last");
        timers.cancel(cancelled);
        assert_eq!(timers.next_due(), Some(1 << 50));

        timers.insert(1 << 30, "first");

        assert_eq!(drain(&mut timers), [(1 << 30, "first"), (1 << 50, "last")]);
    }

    #[test]
    fn extreme_dues_are_kept_in_order() {
        let mut timers = Timers::new();
        for due in [u64::MAX, 0, u64::MAX - 1, 1, u64::MAX, 0] {
            timers.insert(due, ());
        }

        let popped: Vec<_> = drain(&mut timers).into_iter().map(|(due, ())| due).collect();

        assert_eq!(popped, [0, 0, 1, u64::MAX - 1, u64::MAX, u64::MAX]);
    }

    #[test]
    fn cancelling_a_fired_timer_leaves_no_trace() {
        let mut timers = Timers::new();
        let keys: Vec<_> = (0..10_000).map(|due| timers.insert(due, ())).collect();
        let never = timers.insert(u64::MAX, ());
        while timers.pop_due(10_000).is_some() {}

        keys.into_iter().for_each(|key| timers.cancel(key));

        assert_eq!((timers.len(), timers.cancelled.len()), (1, 0));
        timers.cancel(never);
        assert_eq!((timers.len(), timers.next_due()), (0, None));
    }

    #[test]
    fn second_cancel_is_forgotten_when_the_queue_empties() {
        let mut timers = Timers::new();
        let key = timers.insert(5, ());
        timers.cancel(key);
        assert_eq!(timers.next_due(), None);
        timers.cancel(key);
        assert_eq!((timers.len(), timers.next_due()), (0, None));

        timers.insert(5, ());

        assert_eq!((timers.len(), timers.next_due()), (1, Some(5)));
    }

    #[test]
    fn payloads_of_many_cancelled_timers_are_dropped_before_their_time() {
        let payload = Rc::new(());
        let mut timers = Timers::new();
        let keys: Vec<_> =
            (0..10_000).map(|n| timers.insert(scatter(n), Rc::clone(&payload))).collect();

        keys.into_iter().take(9_000).for_each(|key| timers.cancel(key));

        assert_eq!(timers.len(), 1_000);
        drop(timers.take_dead());
        assert!(Rc::strong_count(&payload) < 1_000 + 1_100);
    }

    #[test]
    fn memory_is_returned_after_a_burst() {
        let mut timers = Timers::new();
        timers.insert(u64::MAX, ());
        for n in 0..100_000 {
            timers.insert(scatter(n), ());
        }
        assert!(capacity(&timers.wheel) >= 100_000);

        while timers.pop_due(1 << 40).is_some() {}

        assert_eq!(timers.len(), 1);
        assert!(capacity(&timers.wheel) < 1_000);
    }

    #[test]
    fn ever_earlier_timers_cause_few_rebuilds() {
        let mut timers = Timers::new();
        for n in (0..100_000).rev() {
            timers.insert(n * 1_000, ());
        }

        assert!(timers.wheel.late.len() < 20_000);
        assert!(drain(&mut timers).is_sorted());
    }

    #[test]
    fn equal_dues_pop_in_order_of_insertion_and_are_not_filed() {
        let mut timers = Timers::new();
        for n in 0..10_000 {
            timers.insert(7, n);
            timers.next_due();
        }

        assert!(timers.wheel.late.is_empty() && timers.wheel.occupied == 0);
        assert!(drain(&mut timers).into_iter().eq((0..10_000).map(|n| (7, n))));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert { after: i64, count: u64, spread: u64 },
        Cancel { at: Index, count: usize },
        Pop { after: u64, most: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        let insert = (0..50u32, any::<i64>(), 1..400u64, 0..40u32);
        let cancel = (any::<Index>(), 1..900usize);
        let pop = (0..50u32, 0..500usize);
        prop_oneof![
            2 => insert.prop_map(|(bits, after, count, spread)| {
                Step::Insert { after: after >> (63 - bits), count, spread: (1 << spread) - 1 }
            }),
            1 => cancel.prop_map(|(at, count)| Step::Cancel { at, count }),
            2 => pop.prop_map(|(bits, most)| Step::Pop { after: (1 << bits) - 1, most }),
        ]
    }

    /// A queue next to its obvious model, which has a due time and a sequence number for each.
    struct Pair {
        timers: Timers<u64>,
        model: BTreeSet<(u64, u64)>,
        keys: Vec<TimerKey>,
        now: u64,
        last: u64,
    }

    impl Pair {
        fn apply(&mut self, step: &Step) -> Result<(), TestCaseError> {
            match *step {
                Step::Insert { after, count, spread } => {
                    for n in 0..count {
                        let due = self.now.saturating_add_signed(after) + (scatter(n) & spread);
                        let seq = self.timers.last_seq + 1;
                        self.keys.push(self.timers.insert(due, seq));
                        self.model.insert((due.max(self.last), seq));
                    }
                }
                Step::Cancel { ref at, count } => {
                    let start = at.index(self.keys.len() + 1);
                    let end = self.keys.len().min(start + count);
                    for key in self.keys.drain(start..end) {
                        self.timers.cancel(key);
                        self.model.remove(&(key.due, key.seq));
                    }
                }
                Step::Pop { after, most } => {
                    self.now += after;
                    for _ in 0..most {
                        let expected = self.model.first().copied();
                        let expected = expected.filter(|(due, _)| *due <= self.now);
                        prop_assert_eq!(self.timers.pop_due(self.now), expected);
                        let Some(first) = expected else { break };
                        self.model.remove(&first);
                        self.last = first.0;
                    }
                    prop_assert_eq!(self.timers.next_due(), self.model.first().map(|e| e.0));
                }
            }
            prop_assert_eq!(self.timers.len(), self.model.len());
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

        #[test]
        fn queue_agrees_with_a_sorted_set(now in 0..u64::MAX >> 4, steps in vec(step(), 1..80)) {
            let (timers, model, keys) = (Timers::new(), BTreeSet::new(), Vec::new());
            let mut pair = Pair { timers, model, keys, now, last: 0 };

            for step in &steps {
                pair.apply(step)?;
            }

            prop_assert!(drain(&mut pair.timers).into_iter().eq(pair.model));
        }
    }
}
