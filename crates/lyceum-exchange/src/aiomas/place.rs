//! Places: how paths of the other side are addresses here, and the other way round.

use std::fmt::Write;

use lyceum_wire::aiomas::Path;
use lyceum_wire::{Address, AgentKey, Endpoint};

/// The option of a service within an agent.
const WITHIN: &str = "path";

/// The option of what is no agent.
const ROOT: &str = "root";

/// What addresses name an agent that is none.
const NO_AGENT: &str = "root";

/// Where the agents of an address lie on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Agents of a container, or services within them.
    Agents { within: String },
    /// Something else, whatever the agent is called.
    Root { path: String },
}

impl Place {
    /// Reads the options of a URL.
    pub(super) fn of(url: &Endpoint) -> Self {
        match url.option(ROOT) {
            Some(path) => Self::Root { path: decode(path) },
            None => Self::Agents { within: url.option(WITHIN).map(decode).unwrap_or_default() },
        }
    }

    /// Returns whether agents themselves lie there.
    pub(super) fn is_agent(&self) -> bool {
        matches!(self, Self::Agents { within } if within.is_empty())
    }

    /// Returns the path of a member of an agent; of the agent itself without one.
    pub(super) fn path(&self, agent: &AgentKey, member: &str) -> String {
        let join = |parts: &[&str]| {
            let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
            parts.join("/")
        };
        match self {
            Self::Agents { within } => {
                let member = join(&[within, member]);
                Path::ToAgent { aid: &agent.to_string(), member: &member }.to_string()
            }
            Self::Root { path } => join(&[path, member]),
        }
    }
}

/// Returns a URL without what says where on the other side something lies.
pub(super) fn without_place(url: &Endpoint) -> Endpoint {
    let text = url.to_string();
    let Some((start, options)) = text.split_once('?') else { return url.clone() };
    let is_place = |option: &&str| {
        let name = option.split('=').next().unwrap_or_default();
        name == WITHIN || name == ROOT
    };
    let options: Vec<&str> = options.split('&').filter(|option| !is_place(option)).collect();
    let text = match options.as_slice() {
        [] => start.to_owned(),
        options => format!("{start}?{}", options.join("&")),
    };
    text.parse().unwrap_or_else(|_| url.clone())
}

/// Returns the address of what the other side of a URL calls by a path.
pub(super) fn address_of(url: &Endpoint, path: &str) -> Option<Address> {
    let (agent, option) = split(path);
    let endpoint = match option {
        None => url.clone(),
        Some((name, value)) => {
            let url = url.to_string();
            let mark = if url.contains('?') { '&' } else { '?' };
            format!("{url}{mark}{name}={}", encode(value)).parse().ok()?
        }
    };
    Some(Address { node: None, endpoint: Some(endpoint), agent })
}

/// Returns the agent that a path leads to or into, and what else is needed to find the path again.
fn split(path: &str) -> (AgentKey, Option<(&'static str, &str)>) {
    if let Ok(Path::ToAgent { aid, member }) = Path::parse(path)
        && let Ok(agent) = aid.parse::<AgentKey>()
        && agent.to_string() == aid
    {
        return (agent, (!member.is_empty()).then_some((WITHIN, member)));
    }
    let root = NO_AGENT.parse().expect("it is a name");
    (AgentKey::Name(root), Some((ROOT, path)))
}

/// Writes a text so that it can be an option of a URL.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-./".contains(&byte) {
            out.push(byte.into());
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Reads what `encode` wrote.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.filter(|_| *byte == b'%');
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = &after[2..];
            }
            None => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_again_by_its_address() {
        let paths = [
            "agents/0",
            "agents/clerk",
            "agents/0/forecast/latest",
            "agents/@3",
            "agents/007",
            "agents/0/grüß dich?&=%/x",
            "child",
            "child/of child",
            "",
        ];
        for base in ["aiomas+tcp://h:1", "aiomas+tcp://h:1?codec=msgpack", "aiomas://00a1:7"] {
            for path in paths {
                let address = address_of(&base.parse().unwrap(), path).unwrap();
                let read: Address = address.to_string().parse().unwrap();
                assert_eq!(read, address);
                let place = Place::of(read.endpoint.as_ref().unwrap());
                assert_eq!(place.path(&read.agent, ""), path, "{address}");
                assert_eq!(without_place(read.endpoint.as_ref().unwrap()).to_string(), base);
            }
        }
    }

    #[test]
    fn members_are_within_the_place() {
        let path = |url: &str, member: &str| {
            let url: Endpoint = url.parse().unwrap();
            Place::of(&url).path(&AgentKey::Id(lyceum_wire::AgentId::new(0)), member)
        };
        assert_eq!(path("aiomas+tcp://h:1", "add"), "agents/0/add");
        assert_eq!(path("aiomas+tcp://h:1?path=a/b", "add"), "agents/0/a/b/add");
        assert_eq!(path("aiomas+tcp://h:1?root=", "add"), "add");
        assert_eq!(path("aiomas+tcp://h:1?root=a", "add"), "a/add");
    }
}
