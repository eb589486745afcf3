//! Disks that are full, and requests that are garbage.

use std::time::Duration;

use lyceum_exchange::store::Folder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use serde_json::json;

use crate::ask::{AGENT, Events, USER, message, ping, pong};
use crate::house::{House, Plan};

/// A small file system, which ends with the test.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// Returns none where this process may not mount.
    fn mount(megabytes: usize) -> Option<Self> {
        let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("small-disk");
        std::fs::create_dir_all(&path).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "none"])
            .arg(&path)
            .output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Nothing more can be done about one that is still in use.
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_loses_nothing_and_is_forgotten_when_there_is_space() {
    let Some(disk) = SmallDisk::mount(16) else {
        println!("skipped: this process may not mount a small file system");
        return;
    };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 8 << 20]).unwrap();
    let folder = disk.0.join("store");
    let plan = || {
        let store = Box::new(Folder::open(&folder, 1 << 20).unwrap());
        let mut plan = Plan { store, ..Plan::default() };
        plan.settings.segment = 2 << 20;
        plan.settings.limits.messages_per_mailbox = 100_000;
        plan.settings.limits.bytes_per_mailbox = 1 << 30;
        plan
    };
    let house = House::build(plan()).await;
    house.register(USER).await;
    house.register(AGENT).await;
    let body = json!({ "kind": "ping-request", "more": "x".repeat(100_000) });
    let put = async |house: &House, tag: u128| {
        let message = message("request", USER, AGENT, tag, &body);
        house.put("lyceum-delivery: durable\r\n", &message).await
    };
    let mut accepted = 0;
    let refused = loop {
        let answer = put(&house, accepted).await;
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
    };
    assert_eq!((refused.status, refused.text.as_str()), (507, "the storage is full"));
    assert!(accepted > 10, "{accepted}");
    assert_eq!(house.receive(AGENT).await.status, 200, "what is there can be read");

    std::fs::remove_file(ballast).unwrap();
    while put(&house, accepted).await.status != 200 {}
    house.close().await.unwrap();

    let house = House::build(plan()).await;
    let mut found = 0;
    house.ask("POST", "/mailbox/lease", &json!({ "mailbox": uuid::Uuid::from_u128(AGENT) })).await;
    while house.receive(AGENT).await.status == 200 {
        found += 1;
    }
    assert_eq!(found, accepted + 1);
    house.close().await.unwrap();
}

/// Opens a server on a folder of that name.
async fn reopen(name: &str) -> House {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let store = Box::new(Folder::open(folder, 1 << 20).unwrap());
    House::build(Plan { store, ..Plan::default() }).await
}

/// Starts a server whose agent has taken one request, and restarts it in order.
async fn restarted(name: &str) -> House {
    // What another run left.
    let _ = std::fs::remove_dir_all(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let house = reopen(name).await;
    house.register(USER).await;
    house.register(AGENT).await;
    let mut events = Events::open(&house, AGENT).await;
    house.put("", &ping(1)).await;
    events.body().await;
    house.close().await.unwrap();
    assert_eq!(events.next().await, None);
    reopen(name).await
}

/// The program counted as a new one, and callers of what it had under way were told of its end.
#[tokio::test]
async fn a_program_goes_on_after_an_orderly_restart_of_the_server() {
    let house = restarted("restart-same").await;
    let _again = Events::open(&house, AGENT).await;

    assert_eq!(house.receive(USER).await.status, 408, "nothing has failed");
    assert_eq!(house.put("", &pong(1)).await.status, 200);

    assert_eq!(house.body(USER).await["kind"], "success-response");
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_new_program_after_a_restart_leaves_no_caller_hanging() {
    let house = restarted("restart-new").await;
    let _another = Events::open(&house, AGENT).await;

    house.pass(Duration::from_secs(90));

    while house.receive(USER).await.status != 200 {}
    house.close().await.unwrap();
}

#[tokio::test]
async fn garbage_ends_its_own_connection_and_nothing_else() {
    let house = House::open().await;
    let pieces: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\r\n\r\n\r\nGET",
        b"GET /mailbox HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"PUT /message HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffffff\r\n",
        &[b'A'; 400_000],
    ];
    for piece in pieces {
        let mut stream = TcpStream::connect(house.address).await.unwrap();
        // It may be closed before all was written.
        let _ = stream.write_all(piece).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    house.register(AGENT).await;
    house.close().await.unwrap();
}
