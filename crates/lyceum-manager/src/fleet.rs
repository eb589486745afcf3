//! Fleets: agents that are described in a file.

mod arguments;
mod check;
mod error;
mod file;
mod place;
mod sites;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use check::Checked;
pub use error::{FleetError, FleetFault};
use lyceum_core::{AnyHandle, Restart, Value};
use lyceum_wire::Endpoint;
use sites::SiteText;

use crate::manager::{Manager, ManagerBuilder, StartError};
use crate::ticket::MailboxAt;
use crate::{ChildProcess, Registry};

/// Agents that are described in a file, with their launchers.
///
/// ```
/// use lyceum::manager::{Fleet, Manager, OnNode, Registry};
/// use lyceum::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Counter { value: u64 }
///
/// #[agent]
/// impl Counter {
///     #[action]
///     fn add(&mut self, n: u64) -> u64 { self.value += n; self.value }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> lyceum::Result<()> {
/// let file = r#"
///     [[agents]]
///     type = "Counter"
///     count = 2
///     arguments = { value = 3 }
/// "#;
/// let registry = Registry::default().with::<Counter>();
/// let fleet = Fleet::parse(file, "agents.toml", &registry)?;
/// let manager = Manager::builder(&Node::local()).start(OnNode::new(registry)).await?;
/// fleet.start(&manager).await?;
/// let counter: Handle<Counter> = manager.find("counter-2").expect("it was started");
/// assert_eq!(counter.add(2).await?, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fleet {
    program: Option<PathBuf>,
    listen: Option<String>,
    /// Where the manager listens for agents on other machines, and what these are told instead.
    manager: Option<String>,
    announce: Option<Endpoint>,
    state: Option<PathBuf>,
    logs: Option<PathBuf>,
    launchers: BTreeMap<String, SiteText>,
    members: Vec<Planned>,
}

/// One agent of a fleet.
#[derive(Clone, Debug)]
struct Planned {
    kind: String,
    name: String,
    arguments: Value,
    launcher: Option<String>,
    restart: Option<Restart>,
    retries: u32,
    ready: Option<String>,
    mailbox: Option<MailboxAt>,
}

impl Fleet {
    /// Reads a file; paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// Says where in the file what is wrong, or that it cannot be read.
    pub fn read(path: &Path, registry: &Registry) -> Result<Self, FleetError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| FleetError::Unread { file: path.into(), cause })?;
        let mut fleet = Self::parse(&text, &path.display().to_string(), registry)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for own in [&mut fleet.program, &mut fleet.state, &mut fleet.logs].into_iter().flatten() {
            *own = folder.join(&*own);
        }
        fleet.launchers.values_mut().for_each(|site| site.within(folder));
        Ok(fleet)
    }

    /// Reads the text of a file, which is called by a name in errors.
    ///
    /// # Errors
    ///
    /// Says where in the text what is wrong: all that is, if it is TOML.
    pub fn parse(text: &str, name: &str, registry: &Registry) -> Result<Self, FleetError> {
        let Checked { fleet, faults } = check::check(text, registry);
        match fleet {
            Some(fleet) if faults.is_empty() => Ok(fleet),
            _ => Err(FleetError::Wrong { file: name.into(), faults }),
        }
    }

    /// Returns the program whose agents these are, if it is another one.
    pub fn program(&self) -> Option<&Path> {
        self.program.as_deref()
    }

    /// Returns where others are let in.
    pub fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }

    /// Returns the names of the agents and of their types, in the order of the file.
    pub fn agents(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members.iter().map(|member| (member.name.as_str(), member.kind.as_str()))
    }

    /// Gives a manager the launchers of the file, and its directories. What the file calls by no
    /// name is started by `usual`.
    ///
    /// # Errors
    ///
    /// A launcher cannot be made.
    pub fn manager(
        &self,
        builder: ManagerBuilder,
        registry: &Registry,
    ) -> std::io::Result<ManagerBuilder> {
        let builder = match &self.manager {
            Some(url) => builder.listen(url),
            None => builder,
        };
        let builder = match &self.announce {
            Some(endpoint) => builder.announce(endpoint.clone()),
            None => builder,
        };
        let builder = match &self.state {
            Some(state) => builder.state(state),
            None => builder,
        };
        let mut builder = match &self.logs {
            Some(logs) => builder.logs(logs),
            None => builder,
        };
        for (name, site) in &self.launchers {
            builder = site.add_to(builder, name, self.program.as_deref(), registry)?;
        }
        Ok(builder)
    }

    /// Starts all agents at once on a manager, and waits until they are ready; returns the handles
    /// of all, in the order of the file. Agents that the manager took over go on.
    ///
    /// # Errors
    ///
    /// Says which agent did not start. The others that were to start are stopped then.
    pub async fn start(&self, manager: &Manager) -> Result<Vec<AnyHandle>, StartError> {
        let mut batch = manager.batch();
        let (mut handles, mut new) = (BTreeMap::new(), Vec::new());
        for member in &self.members {
            if let Some(found) = manager.find_any(&member.name) {
                handles.insert(member.name.as_str(), found);
                continue;
            }
            batch.on(member.launcher.as_deref());
            batch.restart(member.restart).retries(member.retries);
            batch.ready_by(member.ready.as_deref()).mailbox(member.mailbox.clone());
            let handle = batch.reserve_any(&member.kind, &member.name)?;
            handles.insert(member.name.as_str(), handle);
            new.push(member);
        }
        for member in new {
            let arguments = arguments::resolved(&member.arguments, &handles);
            batch.made_from(&member.name, &arguments)?;
        }
        batch.start().await?;
        Ok(self.members.iter().filter_map(|member| handles.remove(&*member.name)).collect())
    }
}

impl Fleet {
    /// Makes the launcher that agents use which name none: child processes of the file's program,
    /// or else of this one.
    ///
    /// # Errors
    ///
    /// The program is not known, or there are too many threads.
    pub fn usual(&self) -> std::io::Result<ChildProcess> {
        match &self.program {
            Some(program) => ChildProcess::of(program),
            None => ChildProcess::new(),
        }
    }
}
