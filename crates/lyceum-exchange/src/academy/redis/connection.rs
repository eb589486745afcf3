//! Connections to a Redis.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lyceum_wire::Endpoint;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, Value};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::options::{Login, Options, Servers};
use super::reply::{lost, refusal, text};
use super::script::load;
use crate::Transport;
use crate::academy::MailboxError;

/// How long it may take until a connection can be used.
const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// How long one Sentinel may take until the next one is asked.
const SENTINEL_LIMIT: Duration = Duration::from_millis(1500);

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How long an answer may take that the server waits with.
const WAIT_LIMIT: Duration = Duration::from_secs(20);

/// Makes connections to one Redis, whichever server it is now.
pub(super) struct Dialer {
    pub(super) options: Options,
    transport: Arc<dyn Transport>,
    login: Mutex<Login>,
    runtime: Handle,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Everything that is answered at once.
    Orders,
    /// Waiting.
    Waiting,
    /// Asking a Sentinel.
    Sentinel,
}

/// One connection; it ends with this.
pub(super) struct Line {
    pub(super) connection: MultiplexedConnection,
    _driver: JoinSet<()>,
}

impl Dialer {
    pub(super) fn new(
        options: Options,
        transport: Arc<dyn Transport>,
        login: Login,
        runtime: Handle,
    ) -> Self {
        Self { options, transport, login: login.into(), runtime }
    }

    /// Says who this side is, on connections that are made from now on.
    pub(super) fn log_in(&self, login: Login) {
        *self.login.lock().unwrap_or_else(PoisonError::into_inner) = login;
    }

    /// Connects, and sees to it that the server knows the scripts.
    pub(super) async fn dial(&self, purpose: Use) -> Result<Line, MailboxError> {
        let dialing = async {
            let mut line = match &self.options.servers {
                Servers::One(endpoint) => self.connect(endpoint, purpose).await?,
                Servers::Sentinels { endpoints, service } => {
                    self.follow(endpoints, service, purpose).await?
                }
            };
            let scripts = load();
            let count = scripts.len();
            let loaded = line.connection.send_packed_commands(&scripts, 0, count).await;
            let failure = loaded.map_err(|error| refusal(&error))?.into_iter().find_map(failure);
            failure.map_or(Ok(line), Err)
        };
        let late = || MailboxError::Unreachable("the server did not answer in time".into());
        timeout(DIAL_LIMIT, dialing).await.unwrap_or_else(|_| Err(late()))
    }

    /// Connects to the server that Sentinels say is the one that takes writes.
    async fn follow(
        &self,
        sentinels: &[Endpoint],
        service: &str,
        purpose: Use,
    ) -> Result<Line, MailboxError> {
        let mut error = MailboxError::Unreachable("there is no Sentinel".into());
        for sentinel in sentinels {
            let following = self.follow_one(sentinel, service, purpose);
            match timeout(SENTINEL_LIMIT, following).await {
                Ok(Ok(line)) => return Ok(line),
                Ok(Err(why)) => error = why,
                Err(_) => error = MailboxError::Unreachable("a Sentinel is too slow".into()),
            }
        }
        Err(error)
    }

    async fn follow_one(
        &self,
        sentinel: &Endpoint,
        service: &str,
        purpose: Use,
    ) -> Result<Line, MailboxError> {
        let mut line = self.connect(sentinel, Use::Sentinel).await?;
        let mut ask = redis::cmd("SENTINEL");
        ask.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
        let said = line.connection.send_packed_command(&ask).await.map_err(|error| lost(&error))?;
        let unknown = || MailboxError::Unreachable(format!("no Sentinel knows `{service}`"));
        let Value::Array(parts) = said else { return Err(unknown()) };
        let [host, port] = parts.as_slice() else { return Err(unknown()) };
        let (host, port) = (text(host).ok_or_else(unknown)?, text(port).ok_or_else(unknown)?);
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let server = Endpoint::new(sentinel.scheme(), &format!("{host}:{port}"));
        let mut line = self.connect(&server.ok_or_else(unknown)?, purpose).await?;
        // Sentinels may not know yet that it is another one.
        let role = line.connection.send_packed_command(&redis::cmd("ROLE")).await;
        match role.map_err(|error| lost(&error))? {
            Value::Array(role) if role.first().and_then(text).as_deref() == Some("master") => {
                Ok(line)
            }
            _ => Err(MailboxError::Unreachable("the server takes no writes".into())),
        }
    }

    async fn connect(&self, endpoint: &Endpoint, purpose: Use) -> Result<Line, MailboxError> {
        let stream = self.transport.dial(endpoint.clone()).await;
        let stream =
            stream.map_err(|error| MailboxError::Unreachable(crate::transport::text_of(&error)))?;
        let mut info = RedisConnectionInfo::default().set_skip_set_lib_name();
        if purpose != Use::Sentinel {
            let login = self.login.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(user) = login.user {
                info = info.set_username(user);
            }
            if let Some(password) = login.password {
                info = info.set_password(password);
            }
            info = info.set_db(self.options.database);
        }
        let limit = if purpose == Use::Waiting { WAIT_LIMIT } else { ANSWER_LIMIT };
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(limit));
        let made = MultiplexedConnection::new_with_config(&info, stream, config).await;
        let (connection, driver) = made.map_err(|error| refusal(&error))?;
        let mut tasks = JoinSet::new();
        tasks.spawn_on(driver, &self.runtime);
        Ok(Line { connection, _driver: tasks })
    }
}

/// Returns the error that an answer is.
fn failure(value: Value) -> Option<MailboxError> {
    super::reply::read(value).err()
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("servers", &self.options.servers).finish_non_exhaustive()
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}
