//! The one who writes: all that waits goes into one write, and one wait for the disk.

use std::sync::PoisonError;
use std::time::Duration;

use crate::store::keeper::{Core, Shared};
use crate::store::log::Chunk;
use crate::store::{Cursor, StoreError};

/// How often a full disk is asked whether it has space again.
const RETRY: Duration = Duration::from_millis(100);

/// What there is to do.
struct Work {
    chunks: Vec<Chunk>,
    /// Where the log ends after them.
    end: Cursor,
    position: u64,
    wants_sync: bool,
    wants_spare: bool,
    is_last: bool,
}

pub(crate) fn run(shared: &Shared) -> Result<(), StoreError> {
    let mut current = Cursor { segment: shared.lock().log.end.segment, offset: 0 };
    let result = loop {
        let work = wait(shared);
        if let Err(error) = write(shared, &work, &mut current) {
            break Err(error);
        }
        if work.wants_spare {
            allocate(shared, work.end.segment + 1);
        }
        if work.is_last {
            break Ok(());
        }
    };
    if result.is_err() {
        shared.fail();
    }
    shared.lock().writer_is_over = true;
    shared.index_work.notify_all();
    result
}

/// Waits until there is something to do, and takes it.
fn wait(shared: &Shared) -> Work {
    let mut core = shared.lock();
    loop {
        let synced = shared.progress.borrow().synced;
        let has_work = !core.log.chunks.is_empty() || core.sync_wanted > synced;
        // An allocation that failed is tried again after a while, and not at every write.
        let wants_spare = !core.log.has_spare && !core.log.is_full;
        if has_work || wants_spare || core.is_closing {
            return take(&mut core, synced, wants_spare);
        }
        if core.log.is_full && !core.log.has_spare {
            let waited = shared.work.wait_timeout(core, RETRY);
            core = waited.unwrap_or_else(PoisonError::into_inner).0;
            if core.log.chunks.is_empty() {
                return take(&mut core, synced, true);
            }
        } else {
            core = shared.work.wait(core).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn take(core: &mut Core, synced: u64, wants_spare: bool) -> Work {
    Work {
        chunks: std::mem::take(&mut core.log.chunks),
        end: core.log.end,
        position: core.log.position,
        wants_sync: core.sync_wanted > synced || core.is_closing,
        wants_spare,
        is_last: core.is_closing,
    }
}

fn write(shared: &Shared, work: &Work, current: &mut Cursor) -> Result<(), StoreError> {
    for chunk in &work.chunks {
        if chunk.segment != current.segment {
            finish(shared, current.segment, current.offset)?;
        }
        shared
            .store
            .append(chunk.segment, chunk.offset, &chunk.bytes)
            .map_err(StoreError::segment("write", chunk.segment))?;
        let length = u32::try_from(chunk.bytes.len()).expect("a chunk is shorter than a segment");
        *current = Cursor { segment: chunk.segment, offset: chunk.offset + length };
    }
    shared.progress.send_modify(|progress| progress.written = work.position);
    if work.wants_sync {
        sync(shared, current.segment)?;
        shared.progress.send_modify(|progress| progress.synced = work.position);
        shared.lock().log.synced = work.end;
    }
    let mut core = shared.lock();
    if core.log.position - core.indexed > shared.settings.index_after {
        // Once for each time that it is due: the indexer says up to where it will have come.
        core.indexed = core.log.position;
        shared.index_work.notify_all();
    }
    Ok(())
}

/// Has a segment on disk as it is, and gives back what it does not need.
fn finish(shared: &Shared, segment: u64, length: u32) -> Result<(), StoreError> {
    sync(shared, segment)?;
    shared.store.cut(segment, length).map_err(StoreError::segment("cut", segment))
}

fn sync(shared: &Shared, segment: u64) -> Result<(), StoreError> {
    shared.store.sync(segment).map_err(StoreError::segment("sync", segment))
}

/// Gets space for later. Without it new messages are refused before anything is promised.
fn allocate(shared: &Shared, segment: u64) {
    let allocated = shared.store.allocate(segment, shared.settings.segment);
    let mut core = shared.lock();
    core.log.is_full = allocated.is_err();
    core.log.has_spare = allocated.is_ok();
    drop(core);
    shared.space.notify_waiters();
}
