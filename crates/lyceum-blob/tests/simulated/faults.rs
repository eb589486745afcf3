//! What goes wrong on the way.

use std::time::Duration;

use futures_util::future::join;
use lyceum::{BlobError, BlobsExt, Digest};
use lyceum_test::{Seeds, SimulatedNetwork};

use super::{LEASE, PART, World, content};

#[lyceum::test]
async fn transfer_survives_the_loss_of_its_channel() {
    let world = World::new(21, 1).await;
    let blob = world.clerk(0).await.make(40).await.unwrap();
    let mut reader = blob.read();
    let mut read = Vec::new();
    while let Some(chunk) = reader.next().await.unwrap() {
        read.extend_from_slice(&chunk);
        if (read.len() as u64).is_multiple_of(8 * PART) {
            world.network.drop_connections("owner", "other0");
        }
    }
    assert!(read == content(40 * PART));
}

#[lyceum::test]
async fn reader_hears_that_the_owner_was_killed_in_the_middle() {
    let mut world = World::new(22, 1).await;
    let blob = world.clerk(0).await.make(40).await.unwrap();
    let mut reader = blob.read();
    reader.next().await.unwrap();

    let killed = world.owner.now();
    world.others.clear();
    let error = loop {
        match reader.next().await {
            Ok(chunk) => assert!(chunk.is_some(), "the end was not reached"),
            Err(error) => break error,
        }
    };

    assert!(matches!(error, BlobError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("@other0/"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert!(world.owner.now().since_start() - killed.since_start() < Duration::from_secs(10));
    assert!(reader.next().await.unwrap().is_none(), "nothing comes after an error");
}

/// Parts were asked for again while they were on their way, over a link that takes longer for those
/// ahead of them than a call may take.
#[lyceum::test]
async fn slow_link_carries_each_part_once() {
    let world = World::new(23, 1).await;
    let blob = world.clerk(0).await.make(24).await.unwrap();
    world.network.rate(100_000);
    let start = world.owner.now();

    let bytes = blob.bytes(24 * PART).await.unwrap();

    assert!(bytes == content(24 * PART));
    assert!(world.owner.now().since_start() - start.since_start() > Duration::from_secs(60));
    assert_eq!(world.others[0].blobs().usage().served, 24 * PART);
}

#[test]
fn seeds_of_trouble_give_the_right_bytes_or_an_error_and_free_all() {
    Seeds::range(100..120).run(async |node| {
        let world = World::on(SimulatedNetwork::in_world_of(&node), 3).await;
        let hosts = ["owner", "other0", "other1", "other2"];
        let digest = Digest::of(&content(9 * PART)).to_string();
        let clerks = [world.clerk(0).await, world.clerk(1).await, world.clerk(2).await];
        let blob = world.put(9 * PART).await;
        let calls = async {
            for _ in 0..4 {
                match clerks[0].pass(blob.clone(), clerks[1..].to_vec()).await {
                    Ok(read) => assert_eq!(read, digest),
                    Err(error) => assert!(!error.to_string().contains("digest"), "{error}"),
                }
            }
        };
        let trouble = world.network.disturb(&hosts, Duration::from_secs(20));
        world.network.run(join(calls, trouble)).await;
        drop(blob);

        world.advance(3 * LEASE);
        assert_eq!(world.count(), 0);
    });
}
