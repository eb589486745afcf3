//! Agents run beside each other, whatever one of them does to its thread.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::hint::spin_loop;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};

use futures_util::future::join;
use lyceum::prelude::*;

/// Far longer than anything here takes: tests fail with it instead of hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look up takes much longer than a short action.
const LONG: u32 = 20_000;

/// Blocks its thread until it is let go.
struct Blocker {
    gate: Mutex<Receiver<()>>,
    barrier: Arc<Barrier>,
}

#[agent]
impl Blocker {
    /// Blocks its thread; returns whether it was let go.
    ///
    /// It was let go so soon at times that it counted as short, and ran in its caller, which then
    /// sent nothing that could let it go. So it always takes long.
    #[action]
    fn block(&mut self) -> bool {
        (0..LONG).for_each(|_| spin_loop());
        self.gate.lock().unwrap().recv_timeout(PATIENCE).is_ok()
    }

    /// Blocks its thread until another does the same on another thread.
    #[action]
    fn meet(&mut self) {
        self.barrier.wait();
    }
}

struct Opener(Sender<()>);

#[agent]
impl Opener {
    #[action]
    fn open(&mut self) {
        self.0.send(()).unwrap();
    }
}

async fn pair(node: &Node) -> (Handle<Blocker>, Handle<Opener>) {
    let (sender, gate) = channel();
    let barrier = Arc::new(Barrier::new(2));
    let blocker = Blocker { gate: Mutex::new(gate), barrier };
    (node.launch(blocker).await.unwrap(), node.launch(Opener(sender)).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_action_does_not_keep_another_agent_from_running() {
    let node = Node::local();
    let (blocker, opener) = pair(&node).await;
    for round in 0..200 {
        let (blocked, opened) = join(blocker.block().send(), opener.open().send()).await;
        assert!(blocked.unwrap(), "the other agent ran in the meantime, round {round}");
        opened.unwrap();
    }
}

/// A pump that was woken by a worker which then blocked never ran, and no other was woken.
#[test]
fn blocking_action_does_not_keep_another_agent_from_running_for_calls_from_outside() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let node = Node::builder().runtime(runtime.handle().clone()).build().unwrap();
    let (blocker, opener) = lyceum::block_on(pair(&node));
    for round in 0..200 {
        let (blocked, opened) =
            lyceum::block_on(join(blocker.block().send(), opener.open().send()));
        assert!(blocked.unwrap(), "the other agent ran in the meantime, round {round}");
        opened.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_an_agent_whose_action_blocks_its_thread_time_out() {
    let node = Node::local();
    let (blocker, opener) = pair(&node).await;
    let running = blocker.block().send();
    let late = blocker.block().timeout(Duration::from_millis(1)).send();

    let error = late.await.unwrap_err();

    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    opener.open().await.unwrap();
    assert!(running.await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caller_of_a_blocking_action_itself_times_out() {
    let node = Node::local();
    let (blocker, opener) = pair(&node).await;

    let error = blocker.block().timeout(Duration::from_millis(1)).send().await.unwrap_err();

    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    opener.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_agents_called_together_run_on_two_threads_from_the_first_call() {
    let node = Node::local();
    let barrier = Arc::new(Barrier::new(2));
    let agent = || Blocker { gate: Mutex::new(channel().1), barrier: barrier.clone() };
    let (one, two) = (node.launch(agent()).await.unwrap(), node.launch(agent()).await.unwrap());
    let (one, two) = join(one.meet(), two.meet()).await;
    one.unwrap();
    two.unwrap();
}

/// The tells of one turn wait for its end, unless that blocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agent_told_from_a_task_that_then_blocks_runs_meanwhile() {
    let node = Node::local();
    let (sender, gate) = channel();
    let opener = node.launch(Opener(sender)).await.unwrap();
    for round in 0..100 {
        opener.open().tell().now().unwrap();
        assert!(gate.recv_timeout(PATIENCE).is_ok(), "round {round}");
    }
}
