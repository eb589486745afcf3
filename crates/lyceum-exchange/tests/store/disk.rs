//! The real disk.

use lyceum_exchange::store::{Folder, Keeper, StoreError};

use crate::depot::{AGENT, Depot, USER, letter, settings};

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What another run left.
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[tokio::test]
async fn mailboxes_and_messages_are_there_after_a_restart() {
    let path = folder("store-restart");
    for round in 0..4 {
        let depot = Depot::open(Folder::open(&path, 1 << 20).unwrap(), settings()).unwrap();
        for tag in round * 100..round * 100 + 30 {
            depot.put(letter(tag), &[1; 1_500]).await.unwrap();
        }
        depot.answer(round * 100).await.unwrap();
        depot.close();
    }

    let depot = Depot::open(Folder::open(&path, 1 << 20).unwrap(), settings()).unwrap();

    assert_eq!(depot.read(AGENT).await.unwrap().len(), 4 * 29);
    assert_eq!(depot.read(USER).await.unwrap()[3], b"answer 300");
    depot.close();
}

#[tokio::test]
async fn a_folder_belongs_to_one_process_at_a_time() {
    let path = folder("store-lock");
    let first = Folder::open(&path, 1 << 20).unwrap();

    assert!(matches!(Folder::open(&path, 1 << 20), Err(StoreError::Index { .. })));
    drop(first);
    Keeper::open(Box::new(Folder::open(&path, 1 << 20).unwrap()), settings()).unwrap();
}
