//! URLs of exchanges.

use lyceum_wire::Endpoint;
use lyceum_wire::academy::{Serialization, Uuid};
use lyceum_wire::{Address, AgentKey};

use super::OpenError;
use super::http::Receive;

/// The schemes of exchanges, with those of the transports that lead there, and their ports.
const SCHEMES: [(&str, &str, &str, Wire); 4] = [
    ("academy+http", "tcp", ":80", Wire::Http),
    ("academy+https", "tls", ":443", Wire::Http),
    ("exchange", "tcp", ":8700", Wire::Link),
    ("exchanges", "tls", ":8700", Wire::Link),
];

/// How an exchange is spoken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// As Academy does it, by requests of HTTP.
    Http,
    /// By a link to Lyceum's own server.
    Link,
    /// By a Redis.
    #[cfg(feature = "redis")]
    Redis(super::redis::Options),
    /// Directly, and by a Redis.
    #[cfg(feature = "hybrid")]
    Hybrid(super::redis::Options, super::hybrid::Options),
}

/// What a URL says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Server {
    /// The URL without options that only say how values go: the same for all that mean the same
    /// server.
    pub(super) base: Endpoint,
    /// Where the transport leads.
    pub(super) transport: Endpoint,
    /// What stands before each path.
    pub(super) prefix: String,
    pub(super) wire: Wire,
    /// How messages come, by HTTP.
    pub(super) receive: Receive,
    /// How values go there, and come back.
    pub(super) speech: Speech,
}

/// How the values of calls are written, and how the calls are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Speech {
    pub(super) arguments: Serialization,
    pub(super) results: Serialization,
    /// Whether all requests are durable.
    pub(super) durable: bool,
}

/// Returns what a URL says; `None` if it is none of this wire.
pub(super) fn server(url: &Endpoint) -> Option<Result<Server, OpenError>> {
    #[cfg(feature = "redis")]
    if let Some(server) = super::redis::server(url) {
        return Some(server);
    }
    let (_, transport, port, wire) = SCHEMES.into_iter().find(|scheme| scheme.0 == url.scheme())?;
    Some(read(url, transport, port, wire))
}

/// Returns whether a URL has the form of one of an exchange.
pub(super) fn is_exchange(url: &Endpoint) -> bool {
    is_scheme(url.scheme())
}

/// Returns whether an address is one at an exchange.
pub(crate) fn leads_to(address: &str) -> bool {
    address.split_once("://").is_some_and(|(scheme, _)| is_scheme(scheme))
}

fn is_scheme(scheme: &str) -> bool {
    #[cfg(feature = "redis")]
    if super::redis::is_scheme(scheme) {
        return true;
    }
    SCHEMES.iter().any(|own| own.0 == scheme)
}

/// Takes user and password out of a URL, where it has them.
#[cfg(feature = "redis")]
pub(super) fn login(url: &Endpoint) -> Option<(Endpoint, super::redis::Login)> {
    if !super::redis::is_scheme(url.scheme()) {
        return None;
    }
    let (login, location) = url.location().rsplit_once('@')?;
    let text = url.to_string();
    let (_, options) = text.split_once('?').unwrap_or_default();
    let plain = match options {
        "" => format!("{}://{location}", url.scheme()),
        options => format!("{}://{location}?{options}", url.scheme()),
    };
    Some((plain.parse().ok()?, super::redis::Login::read(login)))
}

/// Returns how values go.
pub(super) fn speech(url: &Endpoint, durable: bool) -> Result<Speech, OpenError> {
    Ok(Speech {
        arguments: serialization(url, "arguments", Serialization::Json)?,
        // Python can pickle nearly everything, and as data it is harmless.
        results: serialization(url, "results", Serialization::Pickle)?,
        durable,
    })
}

