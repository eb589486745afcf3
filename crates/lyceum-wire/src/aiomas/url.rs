//! URLs of agents, as aiomas writes them and as Lyceum does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::aiomas::{Codec, ParseCodecError};

/// What Lyceum puts before a URL of aiomas, to tell it from one of its own.
const PREFIX: &str = "aiomas+";

/// What stands between an agent's id and the name of the codec.
const CODEC: &str = "?codec=";

/// The address of an agent in the form of aiomas.
///
/// The forms are `tcp://host:port/aid`, `ipc://[path]/aid` and `local://queue/aid`. Hosts that are
/// IPv6 addresses are read with and without brackets, and written with them. What aiomas reads and
/// nobody can reach is refused: ports beyond 16 bits, and paths and queues without a name.
///
/// ```
/// use lyceum_wire::aiomas::{AgentUrl, Endpoint};
///
/// let url: AgentUrl = "tcp://localhost:5555/0".parse()?;
/// assert_eq!(url.endpoint, Endpoint::Tcp { host: "localhost".into(), port: 5555 });
/// assert_eq!(url.aid, "0");
/// # Ok::<(), lyceum_wire::aiomas::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentUrl {
    /// Where its container is reached.
    pub endpoint: Endpoint,
    /// The agent's id within its container.
    pub aid: String,
}

/// Where a container is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// By TCP.
    Tcp {
        /// A name, or an address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// By a Unix domain socket.
    Ipc {
        /// The socket's file.
        path: String,
    },
    /// Within the process, by the name of a queue.
    Local {
        /// The queue's name.
        queue: String,
    },
}

/// The address of an agent of aiomas in the form of Lyceum, which names the codec, too.
///
/// ```
/// use lyceum_wire::aiomas::{Codec, PeerUrl};
///
/// let url: PeerUrl = "aiomas+tcp://localhost:5555/0?codec=msgpack".parse()?;
/// assert_eq!(url.codec, Codec::MsgPack);
/// assert_eq!(url.agent.to_string(), "tcp://localhost:5555/0");
///
/// let url: PeerUrl = "aiomas+ipc://[/run/house.sock]/0".parse()?;
/// assert_eq!(url.codec, Codec::Json);
/// # Ok::<(), lyceum_wire::aiomas::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PeerUrl {
    /// Which agent is meant.
    pub agent: AgentUrl,
    /// What its container was started with.
    pub codec: Codec,
}

/// Says why a text is no URL of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The text has another form.
    #[error(
        "cannot read `{0}` as an agent's url: expected tcp://host:port/aid, ipc://[path]/aid or \
         local://queue/aid"
    )]
    Form(String),
    /// The text does not begin as Lyceum's form does.
    #[error(
        "cannot read `{0}` as an aiomas agent's url: expected aiomas+tcp://host:port/aid or \
         aiomas+ipc://[path]/aid, with ?codec=name behind it or not"
    )]
    Prefix(String),
    /// The port is no number of 16 bits.
    #[error("cannot read the port of `{0}`: expected a number from 0 to 65535")]
    Port(String),
    /// Nothing stands where the agent's id should.
    #[error("cannot read the agent's id of `{0}`: expected one behind the slash")]
    Aid(String),
    /// What stands behind the agent's id is no codec.
    #[error("cannot read the codec of `{url}`")]
    Codec {
        /// The text.
        url: String,
        /// What was expected.
        source: ParseCodecError,
    },
}

impl FromStr for AgentUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || UrlError::Form(text.into());
        let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
        let (place, aid) = match scheme {
            "ipc" => rest.strip_prefix('[').and_then(|rest| rest.split_once("]/")),
            _ => rest.split_once('/'),
        }
        .filter(|(place, _)| !place.is_empty())
        .ok_or_else(form)?;
        let endpoint = match scheme {
            "tcp" => read_tcp(place, text)?,
            "ipc" => Endpoint::Ipc { path: place.into() },
            "local" => Endpoint::Local { queue: place.into() },
            _ => return Err(form()),
        };
        if aid.is_empty() {
            return Err(UrlError::Aid(text.into()));
        }
        Ok(Self { endpoint, aid: aid.into() })
    }
}

fn read_tcp(place: &str, url: &str) -> Result<Endpoint, UrlError> {
    let form = || UrlError::Form(url.into());
    let (host, port) = place.rsplit_once(':').ok_or_else(form)?;
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = inside.unwrap_or(host);
    if host.is_empty() {
        return Err(form());
    }
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if is_number => Ok(Endpoint::Tcp { host: host.into(), port }),
        _ => Err(UrlError::Port(url.into())),
    }
}

