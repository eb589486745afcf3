//! Calls from other runtimes, from threads without one, and after runtimes are gone.
#![expect(clippy::disallowed_methods, reason = "what a test starts ends with it")]

use std::future::IntoFuture;
use std::sync::mpsc;
use std::thread;

use futures_util::FutureExt;
use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError};
use tokio::runtime::{Builder, Runtime};

/// Far longer than anything here takes: tests fail with it instead of hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says where it runs.
struct Place {
    hangs_at_start: bool,
}

#[agent]
impl Place {
    #[on_start]
    async fn start(&mut self) {
        if self.hangs_at_start {
            std::future::pending::<()>().await;
        }
    }

    #[action]
    fn thread(&self) -> String {
        format!("{:?}", thread::current().id())
    }

    #[action]
    async fn hang(&self) {
        std::future::pending::<()>().await;
    }

    #[action]
    async fn hold(&mut self) {
        std::future::pending::<()>().await;
    }
}

fn place() -> Place {
    Place { hangs_at_start: false }
}

fn here() -> String {
    format!("{:?}", thread::current().id())
}

fn other_runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Runs what may hang on a thread of its own; `None` if it hangs.
fn patiently<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, result) = mpsc::sync_channel(1);
    thread::spawn(move || sender.send(work()));
    match result.recv_timeout(PATIENCE) {
        Ok(value) => Some(value),
        Err(mpsc::RecvTimeoutError::Timeout) => None,
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("the work panicked"),
    }
}

#[test]
fn call_from_a_thread_without_a_runtime_runs_on_the_nodes_runtime() {
    let runtime = other_runtime();
    let node = Node::builder().runtime(runtime.handle().clone()).build().unwrap();
    let agent = runtime.block_on(node.launch(place()).into_future()).unwrap();
    let places = patiently(move || {
        futures_executor(async {
            let mut places = Vec::new();
            for _ in 0..20 {
                places.push(agent.thread().await.unwrap());
            }
            (here(), places)
        })
    });
    let (here, places) = places.expect("a call without a runtime is answered");
    assert!(!places.contains(&here), "actions run on the node's own runtime");
}

#[test]
fn call_from_another_runtime_runs_on_the_nodes_runtime() {
    let (own, other) = (other_runtime(), Builder::new_current_thread().build().unwrap());
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    let agent = own.block_on(node.launch(place()).into_future()).unwrap();
    for _ in 0..20 {
        let place = other.block_on(agent.thread().into_future()).unwrap();
        assert_ne!(place, here());
    }
}

/// A task was remembered as running on the runtime of a node that was at the same address before.
#[test]
fn call_runs_on_the_nodes_runtime_where_another_node_lived_at_its_address() {
    let (first, second) =
        (Builder::new_current_thread().enable_all().build().unwrap(), other_runtime());
    let runtime = second.handle().clone();
    let calls = async move {
        let mut strayed = 0;
        for _ in 0..50 {
            let node = Node::local();
            let agent = node.launch(place()).await.unwrap();
            agent.thread().await.unwrap();
            node.shutdown().await;
            drop((agent, node));
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            let node = Node::builder().runtime(runtime.clone()).build().unwrap();
            let agent = node.launch(place()).await.unwrap();
            for _ in 0..8 {
                strayed += usize::from(agent.thread().await.unwrap() == here());
            }
            node.shutdown().await;
        }
        strayed
    };
    // In a task, since only tasks are remembered.
    let strayed = first.block_on(async { tokio::spawn(calls).await.unwrap() });
    assert_eq!(strayed, 0);
}

#[test]
fn pending_call_outlives_the_runtime_that_it_was_made_on() {
    let (own, callers) = (other_runtime(), other_runtime());
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    let agent = own.block_on(node.launch(place()).into_future()).unwrap();
    let held = agent.hold().no_timeout().send();
    let queued = {
        let _entered = callers.enter();
        agent.thread().send()
    };
    drop(callers);
    drop(own.block_on(async { agent.stop().now_or_never() }));
    let error = patiently(|| futures_executor(queued)).expect("it ends").unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    drop(held);
}

