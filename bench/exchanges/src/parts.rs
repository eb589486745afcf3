//! What serves in a child process: a server of mailboxes, or an agent.

use std::io::Read;
use std::path::Path;

use lyceum::network::NetworkExt;
use lyceum::network::academy::{AcademyExt, Uuid};
use lyceum::network::server::{Clock, Server, ServerSettings, wording};
use lyceum::network::store::{Folder, Keeper, Settings};
use lyceum::prelude::*;
use lyceum_bench_figures::child::Said;
use tokio::runtime::{Builder, Runtime};

/// The mailbox of the agent.
pub const MAILBOX: Uuid = Uuid::from_u128(7);

/// Bytes of the index that are kept in memory, as in the program `lyceum`.
const CACHE: usize = 32 << 20;

/// Answers what it is asked.
#[derive(Default)]
pub struct Echo;

#[agent]
impl Echo {
    /// Returns what it is given.
    #[action]
    fn echo(&self, n: u64) -> u64 {
        n
    }

    /// Returns what it is given.
    #[action]
    fn body(&self, text: String) -> String {
        text
    }
}

/// Runs a server of mailboxes that keeps them in a folder.
pub fn server(data: &Path) {
    two_workers().block_on(async {
        let mut settings = Settings::new(wording);
        settings.limits.messages_per_mailbox = 100_000;
        let store = Box::new(Folder::open(data, CACHE).expect("the folder can be used"));
        let keeper = Keeper::open(store, settings).expect("the store is whole");
        let node = Node::local();
        let local = "127.0.0.1:0".parse().expect("it is an address");
        let clock = Clock::of(&node);
        let server = Server::bind(local, keeper, None, clock, ServerSettings::default());
        let server = server.await.expect("there is a port");
        Said::at(server.address().to_string()).say();
        server.serve(input_is_closed()).await.expect("the disk works");
    });
}

/// Runs an agent with a mailbox at a URL; one that listens by itself if that is `tcp`.
pub fn agent(url: &str) {
    let url = url.to_owned();
    run(async move {
        let node = Node::local();
        let echo = node.launch(Echo).named("echo").await.expect("it starts");
        if url.starts_with("tcp:") {
            let listener = node.listen("tcp://127.0.0.1:0").await.expect("there is a port");
            Said::at(format!("{}/echo", listener.endpoint())).say();
        } else {
            let register = node.register_mailbox(&url, &echo.any()).id(MAILBOX);
            match register.await {
                Ok(_) => Said::at(MAILBOX.to_string()).say(),
                Err(error) => Said::not_run(error.to_string()).say(),
            }
        }
        input_is_closed().await;
        node.shutdown().await;
    });
}

/// Runs a program on a thread of a runtime of two workers, as programs do.
pub fn run<T: Send + 'static>(program: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = two_workers();
    runtime.block_on(runtime.spawn(program)).expect("the program ends without panic")
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("there are threads")
}

async fn input_is_closed() {
    let read = || std::io::stdin().read_to_end(&mut Vec::new());
    let _ = tokio::task::spawn_blocking(read).await;
}
