//! Questions about agents, between the core's words and the link's.

use std::sync::Arc;

use lyceum_core::CallError;
use lyceum_core::exchange::{AgentFilter, Question, Remote, Status, decode};
use lyceum_wire::AgentKey;
use lyceum_wire::link::{self, Head, Message, Outcome};
use serde_json::Value;

use super::calls::{Arrived, Share};
use super::encoding::Received;
use super::sending::InFlight;
use super::{Channel, faults};

impl Channel {
    /// Asks which agents the other node has.
    ///
    /// # Errors
    ///
    /// Says why there is no answer.
    pub(crate) async fn agents(
        self: &Arc<Self>,
        filter: AgentFilter,
    ) -> Result<Vec<Status>, String> {
        let AgentFilter { kind, interface, attributes } = filter;
        let filter = link::AgentFilter { kind, interface, attributes };
        let what = link::Question::Agents(filter);
        let arrived = self.question(None, what).await.ok_or_else(|| self.why())?;
        let Outcome::Result(encoding) = arrived.outcome else {
            return Err("the other node did not say".into());
        };
        let value = Received::new(encoding, arrived.body, self.plain_limit());
        decode(&value).map_err(|why| why.0)
    }

    /// Sends a question and waits for its answer; `None` if the channel ends before.
    pub(super) async fn question(
        self: &Arc<Self>,
        to: Option<AgentKey>,
        what: link::Question,
    ) -> Option<Arrived> {
        let id = self.fresh_id();
        let answer = self.calls().insert(id, Share::default());
        let flight = InFlight::new(self, id);
        self.push(Message::new(Head::Ask { id, to, what })).await.ok()?;
        let arrived = answer.await;
        flight.over();
        arrived.ok()
    }

    /// Asks something about an agent of the other node.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        remote: &Remote,
        question: Question,
    ) -> Result<Value, CallError> {
        let verb = question.verb();
        let lost = || CallError::Disconnected(remote.fault(verb).with_detail(self.why()));
        let asked = self.question(Some(remote.agent().clone()), to_link(question));
        let arrived = asked.await.ok_or_else(lost)?;
        match arrived.outcome {
            Outcome::Result(encoding) => {
                let value = Received::new(encoding, arrived.body, self.plain_limit());
                decode(&value)
                    .map_err(|why| CallError::Codec(remote.fault(verb).with_detail(why.0)))
            }
            Outcome::Accepted => Ok(Value::Null),
            Outcome::Fault(fault) => Err(faults::from_link(remote, verb, fault)),
            _ => Err(CallError::Codec(remote.fault(verb).with_detail("the answer is no answer"))),
        }
    }
}

/// Returns which agents the other side asks for.
pub(super) fn filter(filter: link::AgentFilter) -> AgentFilter {
    let link::AgentFilter { kind, interface, attributes } = filter;
    AgentFilter { kind, interface, attributes }
}

fn to_link(question: Question) -> link::Question {
    match question {
        Question::Describe => link::Question::Describe,
        Question::Ping => link::Question::Ping,
        Question::Stop => link::Question::Stop,
        Question::Kill => link::Question::Kill,
        Question::Ended => link::Question::Ended,
        Question::Monitor => link::Question::Monitor,
        Question::SetFlag(flag) => link::Question::SetFlag(flag),
        Question::Activate => link::Question::Activate,
        Question::Deactivate => link::Question::Deactivate,
        Question::Link(other) => link::Question::Link(other.to_string()),
        Question::Unlink(other) => link::Question::Unlink(other.to_string()),
        _ => link::Question::Status,
    }
}

/// Returns what the other side asks about an agent; `None` for what is no such question.
pub(super) fn of_link(what: link::Question) -> Option<Question> {
    Some(match what {
        link::Question::Status => Question::Status,
        link::Question::Describe => Question::Describe,
        link::Question::Ping => Question::Ping,
        link::Question::Stop => Question::Stop,
        link::Question::Kill => Question::Kill,
        link::Question::Ended => Question::Ended,
        link::Question::Monitor => Question::Monitor,
        link::Question::SetFlag(flag) => Question::SetFlag(flag),
        link::Question::Activate => Question::Activate,
        link::Question::Deactivate => Question::Deactivate,
        link::Question::Link(other) => Question::Link(other.parse().ok()?),
        link::Question::Unlink(other) => Question::Unlink(other.parse().ok()?),
        _ => return None,
    })
}
