//! The guard: what every codec's reader is wrapped in.
//!
//! A reader calls a type's visitor, which calls the reader of what is inside, and so on. The guard
//! stands between them at each step: it counts levels and elements, and passes on what a list
//! announces only as far as the bytes can hold it. Postcard needs it most, since it has no limits
//! of its own and elements that take no bytes at all. The others get the same limits by it.

mod access;
mod failure;
mod source;
mod visitor;

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, Error};

use failure::Failure;

use super::CodecError;

/// Elements that may take no bytes, such as those of a list of units.
const EMPTY_ELEMENTS: usize = 4096;

/// Whether the bytes say what they are, so that a type may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Present,
    #[cfg_attr(not(feature = "postcard"), expect(dead_code, reason = "only postcard has none"))]
    Absent,
}

/// What the read of one value may still spend.
pub(super) struct Guard {
    codec: &'static str,
    names: Names,
    limit: usize,
    /// Lists, maps, structs and enums that are open.
    levels: Cell<usize>,
    /// Options and newtypes that are open: they take no bytes, but they do take stack.
    wraps: Cell<usize>,
    elements_left: Cell<usize>,
    fault: Cell<Option<Fault>>,
    /// What a type said against a value, for readers that do not keep it.
    words: Cell<Option<String>>,
}

/// What the guard did not let pass.
#[derive(Clone, Copy)]
enum Fault {
    TooDeep,
    TooMany,
    NeedsNames,
}

/// Something of serde's, under guard.
struct Guarded<'g, T> {
    inner: T,
    guard: &'g Guard,
    /// Whether each element counts, since their number was announced by the bytes.
    counts: bool,
}

impl Guard {
    pub(super) fn new(codec: &'static str, names: Names, limit: usize, bytes: usize) -> Self {
        Self {
            codec,
            names,
            limit,
            levels: Cell::new(0),
            wraps: Cell::new(0),
            elements_left: Cell::new(bytes.saturating_add(EMPTY_ELEMENTS)),
            fault: Cell::new(None),
            words: Cell::new(None),
        }
    }

    /// Takes the value that the seed is for from the source.
    pub(super) fn take<'de, D, S>(&self, source: D, seed: S) -> Result<S::Value, CodecError>
    where
        D: Deserializer<'de, Error: Send + Sync + 'static>,
        S: DeserializeSeed<'de>,
    {
        let result = seed.deserialize(Guarded::new(source, self));
        match self.fault.get() {
            None => result.map_err(|failure| self.explain(failure)),
            Some(fault) => Err(self.refusal(fault)),
        }
    }

    fn explain<E: Error + Send + Sync + 'static>(&self, failure: Failure<E>) -> CodecError {
        match (failure, self.words.take()) {
            (Failure::Reader(error), None) => CodecError::decode(self.codec, error),
            (Failure::Reader(error), _) if self.names == Names::Present => {
                CodecError::decode(self.codec, error)
            }
            (Failure::Type(words), None) | (_, Some(words)) => {
                CodecError::decode(self.codec, words)
            }
        }
    }

    fn refusal(&self, fault: Fault) -> CodecError {
        let codec = self.codec;
        match fault {
            Fault::TooDeep => CodecError::TooDeep { codec, limit: self.limit },
            Fault::TooMany => CodecError::TooMany { codec },
            Fault::NeedsNames => CodecError::NeedsNames { codec },
        }
    }

    /// Runs `inside` one level deeper.
    fn nest<T, E: Error>(&self, inside: impl FnOnce() -> Result<T, Failure<E>>) -> Result<T, E> {
        self.enter(&self.levels, inside)
    }

    /// Runs `inside` within an option or a newtype.
    fn wrap<T, E: Error>(&self, inside: impl FnOnce() -> Result<T, Failure<E>>) -> Result<T, E> {
        self.enter(&self.wraps, inside)
    }

    fn enter<T, E: Error>(
        &self,
        open: &Cell<usize>,
        inside: impl FnOnce() -> Result<T, Failure<E>>,
    ) -> Result<T, E> {
        if open.get() >= self.limit {
            return Err(self.refuse(Fault::TooDeep));
        }
        open.set(open.get() + 1);
        let result = inside();
        open.set(open.get() - 1);
        self.keep(result)
    }

    /// Turns the result of a type into one of the reader, and keeps what the type said.
    fn keep<T, E: Error>(&self, result: Result<T, Failure<E>>) -> Result<T, E> {
        result.map_err(|failure| match failure {
            Failure::Reader(error) => error,
            Failure::Type(words) => {
                let error = E::custom(&words);
                // The first are the type's own: on their way out they come by here again, as
                // what the reader made of them.
                self.words.set(self.words.take().or(Some(words)));
                error
            }
        })
    }

    /// Counts an element whose number was announced.
    fn count<E: Error>(&self) -> Result<(), E> {
        match self.elements_left.get().checked_sub(1) {
            Some(left) => {
                self.elements_left.set(left);
                Ok(())
            }
            None => Err(self.refuse(Fault::TooMany)),
        }
    }

    /// Refuses a type that asks the bytes what they are, if they do not say it.
    fn need_names<E: Error>(&self) -> Result<(), E> {
        match self.names {
            Names::Present => Ok(()),
            Names::Absent => Err(self.refuse(Fault::NeedsNames)),
        }
    }

    fn refuse<E: Error>(&self, fault: Fault) -> E {
        self.fault.set(Some(fault));
        E::custom("refused")
    }
}

impl<'g, T> Guarded<'g, T> {
    fn new(inner: T, guard: &'g Guard) -> Self {
        Self { inner, guard, counts: false }
    }

    fn counting(inner: T, guard: &'g Guard) -> Self {
        Self { inner, guard, counts: true }
    }
}
