//! What a server takes.

use std::time::Duration;

use crate::mailbox::Delivery;
use crate::server::DepotSettings;

/// Bounds and choices of a server.
///
/// ```
/// use lyceum_exchange::server::ServerSettings;
///
/// let settings = ServerSettings { connections: 100, ..ServerSettings::default() };
/// assert_eq!(settings.listen_timeout.as_secs(), 60);
/// ```
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Connections at a time; more are closed at once.
    pub connections: usize,
    /// How long a connection may take to send the next request's head, idle time included.
    pub idle: Duration,
    /// How long a client may take to send a body.
    pub body: Duration,
    /// How long a client may read nothing of what was sent to it.
    pub stall: Duration,
    /// The longest time that a client may ask to wait for messages.
    pub listen_timeout: Duration,
    /// How often a stream without messages shows that it is alive.
    pub ping: Duration,
    /// How long a sender waits for room in a mailbox.
    pub room: Duration,
    /// Requests of one principal in a second.
    pub rate: u32,
    /// What is promised about messages whose sender does not say.
    pub delivery: Delivery,
    /// How long open requests may take when the server ends.
    pub grace: Duration,
    /// How long the program of a link that is gone may take to come back before its mailboxes count
    /// as left.
    pub resume: Duration,
    /// How often what has expired is looked for.
    pub sweep: Duration,
    /// Where large data is kept, and how much; the server keeps none unless this is set.
    pub depot: Option<DepotSettings>,
    /// Names under which the server may be called without credentials, besides this machine's own.
    pub hosts: Vec<String>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            connections: 12_000,
            idle: Duration::from_secs(30),
            body: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            listen_timeout: Duration::from_secs(60),
            ping: Duration::from_secs(15),
            room: Duration::from_secs(5),
            rate: 20_000,
            delivery: Delivery::Tracked,
            grace: Duration::from_secs(10),
            resume: Duration::from_secs(3),
            sweep: Duration::from_secs(1),
            depot: None,
            hosts: Vec::new(),
        }
    }
}
