//! Values that arrived, and arguments: read with the types and handles of their connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::exchange::{Encoded, ReadValue, Unreadable};
use lyceum_core::{ArgumentFault, ArgumentSource, BadArguments, ReadArgument};
use lyceum_wire::aiomas::{Deserializer, Value};

use super::arguments::{Arguments, Misfit};
use super::session::Session;

/// A value that arrived as the answer to a call.
pub(super) struct Arrived {
    session: Arc<Session>,
    /// `None` once it was read.
    value: Mutex<Option<Value>>,
}

/// Arguments that arrived.
pub(super) struct ArrivedArguments<'s> {
    session: &'s Session,
    arguments: Mutex<Arguments>,
}

/// Arguments that are being taken.
struct Source<'a> {
    session: &'a Session,
    arguments: MutexGuard<'a, Arguments>,
}

impl Arrived {
    pub(super) fn new(session: Arc<Session>, value: Value) -> Self {
        Self { session, value: Mutex::new(Some(value)) }
    }
}

impl<'s> ArrivedArguments<'s> {
    pub(super) fn new(session: &'s Session, arguments: Arguments) -> Self {
        Self { session, arguments: Mutex::new(arguments) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Hands a deserializer of a value to `read`.
    fn read(&self, value: Value, read: ReadValue<'_>) -> Result<(), erased_serde::Error> {
        let deserializer = Deserializer::new(value, &self.profile.types).with_handles(self);
        read(&mut <dyn erased_serde::Deserializer<'_>>::erase(deserializer))
    }
}

impl Encoded for Arrived {
    fn read(&self, read: ReadValue<'_>) -> Result<(), Unreadable> {
        let value = lock(&self.value).take();
        let value = value.ok_or_else(|| Unreadable("the value was read already".into()))?;
        let hub = self.session.hub.upgrade();
        let hub = hub.ok_or_else(|| Unreadable("the node has ended".into()))?;
        // Whoever reads it may not run on the node, and handles are those of the node.
        let read = hub.door.reviving(|| self.session.read(value, read));
        read.map_err(|error| Unreadable(error.to_string()))
    }
}

impl Encoded for ArrivedArguments<'_> {
    fn read(&self, _: ReadValue<'_>) -> Result<(), Unreadable> {
        Err(Unreadable("arguments are taken one by one".into()))
    }

    fn arguments(&self) -> Option<Box<dyn ArgumentSource + '_>> {
        Some(Box::new(Source { session: self.session, arguments: lock(&self.arguments) }))
    }
}

impl ArgumentSource for Source<'_> {
    fn next(&mut self, name: &'static str, read: ReadArgument<'_>) -> Result<bool, ArgumentFault> {
        match self.arguments.take(name) {
            Ok(None) => Ok(false),
            Ok(Some(value)) => {
                let read = self.session.read(value, read);
                read.map(|()| true).map_err(|error| ArgumentFault::Unreadable(error.to_string()))
            }
            Err(_) => Err(ArgumentFault::Twice),
        }
    }

    fn surplus(&self) -> Option<BadArguments> {
        match self.arguments.surplus()? {
            Misfit::TooMany { given, expected } => Some(BadArguments::TooMany { given, expected }),
            Misfit::Unknown(name) => Some(BadArguments::Unknown { name }),
            Misfit::Twice => None,
        }
    }
}
