//! Names and patterns of topics.

use lyceum::{Pattern, TopicName};

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "topics", run, seeds, budget: 1 << 20 };

fn seeds() -> Vec<Vec<u8>> {
    bytes_of(&["alarm.cpu\nalarm.#", "a.b.c\n*.b.#.c", "#.#.#.#.#\n#.*.#"])
}

/// The first line is a topic, the second one a pattern.
fn run(bytes: &[u8]) -> Digest {
    let Ok(text) = std::str::from_utf8(bytes) else { return Digest::of("no text") };
    let (topic, pattern) = text.split_once('\n').unwrap_or((text, "#"));
    let topic = topic.parse::<TopicName>();
    let pattern = pattern.parse::<Pattern>();
    match (topic, pattern) {
        (Ok(topic), Ok(pattern)) => {
            assert!("#".parse::<Pattern>().is_ok_and(|all| all.matches(&topic)));
            Digest::of(pattern.matches(&topic))
        }
        (topic, pattern) => {
            let text = |error: &dyn std::fmt::Display| error.to_string();
            Digest::of((topic.map_err(|e| text(&e)), pattern.map_err(|e| text(&e))))
        }
    }
}
