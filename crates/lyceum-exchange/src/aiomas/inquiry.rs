//! What this wire knows of agents on other sites: little more than that they exist.

use lyceum_core::exchange::{Question, Status};
use lyceum_core::{CallError, Failure, Mode, Stats};
use lyceum_wire::aiomas::Value;
use lyceum_wire::{AgentDescription, AgentId, AgentKey};
use serde_json::{Value as Json, json};

use super::calls::Answer;
use super::place::Place;
use super::rpc_error::read_exception;
use super::site::Site;

/// What a thing is called whose type is not known.
const UNKNOWN: &str = "Agent";

impl Site {
    /// Answers a question about an agent, as far as the wire can tell.
    pub(super) async fn answer(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> Result<Json, CallError> {
        let verb = question.verb();
        match question {
            Question::Status => Ok(json!(status(agent, self.kind(agent, verb).await?))),
            Question::Describe => {
                let doc = "An agent of aiomas, whose wire does not say what it can do.";
                Ok(json!(AgentDescription::new(&self.kind(agent, verb).await?, doc)))
            }
            Question::Ping => self.kind(agent, verb).await.map(|_| Json::Null),
            Question::Ended | Question::Monitor => {
                self.kind(agent, verb).await?;
                let fault = self.fault(agent, verb);
                let closed = match self.lost().await {
                    Ok(closed) => closed.to_string(),
                    Err(stuck) => return Err(stuck.into_error(fault, None)),
                };
                Err(CallError::Disconnected(fault.with_detail(closed)))
            }
            _ => {
                let detail = "the wire of aiomas has no such request";
                let fault = self.fault(agent, verb).with_detail(detail).with_started(false);
                Err(CallError::UnknownAction(fault))
            }
        }
    }

    /// Returns the name of an agent's type.
    async fn kind(&self, agent: &AgentKey, verb: &str) -> Result<String, CallError> {
        if let Place::Root { .. } = self.place() {
            return Ok(UNKNOWN.into());
        }
        let fault = self.fault(agent, verb);
        let sent = match self.ask_aid(agent).await {
            Ok(sent) => sent,
            Err(stuck) => return Err(stuck.into_error(fault, None)),
        };
        match sent.answer().await {
            Ok(Answer::Result(Value::Text(kind))) => Ok(kind),
            Ok(Answer::Result(Value::Null)) => Err(CallError::NoSuchAgent(fault)),
            Ok(Answer::Result(other)) => {
                let detail = format!("expected the name of a type, found {}", other.kind());
                Err(CallError::Codec(fault.with_detail(detail)))
            }
            Ok(Answer::Exception(content)) => {
                let (kind, text, _) = read_exception(content);
                let (action, value) = (verb.into(), Json::Null);
                Err(CallError::Failed(Box::new(Failure { action, kind, text, value })))
            }
            Ok(Answer::Unreadable(why)) => {
                Err(CallError::Codec(fault.with_detail(why.to_string())))
            }
            Err(closed) => Err(CallError::Disconnected(fault.with_detail(closed.to_string()))),
        }
    }
}

fn status(agent: &AgentKey, kind: String) -> Status {
    let (id, name) = match agent {
        AgentKey::Id(id) => (*id, None),
        AgentKey::Name(name) => (AgentId::new(0), Some(name.to_string())),
    };
    Status {
        id,
        name,
        kind,
        interfaces: None,
        mode: Mode::Active,
        generation: 0,
        stats: Stats::default(),
        behaviours: Vec::new(),
    }
}
