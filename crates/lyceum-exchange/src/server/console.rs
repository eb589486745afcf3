//! Dead letters, as the command line sees to them.

use serde_json::{Value, json};

use crate::mailbox::{MailboxError, MailboxId, ReplayError, Sequence};
use crate::server::Principal;
use crate::server::access::Verb;
use crate::server::hub::Hub;
use crate::server::reply::Refusal;
use crate::store::Level;

/// Dead letters in one answer.
const PAGE: usize = 1_000;

impl Hub {
    /// Returns dead letters of mailboxes that somebody administers, the oldest first.
    pub(crate) fn dead_letters(&self, principal: &Principal, mailbox: Option<MailboxId>) -> Value {
        let letters: Vec<Value> = self.keeper.look(|mailboxes| {
            let may = |to| principal.may(Verb::Administer, to, mailboxes);
            let dead = mailboxes.dead_letters(mailbox).filter(|(_, dead)| may(dead.letter.to));
            let lines = dead.take(PAGE).map(|(sequence, dead)| {
                json!({
                    "sequence": sequence,
                    "mailbox": dead.letter.to,
                    "sender": dead.letter.from,
                    "tag": dead.letter.tag,
                    "deliveries": dead.deliveries,
                    "reason": dead.reason,
                    "at": dead.at,
                    "bytes": dead.size(),
                })
            });
            lines.collect()
        });
        json!({ "dead_letters": letters })
    }

    /// Puts a dead letter into its mailbox once more.
    pub(crate) async fn replay(
        &self,
        principal: &Principal,
        sequence: Sequence,
    ) -> Result<(), Refusal> {
        let pin = self.keeper.pin();
        let (mailbox, place) = self.dead_letter(principal, sequence)?;
        let body = self.keeper.body(place).await?;
        drop(pin);
        let (replayed, ticket) = self.keeper.change(Level::Synced, |mailboxes, log| {
            principal.check(Verb::Administer, mailbox, mailboxes)?;
            Ok::<_, Refusal>(mailboxes.replay(log, sequence, &body)?)
        });
        replayed?;
        Ok(self.keeper.done(ticket).await?)
    }

    /// Throws a dead letter away.
    pub(crate) async fn bury(
        &self,
        principal: &Principal,
        sequence: Sequence,
    ) -> Result<(), Refusal> {
        self.dead_letter(principal, sequence)?;
        let (buried, ticket) =
            self.keeper.change(Level::Synced, |mailboxes, log| mailboxes.bury(log, sequence));
        buried?;
        Ok(self.keeper.done(ticket).await?)
    }

    fn dead_letter(
        &self,
        principal: &Principal,
        sequence: Sequence,
    ) -> Result<(MailboxId, crate::mailbox::Place), Refusal> {
        self.keeper.look(|mailboxes| {
            let unknown = Refusal::Replay(ReplayError::Unknown(sequence));
            let (mailbox, place) = mailboxes.dead_letter(sequence).ok_or(unknown)?;
            match principal.check(Verb::Administer, mailbox, mailboxes) {
                Err(MailboxError::Unknown(_)) => {
                    Err(Refusal::Replay(ReplayError::Unknown(sequence)))
                }
                _ => Ok((mailbox, place)),
            }
        })
    }
}
