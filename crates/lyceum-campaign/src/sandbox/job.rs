//! One order as it arrives, with the files that belong to it.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::message::{ORDER_LIMIT, Order};
use crate::sandbox::socket::Message;

/// What is to be run, and everything that it is run with.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) order: Order,
    pub(super) input: OwnedFd,
    pub(super) output: File,
    pub(super) error_output: File,
    pub(super) directory: File,
}

impl Job {
    /// Returns the files that may lie in the directory, but are the keeper's.
    pub(super) fn kept(&self) -> [&File; 2] {
        [&self.output, &self.error_output]
    }

    /// Reads the order that came with a message.
    pub(super) fn read(message: Message) -> Result<Self, Fault> {
        let wrong = Fault { step: Step::Order, errno: Errno::BADMSG.raw_os_error() };
        let five = <[OwnedFd; 5]>::try_from(message.descriptors).map_err(|_other| wrong)?;
        let [order, input, output, error_output, directory] = five;
        let mut order = File::from(order);
        let mut bytes = Vec::new();
        order.rewind().at(Step::Order)?;
        Read::take(order, ORDER_LIMIT as u64).read_to_end(&mut bytes).at(Step::Order)?;
        Ok(Self {
            order: postcard::from_bytes(&bytes).map_err(|_broken| wrong)?,
            input,
            output: File::from(output),
            error_output: File::from(error_output),
            directory: File::from(directory),
        })
    }
}
