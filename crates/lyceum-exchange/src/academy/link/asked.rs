//! Questions that are not answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lyceum_wire::academy::Uuid;
use lyceum_wire::academy::link::{Code, Said};
use tokio::sync::oneshot;

use super::lease::Lease;
use crate::academy::MailboxError;

/// Questions of one node that are not answered, and bytes of those that may have to be sent again.
pub(super) const LIMIT: (usize, usize) = (65_536, 64 << 20);

/// About how many bytes of refused answers are sent again at once.
const RETRIED: usize = 4 << 20;

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
    /// Somebody, and the mailbox is held from then on, whoever still waits.
    Leasing(oneshot::Sender<Answered>, Arc<Lease>),
    /// The line itself, which takes up a mailbox again.
    Resuming(Uuid),
    Nobody,
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
    /// Those that were refused for now, in the order in which they are asked again.
    postponed: VecDeque<u64>,
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
    ///
    /// There always is for what the line itself asks, and for answers: an agent serves no more than
    /// so many requests, and one whose answer is thrown away would never end.
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
        if who.is_bounded() && (self.open.len() >= LIMIT.0 || bytes > LIMIT.1) {
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

    /// Returns the whole number of a question. The lower half comes from outside.
    fn whole(&self, id: u32) -> Option<u64> {
        // All open ones are within one turn of the lower half.
        let number = (self.next & !u64::from(u32::MAX)) | u64::from(id);
        if number > self.next { number.checked_sub(1 << 32) } else { Some(number) }
    }

    /// Takes out what is answered.
    pub(super) fn answered(&mut self, id: u32) -> Option<Who> {
        let number = self.whole(id)?;
        self.remove(number).map(|question| question.who)
    }

    /// Returns who waits for an answer.
    pub(super) fn who(&self, id: u32) -> Option<&Who> {
        self.open.get(&self.whole(id)?).map(|question| &question.who)
    }

    /// Keeps a question that was refused for now.
    pub(super) fn postpone(&mut self, id: u32) {
        let Some(number) = self.whole(id) else { return };
        self.postponed.push_back(number);
    }

    /// Appends what was refused for now: not all at once, since it may be refused again.
    pub(super) fn send_postponed(&mut self, frames: &mut BytesMut) {
        let start = frames.len();
        while frames.len() - start < RETRIED
            && let Some(number) = self.postponed.pop_front()
        {
            if let Some(question) = self.open.get(&number) {
                frames.extend_from_slice(&question.frame);
            }
        }
    }

    /// Appends what is to be sent over a new connection, in the order in which it was asked.
    pub(super) fn send_all(&mut self, frames: &mut BytesMut) {
        self.postponed.clear();
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

    /// Ends what is asked of a server that does not let this side in. Answers wait until it does.
    pub(super) fn fail_but_answers(&mut self, error: impl Fn() -> MailboxError) {
        let waits = |who: &Who| match who {
            Who::Answering(sender, _) => !sender.is_closed(),
            _ => false,
        };
        self.end(|question| !waits(&question.who), error);
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
    fn is_bounded(&self) -> bool {
        matches!(self, Self::Somebody(_))
    }

    /// Tells the answer. Whoever waited may be gone.
    pub(super) fn tell(self, answered: Answered) {
        match self {
            Self::Somebody(sender) | Self::Answering(sender, _) => drop(sender.send(answered)),
            Self::Leasing(sender, lease) => {
                if let Err(error) = &answered {
                    lease.end(error.into());
                }
                drop(sender.send(answered));
            }
            Self::Resuming(_) | Self::Nobody => {}
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

    /// With as many questions as there may be, the answer to a request was thrown away, and a
    /// mailbox was never taken up again after the connection was lost.
    #[test]
    fn there_is_room_for_answers_and_mailboxes_whatever_waits() {
        let mut questions = Questions::default();
        for _ in 0..LIMIT.0 {
            questions.number();
            questions.ask(b"", true, Again::Unsent, Who::Nobody).unwrap();
        }
        let (sender, _receiver) = oneshot::channel();
        let mailbox = Uuid::from_u128(7);
        let request = Request { mailbox, from: mailbox, tag: mailbox };
        for who in [Who::Resuming(mailbox), Who::Answering(sender, request)] {
            questions.number();
            questions.ask(b"frame", true, Again::Always, who).unwrap();
        }
        let (sender, _receiver) = oneshot::channel();
        questions.number();
        let more = questions.ask(b"frame", true, Again::Always, Who::Somebody(sender));
        assert!(matches!(more, Err(MailboxError::Overloaded(_))));
    }
}
