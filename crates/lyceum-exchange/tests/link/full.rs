//! Agents with more requests than they serve at a time.

use futures_util::future::join_all;
use lyceum::prelude::*;

use crate::agents::{Clerk, Doomed, Watch, address};
use crate::house::House;

/// Requests that an agent serves at a time.
const SERVED: usize = 1024;

/// Waits until so many calls of `wait` have begun.
async fn begun(watch: &Watch, count: usize) {
    while watch.attempts.lock().unwrap().len() < count {
        watch.begun.notified().await;
    }
}

/// An agent refused its 1,025th request, although its mailbox has senders wait. Their cancellations
/// were behind the requests that waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_wait_for_an_agent_that_serves_as_many_as_it_can() {
    let house = House::open().await;
    let watch = Watch::default();
    let server = Doomed::serving(&house, &watch).await;
    let client = Node::local();
    let clerk = client.connect::<Clerk>(&address(&house)).await.unwrap();
    let mut waiting: Vec<_> = (0..2 * SERVED).map(|_| clerk.wait().no_timeout().send()).collect();
    begun(&watch, SERVED).await;
    let late = clerk.add(5).no_timeout().send();

    // Nothing else ends, and nobody is told to go on.
    for extra in 1..=3 {
        drop(waiting.remove(0));
        begun(&watch, SERVED + extra).await;
    }
    let opened = async {
        loop {
            watch.gate.notify_waiters();
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::select! {
        ended = join_all(waiting) => ended,
        () = opened => unreachable!(),
    };

    assert_eq!(ended.len(), 2 * SERVED - 3);
    assert!(
        ended.iter().all(|one| matches!(one, Ok(1))),
        "{:?}",
        ended.iter().find(|o| o.is_err())
    );
    assert_eq!(late.await.unwrap(), 5);
    client.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}

/// Calls everybody it is told to call.
struct Caller {
    clerk: Handle<Clerk>,
    watch: Watch,
}

#[agent]
impl Caller {
    #[action]
    async fn relay(&self) -> Result<String, BoxError> {
        self.watch.attempts.lock().unwrap().push(1);
        self.watch.begun.notify_one();
        self.watch.gate.notified().await;
        Ok(self.clerk.echo("back".into()).no_timeout().await?)
    }
}

/// Answers come by the same mailbox as requests: those for which there was no room would have kept
/// away what the others waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_with_all_requests_that_it_can_have_gets_its_own_answers() {
    use lyceum_exchange::academy::{AcademyExt, Uuid};
    let house = House::open().await;
    let server = Doomed::serving(&house, &Watch::default()).await;
    let (middle, client, watch) = (Node::local(), Node::local(), Watch::default());
    let clerk = middle.connect::<Clerk>(&address(&house)).await.unwrap();
    let caller = middle.launch(Caller { clerk, watch: watch.clone() }).await.unwrap();
    let id = Uuid::from_u128(9);
    let url = crate::agents::url(&house);
    let registered = middle.register_mailbox(&url, &caller.any()).id(id).class("app.Caller");
    registered.await.unwrap();
    let remote = client.connect::<Caller>(&format!("{url}/{id}")).await.unwrap();

    let calls: Vec<_> = (0..2 * SERVED).map(|_| remote.relay().no_timeout().send()).collect();
    begun(&watch, SERVED).await;
    let opened = async {
        loop {
            watch.gate.notify_waiters();
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::select! {
        ended = join_all(calls) => ended,
        () = opened => unreachable!(),
    };

    assert!(ended.iter().all(|one| one.as_ref().is_ok_and(|text| text == "back")));
    client.shutdown().await;
    middle.shutdown().await;
    server.node.shutdown().await;
    house.close().await.unwrap();
}
