//! Requests to a server, for commands that make one and end.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use clap::Args;

use crate::trouble::Trouble;

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest answer that is read.
const LONGEST: u64 = 64 << 20;

/// Which server, and in whose name.
#[derive(Args)]
pub(crate) struct Target {
    /// The server
    #[arg(long, env = "LYCEUM_EXCHANGE_URL", default_value = "http://127.0.0.1:8700")]
    url: String,
    /// A token that administers the mailboxes; better given by the environment, which others on
    /// this machine do not see
    #[arg(long, env = "LYCEUM_EXCHANGE_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

impl Target {
    /// Makes a request and returns the text of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str) -> lyceum::Result<String> {
        let host = self.url.strip_prefix("http://").map(|host| host.trim_end_matches('/'));
        let host =
            host.ok_or_else(|| Trouble(format!("`{}` does not begin with http://", self.url)))?;
        let failed = |error| Trouble(format!("cannot reach {}: {error}", self.url));
        let address = host.to_socket_addrs().map_err(failed)?.next();
        let address = address.ok_or_else(|| Trouble(format!("`{host}` is no address")))?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let token = match &self.token {
            Some(token) => format!("authorization: Bearer {token}\r\n"),
            None => String::new(),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: 0\r\n{token}\r\n"
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.take(LONGEST).read_to_string(&mut answer).map_err(failed)?;
        let (head, text) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| Trouble("the answer is not whole".to_owned()))?;
        match head.split(' ').nth(1) {
            Some("200") => Ok(text.to_owned()),
            status => {
                let status = status.unwrap_or("no status");
                Err(Trouble(format!("{} ({status})", text.trim())).into())
            }
        }
    }
}
