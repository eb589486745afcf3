//! A cluster of one node: a real munged, slurmctld and slurmd, on loopback alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lyceum::manager::Slurm;
use lyceum::prelude::*;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::farm::{self, until};
use crate::machine::{Daemon, Folder, free_port, not_run, output, program};

/// What the node is said to have, in mebibytes.
const MEMORY: u64 = 1000;
/// How many processors it is said to have, whatever it has.
const CPUS: u32 = 16;
/// What one agent gets of its memory.
const SHARE: u64 = 50;

/// How long what looks after a job may take to end with the cluster.
const PATIENCE: Duration = Duration::from_secs(5);

/// A cluster of one node.
pub(crate) struct Cluster {
    node: String,
    slurmd: Option<Daemon>,
    _slurmctld: Daemon,
    /// Dropped after the others, who prove themselves by it.
    _munged: Daemon,
    /// Dropped last: the daemons write into it.
    pub(crate) folder: Folder,
}

impl Cluster {
    /// Starts the cluster; `None`, with the reason noted, if this machine cannot have one.
    pub(crate) async fn start(name: &str) -> Option<Self> {
        let wanted = ["munged", "munge", "slurmctld", "slurmd", "sbatch", "squeue", "scancel"];
        if let Some(missing) = wanted.iter().find(|name| program(name).is_none()) {
            not_run("Slurm", &format!("this machine has no {missing} (slurm-wlm and munge)"));
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            not_run("Slurm", "its daemons are started by root");
            return None;
        }
        let folder = Folder::new(name);
        let munged = munge(&folder.0).await;
        let node = output(Command::new("hostname").arg("-s")).trim().to_owned();
        configure(&folder, &node);
        let conf = folder.0.join("slurm.conf");
        let mut controller = Command::new(program("slurmctld").expect("it is there"));
        let controller = Daemon::start(controller.arg("-D").arg("-f").arg(conf));
        let mut cluster =
            Self { folder, node, slurmd: None, _slurmctld: controller, _munged: munged };
        cluster.bring_node_up();
        until(|| cluster.ask("sinfo", &["-h", "-o", "%T"]).trim() == "idle").await;
        Some(cluster)
    }

    /// Starts the daemon of the node.
    pub(crate) fn bring_node_up(&mut self) {
        let mut slurmd = Command::new(program("slurmd").expect("it is there"));
        slurmd.arg("-D").arg("-f").arg(self.folder.0.join("slurm.conf")).args(["-N", &self.node]);
        self.slurmd = Some(Daemon::start(&mut slurmd));
    }

    /// Tells the cluster that the node is lost.
    pub(crate) fn lose_node(&self) {
        let node = format!("NodeName={}", self.node);
        self.ask("scontrol", &["update", &node, "State=DOWN", "Reason=lost"]);
    }

    /// Tells the cluster that the node is there again.
    pub(crate) fn find_node(&self) {
        let node = format!("NodeName={}", self.node);
        self.ask("scontrol", &["update", &node, "State=RESUME"]);
    }

    /// Runs a command of Slurm, and returns what it printed.
    pub(crate) fn ask(&self, command: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(command);
        command.args(arguments).env("SLURM_CONF", self.folder.0.join("slurm.conf"));
        let output = command.stdin(Stdio::null()).output().expect("it is there");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the processes that look after jobs of this cluster: they hold files of its folder.
    pub(crate) fn steps(&self) -> Vec<Pid> {
        let is_step = |process: &Pid| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            let files = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
            let targets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
            name.trim() == "slurmstepd"
                && targets.into_iter().any(|file| file.starts_with(&*self.folder.0))
        };
        processes().filter(is_step).collect()
    }

    /// Returns the numbers of the jobs that have not ended.
    pub(crate) fn jobs(&self) -> Vec<String> {
        let jobs = self.ask("squeue", &["-h", "-r", "-t", "PENDING,RUNNING", "-o", "%i"]);
        jobs.lines().map(|job| job.trim().to_owned()).collect()
    }

    /// Makes a launcher of this cluster, whose jobs have a share of its node each.
    pub(crate) fn launcher(&self) -> Slurm {
        Slurm::new(self.folder.0.join("jobs"))
            .expect("there is a program")
            .program(farm::program())
            .configuration(self.folder.0.join("slurm.conf"))
            .memory(SHARE)
            .poll(Duration::from_secs(1))
    }
}