fn read(url: &Endpoint, transport: &str, port: &str, wire: Wire) -> Result<Server, OpenError> {
    let unfit = || OpenError::Url(url.to_string());
    let location = url.location().trim_end_matches('/');
    let (host, prefix) = match location.split_once('/') {
        Some((host, prefix)) => (host, format!("/{prefix}")),
        None => (location, String::new()),
    };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-._~/:@%".contains(letter);
    if host.is_empty() || !prefix.chars().all(allowed) {
        return Err(unfit());
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let host = if has_port { host.to_owned() } else { [host, port].concat() };
    let receive = match url.option("receive") {
        None | Some("stream") => Receive::Stream,
        Some("poll") if wire == Wire::Http => Receive::Poll,
        Some(_) => return Err(unknown(url, "receive=stream or receive=poll")),
    };
    Ok(Server {
        base: Endpoint::new(url.scheme(), location).ok_or_else(unfit)?,
        transport: Endpoint::new(transport, &host).ok_or_else(unfit)?,
        prefix,
        wire,
        receive,
        speech: speech(url, false)?,
    })
}

fn serialization(
    url: &Endpoint,
    option: &str,
    default: Serialization,
) -> Result<Serialization, OpenError> {
    match url.option(option) {
        None => Ok(default),
        Some("json") => Ok(Serialization::Json),
        Some("pickle") => Ok(Serialization::Pickle),
        Some(_) => Err(unknown(url, "json or pickle for arguments and results")),
    }
}

pub(super) fn unknown(url: &Endpoint, expected: &'static str) -> OpenError {
    OpenError::Option { url: Box::new(url.clone()), expected }
}

/// Reads the URL of an exchange.
pub(super) fn parse(text: &str) -> Result<Endpoint, OpenError> {
    let unfit = || OpenError::Url(text.into());
    if let Ok(endpoint) = text.parse() {
        return Ok(endpoint);
    }
    // A path is part of the location here.
    let (scheme, location) = text.split_once("://").ok_or_else(unfit)?;
    if location.contains('?') {
        return Err(unfit());
    }
    Endpoint::new(scheme, location).ok_or_else(unfit)
}

/// Returns the address of an agent on the exchange at a URL.
pub(super) fn address_of(url: &Endpoint, uid: Uuid) -> Address {
    let name = uid.to_string().parse().expect("a number of that form is a name");
    Address { node: None, endpoint: Some(url.clone()), agent: AgentKey::Name(name) }
}

/// Returns the number of the mailbox that an agent's key is; `None` if it is something else.
pub(super) fn uid_of(agent: &AgentKey) -> Option<Uuid> {
    match agent {
        AgentKey::Name(name) => Uuid::try_parse(name.as_str()).ok(),
        AgentKey::Id(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Server {
        server(&parse(url).unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_url_leads_to_a_server() {
        let one = of("academy+http://127.0.0.1:8700?results=json&receive=poll");
        assert_eq!(one.base, of("academy+http://127.0.0.1:8700").base);
        assert_eq!(one.transport.to_string(), "tcp://127.0.0.1:8700");
        assert_eq!((one.receive, one.speech.results), (Receive::Poll, Serialization::Json));
        let other = of("academy+https://exchange.example.org/v1");
        assert_eq!(other.transport.to_string(), "tls://exchange.example.org:443");
        assert_eq!(other.prefix, "/v1");
        let link = of("exchange://h");
        assert_eq!((link.transport.to_string().as_str(), link.wire), ("tcp://h:8700", Wire::Link));
    }

    #[test]
    fn what_is_no_exchange_is_refused() {
        assert!(server(&"tcp://127.0.0.1:1".parse().unwrap()).is_none());
        for url in ["academy+http://h:1?receive=push", "academy+http://h:1?results=xml"] {
            assert!(server(&url.parse().unwrap()).unwrap().is_err(), "{url}");
        }
        assert!(server(&parse("academy+http://h:1/a b").unwrap()).unwrap().is_err());
        assert!(parse("clerk").is_err());
    }

    #[test]
    fn an_address_has_the_number_of_its_mailbox() {
        let url: Endpoint = "academy+http://h:1?results=json".parse().unwrap();
        let address = address_of(&url, Uuid::from_u128(7));
        assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        assert_eq!(uid_of(&address.agent), Some(Uuid::from_u128(7)));
        assert_eq!(uid_of(&"app.Counter".parse().unwrap()), None);
    }
}
