//! How much memory hostile bytes can take: never more than in proportion to what came.
//!
//! One test, so that nothing else allocates meanwhile.
#![cfg(feature = "aiomas")]

use std::alloc::System;

use lyceum_wire::aiomas::{Codec, FrameDecoder, Limits};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes for each byte that came: a pair of values, with room for three more, for a pair of bytes.
const FOLD: usize = 256;

/// Bytes whatever came: errors, and the first room of a frame.
const BASE: usize = 32 * 1024;

/// Returns how many bytes were allocated in all, those that were given back meanwhile included.
fn allocated(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    region.change().bytes_allocated
}

fn check(name: &str, codec: Codec, payload: &[u8]) {
    let limits = Limits { payload: 1 << 20, nesting: u8::MAX, values: 1 << 20 };
    let taken = allocated(|| drop(codec.decode(payload, limits)));
    let bound = FOLD * payload.len() + BASE;
    assert!(taken <= bound, "{name}: {taken} bytes for {} in {codec}", payload.len());
}

/// Announces four billion of everything, with little behind it.
fn check_lying_lengths() {
    for marker in [0xc6, 0xdb, 0xdd, 0xdf] {
        let lie = [&[marker, 0xff, 0xff, 0xff, 0xff][..], &[0; 100]].concat();
        check("lie", Codec::MsgPack, &lie);
        // Each list says that it holds all of the rest.
        let nested = [0xdd, 0, 0, 1, 0].repeat(200);
        check("nested lies", Codec::MsgPack, &[nested, vec![0; 300]].concat());
    }
    for block in [1_u32, 8, 1 << 20, u32::MAX] {
        for length in [0_u32, 1 << 20, u32::MAX] {
            let numbers = [length, block, 1000];
            let numbers = numbers.map(u32::to_le_bytes).concat();
            for flags in [0, 1, 2, 0x10, 0x11] {
                let chunk = [&[2, 1, flags, 8][..], &numbers, &[0; 984]].concat();
                check("lying chunk", Codec::MsgPackBlosc, &chunk);
            }
        }
    }
}

/// Sends what is small on the wire and large in memory.
fn check_dense_values() {
    let count = 100_000;
    check("lists", Codec::Json, format!("[{}[]]", "[],".repeat(count)).as_bytes());
    check("maps", Codec::Json, format!("[{}{{}}]", "{\"\":0},".repeat(count)).as_bytes());
    check("numbers", Codec::Json, format!("[{}0]", "0,".repeat(count)).as_bytes());
    check("escapes", Codec::Json, format!("\"{}\"", "\\n".repeat(count)).as_bytes());
    check("depth", Codec::Json, "[".repeat(count).as_bytes());
    let list = |item: &[u8]| [&[0xdd, 0, 1, 0, 0][..], &item.repeat(1 << 16)].concat();
    check("nulls", Codec::MsgPack, &list(&[0xc0]));
    check("lists", Codec::MsgPack, &list(&[0x91, 0xc0]));
    check("maps", Codec::MsgPack, &list(&[0x81, 0xc0, 0xc0]));
    check("depth", Codec::MsgPack, &list(&[0x91]));
}

/// A chunk may hold 255 times its length, and no more than the limit.
fn check_compressed_data() {
    let limit = 1 << 20;
    let run = [&[0x03, 0, 0, 0, 0, 0xe0][..], &[0xff; 5000], &[0, 0]].concat();
    let size = u32::try_from(run.len()).unwrap();
    for length in [limit - 1, limit, limit + 1, 5000 * 255] {
        let numbers = [length, length, size + 24, 20, size].map(u32::to_le_bytes).concat();
        let chunk = [&[2, 1, 0x10, 1][..], &numbers, &run].concat();
        let limits = Limits { payload: limit as usize, ..Limits::default() };
        let taken = allocated(|| drop(Codec::MsgPackBlosc.decode_value(&chunk, limits)));
        assert!(taken <= 4 * limit as usize + BASE, "{taken} bytes for {length}");
    }
}

/// A frame that announces a gigabyte and sends little of it, in small parts.
fn check_frames() {
    let mut decoder = FrameDecoder::new(1 << 30);
    decoder.feed(&mut &[0x3f, 0xff, 0xff, 0xff][..]).unwrap();
    let mut sent = 0;
    let taken = allocated(|| {
        for _ in 0..10_000 {
            decoder.feed(&mut &[0; 37][..]).unwrap();
            sent += 37;
        }
    });
    assert!(taken <= 4 * sent + BASE, "{taken} bytes for {sent}");
}

#[test]
fn memory_is_in_proportion_to_what_came() {
    check_lying_lengths();
    check_dense_values();
    check_compressed_data();
    check_frames();
}
