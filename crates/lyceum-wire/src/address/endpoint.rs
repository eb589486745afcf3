//! Endpoints: where a node is reached.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AddressError, AgentKey, LENGTH_LIMIT};
use crate::NodeId;

/// Where a node is reached: `SCHEME://LOCATION[?OPTIONS]`.
///
/// ```
/// use lyceum_wire::Endpoint;
///
/// let endpoint: Endpoint = "aiomas+tcp://127.0.0.1:5555?codec=msgpack".parse()?;
/// assert_eq!((endpoint.scheme(), endpoint.location()), ("aiomas+tcp", "127.0.0.1:5555"));
/// assert_eq!(endpoint.option("codec"), Some("msgpack"));
/// # Ok::<(), lyceum_wire::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    scheme: Arc<str>,
    location: Arc<str>,
    options: Option<Arc<str>>,
}

/// The parts of an address or an endpoint.
pub(super) struct Parts<'t> {
    pub(super) scheme: &'t str,
    pub(super) node: Option<NodeId>,
    pub(super) location: &'t str,
    options: Option<&'t str>,
    pub(super) agent: Option<&'t str>,
}

impl Endpoint {
    /// Makes an endpoint without options; `None` if the text of one part cannot be one.
    pub fn new(scheme: &str, location: &str) -> Option<Self> {
        Parts { scheme, node: None, location, options: None, agent: None }.endpoint()
    }

    /// Returns how the node is reached, as in `tcp`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns where, as in `127.0.0.1:5555`.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns an option, where it is given.
    pub fn option(&self, name: &str) -> Option<&str> {
        let pairs = self.options.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Writes the endpoint with a node and an agent of it.
    pub(super) fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        node: Option<NodeId>,
        agent: Option<&AgentKey>,
    ) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if let Some(node) = node {
            write!(f, "{node}@")?;
        }
        f.write_str(&self.location)?;
        if let Some(agent) = agent {
            write!(f, "{}{agent}", separator(&self.scheme))?;
        }
        match &self.options {
            Some(options) => write!(f, "?{options}"),
            None => Ok(()),
        }
    }
}

impl Parts<'_> {
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'+';
        let good = self.scheme.starts_with(|first: char| first.is_ascii_lowercase())
            && self.scheme.bytes().all(allowed)
            && !self.location.is_empty()
            && !self.location.contains(char::is_control);
        good.then(|| Endpoint {
            scheme: self.scheme.into(),
            location: self.location.into(),
            options: self.options.map(Into::into),
        })
    }
}

/// Returns what stands between a location and an agent.
fn separator(scheme: &str) -> char {
    if is_path(scheme) { '#' } else { '/' }
}

/// Returns whether locations of a scheme are plain paths, which have any letter.
fn is_path(scheme: &str) -> bool {
    scheme == "unix"
}

/// Takes an address apart. Whether it has an agent is for the caller to know.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = text.split_once("://")?;
    let (rest, options) = match rest.split_once('?') {
        Some((rest, options)) if !is_path(scheme) => (rest, Some(options)),
        _ => (rest, None),
    };
    let (rest, agent) = match rest.rsplit_once(separator(scheme)) {
        Some((rest, agent)) => (rest, Some(agent)),
        None => (rest, None),
    };
    let (node, location) = match rest.split_once('@') {
        Some((node, location)) if node.parse::<NodeId>().is_ok() => (node.parse().ok(), location),
        _ => (None, rest),
    };
    Some(Parts { scheme, node, location, options, agent })
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None, None)
    }
}

impl FromStr for Endpoint {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LENGTH_LIMIT {
            return Err(AddressError::Length(text.len()));
        }
        let form = || AddressError::Endpoint(text.into());
        let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
        let (location, options) = match rest.split_once('?') {
            Some((location, options)) if !is_path(scheme) => (location, Some(options)),
            _ => (rest, None),
        };
        // The location of an aiomas socket is a path in brackets; of others it has no slash.
        let whole = is_path(scheme) || location.starts_with('[') || !location.contains('/');
        let parts = Parts { scheme, node: None, location, options, agent: None };
        parts.endpoint().filter(|_| whole).ok_or_else(form)
    }
}

impl TryFrom<String> for Endpoint {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_reads_back_what_it_wrote() {
        for text in ["tcp://[::1]:80", "unix:///run/a?b", "aiomas+ipc://[/a/b]?codec=json"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_endpoint_with_an_agent_is_refused() {
        let error = "tcp://127.0.0.1:80/clerk".parse::<Endpoint>().unwrap_err().to_string();
        assert!(error.contains("expected SCHEME://LOCATION, as in"), "{error}");
    }
}
