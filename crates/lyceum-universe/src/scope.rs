//! Scopes: how long something lives, an agent or data.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;

use crate::channel::Own;

/// How long an agent lives, and when it is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// As long as the universe; active from the beginning of a run to its end.
    Application,
    /// As long as the project; activated for each session, and deactivated at its end.
    Project,
    /// As long as the session in which it is made; active at once.
    Session,
}

/// Data of a scope: one value of each type.
// Agents of a model look some up in every turn, so that the hash is the type's id.
#[derive(Default)]
pub struct Belongings(HashMap<TypeId, Box<dyn Any + Send>, BuildHasherDefault<Own>>);

impl Belongings {
    /// Puts a value in; returns the former one of its type.
    pub fn put<T: Send + 'static>(&mut self, value: T) -> Option<T> {
        let former = self.0.insert(TypeId::of::<T>(), Box::new(value));
        former.and_then(|former| former.downcast().ok()).map(|former| *former)
    }

    /// Returns the value of a type, if one was put in.
    #[inline]
    pub fn get<T: Send + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref())
    }

    /// Returns the value of a type to change it, if one was put in.
    #[inline]
    pub fn get_mut<T: Send + 'static>(&mut self) -> Option<&mut T> {
        self.0.get_mut(&TypeId::of::<T>()).and_then(|value| value.downcast_mut())
    }

    /// Takes the value of a type out.
    pub fn take<T: Send + 'static>(&mut self) -> Option<T> {
        self.0.remove(&TypeId::of::<T>())?.downcast().ok().map(|value| *value)
    }
}

impl fmt::Debug for Belongings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Belongings").field("values", &self.0.len()).finish()
    }
}
