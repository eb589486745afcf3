//! The system's limits on a process, set so that the program never runs without them.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

use crate::process::Limits;
use crate::sandbox::fault::{Fault, Step};

/// Memory that it takes to start a program, besides what the keeper has.
const STARTING: u64 = 1 << 20;

/// The processes of the keeper itself, which count among those of the sandbox.
const KEEPERS: u64 = 2;

/// The limits of one program.
#[derive(Debug)]
pub(super) struct Bounds {
    /// Those that the program starts with.
    inherited: Vec<(Resource, u64)>,
    /// Seconds of processor time. The keeper itself would run out of them in a long campaign.
    processor: Option<u64>,
}

impl Bounds {
    /// Translates limits, for a keeper with so much memory of its own.
    ///
    /// # Errors
    ///
    /// Fails where the limit on memory leaves no room to start anything.
    pub(super) fn new(limits: &Limits, is_enclosed: bool, own_memory: u64) -> Result<Self, Fault> {
        if limits.memory.is_some_and(|memory| memory < own_memory + STARTING) {
            return Err(Fault { step: Step::MemoryLimit, errno: Errno::NOMEM.raw_os_error() });
        }
        // Without a sandbox it would count everything else that the user runs.
        let processes = limits.processes.filter(|_| is_enclosed);
        let processes = processes.map(|processes| u64::from(processes) + KEEPERS);
        let all = [
            (Resource::As, limits.memory),
            (Resource::Fsize, limits.file_size),
            (Resource::Nofile, limits.open_files),
            (Resource::Nproc, processes),
        ];
        let inherited = all.into_iter().filter_map(|(one, limit)| Some((one, limit?))).collect();
        let processor = limits.processor.map(|time| (time.as_secs_f64().ceil() as u64).max(1));
        Ok(Self { inherited, processor })
    }

    /// Starts something that inherits the limits, and takes them back from this process.
    pub(super) fn around<T>(&self, start: impl FnOnce() -> T) -> io::Result<T> {
        let before = self.inherited.iter().map(|(one, _)| (*one, getrlimit(*one)));
        let before: Vec<(Resource, Rlimit)> = before.collect();
        let set = self.inherited.iter().zip(&before).try_for_each(|((one, limit), (_, old))| {
            let limit = old.maximum.map_or(*limit, |most| most.min(*limit));
            setrlimit(*one, Rlimit { current: Some(limit), maximum: old.maximum })
        });
        let started = set.map(|()| start());
        for (one, old) in before {
            setrlimit(one, old)?;
        }
        Ok(started?)
    }

    /// Takes from a program that was just started the right to raise its limits again.
    ///
    /// That it may be gone already is no error.
    pub(super) fn pin(&self, program: Pid) {
        let pin = |one, current: u64, maximum: u64| {
            let most = getrlimit(one).maximum.unwrap_or(u64::MAX);
            let (current, maximum) = (Some(current.min(most)), Some(maximum.min(most)));
            let _gone = prlimit(Some(program), one, Rlimit { current, maximum });
        };
        for (one, limit) in &self.inherited {
            pin(*one, *limit, *limit);
        }
        if let Some(seconds) = self.processor {
            // The first is a signal that can be caught, the second is not.
            pin(Resource::Cpu, seconds, seconds.saturating_add(1));
        }
    }
}

/// Keeps every program that this process starts from leaving its memory in a file.
pub(super) fn no_core() -> io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Ok(setrlimit(Resource::Core, none)?)
}

/// Returns how much address space this process takes.
pub(super) fn own_memory() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/self/statm")?;
    let pages = text.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or(io::ErrorKind::InvalidData)?;
    Ok(pages * rustix::param::page_size() as u64)
}
