//! Messages and values that leave for a foreign wire, and what those calls are told that fail.

use lyceum_core::exchange::{Fault, Outgoing};
use lyceum_core::{CallError, CallFault};
use lyceum_wire::aiomas::{Serializer, Value, ValueError};
use lyceum_wire::{Address, Style};
use serde::Serialize;
use serde_json::Value as Json;

use crate::arrived::Origin;

/// Where values go, and come from.
pub(crate) trait Destination: Origin + Sized {
    /// Returns whether an address is one that handles alone have.
    fn is_handle(&self, address: &Address) -> bool;

    /// Turns texts that are addresses of agents into handles, where nothing else tells them apart.
    ///
    /// # Errors
    ///
    /// Says which agent has no handle there.
    fn show_addresses(&self, value: Value) -> Result<Value, ValueError> {
        Ok(match value {
            Value::Text(text) => match text.parse::<Address>() {
                Ok(address) if self.is_handle(&address) => self.write(&text)?,
                _ => Value::Text(text),
            },
            Value::List(items) => {
                let items = items.into_iter().map(|item| self.show_addresses(item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Value::Map(map) => {
                let pairs = map.into_iter();
                let pairs = pairs.map(|(key, value)| Ok((key, self.show_addresses(value)?)));
                Value::Map(pairs.collect::<Result<_, ValueError>>()?)
            }
            other => other,
        })
    }
}

/// Arguments by position and by name.
pub(crate) type Given = (Vec<Value>, Vec<(String, Value)>);

/// Returns the arguments of a message. Those with a type go by position; others as they are given.
///
/// # Errors
///
/// Says which value has no form there.
pub(crate) fn arguments(
    message: &dyn Outgoing,
    there: &impl Destination,
) -> Result<Given, ValueError> {
    let Some(json) = message.json() else { return Ok((typed(message, there)?, Vec::new())) };
    let show = |value: &Json| there.show_addresses(value.clone().into());
    let positional = json.positional().iter().map(show).collect::<Result<_, _>>()?;
    let named = json.named().iter().map(|(name, value)| Ok((name.clone(), show(value)?)));
    Ok((positional, named.collect::<Result<_, ValueError>>()?))
}

fn typed(message: &dyn Outgoing, there: &impl Destination) -> Result<Vec<Value>, ValueError> {
    let serializer = Serializer::new(there.types()).with_handles(there);
    match message.arguments(Style::Positional).serialize(serializer)? {
        Value::List(arguments) => Ok(arguments),
        other => {
            let text = format!("expected a list of arguments, found {}", other.kind());
            Err(ValueError::Custom { text })
        }
    }
}

/// Returns what is known of a call of an agent whose type nobody here knows.
pub(crate) fn fault(address: Address, action: &str) -> Box<CallFault> {
    Box::new(CallFault {
        agent: "Agent".into(),
        address,
        action: action.into(),
        detail: None,
        started: None,
        message: None,
    })
}

/// Returns what an error is called there, unless the wire has a name of its own for it.
pub(crate) fn kind(error: &Fault) -> &'static str {
    match error {
        CallError::NoSuchAgent(_) => "LookupError",
        CallError::BadArguments(_) => "TypeError",
        CallError::Panicked(_) => "Panicked",
        CallError::Terminated(_) => "Terminated",
        CallError::Inactive(_) => "Inactive",
        CallError::TooLarge(_) => "TooLarge",
        CallError::Overloaded(_) => "Overloaded",
        CallError::Reentrant(_) => "Reentrant",
        CallError::Timeout(_) => "Timeout",
        CallError::Cancelled(_) => "Cancelled",
        CallError::Down(_) => "Down",
        CallError::Disconnected(_) => "Disconnected",
        CallError::Unauthorized(_) => "Unauthorized",
        CallError::StorageFull(_) => "StorageFull",
        CallError::Stale(_) => "Stale",
        _ => "Exception",
    }
}

/// Returns what there is to say of an error, without what is of this side alone.
pub(crate) fn text(error: &Fault) -> String {
    let Some(fault) = error.fault() else { return String::new() };
    let detail = fault.detail.clone();
    detail.unwrap_or_else(|| format!("calling `{}` of a {}", fault.action, fault.agent))
}

/// Returns the name of a type without its modules and parameters: `ValueError`.
pub(crate) fn last_name(kind: &str) -> &str {
    let plain = kind.split('<').next().unwrap_or(kind);
    plain.rsplit([':', '.']).next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_those_that_python_would_have() {
        assert_eq!(last_name("house::error::ValueError"), "ValueError");
        assert_eq!(last_name("house::Error<alloc::string::String>"), "Error");
        assert_eq!(last_name("alloc::string::String"), "String");
        assert_eq!(last_name("app.errors.OwnError"), "OwnError");
        assert_eq!(last_name("ValueError"), "ValueError");
    }
}
