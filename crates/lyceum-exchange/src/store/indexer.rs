//! Who brings the index up to date, and gives back segments of which nothing is needed any more.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::mailbox::Change;
use crate::store::Cursor;
use crate::store::keeper::{Core, Shared};

/// A segment is emptied when less than this part of it is needed.
const EMPTY_BELOW: u64 = 4;

/// How long it rests after the index could not be written.
const REST: Duration = Duration::from_millis(100);

/// Segments that nothing points to, as soon as those are done who had a place in them.
struct Doomed {
    pin: Arc<()>,
    segments: Vec<u64>,
}

pub(crate) fn run(shared: &Shared) {
    let mut doomed: Vec<Doomed> = Vec::new();
    loop {
        let is_last = wait(shared);
        if let Some(dead) = checkpoint(shared) {
            doomed.push(dead);
        }
        doomed.retain(|dead| !bury(shared, dead));
        if is_last {
            break;
        }
        empty_one(shared);
    }
}

/// Waits until the index is due, or the writer is over; says which.
fn wait(shared: &Shared) -> bool {
    let mut core = shared.lock();
    let before = core.indexed;
    while core.indexed == before && !core.writer_is_over {
        core = shared.index_work.wait(core).unwrap_or_else(PoisonError::into_inner);
    }
    core.writer_is_over
}

/// Brings the index up to date, and returns the segments that it does not need.
fn checkpoint(shared: &Shared) -> Option<Doomed> {
    if shared.progress.borrow().has_failed {
        return None;
    }
    let (changes, cursor, position, dead) = {
        let mut core = shared.lock();
        let changes = core.mailboxes.changes();
        let (cursor, position) = (core.log.end, core.log.position);
        core.sync_wanted = core.sync_wanted.max(position);
        let pin = std::mem::take(&mut core.pin);
        let needed: Vec<u64> = core.mailboxes.live_segments().map(|(number, _)| number).collect();
        (changes, cursor, position, Doomed { pin, segments: needed })
    };
    shared.work.notify_one();
    if !wait_synced(shared, position) || !save(shared, &changes, cursor) {
        let mut core = shared.lock();
        core.mailboxes.changed_again(&changes);
        return None;
    }
    let needed = dead.segments;
    let all = shared.store.segments().unwrap_or_default();
    let free = all.into_iter().map(|(number, _)| number);
    let free = free.filter(|number| *number < cursor.segment && !needed.contains(number));
    Some(Doomed { pin: dead.pin, segments: free.collect() })
}

/// The index never says more than the log on disk.
fn wait_synced(shared: &Shared, position: u64) -> bool {
    let mut core = shared.lock();
    loop {
        let progress = *shared.progress.borrow();
        if progress.synced >= position || progress.has_failed || core.writer_is_over {
            return progress.synced >= position;
        }
        let waited = shared.index_work.wait_timeout(core, Duration::from_millis(5));
        core = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn save(shared: &Shared, changes: &[Change], cursor: Cursor) -> bool {
    match shared.store.save_index(changes, cursor) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the index stays as it was");
            let core = shared.lock();
            // The log has everything, so that it can be tried again later.
            drop(shared.index_work.wait_timeout(core, REST));
            false
        }
    }
}

/// Deletes segments if nobody reads in them; says whether that is over.
fn bury(shared: &Shared, dead: &Doomed) -> bool {
    if Arc::strong_count(&dead.pin) > 1 {
        return false;
    }
    for segment in &dead.segments {
        if let Err(error) = shared.store.delete(*segment) {
            tracing::warn!(segment, %error, "cannot delete a segment of the log");
        }
    }
    true
}

/// Copies what is needed of a segment that is mostly not needed, so that it can go next time.
fn empty_one(shared: &Shared) {
    let bodies = {
        let core = shared.lock();
        let below = u64::from(shared.settings.segment) / EMPTY_BELOW;
        let last = core.log.end.segment;
        let mut segments = core.mailboxes.live_segments();
        let Some((segment, _)) = segments.find(|(number, live)| *number < last && *live < below)
        else {
            return;
        };
        core.mailboxes.bodies_in(segment)
    };
    for (body, place) in bodies {
        let Ok(bytes) = shared.body(place) else { continue };
        let mut core = shared.lock();
        let Core { mailboxes, log, .. } = &mut *core;
        if mailboxes.has_body_at(body, place) && has_room(log, bytes.len()) {
            mailboxes.relocate(log, body, &bytes);
        }
        drop(core);
        shared.work.notify_one();
    }
}

fn has_room(log: &crate::store::log::Log, bytes: usize) -> bool {
    use crate::mailbox::Journal;
    log.room() > bytes as u64 * 2
}
