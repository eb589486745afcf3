//! The server and the agent, which run until their input is closed.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lyceum::network::academy::{AcademyExt, Uuid};
use lyceum::network::server::{Clock, Server, ServerSettings, wording};
use lyceum::network::store::{Folder, Keeper, Settings};
use lyceum::prelude::*;

/// The mailbox of the agent.
pub(crate) const MAILBOX: Uuid = Uuid::from_u128(7);

/// Bytes of the index that are kept in memory.
const CACHE: usize = 32 << 20;

#[derive(Default)]
pub(crate) struct Echo;

#[agent]
impl Echo {
    /// Returns what it is given.
    #[action]
    fn echo(&self, n: u64) -> u64 {
        n
    }
}

/// A child process, which ends with this.
pub(crate) struct Process {
    child: Child,
    /// What it said first.
    pub(crate) said: String,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this is a program"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts as this did");
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut said).expect("it says where it is");
        Self { child, said: said.trim().to_owned() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the parent listens");
}

/// Waits until the parent closes the input.
async fn parent() {
    let read = || std::io::stdin().read_to_end(&mut Vec::new());
    let _ = tokio::task::spawn_blocking(read).await;
}

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().expect("there are threads").block_on(future);
}

pub(crate) fn server(data: &Path) {
    run(async {
        let mut settings = Settings::new(wording);
        settings.limits.messages_per_mailbox = 100_000;
        let store = Box::new(Folder::open(data, CACHE).expect("the folder can be used"));
        let keeper = Keeper::open(store, settings).expect("the store is whole");
        let node = Node::local();
        let local = "127.0.0.1:0".parse().expect("it is an address");
        let clock = Clock::of(&node);
        let server = Server::bind(local, keeper, None, clock, ServerSettings::default());
        let server = server.await.expect("there is a port");
        say(&server.address().to_string());
        server.serve(parent()).await.expect("the disk works");
    });
}

pub(crate) fn agent(url: &str) {
    run(async {
        let node = Node::local();
        let echo = node.launch(Echo).await.expect("it starts");
        let register = node.register_mailbox(url, &echo.any()).id(MAILBOX);
        register.await.expect("the server is there");
        say("ready");
        parent().await;
        node.shutdown().await;
    });
}
