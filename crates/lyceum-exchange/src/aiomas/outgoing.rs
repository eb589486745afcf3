//! Messages of this side's agents and programs, as requests.

use lyceum_core::exchange::Outgoing;
use lyceum_wire::Style;
use lyceum_wire::aiomas::{Serializer, Value, ValueError};
use serde::Serialize;
use serde_json::Value as Json;

use super::session::Session;

/// Arguments by position and by name.
pub(super) type Given = (Vec<Value>, Vec<(String, Value)>);

/// Returns the arguments of a message. Those with a type go by position; others as they are given.
pub(super) fn arguments(message: &dyn Outgoing, session: &Session) -> Result<Given, ValueError> {
    let Some(json) = message.json() else { return Ok((typed(message, session)?, Vec::new())) };
    let show = |value: &Json| session.show_addresses(value.clone().into());
    let positional = json.positional().iter().map(show).collect::<Result<_, _>>()?;
    let named = json.named().iter().map(|(name, value)| Ok((name.clone(), show(value)?)));
    Ok((positional, named.collect::<Result<_, ValueError>>()?))
}

fn typed(message: &dyn Outgoing, session: &Session) -> Result<Vec<Value>, ValueError> {
    let serializer = Serializer::new(&session.profile.types).with_handles(session);
    match message.arguments(Style::Positional).serialize(serializer)? {
        Value::List(arguments) => Ok(arguments),
        other => {
            let text = format!("expected a list of arguments, found {}", other.kind());
            Err(ValueError::Custom { text })
        }
    }
}
