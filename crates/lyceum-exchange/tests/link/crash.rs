//! Processes that are killed under load, and a checker that reads what had an effect.
//!
//! Each test is its own server and its own agent: it starts itself again with a role.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use lyceum_exchange::server::{Clock, Server, ServerSettings, wording};
use lyceum_exchange::store::{Folder, Keeper, Settings};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::agents::MAILBOX;

/// Callers at a time.
const CALLERS: u64 = 8;

/// Calls that must be answered between two kills.
const BETWEEN: usize = 60;

/// Says which role a process has.
const ROLE: &str = "LYCEUM_CRASH_ROLE";
const FOLDER: &str = "LYCEUM_CRASH_FOLDER";
const ADDRESS: &str = "LYCEUM_CRASH_ADDRESS";

/// An agent whose effects are lines of a file.
struct Worker {
    effects: File,
}

#[agent]
impl Worker {
    #[action]
    fn run(&mut self, caller: u64, n: u64, cx: &Context<Self>) -> u64 {
        note(&mut self.effects, &format!("ran {caller} {n} {}", cx.delivery_attempt()));
        n
    }
}

/// Appends a line, which is one write and so never torn by others.
fn note(file: &mut File, line: &str) {
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn effects(folder: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(folder.join("effects")).unwrap()
}

/// Plays the role that this process was started for; says whether it has one.
fn has_role() -> bool {
    let Ok(role) = std::env::var(ROLE) else { return false };
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let address = std::env::var(ADDRESS).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        match role.as_str() {
            "server" => serve(&folder, &address).await,
            _ => work(&folder, &address).await,
        }
    });
    true
}

async fn serve(folder: &Path, address: &str) {
    let mut settings = Settings::new(wording);
    settings.limits.deliveries = 1000;
    settings.segment = 8 << 20;
    let store = Box::new(Folder::open(folder.join("store"), 4 << 20).unwrap());
    let keeper = Keeper::open(store, settings).unwrap();
    let clock = Clock::of(&Node::local());
    let settings = ServerSettings::default();
    let server = Server::bind(address.parse().unwrap(), keeper, None, clock, settings);
    let server = server.await.unwrap();
    println!("ready");
    server.serve(std::future::pending()).await.unwrap();
}

async fn work(folder: &Path, address: &str) {
    let node = Node::local();
    let worker = node.launch(Worker { effects: effects(folder) }).await.unwrap();
    let register = node.register_mailbox(&format!("exchange://{address}"), &worker.any());
    register.id(MAILBOX).keep().await.unwrap();
    println!("ready");
    std::future::pending::<()>().await;
}

/// The processes of one test.
struct Stage {
    test: &'static str,
    folder: PathBuf,
    address: String,
    /// How many calls were answered.
    answered: watch::Sender<usize>,
}

/// A process that is killed at the latest when this is dropped.
struct Process(Child);

impl Process {
    /// As `kill -9` does.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stage {
    fn new(test: &'static str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        // What another run left.
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("store")).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        Self { test, folder, address, answered: watch::Sender::new(0) }
    }

    /// Starts a process, and waits until it is ready.
    fn start(&self, role: &str) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("crash::{}", self.test), "--nocapture"])
            .env(ROLE, role)
            .env(FOLDER, &self.folder)
            .env(ADDRESS, &self.address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        assert!(lines.any(|line| line.ends_with("ready")), "{role} does not start");
        Process(child)
    }

    /// Returns the effects so far.
    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.join("effects")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Calls the worker again and again, durably, until told to end; returns how often.
async fn call(node: Node, stage: Arc<Stage>, caller: u64, end: watch::Receiver<bool>) -> u64 {
    let at = format!("exchange://{}/{MAILBOX}", stage.address);
    let patience = Duration::from_secs(60);
    let worker = node.connect::<Worker>(&at).patience(patience).await.unwrap();
    let mut effects = effects(&stage.folder);
    let mut n = 0;
    while !*end.borrow() {
        let outcome = worker.run(caller, n).durable().await;
        assert_eq!(outcome.unwrap(), n, "each has an outcome, and it is its own");
        note(&mut effects, &format!("answered {caller} {n}"));
        stage.answered.send_modify(|answered| *answered += 1);
        n += 1;
    }
    n
}

