//! A length that lies does not make a decoder allocate.
//!
//! The tests count all bytes that the process allocates: they are one test, so that nothing else
//! runs meanwhile.

use std::alloc::System;
use std::collections::HashMap;
use std::hint::black_box;

use lyceum_wire::{Codec, CodecKind, Style, decode_value};
use serde::de::DeserializeOwned;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What a refusal may cost: the error and its text, and room for as many elements as bytes came.
const REFUSAL: usize = 8 << 10;

fn allocated(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    region.change().bytes_allocated
}

fn refuse<T: DeserializeOwned>(codec: &dyn Codec, bytes: &[u8]) {
    let cost = allocated(|| assert!(black_box(decode_value::<T>(codec, bytes)).is_err()));
    assert!(cost < REFUSAL, "{codec:?} allocated {cost} bytes for {bytes:?}");
}

/// Announces `u32::MAX` elements or bytes of each kind, with two bytes behind.
fn lies(codec: &str) -> Vec<Vec<u8>> {
    let lie = |start: &[u8]| [start, &[0xff; 4], &[0x0f, 1, 1]].concat();
    match codec {
        "messagepack" => vec![lie(&[0xdd]), lie(&[0xdf]), lie(&[0xdb]), lie(&[0xc6])],
        "postcard" => vec![lie(&[])],
        _ => Vec::new(),
    }
}

#[test]
fn lies_cost_nothing() {
    #[cfg(feature = "link")]
    link::lies_cost_nothing();
    for kind in CodecKind::built_in() {
        let codec = kind.codec(Style::Positional).unwrap();
        for bytes in lies(codec.name()) {
            refuse::<Vec<u64>>(codec, &bytes);
            refuse::<Vec<[u64; 16]>>(codec, &bytes);
            refuse::<Vec<Vec<String>>>(codec, &bytes);
            refuse::<HashMap<u64, [u64; 16]>>(codec, &bytes);
            refuse::<String>(codec, &bytes);
        }
    }
}

#[cfg(feature = "link")]
mod link {
    use bytes::{Bytes, BytesMut};
    use lyceum_wire::Encoding;
    use lyceum_wire::link::{
        Decoder, Frame, Head, MESSAGE_LIMIT, Opening, PREFACE, Part, Reassembly,
    };

    use super::{REFUSAL, allocated};

    pub(super) fn lies_cost_nothing() {
        // A frame of a megabyte, which does not come, a hello with more codecs than bytes, and a
        // chain with more calls.
        for frame in [
            &b"\xf0\xff\0\0\0\x00\x00"[..],
            b"\x0b\0\0\0\x00\x00\x01\x01\xa1\x01\xff\xff\xff\x7f\x04",
            b"\x12\0\0\0\x00\x03\x01\x00\x07\x00\x02\x00\x02\x00\x00\x00\xff\xff\xff\x7f\x01\x01",
        ] {
            let mut bytes = BytesMut::from(&[&PREFACE[..], frame].concat()[..]);
            let cost = allocated(|| {
                let frame = Decoder::new().decode(&mut bytes);
                assert!(!matches!(frame, Ok(Some(_))), "{frame:?}");
            });
            assert!(cost < REFUSAL, "the decoder allocated {cost} bytes for {frame:?}");
        }
        announced_bodies_cost_what_came_of_them();
    }

    fn announced_bodies_cost_what_came_of_them() {
        let encoding = Encoding::JSON;
        let opening = Some(Opening { stream: 0, size: MESSAGE_LIMIT });
        let announced = Frame { head: Head::Item { id: 1, encoding }, body: Bytes::new(), opening };
        let body = Bytes::from_static(&[0; 1000]);
        let head = Head::Chunk { stream: 0, part: Part::More };
        let chunk = Frame { head, body, opening: None };

        let mut reassembly = Reassembly::default();
        let cost = allocated(|| {
            assert_eq!(reassembly.accept(announced), Ok(None));
            assert_eq!(reassembly.accept(chunk), Ok(None));
        });

        assert!(cost < REFUSAL, "a body of which 1000 bytes came cost {cost}");
    }
}