#[test]
fn calls_of_a_runtime_that_is_gone_leave_the_agent_free() {
    let (own, callers) = (other_runtime(), other_runtime());
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    let agent = own.block_on(node.launch(place()).into_future()).unwrap();
    let calls = agent.clone();
    callers.spawn(async move { calls.hang().await });
    while lyceum::block_on(agent.stats()).unwrap().in_progress == 0 {
        thread::yield_now();
    }
    drop(callers);
    assert!(own.block_on(agent.thread().into_future()).is_ok());
}

#[test]
fn call_of_an_agent_whose_runtime_is_gone_is_answered() {
    let own = other_runtime();
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    let agent = own.block_on(node.launch(place()).into_future()).unwrap();
    let (running, queued) = (agent.hold().no_timeout().send(), agent.thread().no_timeout().send());
    while lyceum::block_on(agent.stats()).unwrap().in_progress == 0 {
        thread::yield_now();
    }
    drop(own);
    let late = agent.clone();
    let ends = patiently(move || {
        let (running, queued) = (futures_executor(running), futures_executor(queued));
        (
            running.unwrap_err(),
            queued.unwrap_err(),
            futures_executor(late.thread().into_future()).unwrap_err(),
        )
    });
    let (running, queued, late) = ends.expect("every call ends");
    assert!(matches!(running, CallError::Down(_)), "{running}");
    assert!(matches!(queued, CallError::Terminated(_)), "{queued}");
    assert!(matches!(late, CallError::Terminated(_)), "{late}");
    let reason = patiently(move || futures_executor(agent.ended())).unwrap();
    assert!(matches!(reason, DownReason::NodeStopped(_)), "{reason}");
}

/// The job that starts the agent was dropped, and waiting for it panicked.
#[test]
fn launch_that_waits_hears_that_the_nodes_runtime_is_gone() {
    let own = other_runtime();
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    let launching = node.launch(Place { hangs_at_start: true }).into_future();
    drop(own);
    let launched = patiently(|| futures_executor(launching)).expect("it ends");
    assert!(matches!(launched, Err(LaunchError::NodeStopped { .. })));
}

#[test]
fn launch_on_a_simulated_node_that_is_dropped_hears_so() {
    let node = Node::simulated(1);
    let launching = node.launch(Place { hangs_at_start: true }).into_future();
    node.run_until_idle();
    drop(node);
    let launched = patiently(|| futures_executor(launching)).expect("it ends");
    assert!(matches!(launched, Err(LaunchError::NodeStopped { .. })));
}

#[test]
fn launch_on_a_node_whose_runtime_is_gone_fails() {
    let own = other_runtime();
    let node = Node::builder().runtime(own.handle().clone()).build().unwrap();
    drop(own);
    let launched = futures_executor(node.launch(place()).into_future());
    assert!(matches!(launched, Err(LaunchError::NodeStopped { .. })));
}

/// The clock's task panicked at its first timer, and no deadline ever passed.
#[test]
fn calls_time_out_on_a_runtime_without_timers_or_no_node_is_made_there() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let Ok(node) = Node::builder().runtime(runtime.handle().clone()).build() else { return };
    let agent = futures_executor(node.launch(place()).into_future()).unwrap();
    let call = patiently(move || {
        futures_executor(agent.hang().timeout(Duration::from_millis(1)).into_future())
    });
    let error = call.expect("a call always ends").unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error}");
}

#[test]
fn node_outside_of_a_runtime_says_what_to_do() {
    let error = Node::builder().build().unwrap_err();
    assert!(error.to_string().contains("Node::builder().runtime(handle)"), "{error}");
}

/// Runs a future without any runtime.
fn futures_executor<F: Future>(future: F) -> F::Output {
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(thread::current())));
    let mut cx = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        thread::park();
    }
}

struct Unpark(thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}
