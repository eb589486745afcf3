//! The names that a node goes by: host names and IP addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

use super::error::CertsError;

/// How long a host name may be, and each of its words.
const HOST_LIMIT: usize = 253;
const WORD_LIMIT: usize = 63;
/// The name that the authority's files have.
pub(super) const AUTHORITY: &str = "authority";

/// The names of one node, at least one. The first one names its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names(Vec<String>);

/// Says why a text is no list of names.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum NameError {
    /// It is neither.
    #[error("cannot take `{0}` for a name: expected a host name or an IP address")]
    Unfit(String),
    /// The authority's files go by it.
    #[error("cannot call a node `authority`: the authority's files have that name")]
    Reserved,
}

impl Names {
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    /// Returns the name of the node's files.
    pub(super) fn file(&self) -> &str {
        &self.0[0]
    }

    /// Returns the first name as it stands in a URL.
    pub(super) fn host(&self) -> String {
        let name = self.file();
        if name.contains(':') { format!("[{name}]") } else { name.into() }
    }
}

impl FromStr for Names {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let names: Vec<_> = text.split(',').map(name).collect::<Result<_, _>>()?;
        match names[0].as_str() {
            AUTHORITY => Err(NameError::Reserved),
            _ => Ok(Self(names)),
        }
    }
}

/// Returns a name as certificates have it.
fn name(text: &str) -> Result<String, NameError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_word = |word: &str| {
        let has_length = (1..=WORD_LIMIT).contains(&word.len());
        has_length && word.bytes().all(is_letter) && !word.starts_with('-') && !word.ends_with('-')
    };
    // What looks like an address and is none would never be found.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if text.len() <= HOST_LIMIT && text.split('.').all(is_word) && !is_number {
        return Ok(text.to_ascii_lowercase());
    }
    Err(NameError::Unfit(text.into()))
}

/// Checks that no two nodes have the same files.
pub(super) fn check_different(nodes: &[Names]) -> Result<(), CertsError> {
    let mut files = BTreeSet::new();
    match nodes.iter().find(|names| !files.insert(names.file())) {
        Some(twice) => Err(CertsError::Twice(twice.file().into())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_host_names_and_addresses() {
        let names: Names = "Farm.example.org,10.0.0.7,::1,farm_2".parse().unwrap();
        assert_eq!(names.all(), ["farm.example.org", "10.0.0.7", "::1", "farm_2"]);
        let local: Names = "::1".parse().unwrap();
        assert_eq!((local.file(), local.host().as_str()), ("::1", "[::1]"));
    }

    #[test]
    fn other_texts_are_refused() {
        let long = "a".repeat(64);
        for text in ["", ",", "a,", "../key", "a b", "*.org", "10.0.0.256", "-a", ".a", &long] {
            let found = text.parse::<Names>();
            assert!(matches!(found, Err(NameError::Unfit(_))), "{text}: {found:?}");
        }
        assert_eq!("authority".parse::<Names>(), Err(NameError::Reserved));
    }
}
