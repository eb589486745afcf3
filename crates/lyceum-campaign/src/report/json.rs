//! Reports as JSON.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::summary::Report;

/// The version of the format. A change that older readers misunderstand has a new one.
const VERSION: u32 = 1;

/// Says why a text is no report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is no JSON, or a field is wrong.
    #[error("cannot read the report")]
    Unread(#[source] serde_json::Error),
    /// It has another version.
    #[error("the report has version {found}, expected {VERSION}")]
    Version {
        /// Which version it has.
        found: u32,
    },
}

/// The report as it is written.
#[derive(Serialize)]
struct Written<'r> {
    version: u32,
    #[serde(flatten)]
    report: &'r Report,
}

/// What is read before all else.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl Report {
    /// Writes the report as JSON, with a version.
    #[must_use]
    pub fn to_json(&self) -> String {
        let written = Written { version: VERSION, report: self };
        serde_json::to_string_pretty(&written).expect("a report has only what JSON has")
    }

    /// Reads a report that was written as JSON.
    ///
    /// # Errors
    ///
    /// An error says that it is no report, or one of another version.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let head: Head = serde_json::from_str(text).map_err(ReportError::Unread)?;
        if head.version != VERSION {
            return Err(ReportError::Version { found: head.version });
        }
        let mut fields: serde_json::Map<_, _> =
            serde_json::from_str(text).map_err(ReportError::Unread)?;
        fields.remove("version");
        serde_json::from_value(fields.into()).map_err(ReportError::Unread)
    }
}

/// Bytes as hexadecimal digits.
pub(super) mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::report) fn serialize<S: Serializer>(
        bytes: &[u8],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        to.serialize_str(&digits)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        let digits = String::deserialize(from)?;
        let bytes = digits.as_bytes().chunks(2).map(|pair| {
            let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
            // A sign would be taken, too.
            text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
            u8::from_str_radix(text, 16).ok()
        });
        let bytes: Option<Vec<_>> = bytes.collect();
        bytes.ok_or_else(|| D::Error::custom("expected pairs of hexadecimal digits"))
    }
}
