//! The launchers of a file.

#[cfg(feature = "slurm")]
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Registry;
use crate::launcher::{ChildProcess, DetachedProcess, OnNode, Pool};
use crate::manager::{Limits, ManagerBuilder};
#[cfg(feature = "slurm")]
use crate::span::parse_span;

/// One launcher.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum SiteText {
    /// A child process for each agent.
    Process { program: Option<PathBuf>, agents: Option<usize>, starts: Option<usize> },
    /// A few processes for many agents.
    Pool {
        processes: usize,
        program: Option<PathBuf>,
        agents: Option<usize>,
        starts: Option<usize>,
    },
    /// A process for each agent that goes on when the manager ends.
    Detached {
        /// Where what they print waits for the manager.
        output: PathBuf,
        program: Option<PathBuf>,
        agents: Option<usize>,
        starts: Option<usize>,
    },
    /// The manager's own node.
    Node { agents: Option<usize> },
    /// Another machine.
    #[cfg(feature = "ssh")]
    Ssh {
        host: String,
        /// The program there.
        program: PathBuf,
        user: Option<String>,
        port: Option<u16>,
        identity: Option<PathBuf>,
        /// As in `ConnectTimeout=5`.
        #[serde(default)]
        options: Vec<String>,
        /// Whether the manager is reached by the connection itself.
        #[serde(default)]
        forward: bool,
        agents: Option<usize>,
        starts: Option<usize>,
    },
    /// A cluster with a queue.
    #[cfg(feature = "slurm")]
    Slurm {
        /// A folder that all machines share.
        folder: PathBuf,
        program: Option<PathBuf>,
        partition: Option<String>,
        account: Option<String>,
        cpus: Option<u32>,
        /// In mebibytes.
        memory: Option<u64>,
        /// As in `4h`.
        time: Option<String>,
        /// Other options of `sbatch`.
        #[serde(default)]
        options: BTreeMap<String, String>,
        /// Lines of shell before the program.
        #[serde(default)]
        setup: Vec<String>,
        #[serde(default)]
        detached: bool,
        agents: Option<usize>,
        starts: Option<usize>,
    },
    /// Pods in a cluster.
    #[cfg(feature = "kubernetes")]
    Kubernetes {
        image: String,
        /// A configuration of kubectl's; the cluster in which this runs unless set.
        config: Option<PathBuf>,
        namespace: Option<String>,
        /// The program in the image.
        program: Option<String>,
        cpus: Option<f64>,
        /// In mebibytes.
        memory: Option<u64>,
        #[serde(default)]
        detached: bool,
        agents: Option<usize>,
        starts: Option<usize>,
    },
}

impl SiteText {
    /// Takes paths as relative to a folder.
    pub(super) fn within(&mut self, folder: &Path) {
        let (program, output) = match self {
            Self::Process { program, .. } | Self::Pool { program, .. } => (program.as_mut(), None),
            Self::Detached { program, output, .. } => (program.as_mut(), Some(output)),
            Self::Node { .. } => (None, None),
            #[cfg(feature = "ssh")]
            Self::Ssh { identity, .. } => (identity.as_mut(), None),
            #[cfg(feature = "slurm")]
            Self::Slurm { program, folder, .. } => (program.as_mut(), Some(folder)),
            #[cfg(feature = "kubernetes")]
            Self::Kubernetes { config, .. } => (config.as_mut(), None),
        };
        for path in [program, output].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }

    /// Returns whether it runs types of the program that reads the file.
    pub(super) fn is_own(&self) -> bool {
        match self {
            Self::Process { program, .. }
            | Self::Pool { program, .. }
            | Self::Detached { program, .. } => program.is_none(),
            Self::Node { .. } => true,
            #[cfg(feature = "ssh")]
            Self::Ssh { .. } => false,
            #[cfg(feature = "slurm")]
            Self::Slurm { program, .. } => program.is_none(),
            #[cfg(feature = "kubernetes")]
            Self::Kubernetes { .. } => false,
        }
    }

    fn limits(&self) -> Limits {
        let (agents, starts) = match self {
            Self::Process { agents, starts, .. }
            | Self::Pool { agents, starts, .. }
            | Self::Detached { agents, starts, .. } => (*agents, *starts),
            Self::Node { agents } => (*agents, None),
            #[cfg(feature = "ssh")]
            Self::Ssh { agents, starts, .. } => (*agents, *starts),
            #[cfg(feature = "slurm")]
            Self::Slurm { agents, starts, .. } => (*agents, *starts),
            #[cfg(feature = "kubernetes")]
            Self::Kubernetes { agents, starts, .. } => (*agents, *starts),
        };
        let limits = agents.map_or(Limits::default(), |agents| Limits::default().agents(agents));
        starts.map_or(limits, |starts| limits.starts(starts))
    }

