//! References that lie, and strangers who guess.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lyceum::{Blob, Task};
use serde_json::{Value, json};

use super::{LEASE, PART, World};

/// Returns a reference to a blob of two parts and a bit, and what is said of it once it is changed.
async fn read_changed(seed: u64, change: impl FnOnce(&mut Value)) -> String {
    let world = World::new(seed, 1).await;
    let blob = world.put(2 * PART + 9).await;
    let mut reference = serde_json::to_value(&blob).unwrap();
    change(&mut reference);
    let clerk = world.clerk(0).await.any();
    clerk.call("read", json!([reference])).await.unwrap_err().to_string()
}

#[lyceum::test]
async fn other_digest_is_an_error_that_names_both() {
    let other = "00".repeat(32);
    let error = read_changed(31, |reference| reference["digest"] = json!(other)).await;
    assert!(error.contains(&format!("expected digest {other}, found ")), "{error}");
}

#[lyceum::test]
async fn other_digest_of_a_single_part_is_found_in_its_bytes() {
    let world = World::new(32, 1).await;
    let blob = world.put(100).await;
    let mut reference = serde_json::to_value(&blob).unwrap();
    let other = "ab".repeat(32);
    reference["digest"] = json!(other);
    let clerk = world.clerk(0).await.any();
    let error = clerk.call("read", json!([reference])).await.unwrap_err().to_string();
    assert!(error.contains(&format!("expected digest {other}")), "{error}");
    assert!(error.contains(&format!("found {}", blob.digest())), "{error}");
}

#[lyceum::test]
async fn other_size_is_found_before_it_is_believed() {
    for size in [1, PART, PART + 1, 3 * PART, 1 << 30] {
        let error = read_changed(33, |reference| reference["size"] = json!(size)).await;
        let found = ["expected", "misbehaves", "has other bytes"];
        assert!(found.iter().any(|text| error.contains(text)), "{size}: {error}");
    }
}

#[lyceum::test]
async fn references_that_are_none_are_bad_arguments() {
    for (field, value) in [
        ("id", json!("../../etc/passwd")),
        ("id", json!(7)),
        ("at", json!("/etc/passwd")),
        ("at", json!("x".repeat(100_000))),
        ("size", json!(u64::MAX)),
        ("digest", json!("abc")),
        ("claim", json!(-1)),
    ] {
        let error = read_changed(34, |reference| reference[field] = value.clone()).await;
        assert!(error.contains("the arguments do not fit"), "{field}: {error}");
    }
}

#[lyceum::test]
async fn who_does_not_know_the_number_gets_nothing() {
    let error = read_changed(35, |reference| reference["id"] = json!("0".repeat(32))).await;
    assert!(error.contains("is gone"), "{error}");
    let nowhere = "sim://other7/4294967296";
    let error = read_changed(36, |reference| reference["at"] = json!(nowhere)).await;
    assert!(error.contains("cannot reach `sim://other7"), "{error}");
    let unknown = "carrier+pigeon://roof/7";
    let error = read_changed(37, |reference| reference["at"] = json!(unknown)).await;
    assert!(error.contains("leads nowhere from here"), "{error}");
}

/// A place where nobody should be called.
struct Trap {
    dials: Arc<AtomicUsize>,
    _task: Task<()>,
}

impl Trap {
    async fn set(world: &World) -> Self {
        let transport = world.network.transport("trap");
        let listening = transport.listen("sim://trap".parse().unwrap());
        let mut listener = world.network.run(listening).await.unwrap();
        let dials = Arc::new(AtomicUsize::new(0));
        let count = dials.clone();
        let task = world.network.world().spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { dials, _task: task }
    }

    fn dials(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }
}

/// Returns a reference to a blob that is said to be at the trap.
async fn lie(world: &World) -> Value {
    let mut reference = serde_json::to_value(world.put(1000).await).unwrap();
    reference["at"] = json!("sim://trap/4294967296");
    reference["lease"] = json!(1);
    reference
}

/// Decoding a reference made the node call the address in it, for a renewal at once if the lease
/// said so, and for a report when it was dropped: anybody who could send a message could make the
/// node dial any address, with a task for each.
#[lyceum::test]
async fn reference_that_nobody_reads_calls_nobody() {
    let world = World::new(38, 1).await;
    let (trap, reference) = (Trap::set(&world).await, lie(&world).await);
    let clerk = world.clerk(0).await;
    for _ in 0..100 {
        clerk.any().call("keep", json!([reference])).await.unwrap();
    }
    world.advance(Duration::from_secs(4));
    clerk.let_go().await.unwrap();
    world.advance(10 * LEASE);
    assert_eq!(trap.dials(), 0);

    clerk.any().call("read", json!([reference])).await.unwrap_err();
    assert!(trap.dials() > 0, "who reads calls");
}

/// A reference was renewed for as long as it was held, whether anybody ever answered or not.
#[lyceum::test]
async fn address_where_nobody_ever_answers_is_given_up() {
    let world = World::new(39, 1).await;
    let (trap, reference) = (Trap::set(&world).await, lie(&world).await);
    world.clerk(0).await.any().call("keep", json!([reference])).await.unwrap();
    world.advance(10 * LEASE);
    let dials = trap.dials();
    assert!(dials > 0, "it was held for long");
    world.advance(20 * LEASE);
    assert_eq!(trap.dials(), dials);
}

/// There was a task for each reference, up to a quarter of a million.
#[lyceum::test]
async fn owners_of_references_are_bounded_and_make_room_when_they_go() {
    let world = World::new(40, 1).await;
    let reference = lie(&world).await;
    let decode = move |from: u64| {
        let mut reference = reference.clone();
        let mut kept = Vec::new();
        for index in from..from + 5000 {
            reference["at"] = json!(format!("sim://trap{index}/4294967296"));
            match serde_json::from_value::<Blob>(reference.clone()) {
                Ok(blob) => kept.push(blob),
                Err(error) => return (kept.len(), error.to_string()),
            }
        }
        (kept.len(), String::new())
    };
    for from in [0, 10_000] {
        let decode = decode.clone();
        let (kept, error) = world.others[0].spawn(async move { decode(from) }).await.unwrap();
        assert_eq!(kept, 4096);
        assert!(error.contains("blobs of 4096 owners, which is all it may"), "{error}");
        world.advance(Duration::from_secs(1));
    }
}
