//! References that lie, and strangers who guess.

use serde_json::{Value, json};

use super::{PART, World};

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
