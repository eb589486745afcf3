//! The words of a file of agents.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::sites::SiteText;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileText {
    /// The program whose agents these are, if it is not the one that reads this.
    pub(super) program: Option<PathBuf>,
    /// Where others are let in.
    pub(super) listen: Option<String>,
    /// Where the manager listens for agents on other machines.
    pub(super) manager: Option<String>,
    /// What these are told instead of that.
    pub(super) announce: Option<Spanned<String>>,
    /// Where the manager remembers its agents.
    pub(super) state: Option<PathBuf>,
    /// Where what they print is kept.
    pub(super) logs: Option<PathBuf>,
    /// The exchange where agents have mailboxes that say nothing else.
    pub(super) exchange: Option<String>,
    /// How agents are restarted that say nothing else.
    pub(super) restart: Option<RestartText>,
    #[serde(default)]
    pub(super) launchers: BTreeMap<String, Spanned<SiteText>>,
    #[serde(default)]
    pub(super) agents: Vec<Spanned<AgentText>>,
}

/// One entry, for one agent or several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AgentText {
    #[serde(rename = "type")]
    pub(super) kind: Spanned<String>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) count: Option<Spanned<u32>>,
    pub(super) arguments: Option<Spanned<Value>>,
    pub(super) launcher: Option<Spanned<String>>,
    pub(super) restart: Option<RestartText>,
    #[serde(default)]
    pub(super) retries: u32,
    pub(super) ready: Option<String>,
    pub(super) exchange: Option<String>,
    pub(super) mailbox: Option<Spanned<String>>,
}

/// A restart policy; a limit of zero is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestartText {
    pub(super) limit: u32,
    pub(super) within: Option<Spanned<String>>,
    pub(super) first: Option<Spanned<String>>,
    pub(super) most: Option<Spanned<String>>,
}
