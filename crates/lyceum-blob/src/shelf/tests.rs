//! What is kept, and for how long.

mod random;

use bytes::Bytes;

use super::*;
use crate::error::BlobFaultKind;

const ID: BlobId = 7;

fn at(seconds: u64) -> Time {
    Time::START + Duration::from_secs(seconds)
}

/// Makes a shelf with a lease of ten seconds and one blob of three bytes.
fn shelf() -> Shelf {
    let lease = Duration::from_secs(10);
    let settings = BlobSettings { count: 2, bytes: 8, lease, ..BlobSettings::default() };
    let mut shelf = Shelf::new(&settings);
    put(&mut shelf, ID).unwrap();
    shelf
}

fn put(shelf: &mut Shelf, id: BlobId) -> Result<(), PutError> {
    let bytes = Bytes::from_static(b"abc");
    let share = Share { bytes: 3, memory: 3 };
    shelf.room.take(3)?;
    assert!(shelf.room.take_memory(3));
    let digest = Digest::of(&bytes);
    let content = Content::Memory(bytes);
    shelf.put(id, Item { content, outline: Outline::default(), digest, size: 3 }, share)
}

#[test]
fn blob_is_freed_with_its_last_reference() {
    let mut shelf = shelf();
    shelf.claim(ID, 1, at(0)).unwrap();
    assert!(shelf.unpin(ID, at(0)).is_none(), "it is claimed");
    assert!(shelf.report(ID, 1, &[], true, at(1)).unwrap().is_some());
    assert_eq!((shelf.len(), shelf.room.bytes, shelf.room.memory), (0, 0, 0));
    assert_eq!(shelf.report(ID, 1, &[], true, at(1)).unwrap_err().kind, BlobFaultKind::Gone);
}

#[test]
fn claim_that_nobody_renews_expires() {
    let mut shelf = shelf();
    shelf.claim(ID, 1, at(0)).unwrap();
    assert!(shelf.unpin(ID, at(0)).is_none());
    shelf.report(ID, 1, &[], false, at(9)).unwrap();
    assert!(shelf.sweep(at(18)).is_empty());
    assert!(shelf.item(ID, 1, at(18)).is_ok());
    assert_eq!(shelf.item(ID, 1, at(28)).unwrap_err(), BlobFault::gone());
    assert_eq!(shelf.sweep(at(28)).len(), 1);
    assert_eq!(shelf.room.bytes, 0);
}

#[test]
fn what_was_passed_on_is_kept_when_who_passed_it_is_over() {
    let mut shelf = shelf();
    shelf.claim(ID, 1, at(0)).unwrap();
    assert!(shelf.unpin(ID, at(0)).is_none());
    assert!(shelf.report(ID, 1, &[2, 3], true, at(1)).unwrap().is_none());
    assert!(shelf.report(ID, 2, &[], true, at(2)).unwrap().is_none());
    assert!(shelf.report(ID, 3, &[], true, at(2)).unwrap().is_some());
}

#[test]
fn end_that_is_heard_before_the_beginning_counts() {
    let mut shelf = shelf();
    shelf.claim(ID, 1, at(0)).unwrap();
    assert!(shelf.unpin(ID, at(0)).is_none());
    assert!(shelf.report(ID, 2, &[], true, at(1)).unwrap().is_none());
    assert!(shelf.report(ID, 1, &[2], true, at(2)).unwrap().is_some(), "both are over");
}

/// A reference that was used before its beginning was heard of was kept for a lease: its end
/// was forgotten at once.
#[test]
fn end_of_what_was_used_before_its_beginning_counts() {
    let mut shelf = shelf();
    shelf.claim(ID, 1, at(0)).unwrap();
    assert!(shelf.unpin(ID, at(0)).is_none());
    shelf.item(ID, 2, at(1)).unwrap();
    shelf.report(ID, 3, &[], false, at(1)).unwrap();
    assert!(shelf.report(ID, 2, &[], true, at(1)).unwrap().is_none());
    assert!(shelf.report(ID, 3, &[], true, at(1)).unwrap().is_none());
    assert!(shelf.report(ID, 1, &[2, 3], true, at(2)).unwrap().is_some(), "all are over");
}

#[test]
fn bounds_are_kept_and_room_comes_back() {
    let mut shelf = shelf();
    put(&mut shelf, 8).unwrap();
    let full = put(&mut shelf, 9).unwrap_err().to_string();
    assert_eq!(full, "cannot keep 3 more bytes: 6 of 8 are used");
    assert!(shelf.unpin(8, at(0)).is_some());
    put(&mut shelf, 9).unwrap();
    (shelf.room.byte_limit, shelf.room.memory_limit) = (100, 100);
    assert!(matches!(put(&mut shelf, 10), Err(PutError::TooMany { limit: 2 })));
}

#[test]
fn references_of_one_blob_are_bounded() {
    let mut shelf = shelf();
    for claim in 0..CLAIM_LIMIT as u64 {
        shelf.claim(ID, claim, at(0)).unwrap();
    }
    let error = shelf.claim(ID, u64::MAX, at(1)).unwrap_err();
    assert_eq!(error.kind, BlobFaultKind::TooManyReferences);
    shelf.claim(ID, 5, at(1)).unwrap();
    shelf.claim(ID, u64::MAX, at(10)).unwrap();
}
