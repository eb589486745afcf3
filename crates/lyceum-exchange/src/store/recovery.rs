//! Reading what a store has.

use crate::mailbox::{Event, Mailboxes, Place};
use crate::store::record::{self, Found, HEADER};
use crate::store::{Cursor, Store, StoreError};

/// Reads the index and then the log, and returns the number of the segment to go on with.
///
/// A record that was being written when the process or the machine died is cut off; it was not
/// accepted. Damage amid what was on disk for certain is an error.
pub(crate) fn load(store: &dyn Store, mailboxes: &mut Mailboxes) -> Result<u64, StoreError> {
    let cursor =
        store.load_index(&mut |key, value| mailboxes.restore(key, value))?.unwrap_or_default();
    let segments = store.segments().map_err(StoreError::segment("list the segments at", 0))?;
    let newest = segments.last().map_or(0, |(segment, _)| *segment);
    let mut used = Vec::new();
    for (segment, length) in segments {
        let start = store.read(segment, 0, length.min(HEADER as u32));
        let start = start.map_err(StoreError::segment("read", segment))?;
        if start.iter().all(|byte| *byte == 0) {
            // Space for later, which the next run allocates anew.
            store.delete(segment).map_err(StoreError::segment("delete", segment))?;
        } else if segment >= cursor.segment {
            used.push((segment, length));
        }
    }
    let last = used.last().map(|(segment, _)| *segment);
    for (segment, length) in used {
        let is_last = Some(segment) == last;
        let bytes = store.read(segment, 0, length).map_err(StoreError::segment("read", segment))?;
        let start = if segment == cursor.segment { cursor.offset } else { 0 };
        let end =
            replay(&bytes, Cursor { segment, offset: start }, is_last, &mut |event, place| {
                mailboxes.replay_event(event, place);
            })?;
        if end < length {
            store.cut(segment, end).map_err(StoreError::segment("cut", segment))?;
        }
    }
    Ok(newest.max(cursor.segment) + 1)
}

/// Replays the records of a segment, and returns where they end.
fn replay(
    bytes: &[u8],
    from: Cursor,
    is_last: bool,
    each: &mut dyn FnMut(Event, Place),
) -> Result<u32, StoreError> {
    let damaged = |at: usize| {
        let offset = u32::try_from(at).unwrap_or(u32::MAX);
        StoreError::Damaged { segment: from.segment, offset }
    };
    let mut at = from.offset as usize;
    loop {
        // An index never holds beyond what is on disk.
        let Some(rest) = bytes.get(at..) else { return Err(damaged(bytes.len())) };
        match record::read(rest) {
            Found::Record(found) => {
                each(found.event, record::place(from.segment, at, found.body));
                at += found.length;
            }
            Found::End if rest.is_empty() => break,
            // The writer has a segment on disk, and cuts it, before it goes on with the next one.
            _ if !is_last || record::proves_damage(bytes, at) => return Err(damaged(at)),
            Found::End | Found::Damaged => break,
        }
    }
    Ok(u32::try_from(at).unwrap_or(u32::MAX))
}
