//! The names of all options, and which of them a wrong one was meant to be.

use clap::{Args, Command};

use crate::exchange::configuration::Options;

/// Options of the command line alone.
const NOT_IN_FILES: &[&str] = &["config", "check"];

/// What all names in the environment begin with.
const PREFIX: &str = "LYCEUM_EXCHANGE_";

/// A name with so many letters wrong was meant to be another one.
const NEAR: usize = 3;

/// Returns the keys that a file may have.
pub(super) fn all() -> Vec<String> {
    let command = Options::augment_args(Command::new("serve"));
    let names = command.get_arguments().filter_map(|argument| argument.get_long());
    names.filter(|name| !NOT_IN_FILES.contains(name)).map(str::to_owned).collect()
}

/// Says which key was meant, where one is near.
pub(super) fn advice(unknown: &str) -> String {
    match nearest(unknown, &all()) {
        Some(key) => format!("; did you mean `{key}`?"),
        None => String::new(),
    }
}

/// Returns names in the environment that look like ours and are none, with what was meant. Only
/// those are told of that are near to one: others may have begun theirs like this, too.
pub(super) fn strange(names: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let keys = all();
    let known = |key: &str| keys.iter().any(|name| name == key) || NOT_IN_FILES.contains(&key);
    let ours = names.filter_map(|name| {
        let key = name.strip_prefix(PREFIX)?.to_lowercase().replace('_', "-");
        (!known(&key) && !OF_CLIENTS.contains(&key.as_str())).then_some((name, key))
    });
    let meant = |key: &str| {
        let name = nearest(key, &keys)?.to_uppercase().replace('-', "_");
        Some(format!("{PREFIX}{name}"))
    };
    ours.filter_map(|(name, key)| Some((name, meant(&key)?))).collect()
}

/// What other commands take from the environment.
const OF_CLIENTS: &[&str] = &["url", "token", "authority"];

fn nearest<'k>(unknown: &str, keys: &'k [String]) -> Option<&'k str> {
    let distances = keys.iter().map(|key| (distance(unknown, key), key.as_str()));
    let (steps, key) = distances.min()?;
    (steps <= NEAR && steps < key.len()).then_some(key)
}

/// Returns how many letters must be added, removed or changed.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (at, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_told() {
        assert_eq!(advice("rat"), "; did you mean `rate`?");
        assert_eq!(advice("mailbox_bytes"), "; did you mean `mailbox-bytes`?");
        assert_eq!(advice("oidc-isuer"), "; did you mean `oidc-issuer`?");
        assert_eq!(advice("cluster-name"), "");
    }

    #[test]
    fn strange_names_in_the_environment_are_told_if_they_are_near() {
        let names = [
            "LYCEUM_EXCHANGE_RATE",
            "LYCEUM_EXCHANGE_RATES",
            "LYCEUM_EXCHANGE_CHECK",
            "LYCEUM_EXCHANGE_TOKEN",
            "LYCEUM_EXCHANGE_SERVICE_HOST",
            "PATH",
        ];
        let strange = strange(names.iter().map(|name| (*name).to_owned()));
        let expected = ("LYCEUM_EXCHANGE_RATES".to_owned(), "LYCEUM_EXCHANGE_RATE".to_owned());
        assert_eq!(strange, [expected]);
    }

    #[test]
    fn every_key_is_in_the_documentation() {
        let page = include_str!("../../../../../docs/src/exchange-server.md");
        for key in all() {
            assert!(page.contains(&format!("`{key}`")), "`{key}` is not explained");
        }
    }
}
