//! A small system on three hosts, with random faults: what must hold in every run.

use std::time::Duration;

use futures_util::future::join_all;
use lyceum::network::NetworkExt;
use lyceum::{CallError, Context, Handle, Node, Trace, agent};
use lyceum_test::{Seeds, SimulatedNetwork};

use super::Clerk;

/// Tells the clerks of all hosts one number after the other, and keeps the books.
struct Sender {
    clerks: Vec<Handle<Clerk>>,
    number: u64,
    books: Books,
}

/// What became of each number, by clerk.
type Books = Vec<(usize, u64, Ending)>;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
enum Ending {
    Done,
    CameBack,
    Unknown,
}

#[agent]
impl Sender {
    #[action]
    async fn round(&mut self, cx: &Context<Self>) {
        cx.sleep(Duration::from_millis(cx.random_range(0..8_000))).await;
        let mut calls = Vec::new();
        for (index, clerk) in self.clerks.iter().enumerate() {
            for _ in 0..cx.random_range(1..4) {
                self.number += 1;
                let seconds = Duration::from_secs(cx.random_range(1..20));
                calls.push((index, self.number, clerk.note(self.number).timeout(seconds).send()));
            }
        }
        for (index, number, call) in calls {
            self.books.push((index, number, ending(call.await)));
        }
    }

    #[action(local)]
    fn books(&self) -> Books {
        self.books.clone()
    }
}

fn ending(result: Result<u64, CallError>) -> Ending {
    match result {
        Ok(_) => Ending::Done,
        Err(error) => match error {
            CallError::Disconnected(_) | CallError::Timeout(_) | CallError::Down(_) => {
                if error.into_undelivered().is_some() { Ending::CameBack } else { Ending::Unknown }
            }
            other => panic!("{other}"),
        },
    }
}

const HOSTS: [&str; 3] = ["ada", "bob", "eve"];

async fn run(world: &Node) -> Trace {
    let network = SimulatedNetwork::in_world_of(world);
    let nodes = HOSTS.map(|host| network.node(host));
    let mut senders = Vec::new();
    for (node, host) in nodes.iter().zip(HOSTS) {
        node.listen(&format!("sim://{host}")).await.unwrap();
        node.launch(Clerk::default()).named("clerk").await.unwrap();
    }
    for node in &nodes {
        let mut clerks = Vec::new();
        for host in HOSTS {
            clerks.push(node.connect(&format!("sim://{host}/clerk")).await.unwrap());
        }
        let sender = Sender { clerks, number: 0, books: Vec::new() };
        senders.push(node.launch(sender).await.unwrap());
    }
    let faulty = network.clone();
    let disturbance =
        world.spawn(async move { faulty.disturb(&HOSTS, Duration::from_secs(120)).await });
    let rounds = senders.iter().map(|sender| async move {
        for _ in 0..20 {
            sender.round().no_timeout().await.unwrap();
        }
    });
    tokio::join!(join_all(rounds), disturbance);
    world.advance(Duration::from_secs(60));
    check(&nodes, &senders).await;
    world.trace().unwrap()
}

async fn check(nodes: &[Node; 3], senders: &[Handle<Sender>]) {
    for (index, node) in nodes.iter().enumerate() {
        let told = node.find().name::<Clerk>("clerk").unwrap().told().await.unwrap();
        let mut books = Vec::new();
        for sender in senders {
            let own: Books = sender.books().await.unwrap();
            books.push(own.into_iter().filter(|entry| entry.0 == index).collect::<Vec<_>>());
        }
        let done = |number: u64, ending: Ending| {
            let all = books.iter().flatten();
            all.filter(|entry| entry.1 == number && entry.2 == ending).count()
        };
        for number in 1..=200 {
            let count = told.iter().filter(|told| **told == number).count();
            let least = done(number, Ending::Done);
            let most = least + done(number, Ending::Unknown);
            assert!((least..=most).contains(&count), "{number}: {count} of {least} to {most}");
        }
    }
}

#[test]
fn every_call_ends_once_and_no_message_is_lost_silently() {
    Seeds::range(0..100).run(async |world| {
        run(&world).await;
    });
}

#[test]
fn run_with_faults_is_repeatable() {
    for seed in 0..5 {
        let trace = || lyceum::block_on(async { run(&Node::simulated(seed)).await });
        let (first, second) = (trace(), trace());
        let mut pairs = first.events.iter().zip(&second.events).enumerate();
        assert!(first.hash == second.hash, "{seed}: {:?}", pairs.find(|(_, (a, b))| a != b));
    }
}
