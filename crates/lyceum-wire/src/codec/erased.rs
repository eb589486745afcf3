//! Reading where the type of the value is not known.

use serde::de::{DeserializeSeed, Deserializer, Error};

use super::ReadValue;

/// Lets someone else take the value.
pub(super) struct Erased<'e, 'r, 'de>(pub(super) &'e mut ReadValue<'r, 'de>);

impl<'de> DeserializeSeed<'de> for Erased<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        let mut source = <dyn erased_serde::Deserializer<'de>>::erase(source);
        (self.0)(&mut source).map_err(D::Error::custom)
    }
}
