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
    let result = loop {
        let wants_spare = wait(shared);
        let work = match write(shared, wants_spare) {
            Ok(work) => work,
            Err(error) => break Err(error),
        };
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

/// Waits until there is something to do, and says whether space is to be asked for.
fn wait(shared: &Shared) -> bool {
    let mut core = shared.lock();
    loop {
        let synced = shared.progress.borrow().synced;
        let has_work = !core.log.chunks.is_empty() || core.sync_wanted > synced;
        // An allocation that failed is tried again after a while, and not at every write.
        let wants_spare = !core.log.has_spare && !core.log.is_full;
        if has_work || wants_spare || core.is_closing || core.log.has_failed {
            return wants_spare;
        }
        if core.log.is_full && !core.log.has_spare {
            let waited = shared.work.wait_timeout(core, RETRY);
            core = waited.unwrap_or_else(PoisonError::into_inner).0;
            if core.log.chunks.is_empty() {
                return true;
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

/// Takes and writes all that waits. Whoever writes takes while nobody else does, so that what was
/// taken before is written by then.
fn write(shared: &Shared, wants_spare: bool) -> Result<Work, StoreError> {
    let mut current = shared.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let synced = shared.progress.borrow().synced;
    let work = {
        let mut core = shared.lock();
        if core.log.has_failed {
            return Err(StoreError::Failed);
        }
        take(&mut core, synced, wants_spare)
    };
    append_all(shared, &work.chunks, &mut current)?;
    shared.progress.send_modify(|progress| progress.written = work.position);
    let segment = current.segment;
    // Others may write while this waits for the disk.
    drop(current);
    if work.wants_sync {
        sync(shared, segment)?;
        shared.progress.send_modify(|progress| progress.synced = work.position);
        shared.lock().log.synced = work.end;
    }
    note_index(shared, &mut shared.lock());
    Ok(work)
}

/// Writes what waits on the thread of who waits for it, which saves two changes of threads. Says
/// whether nothing is left: the next segment, and what others write just now, is left to them.
pub(crate) fn write_through(shared: &Shared) -> Result<bool, StoreError> {
    let Ok(mut current) = shared.writing.try_lock() else { return Ok(false) };
    let (chunks, position) = {
        let mut core = shared.lock();
        if core.log.chunks.is_empty() {
            return Ok(true);
        }
        let is_here = core.log.chunks.iter().all(|chunk| chunk.segment == current.segment);
        if !is_here || core.log.has_failed {
            return Ok(false);
        }
        note_index(shared, &mut core);
        (std::mem::take(&mut core.log.chunks), core.log.position)
    };
    append_all(shared, &chunks, &mut current)?;
    shared.progress.send_modify(|progress| progress.written = position);
    Ok(true)
}

/// Appends chunks to the log. A failure is known before anybody else writes: what came behind a
/// hole would be confirmed otherwise, and cut off by the next start.
fn append_all(shared: &Shared, chunks: &[Chunk], current: &mut Cursor) -> Result<(), StoreError> {
    let appended = chunks.iter().try_for_each(|chunk| {
        if chunk.segment != current.segment {
            finish(shared, current.segment, current.offset)?;
        }
        append(shared, chunk, current)
    });
    appended.inspect_err(|_| shared.fail())
}

fn append(shared: &Shared, chunk: &Chunk, current: &mut Cursor) -> Result<(), StoreError> {
    shared
        .store
        .append(chunk.segment, chunk.offset, &chunk.bytes)
        .map_err(StoreError::segment("write", chunk.segment))?;
    let length = u32::try_from(chunk.bytes.len()).expect("a chunk is shorter than a segment");
    *current = Cursor { segment: chunk.segment, offset: chunk.offset + length };
    Ok(())
}

/// Tells the indexer when it is due, once each time: it says up to where it will have come.
fn note_index(shared: &Shared, core: &mut Core) {
    if core.log.position - core.indexed > shared.settings.index_after {
        core.indexed = core.log.position;
        shared.index_work.notify_all();
    }
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