    /// Adds it to a manager. `usual` is the program that is run where none is named; this one where
    /// there is none.
    pub(super) fn add_to(
        &self,
        builder: ManagerBuilder,
        name: &str,
        usual: Option<&Path>,
        registry: &Registry,
    ) -> io::Result<ManagerBuilder> {
        let limits = self.limits();
        let program = |own: &Option<PathBuf>| match own.as_deref().or(usual) {
            Some(program) => Ok(program.to_owned()),
            None => std::env::current_exe(),
        };
        Ok(match self {
            Self::Process { program: own, .. } => {
                builder.launcher_within(name, ChildProcess::of(program(own)?)?, limits)
            }
            Self::Pool { program: own, processes, .. } => {
                let pool = Pool::of(program(own)?, *processes)?.named(name);
                builder.launcher_within(name, pool, limits)
            }
            Self::Detached { program: own, output, .. } => {
                let launcher = DetachedProcess::of(program(own)?, output)?;
                builder.launcher_within(name, launcher, limits)
            }
            Self::Node { .. } => {
                builder.launcher_within(name, OnNode::new(registry.clone()), limits)
            }
            #[cfg(feature = "ssh")]
            Self::Ssh { .. } => builder.launcher_within(name, self.ssh()?, limits),
            #[cfg(feature = "slurm")]
            Self::Slurm { .. } => builder.launcher_within(name, self.slurm(usual)?, limits),
            #[cfg(feature = "kubernetes")]
            Self::Kubernetes { .. } => builder.launcher_within(name, self.kubernetes()?, limits),
        })
    }

    #[cfg(feature = "ssh")]
    fn ssh(&self) -> io::Result<crate::Ssh> {
        let Self::Ssh { host, program, user, port, identity, options, forward, .. } = self else {
            return Err(io::Error::other("it is another kind of launcher"));
        };
        let mut ssh = crate::Ssh::new(host, program)?;
        if let Some(user) = user {
            ssh = ssh.user(user);
        }
        if let Some(port) = port {
            ssh = ssh.port(*port);
        }
        if let Some(identity) = identity {
            ssh = ssh.identity(identity);
        }
        ssh = options.iter().fold(ssh, crate::Ssh::option);
        Ok(if *forward { ssh.forward() } else { ssh })
    }

    #[cfg(feature = "slurm")]
    fn slurm(&self, usual: Option<&Path>) -> io::Result<crate::Slurm> {
        let Self::Slurm {
            folder,
            program,
            partition,
            account,
            cpus,
            memory,
            time,
            options,
            setup,
            detached,
            ..
        } = self
        else {
            return Err(io::Error::other("it is another kind of launcher"));
        };
        let mut slurm = crate::Slurm::new(folder)?;
        if let Some(program) = program.as_deref().or(usual) {
            slurm = slurm.program(program);
        }
        if let Some(partition) = partition {
            slurm = slurm.partition(partition);
        }
        if let Some(account) = account {
            slurm = slurm.account(account);
        }
        if let Some(cpus) = cpus {
            slurm = slurm.cpus(*cpus);
        }
        if let Some(memory) = memory {
            slurm = slurm.memory(*memory);
        }
        if let Some(time) = time {
            slurm = slurm.time(parse_span(time).map_err(io::Error::other)?);
        }
        slurm = options.iter().fold(slurm, |slurm, (name, value)| slurm.directive(name, value));
        slurm = setup.iter().fold(slurm, crate::Slurm::setup);
        Ok(if *detached { slurm.detached() } else { slurm })
    }

    #[cfg(feature = "kubernetes")]
    fn kubernetes(&self) -> io::Result<crate::Kubernetes> {
        let Self::Kubernetes { image, config, namespace, program, cpus, memory, detached, .. } =
            self
        else {
            return Err(io::Error::other("it is another kind of launcher"));
        };
        let mut kubernetes = match config {
            Some(config) => crate::Kubernetes::kubeconfig(config, image)?,
            None => crate::Kubernetes::in_cluster(image)?,
        };
        if let Some(namespace) = namespace {
            kubernetes = kubernetes.namespace(namespace);
        }
        if let Some(program) = program {
            kubernetes = kubernetes.program(program);
        }
        if let Some(cpus) = cpus {
            kubernetes = kubernetes.cpus(*cpus);
        }
        if let Some(memory) = memory {
            kubernetes = kubernetes.memory(*memory);
        }
        Ok(if *detached { kubernetes.detached() } else { kubernetes })
    }
}
