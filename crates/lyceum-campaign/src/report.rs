//! What became of a campaign.

mod history;
mod html;
mod json;
mod printable;
mod replay;
mod seconds;
mod summary;
mod text;

pub use history::{History, Point, SessionRecord};
pub use json::ReportError;
pub use replay::shell_words;
pub use summary::{CampaignSummary, EndReason, MinimizedInput, Report, ReportedFind};
