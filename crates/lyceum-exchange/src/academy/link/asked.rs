//! Questions that are not answered.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use lyceum_wire::academy::Uuid;
use lyceum_wire::academy::link::{Code, Said};
use tokio::sync::oneshot;

use crate::academy::MailboxError;

/// Questions of one node that are not answered, and bytes of those that may have to be sent again.
const LIMIT: (usize, usize) = (65_536, 64 << 20);

/// After how many seconds a question is given up that could not be sent.
const UNSENT_LIMIT: u32 = 10;

/// What was asked.
pub(super) struct Question {
    /// The encoded frame, as long as it may have to be sent again.
    frame: Bytes,
    is_sent: bool,
    /// What may be done when it is not known what became of it.
    pub(super) again: Again,
    /// For how many seconds it could not be sent.
    age: u32,
    who: Who,
}

/// Whether a question may be asked again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Asking twice is asking once. It is kept however long the server is away.
    Always,
    /// The same, but it is given up some time.
    ForAWhile,
    /// Only if it was not sent.
    Unsent,
}

/// Who waits for the answer.
pub(super) enum Who {
    Somebody(oneshot::Sender<Answered>),
    /// Somebody, and the request ends that was answered.
    Answering(oneshot::Sender<Answered>, Request),
    /// The line itself, which takes up a mailbox again.
    Resuming(Uuid),
}

/// A request that came into a mailbox: who sent it, and its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub(super) mailbox: Uuid,
    pub(super) from: Uuid,
    pub(super) tag: Uuid,
}

/// What is answered: nothing where it is only done.
pub(super) type Answered = Result<Option<Said>, MailboxError>;

/// All questions of a line.
#[derive(Default)]
pub(super) struct Questions {
    open: BTreeMap<u64, Question>,
    bytes: usize,
    next: u64,
}

impl Questions {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns the number of the next question. The wire has its lower half.
    pub(super) fn number(&mut self) -> u32 {
        self.next += 1;
        self.next as u32
    }

    /// Takes down the question that got the last number; says whether there is room for it.
    pub(super) fn ask(
        &mut self,
        frame: &[u8],
        is_sent: bool,
        again: Again,
        who: Who,
    ) -> Result<(), MailboxError> {
        let kept = !is_sent || again != Again::Unsent;
        let frame = if kept { Bytes::copy_from_slice(frame) } else { Bytes::new() };
        let bytes = self.bytes + frame.len();
        if self.open.len() >= LIMIT.0 || bytes > LIMIT.1 {
            let text = format!("{} questions wait for their answers", self.open.len());
            return Err(MailboxError::Overloaded(text));
        }
        self.bytes = bytes;
        self.open.insert(self.next, Question { frame, is_sent, again, age: 0, who });
        Ok(())
    }

    fn remove(&mut self, number: u64) -> Option<Question> {
        let question = self.open.remove(&number)?;
        self.bytes -= question.frame.len();
        Some(question)
    }

    /// Takes out what is answered. Numbers come from outside.
    pub(super) fn answered(&mut self, id: u32) -> Option<Who> {
        // All open ones are within one turn of the lower half.
        let mut number = (self.next & !u64::from(u32::MAX)) | u64::from(id);
        if number > self.next {
            number = number.checked_sub(1 << 32)?;
        }
        self.remove(number).map(|question| question.who)
    }

    /// Appends what is to be sent over a new connection, in the order in which it was asked.
    pub(super) fn send_all(&mut self, frames: &mut BytesMut) {
        for question in self.open.values_mut() {
            frames.extend_from_slice(&question.frame);
            question.is_sent = true;
            if question.again == Again::Unsent {
                self.bytes -= question.frame.len();
                question.frame = Bytes::new();
            }
        }
    }

    /// Ends what cannot be asked again, since the connection is lost.
    pub(super) fn lost(&mut self, why: &str) {
        self.end(
            |question| question.is_sent && question.again == Again::Unsent,
            || MailboxError::Lost(why.into()),
        );
        self.open.retain(|_, question| match question.who {
            Who::Resuming(_) => {
                self.bytes -= question.frame.len();
                false
            }
            _ => {
                question.is_sent = false;
                true
            }
        });
    }

