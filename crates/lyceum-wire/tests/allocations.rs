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
