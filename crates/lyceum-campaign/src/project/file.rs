//! The words of a project file.

use serde::Deserialize;

use super::field::{Entries, Field, List};
use super::measure::{Period, Size};
use super::settings::{InputWay, Kept};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FileText {
    pub(super) name: Option<Field<String>>,
    pub(super) command: Option<Field<String>>,
    pub(super) arguments: Option<List<String>>,
    pub(super) input: Option<Field<InputWay>>,
    pub(super) input_size: Option<Field<Size>>,
    pub(super) environment: Option<Entries<String>>,
    pub(super) inherit: Option<List<String>>,
    pub(super) seeds: Option<Field<String>>,
    pub(super) dictionary: Option<Field<String>>,
    pub(super) directory: Option<Field<String>>,
    pub(super) keep: Option<Field<Kept>>,
    pub(super) sandbox: Option<Field<bool>>,
    pub(super) universes: Option<Field<i64>>,
    pub(super) seed: Option<Field<i64>>,
    pub(super) strength: Option<Field<f64>>,
    pub(super) adaptive: Option<Field<bool>>,
    pub(super) minimize: Option<Field<i64>>,
    pub(super) accept: Option<List<i64>>,
    #[serde(default)]
    pub(super) limits: LimitsText,
    #[serde(default)]
    pub(super) scores: ScoresText,
    #[serde(default)]
    pub(super) stop: StopText,
    #[serde(default)]
    pub(super) patterns: PatternsText,
}

/// What the program under test may use.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of limits")]
pub(super) struct LimitsText {
    pub(super) time: Option<Field<Period>>,
    pub(super) cpu: Option<Field<Period>>,
    pub(super) memory: Option<Field<Size>>,
    pub(super) file: Option<Field<Size>>,
    pub(super) output: Option<Field<Size>>,
    pub(super) processes: Option<Field<i64>>,
    pub(super) files: Option<Field<i64>>,
}

/// When a session is a success, and when it is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of scores")]
pub(super) struct ScoresText {
    pub(super) success: Option<Field<f64>>,
    pub(super) error: Option<Field<f64>>,
}

/// When the campaign ends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of limits")]
pub(super) struct StopText {
    pub(super) sessions: Option<Field<i64>>,
    pub(super) finds: Option<Field<i64>>,
    pub(super) time: Option<Field<Period>>,
}

/// What is looked for in the output.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of patterns")]
pub(super) struct PatternsText {
    pub(super) defaults: Option<Field<bool>>,
    pub(super) words: Option<Entries<f64>>,
    pub(super) expressions: Option<Entries<f64>>,
    pub(super) ignore: Option<List<String>>,
    pub(super) lines: Option<Field<i64>>,
}
