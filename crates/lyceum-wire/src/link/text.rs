//! Texts that explain something.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::TEXT_LIMIT;

/// A text for people, cut at [`TEXT_LIMIT`] bytes.
///
/// ```
/// use lyceum_wire::link::{TEXT_LIMIT, Text};
///
/// assert_eq!(Text::new("no such agent").as_str(), "no such agent");
/// assert_eq!(Text::new("x".repeat(10_000)).as_str().len(), TEXT_LIMIT);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

/// What a text that was cut ends with.
const CUT: &str = "...";

impl Text {
    /// Makes a text, and cuts it where it is too long.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.len() > TEXT_LIMIT {
            let end = text.floor_char_boundary(TEXT_LIMIT - CUT.len());
            text.truncate(end);
            text.push_str(CUT);
        }
        Self(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() > TEXT_LIMIT {
            return Err(D::Error::custom("expected a shorter text"));
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = Text::new("é".repeat(TEXT_LIMIT));

        assert!(text.as_str().len() <= TEXT_LIMIT);
        assert!(text.as_str().ends_with("é..."), "{text}");
    }

    #[test]
    fn a_text_from_outside_must_have_been_cut() {
        let long = format!("\"{}\"", "x".repeat(TEXT_LIMIT + 1));
        assert!(serde_json::from_str::<Text>(&long).is_err());
    }
}
