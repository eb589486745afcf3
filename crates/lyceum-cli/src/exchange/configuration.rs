//! What a server is told: by options, then the environment, then a file, then defaults.

mod keys;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use lyceum::network::mailbox::{Delivery, Limits};
use lyceum::network::server::{DepotSettings, OidcSettings, Rights, ServerSettings, Which};
use serde::{Deserialize, Serialize};

use crate::exchange::{DATA, tokens_in};
use crate::trouble::Trouble;

/// Where a server listens, unless it is told otherwise: the port of Academy's exchange.
const LISTEN: &str = "127.0.0.1:8700";

/// The folder of large data, within that of everything.
const BLOBS: &str = "blobs";

/// Options of a server. Each is taken from the command line, else from the environment, else from
/// the file, else it has a default.
#[derive(Args, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// A file in TOML with these options
    #[arg(long, env = "LYCEUM_EXCHANGE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Reads everything, prints what is set, and does not serve
    #[arg(long)]
    #[serde(skip)]
    check: bool,
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
    /// The certificate to show to clients, which then must talk TLS; a file in PEM
    #[arg(long, env = "LYCEUM_EXCHANGE_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The key of that certificate; a file in PEM
    #[arg(long, env = "LYCEUM_EXCHANGE_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Let in only clients with a certificate of this authority; a file in PEM
    #[arg(long, env = "LYCEUM_EXCHANGE_TLS_CLIENTS", value_name = "FILE")]
    tls_clients: Option<PathBuf>,
    /// Let in who has a token of this OpenID Connect issuer, which is named exactly as in tokens
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_ISSUER", value_name = "URL")]
    oidc_issuer: Option<String>,
    /// Whom such a token must be for: the name that this server has at the issuer
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_AUDIENCE", value_name = "NAME")]
    oidc_audience: Option<String>,
    /// Where the issuer's keys are [default: where its own description says]
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_KEYS", value_name = "URL")]
    oidc_keys: Option<String>,
    /// The authority that signed the issuer's certificate; a file in PEM [default: the system's]
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_AUTHORITY", value_name = "FILE")]
    oidc_authority: Option<PathBuf>,
    /// The claim that lists the groups that somebody is in [default: groups]
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_GROUPS", value_name = "CLAIM")]
    oidc_groups: Option<String>,
    /// What a token without scopes of this server allows [default: nothing]
    #[arg(long, env = "LYCEUM_EXCHANGE_OIDC_WITHOUT_SCOPES")]
    oidc_without_scopes: Option<Unscoped>,
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
    /// Bytes of all large data that is kept beside the mailboxes [default: 274877906944]
    #[arg(long, env = "LYCEUM_EXCHANGE_BLOB_BYTES", value_name = "BYTES")]
    blob_bytes: Option<u64>,
    /// Bytes of the large data of one owner [default: 68719476736]
    #[arg(long, env = "LYCEUM_EXCHANGE_BLOB_BYTES_PER_OWNER", value_name = "BYTES")]
    blob_bytes_per_owner: Option<u64>,
    /// Seconds that large data is kept whose sender does not say [default: 86400]
    #[arg(long, env = "LYCEUM_EXCHANGE_BLOB_TIME", value_name = "SECONDS")]
    blob_time: Option<u32>,
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

#[derive(Clone, Copy, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Unscoped {
    /// It lets in, and allows nothing
    Nothing,
    /// Everything with mailboxes of one's own and those shared with one's groups
    Own,
}

#[derive(Clone, Copy, Deserialize, Serialize, ValueEnum)]
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
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) oidc: Option<OidcSettings>,
    pub(crate) limits: Limits,
    pub(crate) server: ServerSettings,
}

/// What the server talks TLS with.
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) clients: Option<PathBuf>,
}

impl Options {
    /// Returns whether nothing is to be served.
    pub(crate) fn is_check(&self) -> bool {
        self.check
    }

