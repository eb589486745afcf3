//! What is reported.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::History;
use super::seconds;
use crate::find::Find;
use crate::minimize::MinimizeStatus;

/// What became of a campaign: as text by [`Report::to_text`], as JSON by [`Report::to_json`], and
/// as a page by [`Report::to_html`].
///
/// ```
/// use lyceum_campaign::Report;
///
/// let mut report = Report::default();
/// report.summary.project = "parser".to_owned();
/// report.summary.command = vec!["target/parser".to_owned()];
///
/// let json = report.to_json();
/// assert_eq!(Report::from_json(&json).unwrap(), report);
/// assert!(report.to_text().starts_with("Campaign parser"));
/// assert!(report.to_html().starts_with("<!doctype html>"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The campaign as a whole.
    pub summary: CampaignSummary,
    /// What was found, each cause once, in the order in which they were found first.
    pub finds: Vec<ReportedFind>,
    /// What the sessions were like.
    pub history: History,
}

/// A campaign as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignSummary {
    /// The project's name.
    pub project: String,
    /// The command of the program under test.
    pub command: Vec<String>,
    /// When it started, as a date and time for people.
    pub started: String,
    /// How long it ran, in seconds.
    #[serde(with = "seconds", rename = "duration_seconds")]
    pub duration: Duration,
    /// Why it ended.
    pub ended: EndReason,
    /// The seed of its random numbers.
    pub seed: u64,
    /// How many universes ran side by side.
    pub universes: usize,
    /// Whether the program ran in a sandbox.
    pub is_sandboxed: bool,
    /// How many sessions ended.
    pub sessions: u64,
    /// How many of them were a success: they found something.
    pub successes: u64,
    /// How many of them were refused: the program did not take the input.
    pub refusals: u64,
    /// The score from which on a session is a success.
    pub success_score: f64,
    /// The score up to which a session is refused.
    pub error_score: f64,
    /// How many inputs there were in the beginning.
    pub seeds: usize,
    /// How many inputs were kept because they were interesting.
    pub kept_inputs: usize,
    /// New finds that there was no room for.
    pub refused_finds: u64,
    /// What the reader should know besides: what was skipped or missing.
    pub notes: Vec<String>,
}

/// Why a campaign ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndReason {
    /// There were as many sessions as there should be.
    #[default]
    Sessions,
    /// There were as many finds as there should be.
    Finds,
    /// Its time was over.
    Time,
    /// Somebody ended it.
    Interrupted,
    /// It could not go on, for a reason.
    Failed(String),
}

/// One cause that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedFind {
    /// The name of its directory.
    pub name: String,
    /// What was found.
    pub find: Find,
    /// The score of the session that found it first.
    pub score: f64,
    /// How often it was found.
    pub times: u64,
    /// The session that found it first.
    pub first_session: u64,
    /// When that session ended, in seconds from the start of the campaign.
    #[serde(with = "seconds", rename = "found_after_seconds")]
    pub found_after: Duration,
    /// Bytes of the input that it was found with.
    pub input_size: usize,
    /// The input, made as small as it became.
    pub minimized: Option<MinimizedInput>,
    /// The command that runs it again, word by word.
    pub replay: Vec<String>,
}

/// An input that was made small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimizedInput {
    /// The bytes, in JSON as hexadecimal digits.
    #[serde(with = "super::json::hexadecimal")]
    pub bytes: Vec<u8>,
    /// How many trials it took.
    pub trials: usize,
    /// How far it came.
    pub status: MinimizeStatus,
}

impl CampaignSummary {
    /// Returns how many sessions ended in a second, or zero where no time went by.
    #[must_use]
    pub fn sessions_per_second(&self) -> f64 {
        let seconds = self.duration.as_secs_f64();
        if seconds > 0.0 { self.sessions as f64 / seconds } else { 0.0 }
    }
}

impl EndReason {
    /// Returns the reason as the rest of a sentence.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Sessions => "all sessions ran".to_owned(),
            Self::Finds => "enough was found".to_owned(),
            Self::Time => "its time was over".to_owned(),
            Self::Interrupted => "it was interrupted".to_owned(),
            Self::Failed(why) => format!("it failed: {why}"),
        }
    }
}

impl ReportedFind {
    /// Returns the score as a percentage, as session scores are shown.
    pub(super) fn percent(&self) -> String {
        format!("{:.0} %", self.score * 100.0)
    }
}
