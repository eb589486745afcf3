//! Limits and choices of a network.

use std::time::Duration;

use lyceum_wire::link::{BYTE_WINDOW, CALL_WINDOW, HEARTBEAT, Hello, MESSAGE_LIMIT, Token};
use lyceum_wire::{CodecKind, Compression, Endpoint, NodeId};

use crate::transport::attentive::LOOKING;

/// How long a thread looks at most: other tasks of its runtime wait meanwhile.
const LONGEST_LOOKING: Duration = Duration::from_millis(10);

/// Limits and choices of a network.
///
/// ```
/// use std::time::Duration;
///
/// use lyceum_exchange::Settings;
///
/// let settings = Settings::default().heartbeat(Duration::from_secs(1)).channels(64);
/// # let _ = settings;
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) codecs: Vec<CodecKind>,
    pub(crate) compressions: Vec<Compression>,
    pub(crate) message_limit: u64,
    pub(crate) call_window: u32,
    pub(crate) byte_window: u64,
    pub(crate) heartbeat: Duration,
    pub(crate) token: Option<Token>,
    pub(crate) advertised: Vec<Endpoint>,
    #[cfg(feature = "tls")]
    pub(crate) certificates: Option<crate::Certificates>,
    pub(crate) conducted: bool,
    pub(crate) channels: usize,
    pub(crate) dial_limit: Duration,
    pub(crate) shortest_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) looking: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            codecs: CodecKind::built_in().collect(),
            compressions: Vec::new(),
            message_limit: MESSAGE_LIMIT,
            call_window: CALL_WINDOW,
            byte_window: BYTE_WINDOW,
            heartbeat: HEARTBEAT,
            token: None,
            advertised: Vec::new(),
            #[cfg(feature = "tls")]
            certificates: None,
            conducted: false,
            channels: 1024,
            dial_limit: Duration::from_secs(10),
            shortest_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(10),
            looking: LOOKING,
        }
    }
}

impl Settings {
    /// Offers these codecs, the dearest first; all that the program was built with unless set.
    pub fn codecs(mut self, codecs: impl IntoIterator<Item = CodecKind>) -> Self {
        self.codecs = codecs.into_iter().collect();
        self
    }

    /// Compresses with one of these where the other node wants it, too; not unless set.
    pub fn compressions(mut self, kinds: impl IntoIterator<Item = Compression>) -> Self {
        self.compressions = kinds.into_iter().collect();
        self
    }

    /// Takes encoded values of at most so many bytes; 256 MiB unless set.
    pub fn message_limit(mut self, bytes: u64) -> Self {
        self.message_limit = bytes;
        self
    }

    /// Takes on so many calls of one other node at once; 4,096 unless set.
    pub fn call_window(mut self, calls: u32) -> Self {
        self.call_window = calls.max(1);
        self
    }

    /// Takes on calls of so many bytes of one other node at once; 64 MiB unless set.
    pub fn byte_window(mut self, bytes: u64) -> Self {
        self.byte_window = bytes;
        self
    }

    /// Asks for a sign of life so often; every 5 s unless set. A channel without one for three
    /// times as long is lost.
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = every;
        self
    }

    /// Shows this secret to other nodes, and asks the same of them.
    pub fn token(mut self, secret: impl Into<String>) -> Self {
        self.token = Some(Token::new(secret));
        self
    }

    /// Tells others that the node is reached there, the best first, besides where it listens: for
    /// one that listens on all addresses of its machine, or behind a gateway.
    pub fn advertise(mut self, endpoint: Endpoint) -> Self {
        self.advertised.push(endpoint);
        self
    }

    /// Lets the node use `tls://HOST:PORT`, with certificates on both sides.
    #[cfg(feature = "tls")]
    pub fn certificates(mut self, certificates: crate::Certificates) -> Self {
        self.certificates = Some(certificates);
        self
    }

    /// Lets other nodes set the time of this one's external clock; not unless set.
    pub fn conducted(mut self) -> Self {
        self.conducted = true;
        self
    }

    /// Has channels to at most so many nodes; 1,024 unless set.
    pub fn channels(mut self, limit: usize) -> Self {
        self.channels = limit;
        self
    }

    /// Gives a connection so long to be made; 10 s unless set.
    pub fn dial_limit(mut self, limit: Duration) -> Self {
        self.dial_limit = limit;
        self
    }

    /// Has a thread that sent something look for the answer so long before it goes to sleep, if
    /// that helped lately; 100 µs unless set, and zero for never.
    ///
    /// An answer within this time comes without the tens of microseconds that it takes to wake a
    /// thread. The price is processor time while calls go one after the other.
    pub fn looking(mut self, limit: Duration) -> Self {
        self.looking = limit.min(LONGEST_LOOKING);
        self
    }

    pub(super) fn hello(&self, node: NodeId) -> Hello {
        Hello {
            message_limit: self.message_limit,
            call_window: self.call_window,
            byte_window: self.byte_window,
            heartbeat: self.heartbeat,
            token: self.token.clone(),
            ..Hello::new(node)
        }
        .codecs(self.codecs.iter().copied())
        .compressions(self.compressions.iter().copied())
    }
}