impl FromStr for PeerUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix(PREFIX).ok_or_else(|| UrlError::Prefix(text.into()))?;
        let (agent, codec) = match rest.rsplit_once(CODEC) {
            Some((agent, codec)) => (agent, codec.parse()),
            None => (rest, Ok(Codec::default())),
        };
        let codec = codec.map_err(|source| UrlError::Codec { url: text.into(), source })?;
        Ok(Self { agent: agent.parse()?, codec })
    }
}

impl fmt::Display for AgentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Endpoint::Tcp { host, port } if host.contains(':') => {
                write!(f, "tcp://[{host}]:{port}")
            }
            Endpoint::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Endpoint::Ipc { path } => write!(f, "ipc://[{path}]"),
            Endpoint::Local { queue } => write!(f, "local://{queue}"),
        }?;
        write!(f, "/{}", self.aid)
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.agent)?;
        // An id that looks like a codec needs a real one behind it.
        if self.codec == Codec::default() && !self.agent.aid.contains(CODEC) {
            return Ok(());
        }
        write!(f, "{CODEC}{}", self.codec)
    }
}

/// Implements the conversions that serde needs.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl TryFrom<String> for $type {
            type Error = UrlError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(url: $type) -> Self {
                url.to_string()
            }
        }
    )*};
}

as_text!(AgentUrl, PeerUrl);

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Endpoint {
        Endpoint::Tcp { host: host.into(), port }
    }

    fn check(text: &str, endpoint: Endpoint, aid: &str) {
        assert_eq!(text.parse(), Ok(AgentUrl { endpoint, aid: aid.into() }), "{text}");
    }

    #[test]
    fn urls_are_read_as_aiomas_reads_them() {
        check("tcp://h:1/0", tcp("h", 1), "0");
        check("tcp://[::1]:5/a", tcp("::1", 5), "a");
        check("tcp://::1:5/0", tcp("::1", 5), "0");
        check("tcp://h:1/a/b", tcp("h", 1), "a/b");
        check("tcp://h:1/0?x", tcp("h", 1), "0?x");
        check("ipc://[a]b]/0", Endpoint::Ipc { path: "a]b".into() }, "0");
        check("ipc://[/tmp/x]/0", Endpoint::Ipc { path: "/tmp/x".into() }, "0");
        check("local://q/a/b", Endpoint::Local { queue: "q".into() }, "a/b");
    }

    #[test]
    fn urls_are_written_as_they_are_read() {
        for text in ["tcp://h:1/0", "tcp://[::1]:5/a", "ipc://[/tmp/x]/0", "local://q/0"] {
            assert_eq!(text.parse::<AgentUrl>().unwrap().to_string(), text);
            for codec in ["", "?codec=msgpack", "?codec=msgpack-blosc"] {
                let text = format!("aiomas+{text}{codec}");
                assert_eq!(text.parse::<PeerUrl>().unwrap().to_string(), text);
            }
        }
        let odd = "aiomas+tcp://h:1/a?codec=x?codec=json";
        assert_eq!(odd.parse::<PeerUrl>().unwrap().to_string(), odd);
    }

    #[test]
    fn bad_urls_say_what_was_expected() {
        let check = |text: &str, part: &str| {
            let error = text.parse::<AgentUrl>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        let forms = ["", "tcp://", "tcp://h/0", "tcp://:1/0", "tcp://[]:1/0", "tcp:/h:1/0"];
        for text in forms.into_iter().chain(["ipc://x/0", "ipc://[x]0", "ipc://[]/0"]) {
            check(text, "expected tcp://host:port/aid, ipc://[path]/aid or local://queue/aid");
        }
        for text in ["local:///0", "http://a:1/0", "TCP://h:1/0", "aiomas+tcp://h:1/0"] {
            check(text, "expected tcp://host:port/aid");
        }
        for text in ["tcp://h:x/0", "tcp://h:-1/0", "tcp://h:+1/0", "tcp://h:65536/0", "tcp://h:/0"]
        {
            check(text, "expected a number from 0 to 65535");
        }
        for text in ["tcp://h:1/", "ipc://[x]/", "local://q/"] {
            check(text, "expected one behind the slash");
        }
    }

    #[test]
    fn bad_peer_urls_say_what_was_expected() {
        let error = "tcp://h:1/0".parse::<PeerUrl>().unwrap_err().to_string();
        assert!(error.contains("expected aiomas+tcp://host:port/aid"), "{error}");
        let error = "aiomas+tcp://h:1/0?codec=xml".parse::<PeerUrl>().unwrap_err();
        assert!(matches!(error, UrlError::Codec { .. }), "{error:?}");
    }

    #[test]
    fn urls_are_texts_in_json() {
        let url: PeerUrl = "aiomas+tcp://h:1/0?codec=msgpack".parse().unwrap();
        let json = serde_json::to_string(&url).unwrap();
        assert_eq!(json, "\"aiomas+tcp://h:1/0?codec=msgpack\"");
        assert_eq!(serde_json::from_str::<PeerUrl>(&json).unwrap(), url);
    }
}
