//! The reader of what is inside of a value, under guard.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{EMPTY_ELEMENTS, Failure, Guarded};

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Guarded<'_, A> {
    type Error = Failure<A::Error>;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        if self.counts {
            self.guard.count()?;
        }
        self.inner.next_element_seed(Guarded::new(seed, self.guard)).map_err(Failure::Reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.believed(self.inner.size_hint())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Guarded<'_, A> {
    type Error = Failure<A::Error>;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        if self.counts {
            self.guard.count()?;
        }
        self.inner.next_key_seed(Guarded::new(seed, self.guard)).map_err(Failure::Reader)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        self.inner.next_value_seed(Guarded::new(seed, self.guard)).map_err(Failure::Reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.believed(self.inner.size_hint())
    }
}

impl<'de, 'g, A: EnumAccess<'de>> EnumAccess<'de> for Guarded<'g, A> {
    type Error = Failure<A::Error>;
    type Variant = Guarded<'g, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        // The seed reads a name or a number that has nothing inside, and is not guarded, since
        // postcard's numbers are read like names.
        let (value, variant) = self.inner.variant_seed(seed).map_err(Failure::Reader)?;
        Ok((value, Guarded::new(variant, self.guard)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Guarded<'_, A> {
    type Error = Failure<A::Error>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        self.inner.unit_variant().map_err(Failure::Reader)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        self.inner.newtype_variant_seed(Guarded::new(seed, self.guard)).map_err(Failure::Reader)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner.tuple_variant(len, Guarded::new(visitor, self.guard)).map_err(Failure::Reader)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.inner
            .struct_variant(fields, Guarded::new(visitor, self.guard))
            .map_err(Failure::Reader)
    }
}

impl<A> Guarded<'_, A> {
    /// Returns as much of an announced number as the bytes that are left may hold.
    fn believed(&self, announced: Option<usize>) -> Option<usize> {
        Some(announced?.min(self.guard.elements_left.get().saturating_sub(EMPTY_ELEMENTS)))
    }
}
