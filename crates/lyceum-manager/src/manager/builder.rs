//! Making a manager.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lyceum_core::exchange::Door;
use lyceum_core::{BoxError, LaunchError, Node};
use lyceum_exchange::{ListenError, NetworkExt};
use lyceum_wire::{Address, Endpoint};
use thiserror::Error;

use super::directory::Directory;
use super::exchange::Nursery;
use super::record::{Keeper, Record, RecordError};
use super::site::{DEFAULT, Limits, Site};
use super::{Children, Manager, Shared, post};
use crate::launcher::output::{Take, trace};
use crate::launcher::{Launcher, OutputLine, Place};
use crate::logs::Logs;

/// A manager that is about to be made.
#[must_use = "a manager is made by `start`"]
pub struct ManagerBuilder {
    node: Node,
    name: String,
    directory: Option<PathBuf>,
    state: Option<PathBuf>,
    logs: Option<PathBuf>,
    launchers: Vec<(String, Box<dyn Launcher>, Limits)>,
    limits: Limits,
    listen: Option<String>,
    announce: Option<Endpoint>,
    token: Option<String>,
    heartbeat: Duration,
    grace: Duration,
    start_limit: Duration,
    take: Option<Take>,
}

/// Says why a manager was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManagerError {
    /// There is no place for its sockets.
    #[error("cannot make the private directory `{directory}`")]
    Directory {
        /// Which directory.
        directory: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Others could enter its directory of state, where secrets are.
    #[error("cannot use the directory `{0}`: others may enter it; `chmod 700` keeps them out")]
    Open(PathBuf),
    /// What a former manager left there cannot be used.
    #[error("cannot use the directory of state `{directory}`")]
    State {
        /// Which directory.
        directory: PathBuf,
        /// Why not.
        #[source]
        cause: BoxError,
    },
    /// Two launchers have one name.
    #[error("cannot use two launchers of the name `{0}`")]
    Launcher(String),
    /// It cannot be reached.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Agents on other machines could not find it.
    #[error(
        "cannot launch agents on other machines: the manager must be reached from there, by \
         `listen` or `announce`"
    )]
    Unreachable,
    /// Nobody can dial what it would tell agents on other machines.
    #[error(
        "cannot announce `{0}`: expected the host and port by which other machines reach this one"
    )]
    Announce(Endpoint),
    /// It has no mailbox; another manager of the node may have its name.
    #[error("cannot make the manager's mailbox")]
    Mailbox(#[from] LaunchError),
}

impl ManagerBuilder {
    pub(super) fn new(node: &Node) -> Self {
        Self {
            node: node.clone(),
            name: "manager".into(),
            directory: None,
            state: None,
            logs: None,
            launchers: Vec::new(),
            limits: Limits::default(),
            listen: None,
            announce: None,
            token: None,
            heartbeat: Duration::from_secs(5),
            grace: Duration::from_secs(5),
            start_limit: Duration::from_secs(30),
            take: None,
        }
    }

    /// Sets the name of the manager's mailbox; `manager` unless set.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Makes a directory for sockets within this one; within the system's temporary one unless set.
    pub fn directory(mut self, parent: impl Into<PathBuf>) -> Self {
        self.directory = Some(parent.into());
        self
    }

    /// Remembers its agents in this directory, which is made if it is not there, and takes over
    /// those of the manager that used it before: agents that live on are watched, and of the others
    /// those that have a restart policy are started again.
    ///
    /// The directory holds arguments and secrets, and must be closed to others. One manager uses it
    /// at a time.
    pub fn state(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state = Some(directory.into());
        self
    }

    /// Writes what each agent's process prints to a file of its own in this directory, with the
    /// time, and keeps the last 8 to 16 MiB of each.
    pub fn logs(mut self, directory: impl Into<PathBuf>) -> Self {
        self.logs = Some(directory.into());
        self
    }

