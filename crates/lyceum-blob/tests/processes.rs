//! Blobs between real processes, over TCP.
//!
//! The test binary starts itself again as the other process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lyceum::network::NetworkExt;
use lyceum::{Blob, BlobError, BlobSettings, BlobsExt, Context, Digest, Handle, Node, agent};

/// Says to a test binary that it is the other process.
const CHILD: &str = "LYCEUM_BLOB_CHILD";

/// One mebibyte.
const MEBIBYTE: u64 = 1 << 20;

#[derive(Default)]
struct Clerk;

#[agent]
impl Clerk {
    /// Passes a blob to the first of some others, who has the rest; the last one reads it.
    #[action(timeout = "1h")]
    async fn pass(&self, blob: Blob, mut to: Vec<Handle<Clerk>>) -> Result<u64, String> {
        if to.is_empty() {
            let mut reader = blob.read();
            let mut size = 0;
            while let Some(chunk) = reader.next().await.map_err(|error| error.to_string())? {
                size += chunk.len() as u64;
            }
            return Ok(size);
        }
        let next = to.remove(0);
        next.pass(blob, to).await.map_err(|error| error.to_string())
    }

    /// Makes a blob of so many mebibytes.
    #[action(timeout = "1h")]
    async fn make(&self, mebibytes: u64, cx: &Context<Self>) -> Result<Blob, String> {
        let text = |error: lyceum::PutError| error.to_string();
        let mut writer = cx.blobs().writer().await.map_err(text)?;
        for index in 0..mebibytes {
            let bytes = vec![index as u8; MEBIBYTE as usize];
            writer.write(&bytes).await.map_err(text)?;
        }
        writer.finish().await.map_err(text)
    }

    /// Returns how much memory the process had at most, in bytes.
    #[action]
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        kibibytes.map_or(u64::MAX, |kibibytes: u64| kibibytes * 1024)
    }

    /// Returns how many bytes of blobs the process handed out.
    #[action]
    fn served(&self, cx: &Context<Self>) -> u64 {
        cx.blobs().usage().served
    }
}

/// The other process: serves a clerk until its input ends.
#[tokio::test]
async fn child() {
    if std::env::var(CHILD).is_err() {
        return;
    }
    let node = Node::local();
    node.launch(Clerk).named("clerk").await.unwrap();
    let listener = node.listen("tcp://127.0.0.1:0").await.unwrap();
    println!("\nat {}", listener.endpoint());
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await.ok();
    node.shutdown().await;
}

/// Another process, which ends with this.
struct Other {
    process: Child,
    url: String,
}

impl Other {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let url = lines.find_map(|line| Some(line.strip_prefix("at ")?.to_owned()));
        Self { process, url: url.expect("the other process says where it listens") }
    }

    async fn clerk(&self, node: &Node) -> Handle<Clerk> {
        node.connect(&format!("{}/clerk", self.url)).await.unwrap()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blob_passes_a_chain_of_processes_and_is_moved_once_in_little_memory() {
    let mebibytes = 256;
    let node = Node::local();
    node.listen("tcp://127.0.0.1:0").await.unwrap();
    let others: Vec<Other> = (0..4).map(|_| Other::start()).collect();
    let mut clerks = Vec::new();
    for other in &others {
        clerks.push(other.clerk(&node).await);
    }

    let blob = clerks[0].make(mebibytes).await.unwrap();
    let size = clerks[1].pass(blob, clerks[2..].to_vec()).await.unwrap();

    assert_eq!(size, mebibytes * MEBIBYTE);
    for (index, clerk) in clerks.iter().enumerate() {
        let expected = if index == 0 { size } else { 0 };
        assert_eq!(clerk.served().await.unwrap(), expected, "by process {index}");
        let peak = clerk.peak().await.unwrap();
        assert!(peak < 96 * MEBIBYTE, "{peak} bytes of memory in process {index}");
    }
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reader_hears_that_the_owner_was_killed() {
    let node = Node::local();
    let mut other = Other::start();
    let blob = other.clerk(&node).await.make(64).await.unwrap();
    let mut reader = blob.read();
    reader.next().await.unwrap().unwrap();

    other.process.kill().unwrap();
    let error = loop {
        match reader.next().await {
            Ok(chunk) => assert!(chunk.is_some(), "the end was not reached"),
            Err(error) => break error,
        }
    };

    assert!(matches!(error, BlobError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&blob.location()), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_that_is_lent_stays_where_it_is_and_changes_are_noticed() {
    let path = std::env::temp_dir().join(format!("lyceum-lent-{}", std::process::id()));
    let content: Vec<u8> = (0..700_000_u32).map(|index| (index / 3) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let node = Node::local();
    node.listen("tcp://127.0.0.1:0").await.unwrap();
    let other = Other::start();
    let clerk = other.clerk(&node).await;

    let blob = node.blobs().file(&path).await.unwrap();
    assert_eq!(blob.digest(), Digest::of(&content));
    assert_eq!(node.blobs().usage().bytes, 0, "it is not copied");
    assert_eq!(clerk.pass(blob.clone(), Vec::new()).await.unwrap(), content.len() as u64);

    let mut changed = content.clone();
    changed[600_000] ^= 1;
    std::fs::write(&path, &changed).unwrap();
    let error = clerk.pass(blob.clone(), Vec::new()).await.unwrap_err().to_string();
    std::fs::remove_file(&path).unwrap();

    assert!(error.contains(&format!("expected digest {}", blob.digest())), "{error}");
    assert!(error.contains("that of part 3 of 3 alone"), "{error}");
    let missing = node.blobs().file(&path).await.unwrap_err();
    assert!(matches!(missing, lyceum::PutError::File(_)), "{missing}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_no_room_in_memory_goes_to_files_and_leaves_none() {
    let folder = std::env::temp_dir().join(format!("lyceum-blobs-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let node = Node::local();
    let blobs = node.blobs_with(BlobSettings {
        memory: MEBIBYTE,
        bytes: 8 * MEBIBYTE,
        folder: Some(folder.clone()),
        ..BlobSettings::default()
    });
    let content: Vec<u8> = (0..3 * MEBIBYTE).map(|index| (index >> 3) as u8).collect();

    let first = blobs.put(content.clone()).await.unwrap();
    let second = blobs.put("in memory").await.unwrap();

    assert_eq!((blobs.usage().bytes, blobs.usage().memory), (3 * MEBIBYTE + 9, 9));
    assert!(first.bytes(u64::MAX).await.unwrap() == content);
    assert_eq!(second.bytes(9).await.unwrap(), "in memory");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "files have no names");
    let full = blobs.put(vec![0; 6 * MEBIBYTE as usize]).await.unwrap_err();
    assert!(matches!(full, lyceum::PutError::Full { .. }), "{full}");
    drop((first, second));
    assert_eq!((blobs.usage().bytes, blobs.usage().memory), (0, 0));
    std::fs::remove_dir(&folder).unwrap();
}
