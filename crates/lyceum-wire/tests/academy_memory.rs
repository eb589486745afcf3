//! How much memory hostile pickles can take: never more than in proportion to what came, until
//! references are followed, and then no more than the limits say.
//!
//! One test, so that nothing else allocates meanwhile.
#![cfg(feature = "academy")]

use std::alloc::System;

use lyceum_wire::academy::Limits;
use lyceum_wire::academy::pickle::read;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes for each byte that came or value that is allowed.
const FOLD: usize = 256;

/// Bytes whatever came.
const BASE: usize = 64 * 1024;

const LIMITS: Limits = Limits { payload: 1 << 20, nesting: 64, values: 1 << 16 };

/// Checks what was allocated in all, what was given back meanwhile included.
fn check(name: &str, pickle: &[u8]) {
    let region = Region::new(ALLOCATOR);
    drop(read(pickle, LIMITS));
    let taken = region.change().bytes_allocated;
    let bound = FOLD * (pickle.len() + LIMITS.values) + LIMITS.payload + BASE;
    assert!(taken <= bound, "{name}: {taken} bytes for {}", pickle.len());
}

#[test]
fn memory_stays_in_proportion() {
    for code in [0x8d, 0x8e, 0x96, 0x95] {
        let lie = [&[code][..], &(10_u64 << 30).to_le_bytes(), &[0; 100]].concat();
        let region = Region::new(ALLOCATOR);
        drop(read(&lie, LIMITS));
        assert!(region.change().bytes_allocated < BASE, "announced, and not there");
    }
    let count = 60_000;
    check("nones", &[b"(", &b"N".repeat(count)[..], b"t."].concat());
    check("lists", &[b"(", &b"]".repeat(count)[..], b"t."].concat());
    check("dicts", &[b"(", &b"}".repeat(count)[..], b"t."].concat());
    check("sets", &[b"(", &b"\x8f".repeat(count)[..], b"t."].concat());
    check("marks", &b"(".repeat(count));
    check("kept", &[b"N", &b"\x94".repeat(count)[..], b"."].concat());
    check("copies", &[b"(N", &b"2".repeat(count)[..], b"t."].concat());
    check("objects", &[b"(", &b"ca\nB\n)\x81".repeat(count / 8)[..], b"t."].concat());
    check("doubling", &[b"N", &b"2\x86".repeat(60)[..], b"."].concat());
    let text = [&[b'X'][..], &500_000_u32.to_le_bytes(), &b"x".repeat(500_000)].concat();
    check("one text", &[b"(", &text[..], b"q\0", &b"h\0".repeat(count)[..], b"t."].concat());
    let names = [&text[..], b"q\0\x8c\x01A\x93"].concat();
    let classes = b"h\0h\0\x93".repeat(count / 3);
    check("one name", &[b"(", &names[..], &classes, b"t."].concat());
    let calls = b"ca\nB\nh\0R".repeat(count / 8);
    check("one tuple", &[b"((", &b"N".repeat(count)[..], b"tq\0", &calls, b"t."].concat());
}
