//! What a framework must be able to do to be measured.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::case::Place;

/// An actor framework on tokio: four small actors, each with what its users would write.
///
/// The drivers measure every framework through these functions alone, so that all of them do
/// the same work. A function that returns at once may be an `async fn` that never waits.
pub trait Framework: Sized + 'static {
    /// Whether its actors may run on a multi-thread runtime.
    const MULTI_THREAD: bool = true;
    /// What a million actors need in memory, if that is too much for a plain run.
    const MILLION_GIGABYTES: Option<u32> = None;

    /// What actors are launched in, if the framework has such a thing.
    type Host: Clone + Send + Sync + 'static;
    /// Handle of an actor with one `u64`, to which it adds what it is sent.
    type Counter: Clone + Send + Sync + 'static;
    /// Handle of an actor that asks a counter and adds the answer to its own `u64`.
    type Relay: Clone + Send + Sync + 'static;
    /// Handle of an actor that passes a token to the next one.
    type Node: Clone + Send + Sync + 'static;
    /// Handle of an actor that computes.
    type Heavy: Clone + Send + Sync + 'static;

    /// Creates the host, inside the runtime.
    fn host() -> impl Future<Output = Self::Host> + Send;

    /// Ends the host and all actors that are left; never timed.
    fn close(host: Self::Host) -> impl Future<Output = ()> + Send {
        drop(host);
        async {}
    }

    /// Launches a counter at 0 and returns when it may be sent messages.
    fn counter(host: &Self::Host) -> impl Future<Output = Self::Counter> + Send;

    /// Asks the counter to add `n` and returns its new value.
    fn add(counter: &Self::Counter, n: u64) -> impl Future<Output = u64> + Send;

    /// Tells the counter to add `n`, waiting only if its mailbox makes the sender wait.
    fn tell(counter: &Self::Counter, n: u64) -> impl Future<Output = ()> + Send;

    /// Stops all counters and returns when every one of them has ended.
    fn stop(counters: Vec<Self::Counter>) -> impl Future<Output = ()> + Send;

    /// Launches a relay at 0 in front of `counter`.
    fn relay(host: &Self::Host, counter: Self::Counter)
    -> impl Future<Output = Self::Relay> + Send;

    /// Asks the relay, whose handler awaits [`add`](Self::add) on its counter, adds the answer
    /// to its own value and returns that.
    fn add_through(relay: &Self::Relay, n: u64) -> impl Future<Output = u64> + Send;

    /// Launches a ring node that has no next one yet.
    fn node(host: &Self::Host, done: Arc<Notify>) -> impl Future<Output = Self::Node> + Send;

    /// Tells the node which one is next.
    fn link(node: &Self::Node, next: Self::Node) -> impl Future<Output = ()> + Send;

    /// Tells the node to pass the token on for `hops` more hops; at 0 it calls
    /// `done.notify_one()` instead.
    fn pass(node: &Self::Node, hops: u64) -> impl Future<Output = ()> + Send;

    /// Launches an actor that computes for `iterations`.
    fn heavy(host: &Self::Host, iterations: u64) -> impl Future<Output = Self::Heavy> + Send;

    /// Asks it to run [`spin`](crate::spin::spin) and returns the result.
    fn compute(heavy: &Self::Heavy) -> impl Future<Output = u64> + Send;

    /// Sets `timers` timers, spread evenly over `due_times` moments of a virtual clock, and
    /// returns how long it takes to fire them all, not counting the setting; `None` where the
    /// framework has no virtual clock.
    fn timers(timers: u64, due_times: u64) -> Option<Duration> {
        let _ = (timers, due_times);
        None
    }

    /// Runs a task to its end on a fresh current-thread runtime.
    fn current_thread<T, D>(driver: D) -> T
    where
        T: Send + 'static,
        D: Future<Output = T> + Send + 'static,
    {
        let runtime = Builder::new_current_thread().enable_all().build().expect("runtime starts");
        runtime.block_on(runtime.spawn(driver)).expect("driver ends without panic")
    }

    /// Spawns a further task of the driver.
    fn spawn<T, D>(task: D) -> JoinHandle<T>
    where
        T: Send + 'static,
        D: Future<Output = T> + Send + 'static,
    {
        tokio::spawn(task)
    }
}

/// Runs `driver` on a fresh runtime at `place`, in a host of its own.
pub fn run<F, T, D>(place: Place, driver: impl FnOnce(F::Host) -> D + Send + 'static) -> T
where
    F: Framework,
    T: Send + 'static,
    D: Future<Output = T> + Send,
{
    let hosted = async move {
        let host = F::host().await;
        let result = driver(host.clone()).await;
        F::close(host).await;
        result
    };
    match place {
        Place::CurrentThread => F::current_thread(hosted),
        Place::MultiThread => {
            let runtime = two_workers();
            runtime.block_on(runtime.spawn(hosted)).expect("driver ends without panic")
        }
        Place::Main => two_workers().block_on(hosted),
    }
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime starts")
}
