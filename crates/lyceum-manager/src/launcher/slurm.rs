//! The launcher of jobs in a cluster's queue, by Slurm.

mod desk;
mod folder;
mod follow;
mod script;
mod state;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use desk::SlurmDesk;
use follow::Files;
use futures_util::future::BoxFuture;
use script::Script;

use super::clerk::{Clerk, Office};
use super::{Launcher, Output, Place, Running};
use crate::Ticket;

/// How often to ask what has become of jobs.
const PAUSE: Duration = Duration::from_secs(10);
/// The most jobs of one array: Slurm's own limit, unless a cluster has another one.
const ARRAY_LIMIT: usize = 1000;

/// Launches agents as jobs of Slurm, each in a process on whichever node of the cluster gets it; a
/// batch as one array.
///
/// The program that runs now is started, or [another one](Self::program): it has to be there on all
/// nodes, as it is on a shared file system. The folder has to be shared, too: it holds tickets,
/// which only this user can read, until their jobs read and remove them, and what jobs print.
///
/// The nodes dial the manager where that [listens](crate::ManagerBuilder::listen).
///
/// ```
/// use std::time::Duration;
///
/// use lyceum::manager::Slurm;
///
/// let launcher = Slurm::new("jobs")?
///     .partition("compute")
///     .cpus(2)
///     .memory(512)
///     .time(Duration::from_secs(4 * 3600));
/// # let _ = launcher;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Slurm {
    script: Script,
    folder: PathBuf,
    configuration: Option<PathBuf>,
    office: Office,
}

impl Slurm {
    /// Makes a launcher of the program that runs now, with a folder that all nodes share; it is
    /// made if it is not there.
    ///
    /// # Errors
    ///
    /// Says that the program or the folder is not known.
    pub fn new(folder: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self {
            script: Script::new(std::env::current_exe()?),
            folder: std::path::absolute(folder.into())?,
            configuration: None,
            office: Office::new(PAUSE, ARRAY_LIMIT),
        })
    }

    /// Starts the program at that path of the nodes, whose `main` is made by
    /// [`main!`](crate::main), too.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.script.program = program.into();
        self
    }

    /// Gives the program another argument, which others can see.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.script.arguments.push(argument.into());
        self
    }

    /// Calls jobs so; `lyceum` unless set.
    pub fn job_name(self, name: impl AsRef<str>) -> Self {
        self.directive("job-name", name.as_ref())
    }

    /// Asks for nodes of this partition.
    pub fn partition(self, partition: impl AsRef<str>) -> Self {
        self.directive("partition", partition.as_ref())
    }

    /// Charges this account.
    pub fn account(self, account: impl AsRef<str>) -> Self {
        self.directive("account", account.as_ref())
    }

    /// Asks for so many processors for each agent.
    pub fn cpus(self, count: u32) -> Self {
        self.directive("cpus-per-task", count.to_string())
    }

    /// Asks for so many mebibytes for each agent. Many clusters give a job all the memory of its
    /// node unless it says what it needs.
    pub fn memory(self, mebibytes: u64) -> Self {
        self.directive("mem", format!("{mebibytes}M"))
    }

    /// Asks for so much time, rounded up to minutes. Half a minute before its end agents are told
    /// to stop; that they have to is a failure, which their restart policy may forgive.
    pub fn time(self, time: Duration) -> Self {
        let minutes = time.as_secs().div_ceil(60).max(1);
        self.directive("time", minutes.to_string()).directive("signal", "B:TERM@30")
    }

    /// Sets any option of `sbatch`, as in `("constraint", "avx512")`; one without a value if that
    /// is empty. The last one of a name counts.
    pub fn directive(mut self, option: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.script.directives.push((option.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Runs this line of shell before the program, as in `module load openmpi`.
    pub fn setup(mut self, line: impl Into<String>) -> Self {
        self.script.setup.push(line.into());
        self
    }

    /// Uses the cluster of this `slurm.conf`; the one that Slurm's commands find unless set.
    pub fn configuration(mut self, file: impl Into<PathBuf>) -> Self {
        self.configuration = Some(file.into());
        self
    }

    /// Asks so often what has become of jobs, all at once; every 10 s unless set. Where an end is
    /// expected it is asked for sooner.
    pub fn poll(mut self, every: Duration) -> Self {
        self.office.pause = every;
        self
    }

    /// Puts at most so many jobs into one array; 1,000 unless set. See `MaxArraySize` of the
    /// cluster.
    pub fn array_limit(mut self, limit: usize) -> Self {
        self.office.limit = limit.max(1);
        self
    }

    /// Lets jobs go on when the manager is gone, for the next one to take over: it needs a
    /// directory of [state](crate::ManagerBuilder::state), and the same token. What they print
    /// meanwhile is not handed on.
    pub fn detached(mut self) -> Self {
        self.office.is_detached = true;
        self
    }

    /// Returns what talks with Slurm.
    fn clerk(&self) -> io::Result<Arc<Clerk>> {
        let (folder, configuration) = (self.folder.clone(), self.configuration.clone());
        self.office.clerk(|| Ok(SlurmDesk::new(self.script.checked()?, folder, configuration)))
    }
}

impl Launcher for Slurm {
    fn launch(
        &self,
        ticket: Ticket,
        output: Output,
    ) -> BoxFuture<'static, io::Result<Box<dyn Running>>> {
        let folder = self.folder.clone();
        self.office.launch(self.clerk(), (ticket, output), move |job| Files::of(&folder, job))
    }

    fn launch_batch(
        &self,
        batch: Vec<(Ticket, Output)>,
    ) -> BoxFuture<'static, Vec<io::Result<Box<dyn Running>>>> {
        let folder = self.folder.clone();
        self.office.launch_batch(self.clerk(), batch, move |job| Files::of(&folder, job))
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
        let folder = self.folder.clone();
        Office::adopt(self.clerk(), mark, output, move |job| Files::from_now(&folder, job))
    }

    fn place(&self) -> Place {
        Place::Elsewhere
    }
}
