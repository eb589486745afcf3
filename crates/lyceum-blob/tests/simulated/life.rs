//! How long blobs are kept.

use std::time::Duration;

use lyceum::network::NetworkExt;
use lyceum::{BlobError, BlobSettings, BlobsExt, Handle, Node, PutError};

use super::{Clerk, LEASE, PART, World, content};

#[lyceum::test]
async fn reference_that_is_held_is_renewed() {
    let world = World::new(11, 1).await;
    let clerk = world.clerk(0).await;
    clerk.keep(world.put(PART).await).await.unwrap();
    world.advance(10 * LEASE);
    assert_eq!(world.count(), 1);

    let kept = clerk.kept().await.unwrap().unwrap();
    assert_eq!(kept.bytes(PART).await.unwrap(), content(PART));
    drop(kept);
    clerk.let_go().await.unwrap();
    world.advance(Duration::from_secs(1));
    assert_eq!(world.count(), 0);
}

#[lyceum::test]
async fn reference_of_a_node_that_is_gone_expires() {
    let mut world = World::new(12, 1).await;
    world.clerk(0).await.keep(world.put(PART).await).await.unwrap();
    world.advance(LEASE / 2);
    world.others.clear();
    world.advance(LEASE / 4);
    assert_eq!(world.count(), 1, "it may come back");
    world.advance(LEASE);
    assert_eq!(world.count(), 0);
}

#[lyceum::test]
async fn reference_that_was_passed_on_outlives_who_passed_it() {
    let mut world = World::new(13, 2).await;
    world.clerk(0).await.keep(world.put(2 * PART).await).await.unwrap();
    let between: Handle<Clerk> = world.others[1].connect("sim://other0/clerk").await.unwrap();
    let kept = between.kept().await.unwrap().unwrap();
    between.let_go().await.unwrap();
    world.advance(Duration::from_secs(1));
    drop(world.others.remove(0));
    world.advance(5 * LEASE);

    assert_eq!(kept.bytes(2 * PART).await.unwrap(), content(2 * PART));
    drop(kept);
    world.advance(Duration::from_secs(1));
    assert_eq!(world.count(), 0);
}

#[lyceum::test]
async fn reference_that_was_read_frees_as_soon_as_it_is_dropped() {
    let world = World::new(20, 1).await;
    let clerk = world.clerk(0).await;
    clerk.read(world.put(PART).await).await.unwrap();
    world.advance(Duration::from_secs(1));
    assert_eq!(world.count(), 0);
}

/// Who passes a reference on without reading may be silent when it drops its own. Those behind it
/// then had to renew theirs before the first lease ended, and did not know when that was.
#[lyceum::test]
async fn reference_that_goes_slowly_from_hand_to_hand_is_good_all_the_time() {
    let world = World::new(24, 5).await;
    let size = 2 * PART;
    world.clerk(0).await.keep(world.put(size).await).await.unwrap();
    for index in 1..5 {
        world.advance(LEASE / 4);
        let to = &world.others[index];
        let former: Handle<Clerk> =
            to.connect(&format!("sim://other{}/clerk", index - 1)).await.unwrap();
        let own: Handle<Clerk> = to.connect(&format!("sim://other{index}/clerk")).await.unwrap();
        own.keep(former.kept().await.unwrap().unwrap()).await.unwrap();
        former.let_go().await.unwrap();
    }
    world.advance(2 * LEASE);

    let kept = world.clerk(4).await.kept().await.unwrap().unwrap();
    assert_eq!(kept.bytes(size).await.unwrap(), content(size));
}

#[lyceum::test]
async fn blob_that_was_freed_is_gone_for_who_kept_its_text() {
    let world = World::new(14, 1).await;
    let clerk = world.clerk(0).await;
    let blob = world.put(PART).await;
    let text = serde_json::to_value(&blob).unwrap();
    drop(blob);
    world.advance(2 * LEASE);
    assert_eq!(world.count(), 0);

    let error = clerk.any().call("read", serde_json::json!([text])).await.unwrap_err().to_string();

    assert!(error.contains("is gone: it was freed, or nobody renewed its references"), "{error}");
    assert!(error.contains("sim://"), "{error}");
}

#[lyceum::test]
async fn reference_that_never_left_frees_at_once() {
    let node = Node::simulated(15);
    let blob = node.blobs().put("abc").await.unwrap();
    let other = blob.clone();
    drop(blob);
    assert_eq!(node.blobs().usage().count, 1);
    drop(other);
    assert_eq!(node.blobs().usage().count, 0);
}

#[lyceum::test]
async fn node_keeps_no_more_than_it_may() {
    let node = Node::simulated(16);
    let blobs = node.blobs_with(BlobSettings { count: 2, bytes: 10, ..BlobSettings::default() });
    let first = blobs.put("12345678").await.unwrap();
    let full = blobs.put("123").await.unwrap_err().to_string();
    assert_eq!(full, "cannot keep 3 more bytes: 8 of 10 are used");
    let second = blobs.put("12").await.unwrap();
    let many = blobs.put("").await.unwrap_err();
    assert!(matches!(many, PutError::TooMany { limit: 2 }), "{many}");

    drop((first, second));
    assert_eq!((blobs.usage().count, blobs.usage().bytes, blobs.usage().memory), (0, 0, 0));
    blobs.put("1234567890").await.unwrap();
}

#[lyceum::test]
async fn what_expired_makes_room_for_what_comes() {
    let world = World::new(17, 0).await;
    let node = world.network.node("small");
    let settings = BlobSettings { bytes: 10, lease: LEASE, ..BlobSettings::default() };
    let blobs = node.blobs_with(settings);
    let blob = blobs.put("1234567890").await.unwrap();
    let _never_decoded = serde_json::to_string(&blob).unwrap();
    drop(blob);
    assert!(matches!(blobs.put("1").await, Err(PutError::Full { .. })));
    world.advance(LEASE);
    blobs.put("1").await.unwrap();
}

#[lyceum::test]
async fn node_in_virtual_time_has_no_files() {
    let node = Node::simulated(18);
    let blobs = node.blobs_with(BlobSettings { memory: 4, ..BlobSettings::default() });
    assert!(matches!(blobs.put("12345").await, Err(PutError::VirtualTime)));
    assert!(matches!(blobs.file("any").await, Err(PutError::VirtualTime)));
    let mut writer = blobs.writer().await.unwrap();
    writer.write(b"1234").await.unwrap();
    assert!(matches!(writer.write(b"5").await, Err(PutError::VirtualTime)));
    drop(writer);
    assert_eq!((blobs.usage().bytes, blobs.usage().memory), (0, 0));
}

#[lyceum::test]
async fn reference_outside_of_all_nodes_says_so() {
    let world = World::new(19, 0).await;
    let blob = world.put(3).await;
    let text = serde_json::to_string(&blob).unwrap();
    let outside: lyceum::Blob = serde_json::from_str(&text).unwrap();
    let error = outside.bytes(3).await.unwrap_err();
    assert!(matches!(error, BlobError::Astray { .. }), "{error}");
    assert!(error.to_string().ends_with("the reference was not decoded on a node"), "{error}");
}
