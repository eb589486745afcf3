//! URLs of a Redis, and of the exchange that uses one beside direct connections.

use lyceum_wire::Endpoint;

use super::{Keys, Options};
use crate::academy::OpenError;
use crate::academy::http::Receive;
use crate::academy::url::{Server, Wire, speech, unknown};

/// The schemes, with that of the transport, and whether Sentinels are there.
const SCHEMES: [(&str, &str, bool); 4] = [
    ("redis", "tcp", false),
    ("rediss", "tls", false),
    ("redis+sentinel", "tcp", true),
    ("rediss+sentinel", "tls", true),
];

/// The same for the hybrid exchange.
#[cfg(feature = "hybrid")]
const HYBRIDS: [(&str, &str, bool); 4] = [
    ("hybrid", "tcp", false),
    ("hybrids", "tls", false),
    ("hybrid+sentinel", "tcp", true),
    ("hybrids+sentinel", "tls", true),
];

/// Returns whether URLs with a scheme lead to a Redis.
pub(crate) fn is_scheme(scheme: &str) -> bool {
    find(scheme).is_some()
}

/// Returns the transport, whether there are Sentinels, and whether there are direct connections.
fn find(scheme: &str) -> Option<(&'static str, bool, bool)> {
    let of = |schemes: &[(&str, &'static str, bool)], is_hybrid| {
        let found = schemes.iter().find(|own| own.0 == scheme)?;
        Some((found.1, found.2, is_hybrid))
    };
    let found = of(&SCHEMES, false);
    #[cfg(feature = "hybrid")]
    let found = found.or_else(|| of(&HYBRIDS, true));
    found
}

/// Returns what a URL says; `None` if it leads to no Redis.
pub(crate) fn server(url: &Endpoint) -> Option<Result<Server, OpenError>> {
    let (transport, is_sentinel, is_hybrid) = find(url.scheme())?;
    Some(read(url, transport, is_sentinel, is_hybrid))
}

fn read(
    url: &Endpoint,
    transport: &str,
    is_sentinel: bool,
    is_hybrid: bool,
) -> Result<Server, OpenError> {
    let unfit = |expected| unknown(url, expected);
    let namespace = url.option("namespace").unwrap_or("default");
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if namespace.is_empty() || !namespace.chars().all(is_fit) {
        return Err(unfit("namespace=NAME of letters, digits, `-`, `_` and `.`"));
    }
    let keys = if is_hybrid { Keys::Hybrid(namespace.into()) } else { Keys::Redis };
    let options = Options::read(url, transport, is_sentinel, keys).map_err(unfit)?;
    let durable = match url.option("delivery") {
        None | Some("tracked") => false,
        Some("durable") => true,
        Some(_) => return Err(unfit("delivery=tracked or delivery=durable")),
    };
    let first = match &options.servers {
        super::Servers::One(endpoint) => endpoint.clone(),
        super::Servers::Sentinels { endpoints, .. } => endpoints[0].clone(),
    };
    Ok(Server {
        base: base(url, &options, is_hybrid, namespace).ok_or_else(|| unfit("HOST:PORT"))?,
        wire: wire(url, options, is_hybrid)?,
        transport: first,
        prefix: String::new(),
        receive: Receive::default(),
        speech: speech(url, durable)?,
    })
}

#[cfg_attr(not(feature = "hybrid"), expect(unused_variables, reason = "one kind needs it"))]
fn wire(url: &Endpoint, options: Options, is_hybrid: bool) -> Result<Wire, OpenError> {
    #[cfg(feature = "hybrid")]
    if is_hybrid {
        let direct = crate::academy::hybrid::Options::read(url);
        let direct = direct.map_err(|expected| unknown(url, expected))?;
        return Ok(Wire::Hybrid(options, direct));
    }
    Ok(Wire::Redis(options))
}

/// Returns the URL with the options alone that mean another place.
fn base(url: &Endpoint, options: &Options, is_hybrid: bool, namespace: &str) -> Option<Endpoint> {
    let mut parts = Vec::new();
    if options.database != 0 {
        parts.push(format!("db={}", options.database));
    }
    if let super::Servers::Sentinels { service, .. } = &options.servers {
        parts.push(format!("service={service}"));
    }
    if is_hybrid && url.option("namespace").is_some() {
        parts.push(format!("namespace={namespace}"));
    }
    let separator = if parts.is_empty() { "" } else { "?" };
    let place = format!("{}://{}", url.scheme(), url.location());
    format!("{place}{separator}{}", parts.join("&")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::academy::redis::Servers;
    use crate::academy::url::login;

    fn of(url: &str) -> Server {
        server(&url.parse().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn a_url_leads_to_a_server_or_to_those_who_know_it() {
        let one = of("redis://h?db=3&queue=7&delivery=durable");
        assert_eq!(one.transport.to_string(), "tcp://h:6379");
        assert!(one.speech.durable);
        let Wire::Redis(options) = one.wire else { panic!("{one:?}") };
        assert_eq!((options.database, options.queue), (3, 7));
        assert_ne!(of("redis://h").base, of("redis://h?db=3").base);
        assert_eq!(of("redis://h").base, of("redis://h?results=json").base);
        let two = of("rediss+sentinel://a:1,b?service=main");
        let Wire::Redis(Options { servers, .. }) = two.wire else { panic!("{two:?}") };
        let endpoints = ["tls://a:1", "tls://b:26379"].map(|text| text.parse().unwrap()).to_vec();
        assert_eq!(servers, Servers::Sentinels { endpoints, service: "main".into() });
    }

    #[test]
    fn what_is_no_redis_is_refused() {
        let refused = ["redis://a,b", "redis://h?db=-1", "redis://h?queue=0", "redis://h?python=x"];
        for url in refused {
            assert!(server(&url.parse().unwrap()).unwrap().is_err(), "{url}");
        }
        assert!(server(&"tcp://h:1".parse().unwrap()).is_none());
    }

    #[test]
    fn user_and_password_are_taken_out_and_never_shown() {
        let url: Endpoint = "rediss://ada:s@crt@h:1?db=2".parse().unwrap();
        let (plain, login) = login(&url).unwrap();
        assert_eq!(plain.to_string(), "rediss://h:1?db=2");
        assert_eq!(login, super::super::Login::read("ada:s@crt"));
        assert_eq!(format!("{login:?}"), "Login { .. }");
    }
}
