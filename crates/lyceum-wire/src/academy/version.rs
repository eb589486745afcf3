//! Versions of the protocol.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// The version of the protocol that this side speaks.
pub const PROTOCOL_VERSION: &str = "1.1";

/// The version of Academy whose wire this is, as headers have it.
pub(super) const ACADEMY_VERSION: &str = "1.0.0";

/// Reads a version; the usual ones take no memory.
pub(super) fn read<'de, D: Deserializer<'de>>(parts: D) -> Result<Cow<'static, str>, D::Error> {
    parts.deserialize_str(Reader)
}

/// Reads a version that may be null.
pub(super) fn read_some<'de, D: Deserializer<'de>>(
    parts: D,
) -> Result<Option<Cow<'static, str>>, D::Error> {
    Ok(Option::<Version>::deserialize(parts)?.map(|Version(text)| text))
}

#[derive(Deserialize)]
struct Version(#[serde(deserialize_with = "read")] Cow<'static, str>);

struct Reader;

impl Visitor<'_> for Reader {
    type Value = Cow<'static, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let usual = [PROTOCOL_VERSION, ACADEMY_VERSION].into_iter().find(|usual| *usual == text);
        Ok(usual.map_or_else(|| text.to_owned().into(), Cow::Borrowed))
    }
}

/// Returns whether a peer that speaks a version can be understood: its major number is ours, and it
/// is no local variant. No version at all cannot.
///
/// A text that is no version cannot be understood, either. Academy's own listener ends at one.
///
/// ```
/// use lyceum_wire::academy::is_compatible;
///
/// assert!(is_compatible(Some("1.1")) && is_compatible(Some("1.7.2")));
/// assert!(!is_compatible(Some("2.0")) && !is_compatible(Some("1.1+fork")));
/// assert!(!is_compatible(None) && !is_compatible(Some("one")));
/// ```
pub fn is_compatible(version: Option<&str>) -> bool {
    let Some(version) = version else { return false };
    major(version).is_some_and(|own| Some(own) == major(PROTOCOL_VERSION))
}

/// Returns the first number of a release; `None` for what is no version, or a local one.
fn major(version: &str) -> Option<u64> {
    let text = version.trim();
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let release = text.split_once('!').map_or(Some(text), |(epoch, rest)| {
        let is_number = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(rest)
    })?;
    let end = release.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(release.len());
    let (major, rest) = release.split_at(end);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    rest.bytes().all(allowed).then(|| major.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_number_counts() {
        for good in ["1", "1.0", "1.99", " 1.1 ", "1!1.1", "1.2rc1", "1.1.dev3", "1.1-post1"] {
            assert!(is_compatible(Some(good)), "{good}");
        }
        for bad in ["", "0.9", "11", "2", "x", "1.1+local", "a!1.1", "1.1 2", "v", "1,1"] {
            assert!(!is_compatible(Some(bad)), "{bad}");
        }
    }
}
