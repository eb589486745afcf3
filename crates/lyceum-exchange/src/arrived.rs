//! Values that arrived, and arguments: read with the types and handles of where they came from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_core::exchange::{Door, Encoded, Expects, Fault, ReadValue, Reply, Unreadable};
use lyceum_core::{
    ArgumentFault, ArgumentSource, BadArguments, CallError, CallFault, ReadArgument,
};
use lyceum_wire::aiomas::{Deserializer, Handles, TypeTable, Value};

use crate::arguments::{Arguments, Misfit};

/// Where values come from: what their types and handles mean.
pub(crate) trait Origin: Handles + Send + Sync {
    /// Returns the types that values have there.
    fn types(&self) -> &TypeTable;

    /// Returns the node that handles are for, while it lives.
    fn door(&self) -> Option<Door>;
}

/// A value that arrived as the answer to a call.
pub(crate) struct Arrived<O> {
    origin: Arc<O>,
    /// `None` once it was read.
    value: Mutex<Option<Value>>,
}

/// Arguments that arrived.
pub(crate) struct ArrivedArguments<'o, O> {
    origin: &'o O,
    arguments: Mutex<Arguments>,
}

/// Arguments that are being taken.
struct Source<'a, O> {
    origin: &'a O,
    arguments: MutexGuard<'a, Arguments>,
}

impl<O: Origin> Arrived<O> {
    pub(crate) fn new(origin: Arc<O>, value: Value) -> Self {
        Self { origin, value: Mutex::new(Some(value)) }
    }
}

impl<'o, O: Origin> ArrivedArguments<'o, O> {
    pub(crate) fn new(origin: &'o O, arguments: Arguments) -> Self {
        Self { origin, arguments: Mutex::new(arguments) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands a deserializer of a value to `read`.
fn read<O: Origin>(
    origin: &O,
    value: Value,
    read: ReadValue<'_>,
) -> Result<(), erased_serde::Error> {
    let deserializer = Deserializer::new(value, origin.types()).with_handles(origin);
    read(&mut <dyn erased_serde::Deserializer<'_>>::erase(deserializer))
}

impl<O: Origin> Encoded for Arrived<O> {
    fn read(&self, take: ReadValue<'_>) -> Result<(), Unreadable> {
        let value = lock(&self.value).take();
        let value = value.ok_or_else(|| Unreadable("the value was read already".into()))?;
        let door = self.origin.door().ok_or_else(|| Unreadable("the node has ended".into()))?;
        // Whoever reads it may not run on the node, and handles are those of the node.
        let taken = door.reviving(|| read(&*self.origin, value, take));
        taken.map_err(|error| Unreadable(error.to_string()))
    }
}

impl<O: Origin> Encoded for ArrivedArguments<'_, O> {
    fn read(&self, _: ReadValue<'_>) -> Result<(), Unreadable> {
        Err(Unreadable("arguments are taken one by one".into()))
    }

    fn arguments(&self) -> Option<Box<dyn ArgumentSource + '_>> {
        Some(Box::new(Source { origin: self.origin, arguments: lock(&self.arguments) }))
    }
}

impl<O: Origin> ArgumentSource for Source<'_, O> {
    fn next(&mut self, name: &'static str, take: ReadArgument<'_>) -> Result<bool, ArgumentFault> {
        match self.arguments.take(name) {
            Ok(None) => Ok(false),
            Ok(Some(value)) => {
                let taken = read(self.origin, value, take);
                taken.map(|()| true).map_err(|error| ArgumentFault::Unreadable(error.to_string()))
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

/// Makes the reply of a result. A stream is a list on these wires.
pub(crate) fn value_reply<O: Origin + 'static>(
    origin: Arc<O>,
    value: Value,
    expects: Expects,
    fault: Box<CallFault>,
) -> Result<Reply, Fault> {
    match (expects, value) {
        (Expects::Stream, Value::List(items)) => {
            let arrived = move |item| Ok(Box::new(Arrived::new(origin.clone(), item)) as Box<_>);
            Ok(Reply::Stream(Box::pin(futures_util::stream::iter(items.into_iter().map(arrived)))))
        }
        (Expects::Stream, other) => {
            let detail = format!("expected a list, which is a stream here, found {}", other.kind());
            Err(CallError::Codec(fault.with_detail(detail).with_started(true)))
        }
        (_, value) => Ok(Reply::Value(Box::new(Arrived::new(origin, value)))),
    }
}
