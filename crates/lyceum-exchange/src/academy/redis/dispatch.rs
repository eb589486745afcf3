//! The way of orders to a Redis: one connection, in the order in which they were given.

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt};
use redis::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use super::connection::{Dialer, Line, Use};
use super::reply::{is_elsewhere, lacks_script, lost, read};
use super::script::Order;
use crate::academy::MailboxError;

/// Orders that leave in one write, at most.
const BATCH_LIMIT: usize = 256;

/// Writes that are on their way at a time.
const FLIGHT_LIMIT: usize = 4;

/// How long a server that is away is waited for before those are told who wait.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before it is tried again, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// What comes of an order.
pub(super) type Outcome = Result<Value, MailboxError>;

/// An order, and who waits for what comes of it.
pub(super) struct Item {
    pub(super) order: Arc<Order>,
    pub(super) reply: oneshot::Sender<Outcome>,
    pub(super) _share: Share,
}

/// A share of the bytes that may wait.
pub(super) struct Share {
    pub(super) bytes: usize,
    pub(super) all: Arc<AtomicUsize>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Says that a connection is of no use any more.
type Flight = BoxFuture<'static, Option<Arc<Line>>>;

/// Sends what comes until nobody can send anything any more.
pub(super) async fn run(mut orders: mpsc::Receiver<Item>, dialer: Arc<Dialer>) {
    let mut line: Option<Arc<Line>> = None;
    let mut flights: FuturesOrdered<Flight> = FuturesOrdered::new();
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            // First, so that what was begun is on its way before the next begins.
            biased;
            lost = landed(&mut flights) => {
                if lost.is_some_and(|lost| line.as_ref().is_some_and(|own| Arc::ptr_eq(own, &lost)))
                {
                    line = None;
                }
                continue;
            }
            count = orders.recv_many(&mut batch, BATCH_LIMIT), if flights.len() < FLIGHT_LIMIT => {
                if count == 0 {
                    break;
                }
            }
        }
        batch.retain(|item: &Item| !item.reply.is_closed());
        if line.is_none() {
            match reach(&dialer).await {
                Ok(made) => line = Some(Arc::new(made)),
                Err(error) => {
                    let said = error.to_string();
                    for item in batch.drain(..) {
                        tell(item, Err(again(&error, &said)));
                    }
                    continue;
                }
            }
        }
        let line = line.as_ref().expect("it was reached").clone();
        flights.push_back(Box::pin(fly(line, std::mem::take(&mut batch))));
    }
    while flights.next().await.is_some() {}
}

/// Waits until what left first has arrived.
async fn landed(flights: &mut FuturesOrdered<Flight>) -> Option<Arc<Line>> {
    match flights.next().await {
        Some(lost) => lost,
        None => pending().await,
    }
}

/// Connects; tries again for a while.
async fn reach(dialer: &Dialer) -> Result<Line, MailboxError> {
    let (mut pause, longest) = PAUSES;
    let mut error = MailboxError::Unreachable("the server did not answer in time".into());
    let trying = async {
        loop {
            match dialer.dial(Use::Orders).await {
                Ok(line) => return Ok(line),
                Err(why @ MailboxError::Unauthorized(_)) => return Err(why),
                Err(why) => error = why,
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    };
    match timeout(PATIENCE, trying).await {
        Ok(result) => result,
        Err(_) => Err(error),
    }
}

/// Returns an error for one more who waits. Nothing was sent.
fn again(error: &MailboxError, said: &str) -> MailboxError {
    match error {
        MailboxError::Unauthorized(text) => MailboxError::Unauthorized(text.clone()),
        MailboxError::Unreachable(text) => MailboxError::Unreachable(text.clone()),
        _ => MailboxError::Unreachable(said.into()),
    }
}

/// Sends orders together, and tells who waits what came of them.
async fn fly(line: Arc<Line>, batch: Vec<Item>) -> Option<Arc<Line>> {
    if batch.is_empty() {
        return None;
    }
    let mut pipeline = redis::pipe();
    for item in &batch {
        pipeline.add_command(item.order.write(false));
    }
    let mut connection = line.connection.clone();
    let sent = connection.send_packed_commands(&pipeline, 0, batch.len()).await;
    let answers = match sent {
        Ok(answers) => answers,
        Err(error) => {
            for item in batch {
                tell(item, Err(lost(&error)));
            }
            return Some(line);
        }
    };
    let mut is_useless = false;
    for (item, mut answer) in batch.into_iter().zip(answers) {
        if lacks_script(&answer) {
            let sent = connection.send_packed_command(&item.order.write(true)).await;
            match sent {
                Ok(other) => answer = other,
                Err(error) => {
                    tell(item, Err(lost(&error)));
                    is_useless = true;
                    continue;
                }
            }
        }
        is_useless |= is_elsewhere(&answer);
        tell(item, read(answer));
    }
    is_useless.then_some(line)
}

fn tell(item: Item, outcome: Outcome) {
    // Whoever waited may have gone.
    let _ = item.reply.send(outcome);
}

/// Returns an outcome that is there at once.
pub(super) fn at_once<T: Send + 'static>(
    outcome: Result<T, MailboxError>,
) -> BoxFuture<'static, Result<T, MailboxError>> {
    Box::pin(ready(outcome))
}
