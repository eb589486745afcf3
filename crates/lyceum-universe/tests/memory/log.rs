//! A log of events in memory.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

use lyceum::universe::Recording;

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn recording(&self) -> Recording {
        Recording::read(Cursor::new(self.0.lock().unwrap().clone())).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
