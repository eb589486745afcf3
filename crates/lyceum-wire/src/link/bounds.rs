//! The bounds of everything in a head.
//!
//! A sender checks them as well as a receiver, so that it learns of its own mistake, instead of
//! losing the channel.

use super::{
    ATTRIBUTE_COUNT_LIMIT, ActionKey, AgentFilter, CHAIN_LIMIT, Call, ENDPOINT_COUNT_LIMIT,
    ENDPOINT_LIMIT, Head, Hello, LinkError, NAME_LIMIT, OFFER_LIMIT, OFFER_NAME_LIMIT,
    PATTERN_COUNT_LIMIT, Question, TOKEN_LIMIT, TOPIC_LIMIT,
};

impl Head {
    /// Checks all texts and lists. Texts that explain something are bounded by their type.
    pub(super) fn check(&self) -> Result<(), LinkError> {
        match self {
            Self::Hello(hello) => check_hello(hello),
            Self::Call(call) => check_call(call),
            Self::Ask { what, .. } => check_question(what),
            Self::Interest { add, remove } => check_interest(add, remove),
            Self::Publish { topic, .. } => text("a topic", topic, TOPIC_LIMIT),
            Self::Welcome(_)
            | Self::Refused(_)
            | Self::Answer(_)
            | Self::Cancel { .. }
            | Self::Item { .. }
            | Self::ItemsEnd { .. }
            | Self::ItemCredit { .. }
            | Self::Told { .. }
            | Self::Ping { .. }
            | Self::Pong { .. }
            | Self::Chunk { .. }
            | Self::Goodbye { .. } => Ok(()),
        }
    }
}

fn check_hello(hello: &Hello) -> Result<(), LinkError> {
    count("codecs", hello.codecs.len(), OFFER_LIMIT)?;
    count("compressions", hello.compressions.len(), OFFER_LIMIT)?;
    count("endpoints", hello.endpoints.len(), ENDPOINT_COUNT_LIMIT)?;
    for name in hello.codecs.iter().chain(&hello.compressions) {
        text("the name of a codec", name, OFFER_NAME_LIMIT)?;
    }
    for endpoint in &hello.endpoints {
        text("an endpoint", endpoint, ENDPOINT_LIMIT)?;
    }
    hello.token.as_ref().map_or(Ok(()), |token| text("a token", token.secret(), TOKEN_LIMIT))
}

fn check_call(call: &Call) -> Result<(), LinkError> {
    count("calls in a chain", call.chain.len(), CHAIN_LIMIT)?;
    match &call.action {
        ActionKey::Typed { name, .. } | ActionKey::Name(name) => {
            text("the name of an action", name, NAME_LIMIT)
        }
    }
}

fn check_question(question: &Question) -> Result<(), LinkError> {
    match question {
        Question::SetFlag(flag) => text("a flag", flag, NAME_LIMIT),
        Question::Link(agent) | Question::Unlink(agent) => {
            text("an address", agent, ENDPOINT_LIMIT)
        }
        Question::Agents(filter) => check_filter(filter),
        _ => Ok(()),
    }
}

fn check_filter(filter: &AgentFilter) -> Result<(), LinkError> {
    count("attributes", filter.attributes.len(), ATTRIBUTE_COUNT_LIMIT)?;
    let attributes = filter.attributes.iter().flat_map(|(key, value)| [key, value]);
    for name in attributes.chain(&filter.kind).chain(&filter.interface) {
        text("a type, an interface or an attribute", name, NAME_LIMIT)?;
    }
    Ok(())
}

fn check_interest(add: &[String], remove: &[String]) -> Result<(), LinkError> {
    count("patterns", add.len() + remove.len(), PATTERN_COUNT_LIMIT)?;
    add.iter().chain(remove).try_for_each(|pattern| text("a pattern", pattern, TOPIC_LIMIT))
}

fn text(what: &'static str, text: &str, limit: usize) -> Result<(), LinkError> {
    within(what, "bytes", text.len(), limit)
}

fn count(what: &'static str, found: usize, limit: usize) -> Result<(), LinkError> {
    within(what, "entries", found, limit)
}

fn within(
    what: &'static str,
    unit: &'static str,
    found: usize,
    limit: usize,
) -> Result<(), LinkError> {
    if found > limit {
        return Err(LinkError::OutOfBounds { what, unit, found, limit });
    }
    Ok(())
}