/// Reads what had an effect: nothing is lost, nothing runs after it was answered, and the first
/// runs of one caller's requests are in order.
fn check(lines: &[String], called: &[u64]) {
    let mut ran: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut answered: BTreeSet<(u64, u64)> = BTreeSet::new();
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |index: usize| words[index].parse::<u64>().unwrap();
        let request = (number(1), number(2));
        if words[0] == "answered" {
            answered.insert(request);
            continue;
        }
        assert!(!answered.contains(&request), "{line}: it ran after it was answered");
        let runs = ran.entry(request.0).or_default();
        let again = runs.contains(&request.1);
        assert!(!again || number(3) > 1, "{line}: a second run says that it is one");
        if !again {
            runs.push(request.1);
        }
    }
    for (caller, calls) in called.iter().enumerate() {
        let expected: Vec<u64> = (0..*calls).collect();
        assert_eq!(ran[&(caller as u64)], expected, "caller {caller}");
    }
}

/// Waits until so many calls were answered.
async fn reach(stage: &Stage, calls: usize, callers: &mut JoinSet<(u64, u64)>) {
    let mut answered = stage.answered.subscribe();
    tokio::select! {
        reached = answered.wait_for(|answered| *answered >= calls) => drop(reached.unwrap()),
        over = callers.join_next() => panic!("a caller ended before its time: {over:?}"),
    }
}

/// Calls under kills of what `kill` kills.
fn play(
    stage: Stage,
    rounds: usize,
    mut kill: impl FnMut(&Stage, &mut Option<Process>, &mut Option<Process>),
) {
    let stage = Arc::new(stage);
    let mut server = Some(stage.start("server"));
    let mut agent = Some(stage.start("agent"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let node = Node::builder().runtime(runtime.handle().clone()).build().unwrap();
    let (end, ends) = watch::channel(false);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let calling = call(node.clone(), stage.clone(), caller, ends.clone());
        callers.spawn_on(async move { (caller, calling.await) }, runtime.handle());
    }
    for round in 1..=rounds {
        runtime.block_on(reach(&stage, round * BETWEEN, &mut callers));
        kill(&stage, &mut server, &mut agent);
    }
    let enough = *stage.answered.borrow() + BETWEEN;
    runtime.block_on(reach(&stage, enough, &mut callers));
    end.send_replace(true);
    let called = runtime.block_on(async {
        let mut called = vec![0; CALLERS as usize];
        while let Some(over) = callers.join_next().await {
            let (caller, calls) = over.unwrap();
            called[caller as usize] = calls;
        }
        node.shutdown().await;
        called
    });
    check(&stage.lines(), &called);
}

#[test]
fn an_agent_that_is_killed_again_and_again_loses_no_durable_call() {
    if has_role() {
        return;
    }
    let stage = Stage::new("an_agent_that_is_killed_again_and_again_loses_no_durable_call");
    play(stage, 5, |stage, _, agent| {
        agent.take().unwrap().kill();
        *agent = Some(stage.start("agent"));
    });
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_no_durable_call() {
    if has_role() {
        return;
    }
    let stage = Stage::new("a_server_that_is_killed_again_and_again_loses_no_durable_call");
    play(stage, 5, |stage, server, _| {
        server.take().unwrap().kill();
        *server = Some(stage.start("server"));
    });
}

#[test]
fn both_killed_in_turn_lose_no_durable_call() {
    if has_role() {
        return;
    }
    let stage = Stage::new("both_killed_in_turn_lose_no_durable_call");
    let mut turn = 0;
    play(stage, 4, move |stage, server, agent| {
        turn += 1;
        let (which, role) = if turn % 2 == 0 { (server, "server") } else { (agent, "agent") };
        which.take().unwrap().kill();
        *which = Some(stage.start(role));
    });
}
