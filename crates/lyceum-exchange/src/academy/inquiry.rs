//! What can be asked about an agent of an exchange, apart from its actions.

use std::time::Duration;

use lyceum_core::exchange::{Question, Status};
use lyceum_core::{CallError, Mode, Stats};
use lyceum_wire::academy::{
    ActionRequest, Body, EntityId, Limits, Message, Payload, Serialization, Unread, Value,
};
use lyceum_wire::{AccessKind, ActionDescription, AgentDescription, AgentId, AgentKey};
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use super::answer::{not_served, unanswered};
use super::calling::{Asking, Stuck};
use super::site::{STALE, Site};
use super::{MailboxError, Promise};

/// What a thing is called whose type is not known.
const UNKNOWN: &str = "Agent";

/// The action that every agent of Academy has.
pub(super) const DESCRIBE: &str = "agent_describe";

/// How long to wait before it is asked again whether an agent is still there, at first and at most:
/// the exchange does not tell by itself.
const WATCH_PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

impl Site {
    /// Answers a question about an agent, as far as the wire can tell.
    pub(super) async fn inquire(
        &self,
        agent: &AgentKey,
        question: Question,
    ) -> Result<Json, CallError> {
        let verb = question.verb();
        let answer = match question {
            Question::Status => self.status(agent).await,
            Question::Ended | Question::Monitor => self.watch(agent).await,
            Question::Ping => return self.told(agent, verb, Body::PingRequest).await,
            Question::Stop => {
                return self.told(agent, verb, Body::ShutdownRequest { terminate: None }).await;
            }
            Question::Describe => return self.describe(agent).await,
            _ => {
                let detail = "the wire of Academy has no such request";
                let fault = self.fault(agent, verb).with_detail(detail).with_started(false);
                return Err(CallError::UnknownAction(fault));
            }
        };
        answer.map_err(|stuck| stuck.into_error(self.fault(agent, verb), || None))
    }

    async fn status(&self, agent: &AgentKey) -> Result<Json, Stuck> {
        let id = self.resolve(agent).await?;
        let mailbox = self.service()?.user();
        let (beat, stats) = self
            .on_node(async move {
                let beat = mailbox.last_heartbeat(&id).await?;
                // Not every exchange counts.
                Ok((beat, mailbox.stats(&id).await.unwrap_or_default()))
            })
            .await?;
        let is_alive = beat.is_some_and(|ago| ago < STALE);
        let counted = Stats {
            received: stats.incoming,
            handled: stats.completed,
            queued: stats.queued,
            in_progress: stats.in_progress,
            ..Stats::default()
        };
        Ok(json!(Status {
            id: AgentId::new(0),
            name: Some(agent.to_string()),
            kind: UNKNOWN.into(),
            interfaces: None,
            mode: if is_alive { Mode::Active } else { Mode::Inactive },
            generation: 0,
            stats: counted,
            behaviours: Vec::new(),
        }))
    }

    /// Waits until the mailbox of an agent is gone.
    async fn watch(&self, agent: &AgentKey) -> Result<Json, Stuck> {
        let id = self.resolve(agent).await?;
        let mailbox = self.service()?.user();
        self.on_node(async move {
            let (mut pause, longest) = WATCH_PAUSES;
            loop {
                match mailbox.last_heartbeat(&id).await {
                    Err(error) if !error.may_pass() => return Err::<Json, MailboxError>(error),
                    _ => sleep(pause).await,
                }
                pause = (pause * 2).min(longest);
            }
        })
        .await
    }

    /// Sends a request that succeeds or not.
    async fn told(&self, agent: &AgentKey, verb: &str, body: Body) -> Result<Json, CallError> {
        match self.answer_to(agent, verb, body).await? {
            Body::AcademyErrorResponse { error_code, .. } => {
                Err(not_served(error_code, self.fault(agent, verb)))
            }
            _ => Ok(Json::Null),
        }
    }

    async fn answer_to(&self, agent: &AgentKey, verb: &str, body: Body) -> Result<Body, CallError> {
        let fault = self.fault(agent, verb);
        let answer = match self.exchanged(agent, body).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Err(unanswered(fault)),
            Err(stuck) => return Err(stuck.into_error(fault, || None)),
        };
        answer.body().map_err(|error| CallError::Codec(fault.with_detail(error.to_string())))
    }

    async fn exchanged(
        &self,
        agent: &AgentKey,
        body: Body,
    ) -> Result<Option<Message<Unread>>, Stuck> {
        let to: EntityId = self.resolve(agent).await?;
        let asking = Asking { from: None, to, body, promise: Promise::default(), by_name: None };
        self.service()?.request(asking).await?.answer().await
    }

    /// Asks an agent what it can do. Python can pickle the answer, and has no JSON for it.
    async fn describe(&self, agent: &AgentKey) -> Result<Json, CallError> {
        let request = ActionRequest {
            action: DESCRIBE.into(),
            serialization: Serialization::Json,
            result_serialization: Some(Serialization::Pickle),
            exception_serialization: Some(Serialization::Json),
            pargs: "[]".into(),
            kargs: "{}".into(),
            time_left_millis: None,
        };
        let body = self.answer_to(agent, "describe", Body::ActionRequest(request)).await?;
        let described = match body {
            Body::ActionResponse(result) => description(&result),
            // An action without a text is one that Academy itself cannot describe.
            _ => None,
        };
        let doc = "An agent of Academy that does not say what it can do.";
        Ok(json!(described.unwrap_or_else(|| AgentDescription::new(UNKNOWN, doc))))
    }
}

/// Reads what `agent_describe` returned.
fn description(result: &Payload) -> Option<AgentDescription> {
    let Value::Map(map) = result.value(Limits::default()).ok()? else { return None };
    let doc = map.get("description").and_then(Value::as_text).unwrap_or_default();
    let mut description = AgentDescription::new(UNKNOWN, doc);
    let Some(Value::Map(actions)) = map.get("actions") else { return Some(description) };
    for (name, action) in actions.pairs() {
        let (Some(name), Value::Map(action)) = (name.as_text(), action) else { continue };
        let doc = action.get("doc").and_then(Value::as_text).unwrap_or_default();
        description.actions.push(ActionDescription {
            name: name.into(),
            doc: doc.into(),
            access: AccessKind::Shared,
            parameters: Vec::new(),
            result: schemars::Schema::from(true),
            error: None,
            stream: false,
            durable: false,
        });
    }
    Some(description)
}
