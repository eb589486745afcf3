//! Letters: a message as its handler gets it.

use std::fmt;

use serde_json::Value;

use crate::Event;
use crate::channel::{Queue, column};

/// A message as a handler gets it. For code that the macros write.
#[derive(Clone, Copy)]
pub struct Letter<'i> {
    pub(crate) queue: &'i dyn Queue,
    pub(crate) index: usize,
}

impl<'i> Letter<'i> {
    /// Returns the event.
    #[inline]
    pub fn event<E: Event>(self) -> &'i E {
        &column::<E>(self.queue)[self.index]
    }

    /// Returns the event as JSON.
    pub fn json(self) -> Value {
        self.queue.json(self.index)
    }
}

impl fmt::Debug for Letter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Letter").field(&self.json()).finish()
    }
}
