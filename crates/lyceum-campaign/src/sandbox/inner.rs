//! A keeper's process that takes orders, and starts the programs.

use std::io;
use std::os::fd::{AsFd, OwnedFd, RawFd};

use nix::sys::signal::SigSet;
use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, getpid, set_parent_process_death_signal, setsid};

use crate::process::Exit;
use crate::sandbox::carry::{self, Carried};
use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::job::Job;
use crate::sandbox::message::{Reply, START};
use crate::sandbox::mounts::{self, Counters};
use crate::sandbox::outer::tell;
use crate::sandbox::scratch::Scratch;
use crate::sandbox::{bounds, privileges, remains, run, socket};

/// The first descriptor that is no standard stream.
const FIRST_FREE: i32 = 3;

/// The numbers that the system gives only once, before it counts on from here again and again.
const RESERVED_NUMBERS: u32 = 300;

/// What a keeper has from one program to the next.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) socket: OwnedFd,
    pub(super) own_memory: u64,
    pub(super) buffer: Vec<u8>,
    enclosure: Option<Enclosure>,
}

/// What it has besides in a sandbox.
#[derive(Debug)]
struct Enclosure {
    scratch: Scratch,
    counters: Counters,
}

/// Serves as the first process of a sandbox; returns the exit code.
pub(super) fn inside() -> i32 {
    let Ok(socket) = take_socket() else { return 1 };
    match furnish() {
        Ok(enclosure) => serve(socket, Some(enclosure)),
        Err(fault) => broken(&socket, fault),
    }
}

/// Serves without a sandbox; returns the exit code.
pub(super) fn bare(socket: &OwnedFd) -> i32 {
    let ready = remains::adopt().at(Step::FirstProcess);
    let ready = ready.and_then(|()| privileges::no_new().at(Step::Privileges));
    match ready.and_then(|()| socket.try_clone().at(Step::FirstProcess)) {
        Ok(socket) => serve(socket, None),
        Err(fault) => broken(socket, fault),
    }
}

/// Takes the socket from the standard input, and puts nothing in its place. What else came from
/// whoever started this process is no business of the programs: other open files, a terminal (and
/// with it Control-C, which the master answers in its own way), signals that are held back.
pub(super) fn take_socket() -> io::Result<OwnedFd> {
    close_others()?;
    SigSet::empty().thread_set_mask()?;
    setsid()?;
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), FIRST_FREE)?;
    let nothing = std::fs::File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(nothing.as_fd())?;
    Ok(socket)
}

/// Closes all files but the standard ones.
fn close_others() -> io::Result<()> {
    let names = std::fs::read_dir("/proc/self/fd")?.flatten().map(|entry| entry.file_name());
    let numbers = names.filter_map(|name| name.to_str()?.parse::<RawFd>().ok());
    let others: Vec<RawFd> = numbers.filter(|number| *number >= FIRST_FREE).collect();
    for other in others {
        // The list itself was one of them, and is closed by now.
        let _closed = nix::unistd::close(other);
    }
    Ok(())
}

/// Tells the master why this is no keeper; returns the exit code.
pub(super) fn broken(socket: &OwnedFd, fault: Fault) -> i32 {
    tell(socket, &Reply::Broken(fault), &[]);
    1
}

/// Makes the sandbox from inside.
fn furnish() -> Result<Enclosure, Fault> {
    if getpid() != Pid::INIT {
        return Err(Fault { step: Step::FirstProcess, errno: Errno::PERM.raw_os_error() });
    }
    let kill = Some(Signal::KILL);
    set_parent_process_death_signal(kill).at(Step::FirstProcess)?;
    let counters = mounts::enclose()?;
    privileges::withhold().at(Step::Privileges)?;
    Ok(Enclosure { scratch: Scratch::new().at(Step::Directory)?, counters })
}

/// Takes orders until the master is gone.
fn serve(socket: OwnedFd, enclosure: Option<Enclosure>) -> i32 {
    let prepared = bounds::no_core().at(Step::Limits);
    let own_memory = match prepared.and_then(|()| bounds::own_memory().at(Step::Limits)) {
        Ok(bytes) => bytes,
        Err(fault) => return broken(&socket, fault),
    };
    tell(&socket, &Reply::Ready, &[]);
    let mut keeping = Keeping { socket, own_memory, buffer: Vec::new(), enclosure };
    loop {
        let Ok(Some(message)) = socket::receive(&keeping.socket, RecvFlags::empty()) else {
            return 0;
        };
        // Whoever asks to stop what has ended gets no answer.
        if message.bytes != START {
            continue;
        }
        let result = Job::read(message).and_then(|job| run::run(&mut keeping, &job));
        let reply = result.map_or_else(Reply::Refused, Reply::Ended);
        tell(&keeping.socket, &reply, &[]);
    }
}

impl Keeping {
    pub(super) fn is_enclosed(&self) -> bool {
        self.enclosure.is_some()
    }

    /// Makes the directory ready; says what was brought into it.
    pub(super) fn enter(&mut self, job: &Job) -> io::Result<Option<Carried>> {
        let Some(enclosure) = &mut self.enclosure else { return Ok(None) };
        enclosure.counters.reset(job.order.limits.processes);
        let place = job.order.directory.as_ref();
        let size = job.order.limits.directory;
        enclosure.scratch.enter(place, &job.directory, size, &job.kept()).map(Some)
    }

    /// Brings out what the program wrote.
    pub(super) fn bring_out(&self, job: &Job, carried: Option<&Carried>, exit: &mut Exit) {
        let (Some(enclosure), Some(carried)) = (&self.enclosure, carried) else { return };
        let outside = crate::sandbox::scratch::path_of(&job.directory);
        let size = job.order.limits.directory;
        exit.directory_full = enclosure.scratch.is_full();
        let inside = enclosure.scratch.inside();
        exit.files_left_out = carry::bring_out(&inside, &outside, carried, size);
    }

    /// Makes everything ready for the next program.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        let Some(enclosure) = &mut self.enclosure else { return Ok(()) };
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWIPC)?;
        enclosure.scratch.leave()
    }
}

impl Counters {
    /// Numbers the processes of the next program from two on, and bounds how many there can be.
    ///
    /// Both are more than was promised, so that a system that refuses them does no harm.
    fn reset(&mut self, processes: Option<u32>) {
        let write = |file: &mut Option<std::fs::File>, value: u32| {
            if let Some(file) = file {
                let _refused = rustix::io::pwrite(file, value.to_string().as_bytes(), 0);
            }
        };
        let most = processes.unwrap_or(u32::from(u16::MAX)).min(u32::from(u16::MAX));
        write(&mut self.limit, RESERVED_NUMBERS + 1 + most);
        write(&mut self.last, 1);
    }
}
