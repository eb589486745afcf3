//! Profiles: what both ends of a connection must agree on, since nothing on the wire says it.

use std::str::FromStr;

use lyceum_wire::Endpoint;
use lyceum_wire::aiomas::{Codec, Limits, ParseCodecError, TypeError, TypeTable};
use thiserror::Error;

/// What both ends of a connection must agree on beforehand: nothing on the wire says it.
///
/// In URLs it is given by options: `codec=msgpack`, `types=Point,Track` for the names of extra
/// types in the order in which the other side registered them, and `profile=bare` for a connection
/// that is no container's.
///
/// ```
/// use lyceum_exchange::aiomas::Profile;
/// use lyceum_wire::aiomas::{Codec, Kind};
///
/// let url = "aiomas+tcp://127.0.0.1:5555?codec=msgpack&types=Point".parse()?;
/// let profile = Profile::of(&url)?;
/// assert_eq!(profile.codec, Codec::MsgPack);
/// assert_eq!(profile.types.kind(1), Some(&Kind::Extra("Point".into())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// How payloads are written.
    pub codec: Codec,
    /// Which number stands for which type.
    pub types: TypeTable,
    /// How much of the other side's input is taken.
    pub limits: Limits,
}

/// Says what is wrong with the options of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// There is no such codec.
    #[error(transparent)]
    Codec(#[from] ParseCodecError),
    /// There is no such profile.
    #[error("cannot read `{0}` as a profile: expected container or bare")]
    Profile(String),
    /// A type is named twice.
    #[error(transparent)]
    Types(#[from] TypeError),
}

impl Profile {
    /// Returns what the containers of aiomas agree on: dates are type 0, proxies the last one.
    pub fn container(codec: Codec) -> Self {
        Self { codec, types: TypeTable::container(), limits: Limits::default() }
    }

    /// Returns what RPC clients and servers without a container agree on: there are no dates.
    pub fn bare(codec: Codec) -> Self {
        Self { codec, types: TypeTable::bare(), limits: Limits::default() }
    }

    /// Reads the options of a URL.
    ///
    /// # Errors
    ///
    /// Says which option cannot be read.
    pub fn of(url: &Endpoint) -> Result<Self, ProfileError> {
        let codec = url.option("codec").map_or(Ok(Codec::default()), Codec::from_str)?;
        let mut profile = match url.option("profile") {
            None | Some("container") => Self::container(codec),
            Some("bare") => Self::bare(codec),
            Some(other) => return Err(ProfileError::Profile(other.into())),
        };
        let names = url.option("types").unwrap_or_default().split(',');
        for name in names.filter(|name| !name.is_empty()) {
            profile.types = profile.types.with(name)?;
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Profile, ProfileError> {
        Profile::of(&url.parse().unwrap())
    }

    #[test]
    fn a_url_without_options_is_that_of_a_container_with_json() {
        assert_eq!(read("aiomas+tcp://h:1"), Ok(Profile::container(Codec::Json)));
        assert_eq!(read("aiomas+tcp://h:1?profile=bare"), Ok(Profile::bare(Codec::Json)));
    }

    #[test]
    fn a_bad_option_says_what_was_expected() {
        let check = |options: &str, part: &str| {
            let error = read(&format!("aiomas+tcp://h:1?{options}")).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check("codec=xml", "expected json, msgpack or msgpack-blosc");
        check("profile=full", "expected container or bare");
        check("types=A,A", "`A`");
    }
}
