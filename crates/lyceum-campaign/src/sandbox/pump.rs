//! What a program writes, into a file, up to a limit.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::process::Output;

/// How much is read at a time: what a pipe holds.
const CHUNK: usize = 64 << 10;

/// One stream of a program.
#[derive(Debug)]
pub(super) struct Pump {
    from: Option<OwnedFd>,
    to: File,
    limit: u64,
    output: Output,
    /// Whether the program wrote more than the limit.
    has_exceeded: bool,
}

impl Pump {
    /// Makes a pump that never waits.
    pub(super) fn new(from: OwnedFd, to: File, limit: u64) -> rustix::io::Result<Self> {
        fcntl_setfl(&from, fcntl_getfl(&from)? | OFlags::NONBLOCK)?;
        let output = Output::default();
        Ok(Self { from: Some(from), to, limit, output, has_exceeded: false })
    }

    /// Returns the end to wait for, until the program has closed its own.
    pub(super) fn source(&self) -> Option<BorrowedFd<'_>> {
        self.from.as_ref().map(AsFd::as_fd)
    }

    /// Returns what is known of the stream so far.
    pub(super) fn output(&self) -> Output {
        self.output
    }

    /// Returns whether the program wrote more than the limit. It did not where the disk is full.
    pub(super) fn has_exceeded(&self) -> bool {
        self.has_exceeded
    }

    /// Takes over what is there, at most one chunk. Returns whether there may be more.
    pub(super) fn pump(&mut self, buffer: &mut Vec<u8>) -> bool {
        let Some(from) = &self.from else { return false };
        buffer.resize(CHUNK, 0);
        match rustix::io::read(from, buffer.as_mut_slice()) {
            Ok(0) => self.from = None,
            Ok(bytes) => {
                self.keep(&buffer[..bytes]);
                return true;
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            // A terminal says so when nobody has it open any more.
            Err(_closed) => self.from = None,
        }
        false
    }

    /// Takes over what a program that has ended left in the stream.
    pub(super) fn drain(&mut self, buffer: &mut Vec<u8>) {
        while !self.output.cut && self.pump(buffer) {}
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_sub(self.output.bytes);
        let kept = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        self.has_exceeded |= kept < bytes.len() && !self.output.cut;
        // A full disk cuts what is kept like the limit does, but is no fault of the program.
        let written = self.to.write_all(&bytes[..kept]).is_ok();
        if written {
            self.output.bytes += kept as u64;
        }
        if kept < bytes.len() || !written {
            self.output.cut = true;
            self.limit = self.output.bytes;
        }
    }
}