    /// Ends what could not be sent for long, which is asked once a second.
    pub(super) fn grow_old(&mut self) {
        for question in self.open.values_mut().filter(|question| !question.is_sent) {
            question.age += 1;
        }
        self.end(
            |question| question.age > UNSENT_LIMIT && question.again != Again::Always,
            || MailboxError::Unreachable("the server was away for too long".into()),
        );
    }

    /// Ends what is longer than the server takes.
    pub(super) fn end_longer(&mut self, limit: u64, error: impl Fn(u64) -> MailboxError) {
        let longer = |question: &Question| question.frame.len() as u64 > limit;
        self.end_each(longer, |question| error(question.frame.len() as u64));
    }

    /// Ends everything.
    pub(super) fn fail(&mut self, error: impl Fn() -> MailboxError) {
        self.end(|_| true, error);
    }

    fn end(&mut self, ends: impl Fn(&Question) -> bool, error: impl Fn() -> MailboxError) {
        self.end_each(ends, |_| error());
    }

    fn end_each(
        &mut self,
        ends: impl Fn(&Question) -> bool,
        error: impl Fn(&Question) -> MailboxError,
    ) {
        let over = self.open.extract_if(.., |_, question| ends(question));
        for (_, question) in over {
            self.bytes -= question.frame.len();
            let error = error(&question);
            question.who.tell(Err(error));
        }
    }
}

impl Who {
    /// Tells the answer. Whoever waited may be gone.
    pub(super) fn tell(self, answered: Answered) {
        match self {
            Self::Somebody(sender) | Self::Answering(sender, _) => drop(sender.send(answered)),
            Self::Resuming(_) => {}
        }
    }
}

/// Returns what a refusal of the server means.
pub(super) fn refused(code: Code, text: String) -> MailboxError {
    match code {
        Code::Unknown => MailboxError::Unknown,
        Code::Terminated => MailboxError::Terminated,
        Code::Stale => MailboxError::Stale,
        Code::Overloaded => MailboxError::Overloaded(text),
        Code::TooLarge => MailboxError::TooLarge(text),
        Code::StorageFull => MailboxError::StorageFull,
        Code::Unavailable => MailboxError::Lost(text),
        _ => MailboxError::Answer(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(questions: &mut Questions, is_sent: bool, again: Again) -> oneshot::Receiver<Answered> {
        let (sender, receiver) = oneshot::channel();
        questions.number();
        questions.ask(b"frame", is_sent, again, Who::Somebody(sender)).unwrap();
        receiver
    }

    #[test]
    fn a_lost_connection_ends_what_may_have_run_and_repeats_what_may_run_twice() {
        let mut questions = Questions::default();
        let mut maybe = ask(&mut questions, true, Again::Unsent);
        let mut unsent = ask(&mut questions, false, Again::Unsent);
        let mut durable = ask(&mut questions, true, Again::Always);

        questions.lost("the socket was closed");

        assert!(matches!(maybe.try_recv(), Ok(Err(MailboxError::Lost(_)))));
        assert!(unsent.try_recv().is_err() && durable.try_recv().is_err());
        let mut frames = BytesMut::new();
        questions.send_all(&mut frames);
        assert_eq!(&frames[..], b"frameframe");
    }

    #[test]
    fn only_what_is_durable_waits_for_a_server_that_stays_away() {
        let mut questions = Questions::default();
        let mut tracked = ask(&mut questions, false, Again::Unsent);
        let mut durable = ask(&mut questions, false, Again::Always);

        (0..=UNSENT_LIMIT).for_each(|_| questions.grow_old());

        assert!(matches!(tracked.try_recv(), Ok(Err(MailboxError::Unreachable(_)))));
        assert!(durable.try_recv().is_err());
    }

    #[test]
    fn answers_to_what_nobody_asked_are_ignored() {
        let mut questions = Questions::default();
        assert!(questions.answered(7).is_none());
        let mut answer = ask(&mut questions, true, Again::Always);
        assert!(questions.answered(u32::MAX).is_none());
        questions.answered(1).unwrap().tell(Ok(None));
        assert!(matches!(answer.try_recv(), Ok(Ok(None))));
        assert!(questions.is_empty());
        assert_eq!(questions.bytes, 0);
    }
}
