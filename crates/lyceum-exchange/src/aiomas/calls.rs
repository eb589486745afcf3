//! Calls that wait for their answers.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lyceum_wire::aiomas::{MessageFault, Value};
use tokio::sync::oneshot;

/// Calls of one connection that wait for their answers.
#[derive(Default)]
pub(super) struct Calls(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    next: u64,
    /// `None` once the connection has ended.
    calls: HashMap<u64, oneshot::Sender<Answer>>,
    closed: bool,
}

/// What came back for a call.
#[derive(Debug)]
pub(super) enum Answer {
    /// Its result.
    Result(Value),
    /// An exception, which is a text in aiomas.
    Exception(Value),
    /// Something that cannot be read.
    Unreadable(MessageFault),
}

/// The way back of one answer. Dropping it forgets the call: a late answer is ignored.
pub(super) struct Return {
    calls: Arc<Calls>,
    pub(super) id: u64,
    answer: oneshot::Receiver<Answer>,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a new call.
    pub(super) fn add(self: &Arc<Self>) -> Return {
        let (sender, answer) = oneshot::channel();
        let mut waiting = self.lock();
        let id = waiting.next;
        waiting.next += 1;
        // Once it is closed the sender is dropped here, and so the answer is that there is none.
        if !waiting.closed {
            waiting.calls.insert(id, sender);
        }
        drop(waiting);
        Return { calls: self.clone(), id, answer }
    }

    /// Returns how many calls wait.
    pub(super) fn count(&self) -> usize {
        self.lock().calls.len()
    }

    /// Hands an answer to who waits for it. Answers that nobody waits for are late ones to calls
    /// that were given up, or lies.
    pub(super) fn answer(&self, id: &Value, answer: Answer) {
        let Value::Int(id) = id else { return };
        let Some(id) = id.as_u64() else { return };
        let call = self.lock().calls.remove(&id);
        if let Some(call) = call {
            // Whoever waited may have given up just now.
            let _ = call.send(answer);
        }
    }

    /// Ends all calls, and those to come.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let calls = std::mem::take(&mut waiting.calls);
        drop(waiting);
        drop(calls);
    }
}

impl Future for Return {
    /// `None` if the connection ended first.
    type Output = Option<Answer>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        Poll::Ready(ready!(Pin::new(&mut self.answer).poll(cx)).ok())
    }
}

impl Drop for Return {
    fn drop(&mut self) {
        let call = self.calls.lock().calls.remove(&self.id);
        drop(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_the_call_with_its_id_and_once() {
        let calls = Arc::new(Calls::default());
        let (mut one, mut two) = (calls.add(), calls.add());

        calls.answer(&1.into(), Answer::Result("two".into()));
        calls.answer(&1.into(), Answer::Result("again".into()));
        for unknown in [7.into(), (-1).into(), "1".into(), Value::Null] {
            calls.answer(&unknown, Answer::Exception("nobody asked".into()));
        }

        assert!(one.answer.try_recv().is_err());
        assert!(
            matches!(two.answer.try_recv(), Ok(Answer::Result(value)) if value == "two".into())
        );
    }

    #[test]
    fn a_call_that_is_given_up_is_forgotten() {
        let calls = Arc::new(Calls::default());
        drop(calls.add());
        assert_eq!(calls.count(), 0);
    }

    #[test]
    fn calls_of_a_closed_connection_end_at_once() {
        let calls = Arc::new(Calls::default());
        let mut before = calls.add();
        calls.close();
        let mut after = calls.add();
        for call in [&mut before, &mut after] {
            assert!(matches!(call.answer.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        }
    }
}
