//! Requests that wait until their agent serves fewer.
//!
//! Answers, cancellations and shutdowns do not wait behind them. Where the exchange waits for
//! room, it sends no more requests meanwhile, so that they wait in its mailbox; elsewhere they are
//! refused.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use lyceum_wire::academy::{Body, ErrorCode, Header, Uuid};
use tokio::sync::Notify;

use super::requests::{REQUEST_LIMIT, Requests, refused};

/// Places for requests that are served, and a queue for those that wait for one.
#[derive(Default)]
pub(super) struct Parking {
    taken: AtomicUsize,
    /// Says that a place is free again.
    room: Notify,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    header: Header,
    body: Body,
    attempt: u32,
}

/// A place that is taken, until this is dropped.
pub(super) struct Place(Arc<Parking>);

/// What becomes of a request that came.
enum Fate {
    /// It is served now.
    Served(Body),
    Refused(Body),
    Waits,
}

impl Parking {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, if there is one.
    pub(super) fn enter(self: &Arc<Self>) -> Option<Place> {
        let free = |taken| (taken < REQUEST_LIMIT).then_some(taken + 1);
        let entered = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free);
        entered.is_ok().then(|| Place(self.clone()))
    }

    pub(super) fn is_full(&self) -> bool {
        self.taken.load(Ordering::Relaxed) >= REQUEST_LIMIT
    }

    fn next(&self) -> Option<Waiting> {
        if self.is_full() { None } else { self.lock().pop() }
    }
}

impl Queue {
    fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
        self.0.room.notify_one();
    }
}

impl Requests {
    /// Serves what came, or has it wait behind what waits for a place.
    pub(super) fn take_in(
        self: Arc<Self>,
        header: Header,
        body: Body,
        attempt: u32,
    ) -> BoxFuture<'static, ()> {
        match self.fate(&header, body, attempt) {
            Fate::Waits => ready(()).boxed(),
            Fate::Served(body) => {
                self.mailbox().made_room();
                self.serve(header, body, attempt)
            }
            Fate::Refused(body) => {
                self.mailbox().made_room();
                self.turn_away(header, &body)
            }
        }
    }

    fn fate(&self, header: &Header, body: Body, attempt: u32) -> Fate {
        if !matches!(body, Body::ActionRequest(_) | Body::PingRequest) {
            return Fate::Served(body);
        }
        let mut queue = self.parking.lock();
        if queue.waiting.is_empty() && !self.parking.is_full() {
            return Fate::Served(body);
        }
        if !self.mailbox().waits_for_room() {
            return Fate::Refused(body);
        }
        queue.waiting.push_back(Waiting { header: header.clone(), body, attempt });
        Fate::Waits
    }

    fn turn_away(self: &Arc<Self>, header: Header, body: &Body) -> BoxFuture<'static, ()> {
        match body {
            Body::ActionRequest(request) => self.refuse(header, request.for_exception()),
            _ => self.answer(header, refused(ErrorCode::PingCancelled, None)),
        }
    }

    /// Serves what waits, whenever there is a place. It never ends.
    pub(super) async fn serve_waiting(self: &Arc<Self>) {
        loop {
            self.parking.room.notified().await;
            while let Some(Waiting { header, body, attempt }) = self.parking.next() {
                self.mailbox().made_room();
                self.clone().serve(header, body, attempt).await;
            }
        }
    }

    /// Takes out a request that waits; says whether it did.
    pub(super) fn withdraw(&self, tag: Uuid) -> bool {
        let mut queue = self.parking.lock();
        let place = queue.waiting.iter().position(|waiting| waiting.header.tag == tag);
        if place.and_then(|place| queue.waiting.remove(place)).is_none() {
            return false;
        }
        drop(queue);
        self.mailbox().made_room();
        true
    }

    /// Lets go of what waits: the exchange tells its senders, or gives it to the next holder, where
    /// it keeps messages.
    pub(super) async fn turn_away_waiting(self: Arc<Self>) {
        let is_kept = self.mailbox().keeps_messages();
        loop {
            let next = self.parking.lock().pop();
            let Some(Waiting { header, body, .. }) = next else { return };
            if !is_kept {
                self.turn_away(header, &body).await;
            }
        }
    }
}
