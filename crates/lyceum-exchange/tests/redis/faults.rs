//! Servers and programs that are killed, also under load, with a log of what ran.

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::redis_server::{RedisServer, spawn};

/// What the child process of a test is told by.
const CHILD: &str = "LYCEUM_REDIS_CHILD";

/// The mailbox of the child's agent.
const UID: Uuid = Uuid::from_u128(0x1111);

/// Writes a line for each thing that it does.
#[derive(Default)]
struct Scribe {
    path: String,
}

#[agent]
impl Scribe {
    /// Notes a number in the log, and returns it.
    #[action]
    fn work(&mut self, number: u64) -> u64 {
        use std::io::Write;
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&self.path);
        // In one write: a program that is killed between two leaves half a line, to which the next
        // one added its own.
        file.unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
        number
    }
}

/// Runs the agent of a test that started this program once more; there is nothing to do otherwise.
#[test]
fn child_of_another_test() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let (url, path) = told.split_once(' ').unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let node = Node::local();
        let scribe = node.launch(Scribe { path: path.into() }).await.unwrap();
        let register = node.register_mailbox(url, &scribe.any()).id(UID).keep();
        let mailbox = register.await.unwrap();
        mailbox.ended().await;
    });
}

/// A program with an agent; it is killed with this.
struct Program(Child);

impl Program {
    fn start(url: &str, path: &str) -> Self {
        let test = std::env::current_exe().unwrap();
        let child = Command::new(test)
            .args(["--exact", "faults::child_of_another_test", "--nocapture"])
            .env(CHILD, format!("{url} {path}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns how often each number stands in the log.
fn runs(path: &str) -> HashMap<u64, usize> {
    let mut runs = HashMap::new();
    let log = std::fs::read_to_string(path).unwrap_or_default();
    // The last line may have been cut off.
    for number in log.lines().filter_map(|line| line.parse().ok()) {
        *runs.entry(number).or_default() += 1;
    }
    runs
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_after_a_server_was_restarted_with_nothing_left() {
    let Some(mut server) = RedisServer::start() else { return };
    for (scheme, uid) in [("redis", 1), ("hybrid", 2)] {
        let house = House::take(&url(&server, scheme), Uuid::from_u128(uid)).await;
        let caller = Node::local();
        let clerk = caller.connect::<Clerk>(&house.address("")).await.unwrap();
        assert_eq!(clerk.add(1, Some(1)).await.unwrap(), 2);
        kill(&mut server);
        restart(&mut server, &["--save", ""]);
        loop {
            // Until both have registered again, their mailboxes are unknown.
            match clerk.add(2, Some(2)).timeout(Duration::from_secs(2)).await {
                Ok(sum) => break assert_eq!(sum, 4),
                Err(error) => assert!(
                    matches!(
                        error,
                        CallError::NoSuchAgent(_)
                            | CallError::Disconnected(_)
                            | CallError::Timeout(_)
                    ),
                    "{scheme}: {error}"
                ),
            }
        }
        caller.shutdown().await;
        house.node.shutdown().await;
    }
}

/// Of Academy's messages a third and more is lost in this test.
#[tokio::test(flavor = "multi_thread")]
async fn no_durable_request_is_lost_when_programs_are_killed_under_load() {
    let Some(server) = RedisServer::start() else { return };
    check(&url(&server, "redis"), None).await;
    check(&url(&server, "hybrid"), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_durable_request_is_lost_when_the_server_is_killed_under_load() {
    let Some(server) = RedisServer::with(&DURABLE) else { return };
    let url = url(&server, "redis");
    check(&url, Some(server)).await;
}

/// Keeps everything on disk at once.
const DURABLE: [&str; 6] = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];

/// Ends a server as a crash would.
pub(crate) fn kill(server: &mut RedisServer) {
    server.child.kill().unwrap();
    server.child.wait().unwrap();
}

/// Starts it again, with what it had on disk.
pub(crate) fn restart(server: &mut RedisServer, options: &[&str]) {
    server.child = spawn(server.port(), &server.folder, options);
    server.wait();
}

/// Calls an agent many times, while its program, or the server, is killed again and again; and
/// checks that each call ended, that what was answered had run, and that nothing ran twice unless
/// a program was killed, and then no more often than that.
async fn check(url: &str, mut server: Option<RedisServer>) {
    const CALLS: u64 = 1000;
    let scheme = url.split(':').next().unwrap();
    let path = format!("{}/{scheme}-{}.log", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    let _ = std::fs::remove_file(&path);
    let mut program = Program::start(url, &path);
    let caller = Node::local();
    let address = format!("{url}/{UID}?delivery=durable");
    let hour = Duration::from_secs(3600);
    let connect = caller.connect_any(&address).patience(Duration::from_secs(20));
    let scribe = connect.await.unwrap();
    let answered = Arc::new(AtomicUsize::new(0));
    let is_done = Arc::new(AtomicBool::new(false));
    let calls = (0..CALLS).map(|number| {
        let (scribe, answered) = (scribe.clone(), answered.clone());
        caller.spawn(async move {
            let result = scribe.call("work", serde_json::json!([number])).timeout(hour).await;
            answered.fetch_add(1, Ordering::Relaxed);
            result
        })
    });
    let calls: Vec<_> = calls.collect();
    let done = is_done.clone();
    let waiting = async {
        let results = join_all(calls).await;
        done.store(true, Ordering::Relaxed);
        results
    };
    let killing = async {
        let mut kills = 0;
        let mut reached = 0;
        while !is_done.load(Ordering::Relaxed) && kills < 4 {
            while answered.load(Ordering::Relaxed) < reached && !is_done.load(Ordering::Relaxed) {
                caller.sleep(Duration::from_millis(1)).await;
            }
            kills += 1;
            reached = answered.load(Ordering::Relaxed) + 150;
            match &mut server {
                Some(server) => {
                    kill(server);
                    restart(server, &DURABLE);
                }
                None => {
                    drop(std::mem::replace(&mut program, Program::start(url, &path)));
                }
            }
        }
        kills
    };
    let (results, kills) = tokio::join!(waiting, killing);
    assert!(kills > 1, "it was too fast: {kills}");
    let results: Vec<_> = results.into_iter().map(|result| result.expect("it lives")).collect();
    judge(&results, &runs(&path), kills, server.is_some());
    caller.shutdown().await;
    let _ = std::fs::remove_file(&path);
}

/// Checks what callers were told against what ran.
fn judge(
    results: &[Result<serde_json::Value, CallError>],
    runs: &HashMap<u64, usize>,
    kills: usize,
    server_was_killed: bool,
) {
    for (number, result) in (0..).zip(results) {
        match result {
            Ok(value) => {
                assert_eq!(*value, number);
                let count = runs.get(&number).copied().unwrap_or_default();
                assert!((1..=1 + kills).contains(&count), "{number} ran {count} times");
            }
            Err(error) => {
                assert!(server_was_killed, "{number}: nothing durable is lost: {error}");
                assert!(matches!(error, CallError::Disconnected(_)), "{number}: {error}");
            }
        }
    }
}
