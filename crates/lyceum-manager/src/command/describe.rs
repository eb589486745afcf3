//! `describe`: what an agent can do.

use clap::Args;
use lyceum_wire::{ActionDescription, AgentDescription};
use serde_json::json;

use super::paint::{Paint, harmless};
use super::{Failure, Print, Reach, Shared, schema};

/// Up to which width signatures stand in a column of their own.
const COLUMN: usize = 44;

/// Whom to describe.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address of the agent, as in tcp://127.0.0.1:5555/counter or unix:///run/mesh.sock#counter
    url: String,

    #[command(flatten)]
    pub(super) shared: Shared,
}

impl Options {
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let agent = reach.agent(&self.url).await?.with_timeout(reach.rest());
        let described = agent.describe().await;
        let described = described.map_err(|error| reach.ended(&self.url, "describe", error))?;
        print.either(|paint| text(&described, paint), || json!(described))
    }
}

/// Returns a description as text.
pub(crate) fn text(agent: &AgentDescription, paint: Paint) -> String {
    let mut text = paint.strong(&harmless(&agent.name));
    if !agent.interfaces.is_empty() {
        let interfaces = agent.interfaces.join(", ");
        text.push_str(&paint.faint(&format!(", which is a {}", harmless(&interfaces))));
    }
    text.push('\n');
    if !agent.doc.is_empty() {
        text.push_str(&format!("  {}\n", first_line(&agent.doc)));
    }
    let actions = agent.actions.iter().map(|action| (signature(action), first_line(&action.doc)));
    section(&mut text, "actions", actions.collect(), paint);
    let behaviours = agent
        .behaviours
        .iter()
        .map(|one| (format!("{}, {}", one.name, one.kind), first_line(&one.doc)));
    section(&mut text, "behaviours", behaviours.collect(), paint);
    let topics = agent.topics.iter().map(|topic| {
        let group = topic.group.as_ref().map_or(String::new(), |group| format!(" as {group}"));
        (format!("{}{group}", topic.pattern), format!("handled by {}", topic.handler))
    });
    section(&mut text, "listens to", topics.collect(), paint);
    text
}

fn section(text: &mut String, title: &str, lines: Vec<(String, String)>, paint: Paint) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n{}\n", paint.faint(title)));
    let widths = lines.iter().map(|(name, _)| name.chars().count());
    let width = widths.filter(|width| *width <= COLUMN).max().unwrap_or(0);
    for (name, doc) in lines {
        let name = harmless(&name);
        let length = name.chars().count();
        let gap = if doc.is_empty() {
            String::new()
        } else if length <= width {
            " ".repeat(width - length + 2)
        } else {
            format!("\n{}", " ".repeat(width + 4))
        };
        text.push_str(&format!("  {name}{gap}{}\n", paint.faint(&doc)));
    }
}

fn signature(action: &ActionDescription) -> String {
    let parameters = action.parameters.iter().map(|parameter| {
        format!("{}: {}", parameter.name, schema::name(parameter.schema.as_value()))
    });
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    let result = match schema::name(action.result.as_value()).as_str() {
        "null" => String::new(),
        result if action.stream => format!(" -> stream of {result}"),
        result => format!(" -> {result}"),
    };
    let error = action.error.as_ref().map(|error| schema::name(error.as_value()));
    let error = error.map_or(String::new(), |error| format!(" or {error}"));
    format!("{}({parameters}){result}{error}", action.name)
}

fn first_line(doc: &str) -> String {
    harmless(doc.trim().lines().next().unwrap_or_default())
}
