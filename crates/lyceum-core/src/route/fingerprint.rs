//! Fingerprints of actions: whether two programs take an action for the same.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use lyceum_wire::{ActionDescription, Fingerprint};
use schemars::SchemaGenerator;

use crate::Message;

/// What was computed so far, by the type of the message: it takes a schema, which takes a while.
static KNOWN: RwLock<Option<HashMap<TypeId, Fingerprint>>> = RwLock::new(None);

/// Returns the fingerprint of an action.
pub(super) fn of<M: Message>(
    describe: fn(&mut SchemaGenerator) -> ActionDescription,
) -> Fingerprint {
    let id = TypeId::of::<M>();
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(fingerprint) = known.as_ref().and_then(|known| known.get(&id)) {
        return *fingerprint;
    }
    drop(known);
    let mut schemas = SchemaGenerator::default();
    let description = describe(&mut schemas);
    let fingerprint = lyceum_wire::fingerprint_with(&description, schemas.definitions());
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().insert(id, fingerprint);
    fingerprint
}
