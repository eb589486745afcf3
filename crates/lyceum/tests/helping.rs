//! Callers that help their own calls along before they wait.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use lyceum::prelude::*;

/// Far more than a short action's time, on any machine.
const LONG: u64 = 1_000_000;

/// Computes for as many rounds as it is told to, always through its mailbox.
struct Worker;

#[agent]
impl Worker {
    #[action(queued)]
    fn work(&self, rounds: u64) -> u64 {
        (0..rounds).fold(1, |sum, round| std::hint::black_box(sum ^ round.wrapping_mul(sum)))
    }
}

struct Relay(Handle<Worker>);

#[agent]
impl Relay {
    #[action]
    async fn pass(&mut self, rounds: u64) -> u64 {
        self.0.work(rounds).await.expect("the worker lives")
    }
}

async fn relay(measured: u64) -> Handle<Relay> {
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
    let relay = relay(0).await;
    let mut answered = false;
    // A run that was interrupted counts as a long one, so that one try is not enough.
    for _ in 0..1_000 {
        let mut call = relay.pass(0);
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
    let long = LONG;
    let relay = relay(long).await;
    let mut call = relay.pass(long);

    let answered = is_ready_at_once(&mut call).await;

    assert!(!answered, "another worker could run it meanwhile");
    call.await.unwrap();
}
