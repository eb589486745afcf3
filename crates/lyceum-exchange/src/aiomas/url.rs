//! URLs of the aiomas wire: which transport leads there, and how aiomas writes them itself.

use std::fmt::Write;

use lyceum_wire::Endpoint;
use lyceum_wire::aiomas::{AgentUrl, Endpoint as Container};

/// What stands before the scheme of a transport.
const PREFIX: &str = "aiomas+";

/// The scheme of Unix sockets, as aiomas calls it and as transports do.
const IPC: (&str, &str) = ("ipc", "unix");

/// The scheme of TLS over TCP, which URLs of aiomas do not tell from TCP.
pub(super) const TLS: &str = "tls";

/// Returns where the transport of a URL leads; `None` if it is none of this wire.
pub(super) fn transport_of(url: &Endpoint) -> Option<Endpoint> {
    let scheme = url.scheme().strip_prefix(PREFIX)?;
    if scheme == IPC.0 {
        let path = url.location().strip_prefix('[')?.strip_suffix(']')?;
        return Endpoint::new(IPC.1, path);
    }
    Endpoint::new(scheme, url.location())
}

/// Returns the URL of a place where a transport leads, with the options of another one.
pub(super) fn url_of(transport: &Endpoint, options: &Endpoint) -> Option<Endpoint> {
    let mut text = match transport.scheme() {
        scheme if scheme == IPC.1 => format!("{PREFIX}{}://[{}]", IPC.0, transport.location()),
        scheme => format!("{PREFIX}{scheme}://{}", transport.location()),
    };
    let given = ["codec", "profile", "types"];
    let given = given.iter().filter_map(|name| Some((name, options.option(name)?)));
    for (index, (name, value)) in given.enumerate() {
        let mark = if index == 0 { '?' } else { '&' };
        // Writing to a text cannot fail.
        let _ = write!(text, "{mark}{name}={value}");
    }
    text.parse().ok()
}

/// Returns the URL of an agent as aiomas writes it.
pub(super) fn agent_url(transport: &Endpoint, aid: &str) -> Option<String> {
    let endpoint = match transport.scheme() {
        "tcp" | TLS => {
            let (host, port) = transport.location().rsplit_once(':')?;
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Container::Tcp { host: host.into(), port: port.parse().ok()? }
        }
        "unix" => Container::Ipc { path: transport.location().into() },
        _ => return None,
    };
    Some(AgentUrl { endpoint, aid: aid.into() }.to_string())
}

/// Returns the transport's endpoint of a URL of an agent, as aiomas writes it, and the agent's id.
/// It is read like the URL that a peer is reached by, which says whether TCP has TLS on it.
pub(super) fn read_agent_url(text: &str, like: &Endpoint) -> Option<(Endpoint, String)> {
    let AgentUrl { endpoint, aid } = text.parse().ok()?;
    let scheme = if like.scheme().strip_prefix(PREFIX) == Some(TLS) { TLS } else { "tcp" };
    let transport = match endpoint {
        Container::Tcp { host, port } if host.contains(':') => {
            Endpoint::new(scheme, &format!("[{host}]:{port}"))
        }
        Container::Tcp { host, port } => Endpoint::new(scheme, &format!("{host}:{port}")),
        Container::Ipc { path } => Endpoint::new("unix", &path),
        Container::Local { .. } => None,
    };
    Some((transport?, aid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_its_transport_and_back() {
        for (url, transport) in [
            ("aiomas+tcp://[::1]:5?codec=json", "tcp://[::1]:5"),
            ("aiomas+ipc://[/a/b]?profile=bare&types=A,B", "unix:///a/b"),
            ("aiomas+tls://h:1", "tls://h:1"),
        ] {
            let url: Endpoint = url.parse().unwrap();
            let found = transport_of(&url).unwrap();
            assert_eq!(found.to_string(), transport);
            assert_eq!(url_of(&found, &url).as_ref(), Some(&url));
        }
        for other in ["tcp://h:1", "aiomas://x:1", "aiomas+ipc://x"] {
            assert_eq!(transport_of(&other.parse().unwrap()), None, "{other}");
        }
    }

    #[test]
    fn urls_of_agents_are_those_of_aiomas() {
        for (url, transport, like) in [
            ("tcp://[::1]:5/a", "tcp://[::1]:5", "aiomas+tcp://h:1"),
            ("tcp://h:5/a", "tls://h:5", "aiomas+tls://h:1"),
            ("ipc://[/a/b]/a", "unix:///a/b", "aiomas+tcp://h:1"),
        ] {
            let transport: Endpoint = transport.parse().unwrap();
            assert_eq!(agent_url(&transport, "a").as_deref(), Some(url));
            let read = read_agent_url(url, &like.parse().unwrap());
            assert_eq!(read, Some((transport, "a".into())));
        }
        assert_eq!(read_agent_url("local://queue/0", &"aiomas+tcp://h:1".parse().unwrap()), None);
    }
}
