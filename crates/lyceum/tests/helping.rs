//! Callers that help their own calls along before they wait.
#![expect(clippy::disallowed_methods, reason = "an action is to take real time")]

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use lyceum::prelude::*;

/// Takes as long as it is told to, always through its mailbox.
struct Worker;

#[agent]
impl Worker {
    #[action(queued)]
    fn work(&self, time: Duration) -> Duration {
        let start = Instant::now();
        while start.elapsed() < time {}
        time
    }
}

struct Relay(Handle<Worker>);

#[agent]
impl Relay {
    #[action]
    async fn pass(&mut self, time: Duration) -> Duration {
        self.0.work(time).await.expect("the worker lives")
    }
}

async fn relay(measured: Duration) -> Handle<Relay> {
    let node = Node::local();
    let worker = node.launch(Worker).await.unwrap();
    let relay = node.launch(Relay(worker)).await.unwrap();
    for _ in 0..20 {
        relay.pass(measured).await.unwrap();
    }
    relay
}

/// Polls once, as a task does that then waits.
async fn is_ready_at_once<F: Future + Unpin>(future: &mut F) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_ready())).await
}

#[tokio::test]
async fn a_call_through_a_mailbox_comes_back_without_another_task() {
    let relay = relay(Duration::ZERO).await;
    let mut answered = false;
    // A run that was interrupted counts as a long one, so that one try is not enough.
    for _ in 0..1_000 {
        let mut call = relay.pass(Duration::ZERO);
        answered = is_ready_at_once(&mut call).await;
        if answered {
            break;
        }
        call.await.unwrap();
    }

    assert!(answered, "the caller runs the worker and the rest of the relay's turn itself");
}

#[tokio::test]
async fn a_caller_does_not_run_what_takes_long() {
    let long = Duration::from_micros(100);
    let relay = relay(long).await;
    let mut call = relay.pass(long);

    let answered = is_ready_at_once(&mut call).await;

    assert!(!answered, "another worker could run it meanwhile");
    assert_eq!(call.await.unwrap(), long);
}