    /// Takes from the file, if there is one, what is not said otherwise.
    pub(crate) fn with_file(self) -> Result<Self, Trouble> {
        match &self.config {
            None => Ok(self),
            Some(path) => {
                let file = Self::read(path)?;
                Ok(self.or(file))
            }
        }
    }

    fn read(path: &Path) -> Result<Self, Trouble> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Trouble(format!("cannot read {shown}: {error}")))?;
        let wrong = |error: toml::de::Error| Trouble(format!("cannot use {shown}: {error}"));
        let table: toml::Table = toml::from_str(&text).map_err(wrong)?;
        if let Some(unknown) = table.keys().find(|key| !keys::all().contains(key)) {
            let advice = keys::advice(unknown);
            return Err(Trouble(format!(
                "cannot use {shown}: there is no key `{unknown}`{advice}"
            )));
        }
        toml::from_str(&text).map_err(wrong)
    }

    /// Returns names in the environment that are likely to be mistakes, with what was meant.
    pub(crate) fn mistakes() -> Vec<(String, String)> {
        keys::strange(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
    }

    /// Returns all that is set, as a file would have it.
    pub(crate) fn to_toml(&self) -> lyceum::Result<String> {
        Ok(toml::to_string(self)?)
    }

    fn tls(&self) -> Result<Option<TlsFiles>, Trouble> {
        let clients = self.tls_clients.clone();
        match (self.tls_certificate.clone(), self.tls_key.clone()) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key, clients })),
            (None, None) if clients.is_none() => Ok(None),
            (None, _) => Err(Trouble("for TLS, tls-certificate is missing".to_owned())),
            (_, None) => Err(Trouble("for TLS, tls-key is missing".to_owned())),
        }
    }

    fn oidc(&self) -> Result<Option<OidcSettings>, Trouble> {
        let has_more = self.oidc_audience.is_some()
            || self.oidc_keys.is_some()
            || self.oidc_authority.is_some()
            || self.oidc_groups.is_some()
            || self.oidc_without_scopes.is_some();
        let Some(issuer) = &self.oidc_issuer else {
            let missing = || Trouble("for tokens of an issuer, oidc-issuer is missing".to_owned());
            return if has_more { Err(missing()) } else { Ok(None) };
        };
        let missing = || Trouble("for tokens of an issuer, oidc-audience is missing".to_owned());
        let mut settings =
            OidcSettings::new(issuer, self.oidc_audience.as_ref().ok_or_else(missing)?);
        settings.keys.clone_from(&self.oidc_keys);
        settings.authority.clone_from(&self.oidc_authority);
        if let Some(claim) = &self.oidc_groups {
            settings.groups.clone_from(claim);
        }
        if let Some(Unscoped::Own) = self.oidc_without_scopes {
            let own = || Which::Own;
            settings.without_scopes = Rights { read: own(), write: own(), administer: own() };
        }
        Ok(Some(settings))
    }

    fn or(self, file: Self) -> Self {
        Self {
            config: self.config,
            check: self.check,
            listen: self.listen.or(file.listen),
            data: self.data.or(file.data),
            memory: self.memory.or(file.memory),
            tokens: self.tokens.or(file.tokens),
            tls_certificate: self.tls_certificate.or(file.tls_certificate),
            tls_key: self.tls_key.or(file.tls_key),
            tls_clients: self.tls_clients.or(file.tls_clients),
            oidc_issuer: self.oidc_issuer.or(file.oidc_issuer),
            oidc_audience: self.oidc_audience.or(file.oidc_audience),
            oidc_keys: self.oidc_keys.or(file.oidc_keys),
            oidc_authority: self.oidc_authority.or(file.oidc_authority),
            oidc_groups: self.oidc_groups.or(file.oidc_groups),
            oidc_without_scopes: self.oidc_without_scopes.or(file.oidc_without_scopes),
            delivery: self.delivery.or(file.delivery),
            message_bytes: self.message_bytes.or(file.message_bytes),
            mailbox_messages: self.mailbox_messages.or(file.mailbox_messages),
            mailbox_bytes: self.mailbox_bytes.or(file.mailbox_bytes),
            mailboxes: self.mailboxes.or(file.mailboxes),
            deliveries: self.deliveries.or(file.deliveries),
            stale_after: self.stale_after.or(file.stale_after),
            blob_bytes: self.blob_bytes.or(file.blob_bytes),
            blob_bytes_per_owner: self.blob_bytes_per_owner.or(file.blob_bytes_per_owner),
            blob_time: self.blob_time.or(file.blob_time),
            connections: self.connections.or(file.connections),
            rate: self.rate.or(file.rate),
            listen_timeout: self.listen_timeout.or(file.listen_timeout),
            grace: self.grace.or(file.grace),
        }
    }

    /// Returns what a server does that is told this, and the defaults for the rest.
    pub(crate) fn configuration(self) -> Result<Configuration, Trouble> {
        let (tls, oidc) = (self.tls()?, self.oidc()?);
        let (limits, server) = (Limits::default(), ServerSettings::default());
        let seconds = |given: Option<u32>, default: Duration| {
            given.map_or(default, |seconds| Duration::from_secs(seconds.into()))
        };
        let data = self.data.unwrap_or_else(|| DATA.into());
        let in_memory = self.memory.unwrap_or_default();
        let depot = DepotSettings::at(data.join(BLOBS));
        let depot = DepotSettings {
            bytes: self.blob_bytes.unwrap_or(depot.bytes),
            bytes_per_owner: self.blob_bytes_per_owner.unwrap_or(depot.bytes_per_owner),
            kept: seconds(self.blob_time, depot.kept),
            ..depot
        };
        Ok(Configuration {
            tls,
            oidc,
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
                depot: (!in_memory).then_some(depot),
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
        })
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

        let resolved = resolved.ok().unwrap();
        assert_eq!((resolved.server.rate, resolved.limits.deliveries), (9, 2));
        assert_eq!(resolved.server.delivery, Delivery::Durable);
        assert!(resolved.in_memory);
        assert_eq!(resolved.listen.to_string(), LISTEN);
        assert_eq!(resolved.tokens, PathBuf::from("lyceum-exchange/tokens.json"));
        assert!(resolved.tls.is_none() && resolved.oidc.is_none());
    }

    #[test]
    fn large_data_is_bounded_as_was_said_and_not_kept_in_memory() {
        let line = ["--blob-bytes", "5000", "--blob-bytes-per-owner", "700", "--blob-time", "60"];
        let depot = options(&line).configuration().ok().unwrap().server.depot.unwrap();
        assert_eq!((depot.bytes, depot.bytes_per_owner), (5000, 700));
        assert_eq!(
            (depot.kept, depot.folder),
            (Duration::from_secs(60), "lyceum-exchange/blobs".into())
        );
        assert!(options(&["--memory"]).configuration().ok().unwrap().server.depot.is_none());
    }

    #[test]
    fn what_is_set_is_read_again_as_it_was_written() {
        let set = options(&["--oidc-issuer", "https://login", "--rate", "9", "--memory"]);
        let text = set.to_toml().unwrap();
        assert_eq!(text, "memory = true\noidc-issuer = \"https://login\"\nrate = 9\n");
        assert_eq!(toml::from_str::<Options>(&text).unwrap().to_toml().unwrap(), text);
    }

    #[test]
    fn halves_of_tls_and_of_issuers_are_refused() {
        for (line, missing) in [
            (&["--tls-key", "k"][..], "tls-certificate"),
            (&["--tls-certificate", "c"], "tls-key"),
            (&["--tls-clients", "a"], "tls-certificate"),
            (&["--oidc-issuer", "https://login"], "oidc-audience"),
            (&["--oidc-audience", "lyceum"], "oidc-issuer"),
            (&["--oidc-groups", "roles"], "oidc-issuer"),
        ] {
            let error = options(line).configuration().err().unwrap().to_string();
            assert!(error.ends_with(&format!("{missing} is missing")), "{line:?}: {error}");
        }
    }
}
