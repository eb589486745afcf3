//! What the URL of a Redis says.

use std::fmt;

use lyceum_wire::Endpoint;

use super::Keys;

/// Requests that wait in one mailbox, unless the URL says otherwise.
const QUEUE_LIMIT: usize = 16_384;

/// Bytes of one message, unless the URL says otherwise.
const MESSAGE_LIMIT: usize = 64 << 20;

/// The name that Sentinels know a group of servers by, unless the URL says otherwise.
const SERVICE: &str = "mymaster";

/// The databases that a server has at most.
const DATABASE_LIMIT: i64 = 65_536;

/// Which Redis, and how it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) servers: Servers,
    pub(crate) database: i64,
    pub(crate) keys: Keys,
    /// Requests that may wait in one mailbox.
    pub(crate) queue: usize,
    /// Bytes that one message may have.
    pub(crate) message: usize,
    /// Whether agents of Python are looked for, which takes a look at every key.
    pub(crate) scans: bool,
}

/// Where a Redis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Servers {
    One(Endpoint),
    /// These know which server is the one now.
    Sentinels {
        endpoints: Vec<Endpoint>,
        service: String,
    },
}

/// Who this side is to a Redis.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

impl Options {
    /// Reads what an endpoint says, whose location is one or more of `HOST:PORT` without a user.
    pub(crate) fn read(
        url: &Endpoint,
        transport: &str,
        is_sentinel: bool,
        keys: Keys,
    ) -> Result<Self, &'static str> {
        let servers = servers(url, transport, is_sentinel)?;
        let number = |name: &str, default: usize, limit: usize| match url.option(name) {
            None => Ok(default),
            Some(text) => match text.parse() {
                Ok(number) if (1..=limit).contains(&number) => Ok(number),
                _ => Err("queue=MESSAGES and message=BYTES, above zero"),
            },
        };
        let database = url.option("db").unwrap_or("0").parse().unwrap_or(-1);
        if !(0..DATABASE_LIMIT).contains(&database) {
            return Err("db=NUMBER");
        }
        let scans = match url.option("python") {
            None | Some("yes") => true,
            Some("no") => false,
            Some(_) => return Err("python=yes or python=no"),
        };
        Ok(Self {
            servers,
            database,
            keys,
            queue: number("queue", QUEUE_LIMIT, 1 << 30)?,
            message: number("message", MESSAGE_LIMIT, 256 << 20)?,
            scans,
        })
    }
}

fn servers(url: &Endpoint, transport: &str, is_sentinel: bool) -> Result<Servers, &'static str> {
    let default_port = if is_sentinel { 26_379 } else { 6_379 };
    let endpoint = |host: &str| {
        let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
            !name.is_empty() && !name.ends_with(':') && port.parse::<u16>().is_ok()
        });
        let host = if has_port { host.to_owned() } else { format!("{host}:{default_port}") };
        let is_fit = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
        Endpoint::new(transport, &host).filter(|_| host.chars().all(is_fit))
    };
    let hosts = url.location().split(',');
    let endpoints = hosts.map(|host| (!host.is_empty()).then(|| endpoint(host)).flatten());
    let endpoints: Option<Vec<_>> = endpoints.collect();
    let mut endpoints = endpoints.ok_or("HOST:PORT")?;
    if is_sentinel {
        let service = url.option("service").unwrap_or(SERVICE).to_owned();
        return Ok(Servers::Sentinels { endpoints, service });
    }
    match endpoints.len() {
        1 => Ok(Servers::One(endpoints.remove(0))),
        _ => Err("one HOST:PORT; several are for redis+sentinel"),
    }
}

impl Login {
    /// Reads `USER:PASSWORD`, or a password alone.
    pub(crate) fn read(text: &str) -> Self {
        match text.split_once(':') {
            Some(("", password)) => Self { user: None, password: Some(password.into()) },
            Some((user, password)) => {
                Self { user: Some(user.into()), password: Some(password.into()) }
            }
            None => Self { user: None, password: Some(text.into()) },
        }
    }
}

/// Whoever reads it does not learn anything.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}