    /// Adds a launcher by a name, for [`LaunchChild::on`](super::LaunchChild::on).
    pub fn launcher(self, name: impl Into<String>, launcher: impl Launcher) -> Self {
        self.launcher_within(name, launcher, Limits::default())
    }

    /// Adds a launcher by a name, with limits.
    pub fn launcher_within(
        mut self,
        name: impl Into<String>,
        launcher: impl Launcher,
        limits: Limits,
    ) -> Self {
        self.launchers.push((name.into(), Box::new(launcher), limits));
        self
    }

    /// Sets the limits of the launcher that the manager is [started](Self::start) with.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens there, too, as in `tcp://10.1.2.3:0`, for agents on other machines, as launchers by
    /// ssh, Slurm and Kubernetes start them; port 0 takes a free one. Beyond loopback the node's
    /// network needs a token, which is told by [`token`](Self::token).
    pub fn listen(mut self, url: impl Into<String>) -> Self {
        self.listen = Some(url.into());
        self
    }

    /// Tells agents on other machines this endpoint instead of where the manager
    /// [listens](Self::listen): for one that listens on all addresses of its machine, or behind a
    /// gateway. Port 0 stands for the port that it listens at.
    pub fn announce(mut self, endpoint: Endpoint) -> Self {
        self.announce = Some(endpoint);
        self
    }

    /// Tells the secret that the node's network asks for, if it was set up with one.
    pub fn token(mut self, secret: impl Into<String>) -> Self {
        self.token = Some(secret.into());
        self
    }

    /// Asks for a sign of life so often; every 5 s unless set. Who gives none for three times as
    /// long is ended, and restarted if its policy says so.
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = every;
        self
    }

    /// Gives agents so long to stop before they are killed; 5 s unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Gives agents so long to start; 30 s unless set. The time that a job waits for its turn in
    /// the queue of a cluster does not count.
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.start_limit = limit;
        self
    }

    /// Takes each line that an agent's process prints; `tracing` gets it unless this or
    /// [`logs`](Self::logs) is set.
    ///
    /// It runs within the node and must be quick: who prints waits for it.
    pub fn on_output(mut self, take: impl Fn(&OutputLine) + Send + Sync + 'static) -> Self {
        self.take = Some(Arc::new(take));
        self
    }

    /// Makes the manager: it listens at a Unix socket in a directory that only this user can enter.
    ///
    /// # Errors
    ///
    /// Says why that is not possible.
    pub async fn start(mut self, launcher: impl Launcher) -> Result<Manager, ManagerError> {
        let take = self.taking()?;
        self.launchers.push((DEFAULT.into(), Box::new(launcher), self.limits));
        let sites = sites(self.launchers)?;
        let (directory, kept) = match self.state {
            Some(directory) => {
                let (keeper, record) = of_state(&directory)?;
                (directory, Some((keeper, record)))
            }
            None => {
                let parent = self.directory.unwrap_or_else(std::env::temp_dir);
                (private(&parent, Door::of(&self.node).random())?, None)
            }
        };
        let (keeper, record) = kept.unzip();
        let network = self.node.network();
        let socket = format!("unix://{}", directory.join("manager").display());
        let listener = network.listen(&socket).await?;
        let outside = match &self.listen {
            Some(url) => Some(network.listen(url).await?.endpoint().clone()),
            None => None,
        };
        let outside = announced(self.announce, outside)?;
        let is_far = |site: &Arc<Site>| site.launcher.place() == Place::Elsewhere;
        let is_far = sites.values().any(is_far);
        if is_far && outside.is_none() {
            return Err(ManagerError::Unreachable);
        }
        let user = self.node.user(&self.name).await?;
        let directory_name = is_far.then(|| format!("{}.directory", self.name));
        let agent = user.handle().any().key();
        let address = |endpoint| Address { node: None, endpoint: Some(endpoint), agent };
        let children = Arc::new(Children {
            directory_name: directory_name.as_ref().and_then(|name| name.parse().ok()),
            outside: outside.map(address.clone()),
            address: address(listener.endpoint().clone()),
            network: Arc::downgrade(&network),
            node: self.node.clone(),
            sites,
            directory,
            token: self.token,
            heartbeat: self.heartbeat,
            grace: self.grace,
            start_limit: self.start_limit,
            take,
            table: Mutex::default(),
            keeper,
        });
        self.node.attach(Nursery::of(&children));
        let open = match &directory_name {
            Some(name) => Some(Directory::open(&self.node, name, Arc::downgrade(&children)).await?),
            None => None,
        };
        let post = self.node.spawn(post::take_reports(user, Arc::downgrade(&children)));
        let keeping = record.is_some().then(|| self.node.spawn(children.clone().keep_record()));
        if let Some(record) = record {
            children.adopt_all(record).await;
        }
        Ok(Manager {
            shared: Arc::new(Shared { children, _post: post, _keeping: keeping, _directory: open }),
        })
    }

    /// Returns what takes the lines that agents print.
    fn taking(&mut self) -> Result<Take, ManagerError> {
        let Some(directory) = self.logs.take() else {
            return Ok(self.take.take().unwrap_or_else(|| Arc::new(trace)));
        };
        let door = Door::of(&self.node);
        let logs =
            Logs::open(&directory).map_err(|cause| ManagerError::Directory { directory, cause })?;
        let also = self.take.take();
        Ok(Arc::new(move |line: &OutputLine| {
            logs.write(line, door.utc());
            if let Some(also) = &also {
                also(line);
            }
        }))
    }
}