/// What looks after the jobs on a node does not end with its daemon: test clusters left it behind,
/// run after run.
impl Drop for Cluster {
    fn drop(&mut self) {
        let jobs = self.jobs();
        if !jobs.is_empty() {
            self.ask("scancel", &jobs.iter().map(String::as_str).collect::<Vec<_>>());
        }
        // In good order while the daemons live; who does not answer is ended with its jobs.
        wait_for(self.steps());
        self.slurmd = None;
        let left = self.steps();
        left.iter().copied().for_each(end_with_children);
        wait_for(left);
        let has_none = self.steps().is_empty();
        assert!(has_none || std::thread::panicking(), "a process of the cluster is left behind");
    }
}

/// Waits until processes have ended, for a limited time each.
fn wait_for(processes: Vec<Pid>) {
    for process in processes {
        // One that is gone is not waited for.
        let Ok(process) = pidfd_open(process, PidfdFlags::empty()) else { continue };
        let limit = PATIENCE.try_into().expect("it is short enough");
        // Whether it ended is looked at by whoever asked.
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&limit));
    }
}

/// Kills what looks after a job, and the processes of the job.
fn end_with_children(step: Pid) {
    let of_step = |process: &Pid| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name in parentheses may have any letters.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent == Some(&step.to_string())
    };
    for process in processes().filter(of_step).chain([step]).collect::<Vec<_>>() {
        // It may have ended meanwhile.
        let _ = kill_process(process, Signal::KILL);
    }
}

/// Returns all processes of this machine.
fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").expect("it is there").filter_map(Result::ok);
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// Starts munged, by which the others believe each other.
async fn munge(folder: &Path) -> Daemon {
    for name in ["munge", "munge/run", "spool", "state", "log"] {
        fs::create_dir_all(folder.join(name)).expect("there is room");
    }
    let munge = folder.join("munge");
    let key = munge.join("key");
    let random = fs::File::open("/dev/urandom").expect("there is chance");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(random, 1024), &mut bytes)
        .expect("there is enough of it");
    fs::write(&key, bytes).expect("there is room");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    mode(&key, 0o400);
    mode(&munge, 0o700);
    mode(&munge.join("run"), 0o755);
    mode(&munge, 0o711);
    let option = |name: &str, file: &str| format!("--{name}={}", munge.join(file).display());
    let mut munged = Command::new(program("munged").expect("it is there"));
    munged.args(["--foreground", "--force"]).args([
        option("socket", "run/socket"),
        option("key-file", "key"),
        option("pid-file", "run/pid"),
        option("log-file", "log"),
        option("seed-file", "seed"),
    ]);
    let daemon = Daemon::start(munged.stderr(Stdio::null()));
    until(|| munge.join("run/socket").exists()).await;
    daemon
}

/// Writes the configuration of a cluster of one node.
fn configure(folder: &Folder, node: &str) -> PathBuf {
    let path = folder.0.display();
    let (controller, daemon) = (free_port(), free_port());
    let text = format!(
        "ClusterName=local\nSlurmctldHost={node}(127.0.0.1)\nSlurmUser=root\nSlurmdUser=root\n\
         AuthType=auth/munge\nAuthInfo=socket={path}/munge/run/socket\nCredType=cred/munge\n\
         CommunicationParameters=NoInAddrAny,NoCtldInAddrAny\nSlurmctldPort={controller}\n\
         SlurmdPort={daemon}\nStateSaveLocation={path}/state\nSlurmdSpoolDir={path}/spool\n\
         SlurmctldPidFile={path}/slurmctld.pid\nSlurmdPidFile={path}/slurmd.pid\n\
         SlurmctldLogFile={path}/log/slurmctld\nSlurmdLogFile={path}/log/slurmd\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSwitchType=switch/none\n\
         MpiDefault=none\nSelectType=select/cons_tres\nSelectTypeParameters=CR_CPU_Memory\n\
         SchedulerType=sched/backfill\nAccountingStorageType=accounting_storage/none\n\
         JobCompType=jobcomp/none\nJobAcctGatherType=jobacct_gather/none\nReturnToService=2\n\
         KillWait=5\nMinJobAge=300\nSlurmdParameters=config_overrides\n\
         SchedulerParameters=sched_interval=1,batch_sched_delay=1,bf_interval=1\n\
         NodeName={node} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory={MEMORY} State=UNKNOWN\n\
         PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
    );
    folder.write("slurm.conf", &text)
}
