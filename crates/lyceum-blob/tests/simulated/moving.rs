//! What is moved, and when.

use std::time::Duration;

use lyceum::{BlobsExt, Digest, Large};

use super::{LEASE, PART, SWEEP, World, content};

#[lyceum::test]
async fn chain_of_16_agents_moves_the_bytes_once() {
    let world = World::new(1, 16).await;
    let size = 3 * PART + 7;
    let blob = world.put(size).await;
    let mut clerks = Vec::new();
    for index in 0..16 {
        clerks.push(world.clerk(index).await);
    }
    let first = clerks.remove(0);

    let digest = first.pass(blob, clerks).await.unwrap();

    assert_eq!(digest, Digest::of(&content(size)).to_string());
    assert_eq!(world.served(), size, "from the first to the last");
    // Those between have not read, and so the owner hears nothing of them.
    world.advance(LEASE + SWEEP);
    assert_eq!(world.count(), 0);
    assert_eq!(world.owner.blobs().usage().bytes, 0);
}

#[lyceum::test]
async fn nothing_is_moved_until_somebody_reads() {
    let world = World::new(2, 1).await;
    let clerk = world.clerk(0).await;
    clerk.keep(world.put(2 * PART).await).await.unwrap();
    world.advance(Duration::from_secs(1));
    assert_eq!(world.served(), 0);

    let kept = clerk.kept().await.unwrap().unwrap();
    assert_eq!(kept.bytes(2 * PART).await.unwrap(), content(2 * PART));
    let error = kept.bytes(2 * PART - 1).await.unwrap_err().to_string();
    assert_eq!(error, "the blob has 524288 bytes, and at most 524287 are wanted");
}

#[lyceum::test]
async fn reader_that_waits_holds_the_transfer_and_one_that_is_dropped_ends_it() {
    let world = World::new(3, 1).await;
    let blob = world.clerk(0).await.make(48).await.unwrap();
    let served = || world.others[0].blobs().usage().served;
    let mut reader = blob.read();

    let first = reader.next().await.unwrap().unwrap();
    world.advance(Duration::from_secs(60));

    assert_eq!(first.len() as u64, PART);
    let ahead = served();
    assert!(ahead <= 17 * PART, "{ahead} bytes for one part that was read");
    drop(reader);
    world.advance(Duration::from_secs(60));
    assert_eq!(served(), ahead);
}

#[lyceum::test]
async fn reading_goes_on_from_where_it_ended() {
    let world = World::new(4, 1).await;
    let blob = world.clerk(0).await.make(4).await.unwrap();
    let all = content(4 * PART);
    let mut read = Vec::new();
    let mut reader = blob.read();
    while (read.len() as u64) < 2 * PART {
        read.extend_from_slice(&reader.next().await.unwrap().unwrap());
    }
    drop(reader);
    // Somewhere within a part.
    read.truncate(read.len() - 1000);

    let mut reader = blob.read_from(read.len() as u64);
    while let Some(chunk) = reader.next().await.unwrap() {
        read.extend_from_slice(&chunk);
    }

    assert!(read == all);
    assert!(blob.read_from(u64::MAX).next().await.unwrap().is_none(), "behind the end");
}

#[lyceum::test]
async fn sizes_around_a_part_arrive_whole() {
    let world = World::new(5, 1).await;
    let clerk = world.clerk(0).await;
    for size in [0, 1, PART - 1, PART, PART + 1, 2 * PART] {
        let blob = world.put(size).await;
        let digest = blob.digest();
        assert_eq!(clerk.read(blob).await.unwrap(), digest.to_string(), "{size} bytes");
        assert_eq!(digest, Digest::of(&content(size)));
    }
}

#[lyceum::test]
async fn references_travel_as_json_too() {
    let world = World::new(6, 1).await;
    let blob = world.put(PART + 1).await;
    let digest = blob.digest().to_string();
    let reference = serde_json::to_value(&blob).unwrap();
    assert_eq!((&reference["size"], &reference["digest"]), (&(PART + 1).into(), &digest.into()));
    let clerk = world.clerk(0).await.any();

    let read = clerk.call("read", serde_json::json!([reference])).await.unwrap();

    assert_eq!(read, blob.digest().to_string());
}

#[lyceum::test]
async fn large_values_travel_by_reference_and_small_ones_do_not() {
    let world = World::new(7, 2).await;
    let (first, second) = (world.clerk(0).await, world.clerk(1).await);
    let names = |count: usize| vec!["a name".to_owned(); count];

    let few = world.owner.blobs().large(names(100)).await.unwrap();
    assert_eq!(first.count(few, Some(second.clone())).await.unwrap(), 100);
    assert_eq!((world.served(), world.count()), (0, 0));

    let many = world.owner.blobs().large(names(1000)).await.unwrap();
    let size = many.blob().unwrap().size();
    assert_eq!(first.count(many, Some(second.clone())).await.unwrap(), 1000);
    assert_eq!(world.served(), size, "moved once, to who takes them");
    world.advance(LEASE + SWEEP);
    assert_eq!(world.count(), 0);

    let too_many = world.owner.blobs().large(names(200_000)).await.unwrap();
    let error = first.count(too_many, None).await.unwrap_err().to_string();
    assert!(error.contains("at most 1048576 are wanted"), "{error}");
    let others = world.owner.blobs().put(vec![b'7'; 2000]).await.unwrap();
    let error = first.count(Large::Blob(others), None).await.unwrap_err().to_string();
    assert!(error.contains("the value is another one"), "{error}");
}
