//! Records: an event and a body, each with a check sum.
//!
//! Numbers are little-endian. A record is
//!
//! | bytes | content |
//! |---|---|
//! | 4 | length of the event |
//! | 4 | length of the body |
//! | 4 | up to which byte of this segment everything was on disk when this was written |
//! | 1 | version, 1 |
//! | 3 | zero |
//! | 4 | CRC-32 of these 16 bytes and the event |
//! | | the event, as postcard |
//! | | the body, and its CRC-32 if there is one |
//!
//! A header of zeros ends a segment, as does its end.

use crate::mailbox::{Event, Place};

/// The version of records that this program writes, and reads.
const VERSION: u8 = 1;

/// Bytes before the event.
pub(crate) const HEADER: usize = 20;

/// Where the version stands in a header.
const VERSION_AT: usize = 12;

/// Bytes after a body.
pub(crate) const CHECK: usize = 4;

/// A record that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) event: Event,
    /// Where the body begins, counted from the record, and its length.
    pub(crate) body: (usize, u32),
    /// Bytes of the whole record.
    pub(crate) length: usize,
}

/// What lies at some byte of a segment.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    Record(Box<Record>),
    /// Nothing was written there.
    End,
    /// Something that is no whole record.
    Damaged,
}

/// Writes a record, and returns where the body begins, counted from the record.
pub(crate) fn write(event: &Event, body: &[u8], synced: u32, into: &mut Vec<u8>) -> usize {
    let start = into.len();
    into.extend([0; HEADER]);
    let before = std::mem::take(into);
    *into = postcard::to_extend(event, before).expect("an event has a form in bytes");
    let head = into.len() - start - HEADER;
    let header = &mut into[start..start + HEADER];
    header[0..4].copy_from_slice(&length(head).to_le_bytes());
    header[4..8].copy_from_slice(&length(body.len()).to_le_bytes());
    header[8..12].copy_from_slice(&synced.to_le_bytes());
    header[VERSION_AT] = VERSION;
    let check = checked(&into[start..start + 16], &into[start + HEADER..]);
    into[start + 16..start + HEADER].copy_from_slice(&check.to_le_bytes());
    if !body.is_empty() {
        into.extend(body);
        into.extend(crc32fast::hash(body).to_le_bytes());
    }
    HEADER + head
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a record is shorter than a segment")
}

fn checked(header: &[u8], head: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(head);
    hasher.finalize()
}

/// Reads what lies at the beginning of these bytes, which reach to the end of the segment.
pub(crate) fn read(bytes: &[u8]) -> Found {
    let Some(header) = bytes.get(..HEADER) else {
        return if bytes.iter().all(|byte| *byte == 0) { Found::End } else { Found::Damaged };
    };
    if header.iter().all(|byte| *byte == 0) {
        return Found::End;
    }
    match read_record(bytes) {
        Some(record) => Found::Record(Box::new(record)),
        None => Found::Damaged,
    }
}

fn read_record(bytes: &[u8]) -> Option<Record> {
    let head = read_head(bytes)?;
    let body = number(bytes, 4)?;
    let start = HEADER + head.len();
    let event = postcard::from_bytes(head).ok()?;
    let mut end = start;
    if body > 0 {
        let content = bytes.get(start..start.checked_add(body as usize)?)?;
        end = start + content.len();
        if number(bytes, end)? != crc32fast::hash(content) {
            return None;
        }
        end += CHECK;
    }
    Some(Record { event, body: (start, body), length: end })
}

/// Returns the event's bytes, if the header and they are whole.
fn read_head(bytes: &[u8]) -> Option<&[u8]> {
    let header = bytes.get(..16)?;
    if header[VERSION_AT] != VERSION || header[13..] != [0; 3] {
        return None;
    }
    let length = number(bytes, 0)? as usize;
    let head = bytes.get(HEADER..HEADER.checked_add(length)?)?;
    (number(bytes, 16)? == checked(header, head)).then_some(head)
}

/// Looks for a record after a damaged one that says that the damaged one was on disk.
///
/// A crash leaves no such thing: what comes after a torn record was written with or after it.
pub(crate) fn proves_damage(bytes: &[u8], damaged: usize) -> bool {
    let is_proof = |at: usize| {
        let rest = &bytes[at..];
        read_head(rest).is_some() && number(rest, 8).is_some_and(|synced| synced as usize > damaged)
    };
    let mut at = damaged + 1 + VERSION_AT;
    while let Some(rest) = bytes.get(at..) {
        let Some(next) = rest.iter().position(|byte| *byte == VERSION) else { return false };
        at += next + 1;
        if is_proof(at - 1 - VERSION_AT) {
            return true;
        }
    }
    false
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Returns the place of a body of a record that begins at some byte of a segment.
pub(crate) fn place(segment: u64, record: usize, (start, length): (usize, u32)) -> Place {
    let offset = u32::try_from(record + start).unwrap_or(u32::MAX);
    Place { segment, offset, length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&Event::Buried { sequence: 7 }, b"", 0, &mut bytes);
        write(&Event::Returned { sequence: 300 }, b"body", 0, &mut bytes);
        bytes
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let mut bytes = records();
        bytes.extend([0; 40]);
        let Found::Record(first) = read(&bytes) else { panic!("no record") };
        assert_eq!((first.event, first.body.1), (Event::Buried { sequence: 7 }, 0));
        let rest = &bytes[first.length..];
        let Found::Record(second) = read(rest) else { panic!("no record") };
        assert_eq!(second.event, Event::Returned { sequence: 300 });
        assert_eq!(&rest[second.body.0..][..4], b"body");
        assert_eq!(read(&rest[second.length..]), Found::End);
    }

    #[test]
    fn a_record_that_ends_early_or_has_any_bit_flipped_is_damaged() {
        let bytes = records();
        let Found::Record(first) = read(&bytes) else { panic!("no record") };
        let record = &bytes[first.length..];
        for end in 1..record.len() {
            let mut torn = record[..end].to_vec();
            torn.resize(record.len(), 0);
            // Zeros at its end are what it has there anyway.
            if torn != record {
                assert_eq!(read(&torn), Found::Damaged, "{end}");
            }
        }
        for bit in 0..record.len() * 8 {
            let mut flipped = record.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&flipped), Found::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn only_a_record_that_knew_the_damaged_one_on_disk_proves_damage() {
        let mut bytes = vec![7; 30];
        write(&Event::Buried { sequence: 1 }, b"", 0, &mut bytes);
        assert!(!proves_damage(&bytes, 0), "both were written together, and torn");
        write(&Event::Buried { sequence: 2 }, b"", 30, &mut bytes);
        assert!(proves_damage(&bytes, 0));
    }
}
