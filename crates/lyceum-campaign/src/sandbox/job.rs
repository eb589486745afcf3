//! One order as it arrives, with the files that belong to it.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use rustix::io::{Errno, FdFlags, fcntl_setfd};

use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::message::{ORDER_LIMIT, Order};
use crate::sandbox::socket::Message;

/// What is to be run, and everything that it is run with.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) order: Order,
    /// The program's file, for where it cannot be seen.
    pub(super) program: OwnedFd,
    pub(super) input: OwnedFd,
    pub(super) output: File,
    pub(super) error_output: File,
    pub(super) directory: File,
}

impl Job {
    /// Returns a path by which the program can be executed.
    ///
    /// One in a folder that the sandbox has its own of is reached by its open file. The system
    /// takes that for programs, but not for scripts: their interpreter opens them by their path.
    pub(super) fn executable(&self) -> PathBuf {
        let path = PathBuf::from(&self.order.path);
        let hidden = || PathBuf::from(format!("/proc/self/fd/{}", self.program.as_raw_fd()));
        if path.exists() { path } else { hidden() }
    }

    /// Returns a path by which the program can be executed by another one that is executed first:
    /// to that one, an open file is passed on.
    pub(super) fn executable_later(&self) -> rustix::io::Result<PathBuf> {
        let path = self.executable();
        if path.as_os_str() != self.order.path {
            fcntl_setfd(&self.program, FdFlags::empty())?;
        }
        Ok(path)
    }

    /// Returns the files that may lie in the directory, but are the keeper's.
    pub(super) fn kept(&self) -> [&File; 2] {
        [&self.output, &self.error_output]
    }

    /// Reads the order that came with a message.
    pub(super) fn read(message: Message) -> Result<Self, Fault> {
        let wrong = Fault { step: Step::Order, errno: Errno::BADMSG.raw_os_error() };
        let six = <[OwnedFd; 6]>::try_from(message.descriptors).map_err(|_other| wrong)?;
        let [order, program, input, output, error_output, directory] = six;
        let mut order = File::from(order);
        let mut bytes = Vec::new();
        order.rewind().at(Step::Order)?;
        Read::take(order, ORDER_LIMIT as u64).read_to_end(&mut bytes).at(Step::Order)?;
        Ok(Self {
            order: postcard::from_bytes(&bytes).map_err(|_broken| wrong)?,
            program,
            input,
            output: File::from(output),
            error_output: File::from(error_output),
            directory: File::from(directory),
        })
    }
}
