//! Which codec, and in which style.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[cfg(feature = "messagepack")]
use super::MessagePack;
#[cfg(feature = "postcard")]
use super::Postcard;
use super::{Codec, CodecError, Json};

/// Names a codec, whether or not this program has it.
///
/// ```
/// use lyceum_wire::{CodecKind, Style};
///
/// let kind: CodecKind = "json".parse()?;
/// assert_eq!(kind.codec(Style::Positional)?.name(), "json");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CodecKind {
    /// RFC 8259 text.
    Json,
    /// MessagePack, with structs as arrays or as maps.
    MessagePack,
    /// Postcard: no names and no types, the smallest and the fastest.
    Postcard,
}

/// How the fields of structs are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// By position, for two ends that have the very same type.
    Positional,
    /// By name, for two ends whose types differ, or for who has no type at all.
    SelfDescribing,
}

/// Says that no codec has such a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot find a codec named `{0}`: expected json, messagepack or postcard")]
pub struct UnknownCodec(pub String);

impl CodecKind {
    /// All codecs, the fastest first.
    pub const ALL: [Self; 3] = [Self::Postcard, Self::MessagePack, Self::Json];

    /// Returns the name by which two ends agree on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MessagePack => "messagepack",
            Self::Postcard => "postcard",
        }
    }

    /// Returns whether this program was built with it.
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::Json => true,
            Self::MessagePack => cfg!(feature = "messagepack"),
            Self::Postcard => cfg!(feature = "postcard"),
        }
    }

    /// Returns the codecs that this program was built with, the fastest first.
    pub fn built_in() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|kind| kind.is_built_in())
    }

    /// Returns whether it can write so that fields are told apart by name.
    pub const fn has_names(self) -> bool {
        !matches!(self, Self::Postcard)
    }

    /// Returns the codec. JSON is by names in either style.
    ///
    /// # Errors
    ///
    /// If this program was built without it, or it does not have that style.
    pub fn codec(self, style: Style) -> Result<&'static dyn Codec, CodecError> {
        match (self, style) {
            (Self::Json, _) => Ok(const { &Json::new() }),
            #[cfg(feature = "messagepack")]
            (Self::MessagePack, Style::Positional) => Ok(const { &MessagePack::compact() }),
            #[cfg(feature = "messagepack")]
            (Self::MessagePack, Style::SelfDescribing) => Ok(const { &MessagePack::named() }),
            #[cfg(feature = "postcard")]
            (Self::Postcard, Style::Positional) => Ok(const { &Postcard::new() }),
            (Self::Postcard, Style::SelfDescribing) => {
                Err(CodecError::OnlyPositional { codec: self })
            }
            #[cfg(not(all(feature = "messagepack", feature = "postcard")))]
            _ => Err(CodecError::NotBuiltIn { codec: self }),
        }
    }
}

impl fmt::Display for CodecKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CodecKind {
    type Err = UnknownCodec;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| UnknownCodec(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_goes_by_its_name_in_json() {
        for kind in CodecKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.name());
            assert_eq!(json.as_str().unwrap().parse(), Ok(kind));
        }
    }

    #[test]
    fn an_unknown_codec_is_told_by_name() {
        let error = "pickle".parse::<CodecKind>().unwrap_err();
        assert!(error.to_string().contains("`pickle`"), "{error}");
    }

    #[test]
    fn every_codec_that_is_built_in_can_be_had() {
        for kind in CodecKind::ALL {
            assert_eq!(kind.codec(Style::Positional).is_ok(), kind.is_built_in(), "{kind}");
        }
    }

    #[test]
    fn postcard_has_no_names() {
        let error = CodecKind::Postcard.codec(Style::SelfDescribing).unwrap_err();
        assert!(matches!(error, CodecError::OnlyPositional { .. }), "{error}");
    }
}
