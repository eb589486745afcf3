//! Failures in the words of Academy.

use lyceum_wire::academy::{Body, EntityId, ErrorCode, Header, Message, Role, Serialization};
use serde_json::json;

use crate::mailbox::{Failure, MailboxId, Notice, Profile};

/// Writes a notice as a message of Academy: what was terminated has a code, and other failures are
/// exceptions in JSON, which every version reads.
pub fn wording(notice: Notice<'_>) -> Vec<u8> {
    let Notice { letter, from, to, failure } = notice;
    let (src, dest) = (entity(letter.from, from), entity(letter.to, to));
    let body = match failure {
        Failure::Terminated => Body::AcademyErrorResponse {
            error_code: ErrorCode::MailboxTerminated,
            mailbox_id: Some(src.clone()),
        },
        Failure::NothingToCancel => Body::AcademyErrorResponse {
            error_code: ErrorCode::ActionInvalidState,
            mailbox_id: None,
        },
        _ => exception(failure, &text(failure, &src)),
    };
    // Only the answer of a request has all that a header needs.
    let mut request = Message::request(dest, src, letter.tag, Body::PingRequest).header;
    request.label = letter.label;
    Header::answer(&request, body).to_json().into_bytes()
}

pub(crate) fn entity(mailbox: MailboxId, profile: &Profile) -> EntityId {
    let role = if profile.is_agent { Role::Agent } else { Role::User };
    EntityId { uid: mailbox.uuid(), name: profile.name.clone(), role }
}

/// Nodes of Lyceum know a failure by its name, Python reads the text alone.
fn exception(failure: Failure, text: &str) -> Body {
    let name = match failure {
        Failure::Terminated => "Terminated",
        Failure::NothingToCancel => "NothingToCancel",
        Failure::ProgramGone => "ProgramGone",
        Failure::Expired => "Expired",
        Failure::Undeliverable { .. } => "Undeliverable",
        Failure::AnswerTooLarge { .. } => "AnswerTooLarge",
    };
    let exception =
        json!({ "__exception__": true, "exception_str": text, "lyceum_failure": name }).to_string();
    Body::UserErrorResponse { serialization: Serialization::Json, exception }
}

fn text(failure: Failure, agent: &EntityId) -> String {
    match failure {
        Failure::Terminated => format!("the mailbox of {agent} was terminated"),
        Failure::NothingToCancel => "there is nothing to cancel".to_owned(),
        Failure::ProgramGone => format!(
            "the program of {agent} has ended or was replaced before it answered; \
             the request may have run in part"
        ),
        Failure::Expired => format!("{agent} did not take the request in time; it did not run"),
        Failure::Undeliverable { deliveries } => format!(
            "{agent} was given the request {deliveries} times and never answered; \
             it is a dead letter now"
        ),
        Failure::AnswerTooLarge { size, limit } => format!(
            "the answer of {agent} has {size} bytes, and the exchange takes messages of {limit}"
        ),
    }
}
