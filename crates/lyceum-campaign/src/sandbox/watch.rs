//! A keeper's eye on the one program that runs.

use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::process::{Limit, Limits, Overflow};
use crate::sandbox::carry::Scales;
use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::message::STOP;
use crate::sandbox::pump::Pump;
use crate::sandbox::socket;
use crate::sandbox::terminal::Typist;
use crate::stopwatch::Stopwatch;

/// How often a directory that the system does not limit is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The longest wait at a time: the system does not take every number.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Everything that a keeper waits for while a program runs.
pub(super) struct Watch<'a> {
    pub(super) socket: &'a OwnedFd,
    pub(super) program: Pid,
    /// Readable when the program has ended.
    pub(super) end: OwnedFd,
    pub(super) since: Stopwatch,
    pub(super) pumps: &'a mut [Pump],
    pub(super) typist: Option<&'a mut Typist>,
    pub(super) buffer: &'a mut Vec<u8>,
    pub(super) limits: &'a Limits,
    pub(super) overflow: Overflow,
    /// The directory, where it is for the keeper to see that it does not grow too much.
    pub(super) scales: Option<Scales>,
    /// How often it was looked at.
    pub(super) looks: u32,
}

/// What the master says.
enum Told {
    Stop,
    Nothing,
    /// It is gone, or says what is not understood: the program is not wanted any more.
    Gone,
}

/// What was ready at one look.
struct Ready {
    socket: bool,
    end: bool,
    sink: bool,
}

impl Watch<'_> {
    /// Waits until the program has ended or must be; returns the limit that it came to.
    pub(super) fn until_end(&mut self) -> Result<Option<Limit>, Fault> {
        let mut deadline = self.limits.wall;
        let mut stopped = None;
        loop {
            let now = self.since.elapsed();
            if now >= deadline {
                return Ok(stopped.or(Some(Limit::Wall)));
            }
            let mut wait = (deadline - now).min(LONGEST);
            if self.scales.is_some() {
                wait = wait.min(LOOK);
            }
            let ready = self.look(wait).at(Step::Watch)?;
            for pump in &mut *self.pumps {
                pump.pump(self.buffer);
            }
            if ready.sink
                && let Some(typist) = &mut self.typist
            {
                typist.type_on();
            }
            if ready.end {
                return Ok(stopped);
            }
            if let Some(limit) = self.exceeded(now) {
                return Ok(stopped.or(Some(limit)));
            }
            if ready.socket {
                match self.told() {
                    Told::Stop if stopped.is_some() => {}
                    Told::Stop => deadline = self.ask_to_stop(),
                    Told::Nothing => continue,
                    Told::Gone => return Ok(Some(Limit::Stopped)),
                }
                stopped = Some(Limit::Stopped);
            }
        }
    }

    /// Waits until something happens.
    fn look(&self, wait: Duration) -> rustix::io::Result<Ready> {
        let mut all =
            vec![PollFd::new(self.socket, PollFlags::IN), PollFd::new(&self.end, PollFlags::IN)];
        let sink = self.typist.as_ref().and_then(|typist| typist.sink());
        let has_sink = sink.is_some();
        all.extend(sink.map(|sink| PollFd::from_borrowed_fd(sink, PollFlags::OUT)));
        let sources = self.pumps.iter().filter_map(Pump::source);
        all.extend(sources.map(|source| PollFd::from_borrowed_fd(source, PollFlags::IN)));
        let wait = Timespec::try_from(wait).map_err(|_far| Errno::INVAL)?;
        match poll(&mut all, Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        let is_ready = |index: usize| !all[index].revents().is_empty();
        Ok(Ready { socket: is_ready(0), end: is_ready(1), sink: has_sink && is_ready(2) })
    }

    fn exceeded(&mut self, now: Duration) -> Option<Limit> {
        let cut = cut(self.pumps).filter(|_| self.overflow == Overflow::End);
        if cut.is_some() {
            return cut;
        }
        let scales = self.scales.as_ref()?;
        if now < LOOK.saturating_mul(self.looks) {
            return None;
        }
        self.looks = self.looks.saturating_add(1);
        scales.exceed(self.limits.directory).then_some(Limit::Directory)
    }

    fn told(&self) -> Told {
        match socket::receive(self.socket.as_fd(), RecvFlags::DONTWAIT) {
            Ok(Some(message)) if message.bytes == STOP => Told::Stop,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Told::Nothing,
            _ => Told::Gone,
        }
    }

    /// Asks the program to stop, and returns until when it has time.
    fn ask_to_stop(&self) -> Duration {
        // It may have ended just now.
        let _gone = kill_process_group(self.program, Signal::TERM);
        let now = self.since.elapsed();
        now.saturating_add(self.limits.grace).min(self.limits.wall)
    }
}

/// Returns the limit to which the streams came, the standard output first.
pub(super) fn cut(pumps: &[Pump]) -> Option<Limit> {
    let mut limits = pumps.iter().zip([Limit::Output, Limit::ErrorOutput]);
    limits.find(|(pump, _)| pump.has_exceeded()).map(|(_, limit)| limit)
}
