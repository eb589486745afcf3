//! What the answers of other agents mean for a call.

use std::sync::Arc;

use lyceum_core::exchange::{Expects, Fault, OwnError, Reply};
use lyceum_core::{CallError, CallFault, Undelivered};
use lyceum_wire::academy::{
    Body, ErrorCode, Limits, Message, Serialization, Unread, Value, payload, pickle,
};
use serde_json::json;

use super::MailboxError;
use super::bulk;
use super::calling::Stuck;
use super::failure;
use super::session::Session;
use crate::arrived::value_reply;

/// Why there is no answer.
const ENDED: &str = "the node left the exchange, or its mailbox there was terminated";

/// Returns the reply that an answer is.
pub(super) fn reply(
    session: Arc<Session>,
    message: Message<Unread>,
    expects: Expects,
    fault: Box<CallFault>,
    mut undelivered: impl FnMut() -> Option<Undelivered>,
) -> Result<Reply, Fault> {
    let body = match message.body() {
        Ok(body) => body,
        Err(error) => return Err(CallError::Codec(fault.with_detail(error.to_string()))),
    };
    match body {
        Body::ActionResponse(result) => match result.value(bulk::limits()) {
            Ok(value) => value_reply(session, value, expects, fault),
            Err(why) => Err(unreadable(fault, &why)),
        },
        Body::SuccessResponse => value_reply(session, Value::Null, expects, fault),
        Body::UserErrorResponse { serialization, exception } => {
            let told = match serialization {
                Serialization::Json => failure::read(&exception, fault, &mut undelivered),
                Serialization::Pickle => Err(fault),
            };
            let fault = match told {
                Ok(error) => return Err(error),
                Err(fault) => fault,
            };
            match payload::read_exception(serialization, &exception, Limits::default()) {
                Ok(exception) => Err(raised(&exception, fault, undelivered)),
                Err(why) => Err(unreadable(fault, &why)),
            }
        }
        Body::AcademyErrorResponse { error_code, .. } => Err(not_served(error_code, fault).widen()),
        _ => Err(CallError::Codec(fault.with_detail("the answer is a request"))),
    }
}

fn unreadable(fault: Box<CallFault>, why: &payload::PayloadError) -> Fault {
    CallError::Codec(fault.with_detail(why.to_string()).with_started(true))
}

/// Returns the error of a call whose action raised an exception. What Academy says of actions that
/// do not exist is known by its text.
fn raised(
    exception: &pickle::Exception,
    fault: Box<CallFault>,
    undelivered: impl FnOnce() -> Option<Undelivered>,
) -> Fault {
    let missing = format!("does not have an action named \"{}\".", fault.action);
    if exception.kind == "AttributeError" && exception.text.ends_with(&missing) {
        return CallError::UnknownAction(
            fault.with_detail(exception.text.clone()).with_message(undelivered()),
        );
    }
    if let Some(failure) = exception.kind.strip_prefix(payload::FAILURE) {
        return failed(failure, fault.with_detail(exception.text.clone()));
    }
    let value = json!({"kind": exception.kind, "message": exception.text});
    CallError::Action(OwnError {
        value: Some(Box::new(value)),
        kind: exception.kind.clone(),
        text: exception.text.clone(),
    })
}

/// Returns the error of a call of which the exchange says how it failed.
fn failed(failure: &str, fault: Box<CallFault>) -> Fault {
    match failure {
        "Terminated" => CallError::Terminated(fault.with_started(false)),
        "Expired" => CallError::Timeout(fault.with_started(false)),
        "AnswerTooLarge" => CallError::TooLarge(fault.with_started(true)),
        // It may have run in part.
        _ => CallError::Down(fault),
    }
}

/// Returns the error of a request that was not served.
pub(super) fn not_served(code: ErrorCode, fault: Box<CallFault>) -> CallError {
    match code {
        ErrorCode::MailboxTerminated => CallError::Terminated(fault),
        ErrorCode::PingCancelled => {
            CallError::Down(fault.with_detail("it ended before it answered"))
        }
        ErrorCode::ActionCancelled => {
            CallError::Cancelled(fault.with_detail("the agent cancelled the action"))
        }
        ErrorCode::InvalidClient => {
            let detail = "it is a user, who serves nothing";
            CallError::UnknownAction(fault.with_detail(detail).with_started(false))
        }
        ErrorCode::IncompatibleProtocol => {
            let detail = "the other side speaks another version of the protocol";
            CallError::Codec(fault.with_detail(detail).with_started(false))
        }
        other => {
            let detail = format!("the other side refused with code {}", other.number());
            CallError::Codec(fault.with_detail(detail))
        }
    }
}

impl Stuck {
    /// Returns the error of a message that has no answer, with the message where it is certain
    /// that it did not arrive.
    pub(super) fn into_error<E>(
        self,
        fault: Box<CallFault>,
        undelivered: impl FnOnce() -> Option<Undelivered>,
    ) -> CallError<E> {
        let error = match self {
            Self::Full => {
                let detail = "too many requests wait for their answers";
                let fault = fault.with_message(undelivered()).with_detail(detail);
                return CallError::Overloaded(fault);
            }
            Self::Value(why) => {
                return CallError::Codec(fault.with_message(undelivered()).with_detail(why));
            }
            Self::Mailbox(error) => error,
        };
        if matches!(error, MailboxError::Lost(_) | MailboxError::Late | MailboxError::Answer(_)) {
            return CallError::Disconnected(fault.with_detail(error.to_string()));
        }
        let fault = fault.with_message(undelivered());
        let said = error.to_string();
        match error {
            MailboxError::Unknown => CallError::NoSuchAgent(fault),
            MailboxError::Terminated => CallError::Terminated(fault),
            MailboxError::Unauthorized(_) => CallError::Unauthorized(fault.with_detail(said)),
            MailboxError::TooLarge(_) => CallError::TooLarge(fault.with_detail(said)),
            MailboxError::Stale => CallError::Stale(fault.with_detail(said)),
            MailboxError::StorageFull => CallError::StorageFull(fault.with_detail(said)),
            MailboxError::Overloaded(_) => CallError::Overloaded(fault.with_detail(said)),
            _ => CallError::Disconnected(fault.with_detail(said)),
        }
    }
}

/// Returns the error of a call that nobody will answer.
pub(super) fn unanswered<E>(fault: Box<CallFault>) -> CallError<E> {
    CallError::Disconnected(fault.with_detail(ENDED))
}
