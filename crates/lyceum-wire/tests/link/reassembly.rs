//! Large bodies, put together from their chunks, and the bounds of that.

use bytes::Bytes;
use lyceum_wire::Encoding;
use lyceum_wire::link::{
    BODIES_UNDER_WAY, Frame, Head, LinkError, Message, Opening, Part, Reassembly,
};

const LIMIT: u64 = 1000;

fn item(id: u64) -> Head {
    Head::Item { id, encoding: Encoding::JSON }
}

fn opening(stream: u32, size: u64) -> Frame {
    let opening = Some(Opening { stream, size });
    Frame { head: item(stream.into()), body: Bytes::new(), opening }
}

fn chunk(stream: u32, part: Part, body: &'static [u8]) -> Frame {
    Frame { head: Head::Chunk { stream, part }, body: Bytes::from_static(body), opening: None }
}

/// Opens body 1, of four bytes.
fn opened() -> Reassembly {
    let mut reassembly = Reassembly::new(LIMIT);
    assert_eq!(reassembly.accept(opening(1, 4)), Ok(None));
    reassembly
}

#[test]
fn bodies_come_together_in_turns() {
    let mut reassembly = opened();
    assert_eq!(reassembly.accept(opening(2, 3)), Ok(None));
    assert_eq!(reassembly.accept(chunk(1, Part::More, b"ab")), Ok(None));
    assert_eq!(reassembly.under_way(), 2);

    let second = reassembly.accept(chunk(2, Part::Last, b"xyz")).unwrap();
    let first = reassembly.accept(chunk(1, Part::Last, b"cd")).unwrap();

    assert_eq!(second, Some(Message::with_body(item(2), &b"xyz"[..])));
    assert_eq!(first, Some(Message::with_body(item(1), &b"abcd"[..])));
    assert_eq!(reassembly.under_way(), 0);
}

#[test]
fn an_empty_body_can_be_announced_too() {
    let mut reassembly = Reassembly::new(LIMIT);
    assert_eq!(reassembly.accept(opening(1, 0)), Ok(None));

    let message = reassembly.accept(chunk(1, Part::Last, b"")).unwrap();

    assert_eq!(message, Some(Message::new(item(1))));
}

#[test]
fn a_body_that_was_given_up_is_void() {
    let mut reassembly = opened();
    assert_eq!(reassembly.accept(chunk(1, Part::More, b"ab")), Ok(None));

    assert_eq!(reassembly.accept(chunk(1, Part::Abandoned, b"")), Ok(None));

    assert_eq!(reassembly.under_way(), 0);
    let late = reassembly.accept(chunk(1, Part::Last, b"cd"));
    assert_eq!(late, Err(LinkError::UnknownBody { stream: 1 }));
}

#[test]
fn more_or_less_than_announced_is_refused() {
    let wrong = |found| Err(LinkError::WrongSize { stream: 1, announced: 4, found });

    assert_eq!(opened().accept(chunk(1, Part::Last, b"abcde")), wrong(5));
    assert_eq!(opened().accept(chunk(1, Part::Last, b"abc")), wrong(3));
    assert_eq!(opened().accept(chunk(1, Part::More, b"abcd")), wrong(4));
}

#[test]
fn a_chunk_without_bytes_is_refused() {
    let expected = Err(LinkError::EmptyChunk { stream: 1 });

    assert_eq!(opened().accept(chunk(1, Part::More, b"")), expected);
    assert_eq!(opened().accept(chunk(1, Part::Abandoned, b"x")), expected);
}

#[test]
fn a_chunk_of_nothing_that_was_announced_is_refused() {
    let unknown = opened().accept(chunk(2, Part::Last, b"ab"));
    assert_eq!(unknown, Err(LinkError::UnknownBody { stream: 2 }));
}

#[test]
fn a_body_is_announced_once_and_without_a_part_of_it() {
    assert_eq!(opened().accept(opening(1, 4)), Err(LinkError::BodyTwice { stream: 1 }));

    let inline = Frame { body: Bytes::from_static(b"ab"), ..opening(2, 4) };
    assert_eq!(opened().accept(inline), Err(LinkError::UnexpectedBody { head: "item" }));

    let chunk = Frame { opening: opening(2, 4).opening, ..chunk(2, Part::Last, b"") };
    assert_eq!(opened().accept(chunk), Err(LinkError::BodyTwice { stream: 2 }));
}

#[test]
fn a_body_above_the_limit_is_refused_when_it_is_announced() {
    let too_large = Err(LinkError::BodyTooLarge { size: LIMIT + 1, limit: LIMIT });
    let mut reassembly = Reassembly::new(LIMIT);

    assert_eq!(reassembly.accept(opening(1, LIMIT + 1)), too_large);
    let whole = Frame { head: item(1), body: vec![0; 1001].into(), opening: None };
    assert_eq!(reassembly.accept(whole), too_large);
    assert_eq!(reassembly.accept(opening(1, LIMIT)), Ok(None));
}

#[test]
fn all_bodies_under_way_share_the_limit() {
    let mut reassembly = opened();
    let expected = Err(LinkError::TooManyBodies { unit: "bytes", limit: LIMIT });

    assert_eq!(reassembly.accept(opening(2, LIMIT - 3)), expected);
    assert_eq!(reassembly.accept(opening(3, LIMIT - 4)), Ok(None));
    assert_eq!(
        reassembly.accept(opening(4, u64::MAX)).unwrap_err().to_string(),
        "expected bodies of at most 1000 bytes, found one of 18446744073709551615"
    );
}

#[test]
fn only_so_many_bodies_are_under_way() {
    let mut reassembly = Reassembly::new(LIMIT);
    for stream in 0..BODIES_UNDER_WAY as u32 {
        assert_eq!(reassembly.accept(opening(stream, 1)), Ok(None));
    }

    let refused = reassembly.accept(opening(99, 1));

    assert_eq!(refused, Err(LinkError::TooManyBodies { unit: "pieces", limit: 16 }));
}
