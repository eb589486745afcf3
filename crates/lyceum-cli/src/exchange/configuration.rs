//! What a server is told: by options, then the environment, then a file, then defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lyceum::network::mailbox::{Delivery, Limits};
use lyceum::network::server::{DepotSettings, ServerSettings};
use serde::Deserialize;

use crate::exchange::{DATA, tokens_in};
use crate::trouble::Trouble;

/// Where a server listens, unless it is told otherwise: the port of Academy's exchange.
const LISTEN: &str = "127.0.0.1:8700";

/// The folder of large data, within that of everything.
const BLOBS: &str = "blobs";

/// Options of a server. Each is taken from the command line, else from the environment, else from
/// the file, else it has a default.
#[derive(Args, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// A file in TOML with these options
    #[arg(long, env = "LYCEUM_EXCHANGE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Where to listen; beyond this machine only with tokens [default: 127.0.0.1:8700]
    #[arg(long, env = "LYCEUM_EXCHANGE_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The folder that everything is kept in [default: lyceum-exchange]
    #[arg(long, env = "LYCEUM_EXCHANGE_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Keep mailboxes in memory alone
    #[arg(long, env = "LYCEUM_EXCHANGE_MEMORY", num_args = 0..=1, default_missing_value = "true")]
    memory: Option<bool>,
    /// The file of tokens; where it exists nobody gets in without one [default: tokens.json in the
    /// folder]
    #[arg(long, env = "LYCEUM_EXCHANGE_TOKENS", value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// What is promised about messages whose sender does not say [default: tracked]
    #[arg(long, env = "LYCEUM_EXCHANGE_DELIVERY")]
    delivery: Option<DeliveryName>,
    /// Bytes of one message [default: 524288]
    #[arg(long, env = "LYCEUM_EXCHANGE_MESSAGE_BYTES", value_name = "BYTES")]
    message_bytes: Option<u64>,
    /// Messages that wait in one mailbox [default: 1024]
    #[arg(long, env = "LYCEUM_EXCHANGE_MAILBOX_MESSAGES", value_name = "COUNT")]
    mailbox_messages: Option<usize>,
    /// Bytes of the messages that wait in one mailbox [default: 16777216]
    #[arg(long, env = "LYCEUM_EXCHANGE_MAILBOX_BYTES", value_name = "BYTES")]
    mailbox_bytes: Option<u64>,
    /// Mailboxes of one owner [default: 100000]
    #[arg(long, env = "LYCEUM_EXCHANGE_MAILBOXES", value_name = "COUNT")]
    mailboxes: Option<usize>,
    /// How often a durable message is delivered before it is a dead letter [default: 5]
    #[arg(long, env = "LYCEUM_EXCHANGE_DELIVERIES", value_name = "COUNT")]
    deliveries: Option<u32>,
    /// Seconds without a sign of life after which an agent counts as gone [default: 90]
    #[arg(long, env = "LYCEUM_EXCHANGE_STALE_AFTER", value_name = "SECONDS")]
    stale_after: Option<u32>,
    /// Connections at a time [default: 12000]
    #[arg(long, env = "LYCEUM_EXCHANGE_CONNECTIONS", value_name = "COUNT")]
    connections: Option<usize>,
    /// Requests of one principal in a second [default: 20000]
    #[arg(long, env = "LYCEUM_EXCHANGE_RATE", value_name = "COUNT")]
    rate: Option<u32>,
    /// The longest time, in seconds, that clients may ask to wait for messages [default: 60]
    #[arg(long, env = "LYCEUM_EXCHANGE_LISTEN_TIMEOUT", value_name = "SECONDS")]
    listen_timeout: Option<u32>,
    /// Seconds that open requests may take at the end [default: 10]
    #[arg(long, env = "LYCEUM_EXCHANGE_GRACE", value_name = "SECONDS")]
    grace: Option<u32>,
}

#[derive(Clone, Copy, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum DeliveryName {
    /// At most once, and the caller gets an outcome
    Tracked,
    /// Again until it is answered; accepted means on disk
    Durable,
}

/// What a server does.
pub(crate) struct Configuration {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) in_memory: bool,
    pub(crate) tokens: PathBuf,
    /// Whether the tokens must be there.
    pub(crate) tokens_are_named: bool,
    pub(crate) limits: Limits,
    pub(crate) server: ServerSettings,
}

