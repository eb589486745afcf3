//! The launcher of pods in a cluster of Kubernetes.

mod access;
mod client;
mod desk;
mod follow;
mod kubeconfig;
mod manifest;
mod status;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use access::Access;
use client::Client;
use desk::KubernetesDesk;
use follow::Logs;
use futures_util::future::BoxFuture;
use lyceum_core::Value;
use manifest::Template;

use super::clerk::{Clerk, Office};
use super::{Launcher, Output, Place, Running};
use crate::Ticket;

/// How often to ask what has become of pods.
const PAUSE: Duration = Duration::from_secs(5);

/// Launches agents in pods of a Kubernetes cluster: each in a deployment with one pod, and a batch
/// as one job with an index for each agent.
///
/// The image has a program of [`main!`](crate::main) with the same types as its entry point, or at
/// [a path](Self::program). Tickets are mounted from a secret. The manager decides on restarts:
/// what the cluster starts again by itself, it takes for a failure and ends.
///
/// Pods dial the manager where that [listens](crate::ManagerBuilder::listen): it runs in the
/// cluster, too, or has an address that pods reach. Batches need Kubernetes 1.29 or later.
///
/// ```no_run
/// use lyceum::manager::Kubernetes;
///
/// let launcher = Kubernetes::in_cluster("registry.example/farm:1.0")?
///     .cpus(0.5)
///     .memory(128);
/// # let _ = launcher;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Kubernetes {
    access: Access,
    template: Template,
    office: Office,
}

impl Kubernetes {
    /// Makes a launcher of pods in the cluster and namespace in which this program runs itself,
    /// with the rights of its service account.
    ///
    /// # Errors
    ///
    /// Says that it runs in no pod.
    pub fn in_cluster(image: impl Into<String>) -> io::Result<Self> {
        Ok(Self::with(Access::in_cluster()?, image.into()))
    }

    /// Makes a launcher of pods in the cluster of a configuration of kubectl's: of its current
    /// context.
    ///
    /// Users who prove themselves by a token, a file with one or a certificate are known; for
    /// others, as those of programs that are asked for a token, see [`at`](Self::at).
    ///
    /// # Errors
    ///
    /// Says what is wrong with the file.
    pub fn kubeconfig(file: impl AsRef<Path>, image: impl Into<String>) -> io::Result<Self> {
        Ok(Self::with(kubeconfig::read(file.as_ref())?, image.into()))
    }

    /// Makes a launcher of pods in the cluster whose API server is reached at a URL without further
    /// proof, as `kubectl proxy` makes one: `http://127.0.0.1:8001`.
    ///
    /// # Errors
    ///
    /// Says that the URL is none, or leads beyond this machine without TLS.
    pub fn at(url: &str, image: impl Into<String>) -> io::Result<Self> {
        Ok(Self::with(Access::at(url)?, image.into()))
    }

    fn with(access: Access, image: String) -> Self {
        let template = Template::new(image);
        // A job has an index for each agent, however many there are.
        Self { access, template, office: Office::new(PAUSE, usize::MAX) }
    }

    /// Launches in this namespace; that of the configuration or `default` unless set.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.access.namespace = namespace.into();
        self
    }

    /// Starts the program at that path of the image; its entry point unless set.
    pub fn program(mut self, program: impl Into<String>) -> Self {
        self.template.program = Some(program.into());
        self
    }

    /// Gives the program another argument, which others can see.
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.template.arguments.push(argument.into());
        self
    }

    /// Asks for so many processors for each agent.
    pub fn cpus(mut self, count: f64) -> Self {
        self.template.cpus = Some(count);
        self
    }

    /// Asks for so many mebibytes for each agent, and allows no more.
    pub fn memory(mut self, mebibytes: u64) -> Self {
        self.template.memory = Some(mebibytes);
        self
    }

    /// Gives agents so long to stop when the cluster wants them to; 30 s unless set.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.template.grace = grace;
        self
    }

    /// Changes the specification of pods, as JSON: for whatever there is no method for.
    ///
    /// ```no_run
    /// # use lyceum::manager::Kubernetes;
    /// # let launcher = Kubernetes::in_cluster("farm")?;
    /// launcher.pod(|pod| pod["nodeSelector"] = serde_json::json!({ "disk": "ssd" }));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pod(mut self, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.template.changes.push(Arc::new(change));
        self
    }

    /// Asks so often what has become of pods, all at once; every 5 s unless set. Where an end is
    /// expected it is asked for sooner.
    pub fn poll(mut self, every: Duration) -> Self {
        self.office.pause = every;
        self
    }

    /// Lets pods go on when the manager is gone, for the next one to take over: it needs a
    /// directory of [state](crate::ManagerBuilder::state), and the same token. What they print
    /// meanwhile is not handed on.
    pub fn detached(mut self) -> Self {
        self.office.is_detached = true;
        self
    }

    /// Returns what talks with the API server.
    fn clerk(&self) -> io::Result<Arc<Clerk>> {
        let desk = || KubernetesDesk::new(Client::of(&self.access), self.template.clone());
        self.office.clerk(|| Ok(desk()))
    }
}

impl Launcher for Kubernetes {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let client = Client::of(&self.access);
        let follow = move |pod: &str| Logs::of(client.clone(), pod);
        self.office.launch(self.clerk(), (ticket, output), follow)
    }

    fn launch_batch(
        &self,
        batch: Vec<(Ticket, Output)>,
    ) -> BoxFuture<'static, Vec<io::Result<Box<dyn Running>>>> {
        let client = Client::of(&self.access);
        let follow = move |pod: &str| Logs::of(client.clone(), pod);
        self.office.launch_batch(self.clerk(), batch, follow)
    }

    fn takes_batches(&self) -> bool {
        true
    }

    fn outlives(&self) -> bool {
        self.office.is_detached
    }

    fn adopt(
        &self,
        mark: &str,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Option<Box<dyn Running>>>> {
        let client = Client::of(&self.access);
        Office::adopt(self.clerk(), mark, output, move |pod| Logs::from_now(client, pod))
    }

    fn place(&self) -> Place {
        Place::Elsewhere
    }
}
