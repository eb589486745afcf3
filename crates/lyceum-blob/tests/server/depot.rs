//! Blobs that a server keeps.

use std::time::Duration;

use lyceum::{BlobError, BlobsExt, DepotError, Node};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Clerk, House, content};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blob_in_a_depot_outlives_its_owner() {
    let house = House::open("outlives").await;
    let owner = Node::local();
    let depot = owner.blobs().depot(&house.url, None).unwrap();
    let blob = owner.blobs().put(content()).await.unwrap();
    let kept = depot.put(&blob, Duration::from_secs(60)).await.unwrap();
    assert_eq!(kept, blob);
    let text = serde_json::to_value(&kept).unwrap();
    drop((blob, kept));
    owner.shutdown().await;

    let node = Node::local();
    let clerk = node.launch(Clerk).await.unwrap().any();
    let stranger = clerk.call("read", serde_json::json!([text])).await.unwrap_err().to_string();
    assert!(stranger.contains("this node does not know that server"), "{stranger}");
    let depot = node.blobs().depot(&house.url, None).unwrap();
    let read = clerk.call("read", serde_json::json!([text])).await.unwrap();
    assert_eq!(read, 1_000_000);

    let again = node.launch(Clerk).await.unwrap();
    let blob = node.blobs().put("small").await.unwrap();
    let kept = depot.put(&blob, Duration::from_secs(60)).await.unwrap();
    assert_eq!(again.read(kept.clone()).await.unwrap(), 5);
    depot.delete(&kept).await.unwrap();
    assert!(matches!(kept.bytes(5).await, Err(BlobError::Gone { .. })));
    assert!(matches!(depot.delete(&kept).await, Err(DepotError::Gone)));
    assert!(matches!(depot.delete(&blob).await, Err(DepotError::Elsewhere { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_changed_on_the_server_are_found() {
    let house = House::open("changed").await;
    let node = Node::local();
    let depot = node.blobs().depot(&house.url, None).unwrap();
    let blob = node.blobs().put(content()).await.unwrap();
    let kept = depot.put(&blob, Duration::from_secs(60)).await.unwrap();
    let files = std::fs::read_dir(&house.folder).unwrap().map(|entry| entry.unwrap().path());
    let largest = files.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap();
    let mut changed = content();
    changed[999_999] ^= 1;
    std::fs::write(largest, changed).unwrap();

    let mut reader = kept.read();
    for _ in 0..3 {
        assert!(reader.next().await.unwrap().is_some(), "the first parts are good");
    }
    let error = reader.next().await.unwrap_err().to_string();

    assert!(error.contains(&format!("expected digest {}", blob.digest())), "{error}");
    let tail = kept.read_from(500_000).next().await.unwrap().unwrap();
    assert_eq!(tail, content()[500_000..524_288], "a reader may begin anywhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn depot_without_room_or_server_says_so() {
    let house = House::open("room").await;
    let node = Node::local();
    let depot = node.blobs().depot(&house.url, None).unwrap();
    let large = node.blobs().put(vec![0; 4_000_000]).await.unwrap();
    let full = depot.put(&large, Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(full, DepotError::Full(_)), "{full}");

    for wrong in ["ftp://127.0.0.1:1", "127.0.0.1:1", "http://", "http://host/path"] {
        let error = node.blobs().depot(wrong, None).unwrap_err();
        assert!(matches!(error, DepotError::Url { .. }), "{wrong}: {error}");
    }
    assert!(matches!(node.blobs().depot(&house.url, Some("a\nb")), Err(DepotError::Token)));
    let simulated = Node::simulated(1);
    assert!(matches!(simulated.blobs().depot(&house.url, None), Err(DepotError::VirtualTime)));
}

/// A blob whose bytes were not there any more was an error before its outline was deleted, which
/// then stayed until its time was over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outline_is_deleted_though_its_blob_is_gone() {
    let house = House::open("outline").await;
    let node = Node::local();
    let depot = node.blobs().depot(&house.url, None).unwrap();
    let blob = node.blobs().put(content()).await.unwrap();
    let kept = depot.put(&blob, Duration::from_secs(60)).await.unwrap();
    assert_eq!(house.files(), 4, "bytes and records of the blob and its outline");
    let id = serde_json::to_value(&kept).unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("DELETE /blob/{id} HTTP/1.1\r\nhost: localhost\r\n");
    let mut stream = tokio::net::TcpStream::connect(&house.address).await.unwrap();
    stream.write_all(format!("{path}connection: close\r\n\r\n").as_bytes()).await.unwrap();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(house.files(), 2);

    assert!(matches!(depot.delete(&kept).await, Err(DepotError::Gone)));
    assert_eq!(house.files(), 0);
}

/// The outline of a blob that found no room stayed at the server until its time was over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blob_that_is_not_taken_leaves_no_outline() {
    let house = House::open("no-outline").await;
    let node = Node::local();
    let depot = node.blobs().depot(&house.url, None).unwrap();
    let large = node.blobs().put(vec![0; 4_000_000]).await.unwrap();
    for _ in 0..3 {
        let full = depot.put(&large, Duration::from_secs(60)).await.unwrap_err();
        assert!(matches!(full, DepotError::Full(_)), "{full}");
        assert_eq!(house.files(), 0);
    }
}
