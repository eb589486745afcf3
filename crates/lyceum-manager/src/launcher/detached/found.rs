//! A process that another manager started.

use std::io;
use std::os::fd::OwnedFd;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use super::follower::Follower;
use crate::launcher::{Exit, Running};

/// A process that another manager started, and that lives.
#[derive(Debug)]
pub(super) struct Found {
    id: u32,
    mark: String,
    process: OwnedFd,
}

#[derive(Debug)]
struct Followed {
    found: Found,
    follower: Follower,
}

/// Returns what tells a process from all others that had or will have its id: the id, and when it
/// began, in the system's own ticks.
pub(super) fn mark(id: u32) -> io::Result<String> {
    let line = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // The name of the program is in brackets, and may have any.
    let rest = line.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = rest.split_whitespace();
    if fields.next() == Some("Z") {
        return Err(io::Error::other("it has ended, and nobody heard how"));
    }
    let began = fields.nth(18);
    let began = began.ok_or_else(|| io::Error::other("the system does not say when it began"))?;
    Ok(format!("{id}:{began}"))
}

/// Sends a signal to a child that was not waited for.
pub(super) fn signal(id: Option<u32>, signal: Signal) {
    let id = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id {
        // It may have ended just now. Its id is its own until it was waited for.
        let _ = kill_process(id, signal);
    }
}

impl Found {
    /// Finds a process by its mark; `None` if it is gone.
    pub(super) fn of(wanted: &str) -> io::Result<Option<Self>> {
        let id = wanted.split_once(':').and_then(|(id, _)| id.parse().ok());
        let id: u32 = id.ok_or_else(|| io::Error::other("it is no mark of a process"))?;
        let raw = i32::try_from(id).ok().and_then(Pid::from_raw);
        let raw = raw.ok_or_else(|| io::Error::other("it is no mark of a process"))?;
        let Ok(process) = pidfd_open(raw, PidfdFlags::empty()) else { return Ok(None) };
        // Looked at after it is held, so that it cannot become another one meanwhile.
        if mark(id).is_ok_and(|mark| mark == wanted) {
            return Ok(Some(Self { id, mark: wanted.into(), process }));
        }
        Ok(None)
    }

    pub(super) fn followed(self, follower: Follower) -> impl Running {
        Followed { found: self, follower }
    }

    /// Returns whether it has ended, without waiting.
    fn is_over(&self) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut [PollFd::new(&self.process, PollFlags::IN)], Some(&at_once)) == Ok(1)
    }

    fn signal(&self, signal: Signal) {
        // It may have ended just now.
        let _ = pidfd_send_signal(&self.process, signal);
    }
}

impl Running for Followed {
    fn process(&self) -> Option<u32> {
        Some(self.found.id)
    }

    fn mark(&self) -> Option<String> {
        Some(self.found.mark.clone())
    }

    fn terminate(&mut self) {
        self.found.signal(Signal::TERM);
    }

    fn kill(&mut self) {
        self.found.signal(Signal::KILL);
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        async {
            let Self { found, follower } = self;
            follower.follow(|| found.is_over()).await;
            // Only a parent hears more.
            Exit::Failed("nobody heard how it ended".into())
        }
        .boxed()
    }
}
