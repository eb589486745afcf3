//! What two nodes agree on.

use std::time::Duration;

use lyceum_wire::link::{Hello, Refusal, RefusalReason, VersionRange, agree};
use lyceum_wire::{CodecKind, Compression, Fingerprint, NodeId, Style};
use proptest::prelude::*;

use crate::heads::hello;

fn first() -> Hello {
    Hello::new(NodeId::new(1)).codecs(CodecKind::ALL)
}

fn second() -> Hello {
    Hello::new(NodeId::new(2)).codecs(CodecKind::ALL)
}

fn refusal(one: &Hello, other: &Hello) -> Refusal {
    let refusal = agree(one, other).unwrap_err();
    assert_eq!(agree(other, one).unwrap_err(), refusal);
    refusal
}

#[test]
fn the_smaller_limit_counts() {
    let (mut one, mut other) = (first(), second());
    one.frame_limit = 512 << 10;
    one.heartbeat = Duration::from_secs(1);
    other.message_limit = 1 << 20;

    let terms = agree(&one, &other).unwrap();

    assert_eq!(terms.frame_limit, 512 << 10);
    assert_eq!(terms.message_limit, 1 << 20);
    assert_eq!(terms.heartbeat, Duration::from_secs(1));
}

#[test]
fn the_newest_common_version_counts() {
    let (mut one, mut other) = (first(), second());
    one.versions = VersionRange { oldest: 1, newest: 5 };
    other.versions = VersionRange { oldest: 3, newest: 4 };

    assert_eq!(agree(&one, &other).unwrap().version, 4);
}

#[test]
fn without_a_common_version_both_say_what_they_speak() {
    let (one, mut other) = (first(), second());
    other.versions = VersionRange { oldest: 2, newest: 3 };

    let refusal = refusal(&one, &other);

    assert_eq!(refusal.reason, RefusalReason::Version);
    assert!(refusal.to_string().contains("speaks 1 to 1"), "{refusal}");
    assert!(refusal.to_string().contains("speaks 2 to 3"), "{refusal}");
}

#[test]
fn the_node_with_the_smaller_id_prefers() {
    let one = first().codecs([CodecKind::Json, CodecKind::Postcard]);
    let other = second().codecs([CodecKind::Postcard, CodecKind::Json]);

    assert_eq!(agree(&one, &other).unwrap().codec, CodecKind::Json);
    assert_eq!(agree(&other, &one).unwrap().codec, CodecKind::Json);
}

#[test]
fn without_a_common_codec_both_say_what_they_have() {
    let one = first().codecs([CodecKind::Json]);
    let other = second().codecs([CodecKind::Postcard]);

    let refusal = refusal(&one, &other);

    assert_eq!(refusal.reason, RefusalReason::Codec);
    assert!(refusal.to_string().contains("has json"), "{refusal}");
    assert!(refusal.to_string().contains("has postcard"), "{refusal}");
}

#[test]
fn a_codec_that_nobody_here_knows_is_no_common_codec() {
    let (mut one, mut other) = (first(), second());
    one.codecs = vec!["pickle".into(), "json".into()];
    other.codecs = vec!["pickle".into(), "json".into()];
    assert_eq!(agree(&one, &other).unwrap().codec, CodecKind::Json);

    one.codecs.pop();
    assert_eq!(refusal(&one, &other).reason, RefusalReason::Codec);
}

#[test]
fn types_that_differ_are_encoded_by_names() {
    let (same, other) = (Fingerprint::new(0b101), Fingerprint::new(0b111));
    let terms = agree(&first(), &second()).unwrap();

    let equal = terms.encoding(same, same).unwrap();
    let different = terms.encoding(same, other).unwrap();

    assert_eq!((equal.codec, equal.style), (CodecKind::Postcard, Style::Positional));
    assert_eq!((different.codec, different.style), (CodecKind::MessagePack, Style::SelfDescribing));
}

#[test]
fn types_that_differ_have_no_encoding_without_a_codec_with_names() {
    let one = first().codecs([CodecKind::Postcard]);
    let terms = agree(&one, &second()).unwrap();

    assert_eq!(terms.encoding(Fingerprint::new(1), Fingerprint::new(3)), None);
}

#[test]
fn a_compression_is_used_if_both_want_it() {
    let one = first().compressions([Compression::Lz4]);

    assert_eq!(agree(&one, &second()).unwrap().compression, Compression::None);
    let other = second().compressions([Compression::Lz4]);
    assert_eq!(agree(&one, &other).unwrap().compression, Compression::Lz4);
}

#[test]
fn limits_that_are_too_small_are_refused() {
    let (mut one, other) = (first(), second());
    one.frame_limit = 1000;
    assert_eq!(refusal(&one, &other).reason, RefusalReason::Limits);

    let mut one = first();
    one.heartbeat = Duration::ZERO;
    assert_eq!(refusal(&one, &other).reason, RefusalReason::Limits);
}

#[test]
fn a_node_does_not_talk_with_itself() {
    assert_eq!(refusal(&first(), &first()).reason, RefusalReason::SameNode);
}

proptest! {
    #[test]
    fn both_ends_find_the_same(one in hello(), other in hello()) {
        prop_assert_eq!(agree(&one, &other), agree(&other, &one));
    }
}
