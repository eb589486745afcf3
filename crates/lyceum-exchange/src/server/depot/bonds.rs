//! Bonds: blobs that are kept for as long as a message, and no longer.
//!
//! A durable message waits for as long as it takes, so that no time can be given for the body that
//! it refers to. Instead the depot asks, whenever it looks for what has expired, whether the
//! message is still there.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::{BlobId, Depot};
use crate::mailbox::{MailboxId, Mailboxes, MessageId, Moment};

/// How long an answer's body stays once its caller has the answer.
const FETCHING: std::time::Duration = std::time::Duration::from_secs(600);

/// The message that a blob belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bond {
    /// Who sent the request.
    sender: Uuid,
    /// Its tag.
    tag: Uuid,
    /// Whether it is the answer to that request.
    is_answer: bool,
}

/// Says that a text is no bond.
#[derive(Debug, Error)]
#[error("expected `request` or `answer`, and the UUIDs of its sender and of the request")]
pub(crate) struct BondError;

/// When messages were seen that blobs belong to.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The last time, by blob.
    seen: HashMap<BlobId, Moment>,
}

impl FromStr for Bond {
    type Err = BondError;

    fn from_str(text: &str) -> Result<Self, BondError> {
        let [kind, sender, tag] =
            text.split(' ').collect::<Vec<_>>().try_into().map_err(|_| BondError)?;
        let is_answer = match kind {
            "request" => false,
            "answer" => true,
            _ => return Err(BondError),
        };
        let uuid = |text: &str| Uuid::try_parse(text).map_err(|_| BondError);
        Ok(Self { sender: uuid(sender)?, tag: uuid(tag)?, is_answer })
    }
}

impl Bond {
    fn request(self) -> MessageId {
        MessageId { sender: MailboxId::new(self.sender), tag: self.tag }
    }
}

/// Returns which of these messages are there: requests that are not over or are dead letters, and
/// answers that their callers do not have.
pub(crate) fn there(mailboxes: &Mailboxes, bonds: &[(BlobId, Bond)]) -> HashSet<BlobId> {
    let (answers, requests): (Vec<_>, Vec<_>) = bonds.iter().partition(|(_, bond)| bond.is_answer);
    let kept = mailboxes.kept_requests(requests.iter().map(|(_, bond)| bond.request()));
    let waiting = mailboxes.waiting_answers(answers.iter().map(|(_, bond)| bond.request()));
    let is_there = |(_, bond): &&(BlobId, Bond)| {
        if bond.is_answer { &waiting } else { &kept }.contains(&bond.request())
    };
    bonds.iter().filter(is_there).map(|(id, _)| *id).collect()
}

impl Watch {
    /// Notes that a blob's message is there, or returns whether the blob is to go.
    ///
    /// Until its message was there, a blob has the time that was asked for: it comes first. So has
    /// one whose answer was taken, and a while more, since that may have been just now.
    fn is_over(
        &mut self,
        (id, bond): (BlobId, Bond),
        is_there: bool,
        until: u64,
        now: Moment,
    ) -> bool {
        if is_there {
            self.seen.insert(id, now);
            return false;
        }
        match self.seen.get(&id) {
            Some(seen) if bond.is_answer => now.since(*seen) > FETCHING && until <= now.millis(),
            Some(_) => true,
            None if bond.is_answer => {
                // It may have been taken before anybody looked.
                self.seen.insert(id, now);
                false
            }
            None => until <= now.millis(),
        }
    }

    pub(super) fn forget(&mut self, id: BlobId) {
        self.seen.remove(&id);
    }
}

impl Depot {
    /// Returns the blobs that belong to messages.
    pub(crate) fn bonds(&self) -> Vec<(BlobId, Bond)> {
        self.catalog().bonds().collect()
    }

    /// Forgets blobs whose messages are over: those that are not among what is there.
    pub(crate) fn part(&self, bonds: &[(BlobId, Bond)], there: &HashSet<BlobId>, now: Moment) {
        let over: Vec<BlobId> = {
            let mut catalog = self.catalog();
            let over = bonds.iter().filter(|(id, bond)| {
                let until = catalog.until(*id);
                until.is_some_and(|until| {
                    catalog.watch.is_over((*id, *bond), there.contains(id), until, now)
                })
            });
            over.map(|(id, _)| *id).take(super::SWEPT).collect()
        };
        for id in over {
            // Whoever has the place writes to the disk, which is not waited for here.
            let Some(_place) = self.places.try_take(id) else { continue };
            if let Err(error) = self.remove(id) {
                tracing::warn!(%error, "a blob cannot be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bond(kind: &str) -> Bond {
        format!("{kind} {} {}", Uuid::nil(), Uuid::max()).parse().unwrap()
    }

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    fn id() -> BlobId {
        "0123456789abcdef0123456789abcdef".parse().unwrap()
    }

    #[test]
    fn bonds_are_read_or_refused() {
        assert!(bond("answer").is_answer);
        assert!(!bond("request").is_answer);
        let nil = Uuid::nil();
        for text in
            ["", "request", &format!("request {nil}"), &format!("reply {nil} {nil}"), "a b c"]
        {
            assert!(text.parse::<Bond>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_request_keeps_its_blob_from_when_it_is_there_until_it_is_over() {
        let (mut watch, request) = (Watch::default(), (id(), bond("request")));
        let until = 10_000;
        assert!(!watch.is_over(request, false, until, at(9)), "it may still come");
        assert!(!watch.is_over(request, true, until, at(9)));
        assert!(!watch.is_over(request, true, until, at(1_000_000)));
        assert!(watch.is_over(request, false, until, at(1_000_001)));
        assert!(Watch::default().is_over(request, false, until, at(10)), "it never came");
    }

    #[test]
    fn an_answer_keeps_its_blob_until_its_caller_had_time_to_fetch_it() {
        let (mut watch, answer) = (Watch::default(), (id(), bond("answer")));
        assert!(!watch.is_over(answer, true, 10_000, at(5_000)));
        assert!(!watch.is_over(answer, false, 10_000, at(5_600)));
        assert!(watch.is_over(answer, false, 10_000, at(5_601)));
        assert!(!Watch::default().is_over(answer, false, 10_000, at(20)), "after a restart");
    }
}
