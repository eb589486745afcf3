//! How direct connections are made.

use std::net::IpAddr;

use lyceum_wire::Endpoint;

/// Where a node listens unless its URL says otherwise: only this machine reaches it.
const LISTEN: &str = "127.0.0.1:0";

/// How direct connections are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where this side listens.
    pub(super) listen: String,
    /// Where others are told to dial, if that differs; port 0 is the one that the system chose.
    pub(super) advertise: Option<String>,
}

impl Options {
    /// Reads the options of a URL.
    pub(crate) fn read(url: &Endpoint) -> Result<Self, &'static str> {
        let listen = url.option("listen").unwrap_or(LISTEN).to_owned();
        let advertise = url.option("advertise").map(ToOwned::to_owned);
        let host = host(&listen).ok_or("listen=HOST:PORT")?;
        if advertise.as_deref().is_some_and(|address| self::host(address).is_none()) {
            return Err("advertise=HOST:PORT");
        }
        let is_private = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if !is_private && url.option("trust") != Some("network") {
            return Err("trust=network with a listen=HOST:PORT that others reach: whoever does \
                        can send anything in anybody's name");
        }
        Ok(Self { listen, advertise })
    }
}

/// Returns the host of an address. Academy splits it at the colon, and so it can have one alone.
fn host(address: &str) -> Option<&str> {
    let (host, port) = address.split_once(':')?;
    let is_fit = !host.is_empty() && port.parse::<u16>().is_ok();
    is_fit.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &str) -> Result<Options, &'static str> {
        Options::read(&format!("hybrid://h:1{options}").parse().unwrap())
    }

    #[test]
    fn nobody_listens_to_the_network_without_saying_so() {
        assert_eq!(read("").unwrap().listen, "127.0.0.1:0");
        assert!(read("?listen=0.0.0.0:0").unwrap_err().contains("trust=network"));
        assert!(read("?listen=0.0.0.0:0&trust=network").is_ok());
        for options in ["?listen=127.0.0.1", "?listen=:1", "?advertise=a:b:1", "?listen=::1:1"] {
            assert!(read(options).is_err(), "{options}");
        }
    }
}