impl Options {
    /// Reads the file, if there is one, for what is not said otherwise.
    pub(crate) fn resolve(self) -> lyceum::Result<Configuration> {
        let file = match &self.config {
            None => Self::default(),
            Some(path) => {
                let shown = path.display();
                let text = std::fs::read_to_string(path)
                    .map_err(|error| Trouble(format!("cannot read {shown}: {error}")))?;
                toml::from_str(&text)
                    .map_err(|error| Trouble(format!("cannot use {shown}: {error}")))?
            }
        };
        Ok(self.or(file).configuration())
    }

    fn or(self, file: Self) -> Self {
        Self {
            config: None,
            listen: self.listen.or(file.listen),
            data: self.data.or(file.data),
            memory: self.memory.or(file.memory),
            tokens: self.tokens.or(file.tokens),
            delivery: self.delivery.or(file.delivery),
            message_bytes: self.message_bytes.or(file.message_bytes),
            mailbox_messages: self.mailbox_messages.or(file.mailbox_messages),
            mailbox_bytes: self.mailbox_bytes.or(file.mailbox_bytes),
            mailboxes: self.mailboxes.or(file.mailboxes),
            deliveries: self.deliveries.or(file.deliveries),
            stale_after: self.stale_after.or(file.stale_after),
            connections: self.connections.or(file.connections),
            rate: self.rate.or(file.rate),
            listen_timeout: self.listen_timeout.or(file.listen_timeout),
            grace: self.grace.or(file.grace),
        }
    }

    fn configuration(self) -> Configuration {
        let (limits, server) = (Limits::default(), ServerSettings::default());
        let seconds = |given: Option<u32>, default: Duration| {
            given.map_or(default, |seconds| Duration::from_secs(seconds.into()))
        };
        let data = self.data.unwrap_or_else(|| DATA.into());
        let in_memory = self.memory.unwrap_or_default();
        Configuration {
            listen: self.listen.unwrap_or_else(|| LISTEN.parse().expect("it is an address")),
            in_memory,
            tokens_are_named: self.tokens.is_some(),
            tokens: self.tokens.unwrap_or_else(|| tokens_in(&data)),
            limits: Limits {
                message: self.message_bytes.unwrap_or(limits.message),
                messages_per_mailbox: self.mailbox_messages.unwrap_or(limits.messages_per_mailbox),
                bytes_per_mailbox: self.mailbox_bytes.unwrap_or(limits.bytes_per_mailbox),
                mailboxes_per_owner: self.mailboxes.unwrap_or(limits.mailboxes_per_owner),
                deliveries: self.deliveries.unwrap_or(limits.deliveries),
                stale: seconds(self.stale_after, limits.stale),
                ..limits
            },
            server: ServerSettings {
                depot: (!in_memory).then(|| DepotSettings::at(data.join(BLOBS))),
                delivery: match self.delivery {
                    Some(DeliveryName::Durable) => Delivery::Durable,
                    Some(DeliveryName::Tracked) | None => Delivery::Tracked,
                },
                connections: self.connections.unwrap_or(server.connections),
                rate: self.rate.unwrap_or(server.rate),
                listen_timeout: seconds(self.listen_timeout, server.listen_timeout),
                grace: seconds(self.grace, server.grace),
                ..server
            },
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn options(line: &[&str]) -> Options {
        Line::parse_from([&["serve"], line].concat()).options
    }

    #[test]
    fn the_command_line_comes_before_the_file_and_that_before_defaults() {
        let file: Options =
            toml::from_str("rate = 7\ndeliveries = 2\ndelivery = \"durable\"").unwrap();
        let resolved = options(&["--rate", "9", "--memory"]).or(file).configuration();

        assert_eq!((resolved.server.rate, resolved.limits.deliveries), (9, 2));
        assert_eq!(resolved.server.delivery, Delivery::Durable);
        assert!(resolved.in_memory);
        assert_eq!(resolved.listen.to_string(), LISTEN);
        assert_eq!(resolved.tokens, PathBuf::from("lyceum-exchange/tokens.json"));
    }

    #[test]
    fn a_file_with_what_is_not_known_is_refused() {
        let error = toml::from_str::<Options>("rat = 7").err().unwrap().to_string();
        assert!(error.contains("unknown field `rat`"), "{error}");
    }
}