fn sites(
    launchers: Vec<(String, Box<dyn Launcher>, Limits)>,
) -> Result<BTreeMap<String, Arc<Site>>, ManagerError> {
    let mut sites = BTreeMap::new();
    for (name, launcher, limits) in launchers {
        let site = Arc::new(Site::new(&name, launcher, limits));
        if sites.insert(name.clone(), site).is_some() {
            return Err(ManagerError::Launcher(name));
        }
    }
    Ok(sites)
}

/// Takes a directory of state, and reads what a former manager left there.
fn of_state(directory: &Path) -> Result<(Keeper, Record), ManagerError> {
    let failed = |cause| ManagerError::Directory { directory: directory.into(), cause };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let mode = std::fs::metadata(directory).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(ManagerError::Open(directory.into()));
    }
    let of = |error: RecordError| ManagerError::State {
        directory: directory.into(),
        cause: error.into(),
    };
    let keeper = Keeper::of(directory).map_err(of)?;
    let record = Record::read(directory).map_err(of)?;
    Ok((keeper, record))
}

/// Returns what agents on other machines are told of where the manager is.
fn announced(
    announced: Option<Endpoint>,
    listening: Option<Endpoint>,
) -> Result<Option<Endpoint>, ManagerError> {
    let port = listening.as_ref().and_then(|endpoint| endpoint.location().rsplit_once(':'));
    let told = match (announced, port) {
        (Some(announced), Some((_, port))) => match announced.location().strip_suffix(":0") {
            Some(host) => Endpoint::new(announced.scheme(), &format!("{host}:{port}")),
            None => Some(announced),
        },
        (announced, _) => announced.or(listening),
    };
    match told {
        Some(told) if is_nowhere(told.location()) => Err(ManagerError::Announce(told)),
        told => Ok(told),
    }
}

fn is_nowhere(location: &str) -> bool {
    location.starts_with("0.0.0.0:") || location.starts_with("[::]:") || location.ends_with(":0")
}

/// Makes a directory that only this user can enter.
fn private(parent: &Path, random: u64) -> Result<PathBuf, ManagerError> {
    let directory = parent.join(format!("lyceum-{}-{random:08x}", std::process::id()));
    match std::fs::DirBuilder::new().mode(0o700).create(&directory) {
        Ok(()) => Ok(directory),
        Err(cause) => Err(ManagerError::Directory { directory, cause }),
    }
}

impl std::fmt::Debug for ManagerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManagerBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
