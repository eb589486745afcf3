//! Finding mailboxes by type, interface, name and attribute, without looking at all of them.

use std::collections::{BTreeSet, HashMap};

use crate::mailbox::{MailboxId, Profile, Query};

/// An index over profiles.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    keys: HashMap<Key, BTreeSet<MailboxId>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Type(String),
    Subtype(String),
    Name(String),
    Attribute(String, String),
}

impl Directory {
    pub(crate) fn insert(&mut self, mailbox: MailboxId, profile: &Profile) {
        for key in keys(profile) {
            self.keys.entry(key).or_default().insert(mailbox);
        }
    }

    pub(crate) fn remove(&mut self, mailbox: MailboxId, profile: &Profile) {
        for key in keys(profile) {
            let Some(found) = self.keys.get_mut(&key) else { continue };
            found.remove(&mailbox);
            if found.is_empty() {
                self.keys.remove(&key);
            }
        }
    }

    /// Returns what has everything that is asked for, by id; `None` if nothing is asked for.
    pub(crate) fn find(&self, query: &Query) -> Option<Vec<MailboxId>> {
        let mut sets = Vec::new();
        if let Some(wanted) = &query.of_type {
            let key = if query.subtypes { Key::Subtype } else { Key::Type };
            sets.push(self.keys.get(&key(wanted.clone())));
        }
        if let Some(name) = &query.name {
            sets.push(self.keys.get(&Key::Name(name.clone())));
        }
        if let Some((key, value)) = &query.attribute {
            sets.push(self.keys.get(&Key::Attribute(key.clone(), value.clone())));
        }
        if sets.is_empty() {
            return None;
        }
        let Some(mut sets) = sets.into_iter().collect::<Option<Vec<_>>>() else {
            return Some(Vec::new());
        };
        sets.sort_by_key(|set| set.len());
        let (first, rest) = sets.split_first().expect("something is asked for");
        let in_all = |id: &&MailboxId| rest.iter().all(|set| set.contains(id));
        Some(first.iter().filter(in_all).copied().collect())
    }
}

/// Returns what a profile is found by.
fn keys(profile: &Profile) -> Vec<Key> {
    let mut keys = Vec::new();
    for (index, name) in profile.types.iter().enumerate() {
        for name in [Some(name.clone()), short(name)].into_iter().flatten() {
            if index == 0 {
                keys.push(Key::Type(name.clone()));
            }
            keys.push(Key::Subtype(name));
        }
    }
    keys.extend(profile.name.clone().map(Key::Name));
    let attributes = profile.attributes.iter();
    keys.extend(attributes.map(|(key, value)| Key::Attribute(key.clone(), value.clone())));
    keys
}

/// Returns the module and the last name of a class within classes or functions.
///
/// Academy registers `module.Outer.Inner` and asks for `module.Inner`, so that it never finds it.
fn short(name: &str) -> Option<String> {
    let words: Vec<&str> = name.split('.').collect();
    let is_class = |word: &str| word.starts_with(char::is_uppercase);
    let scope = words.iter().enumerate().position(|(index, word)| {
        is_class(word) || words.get(index + 1).is_some_and(|next| *next == "<locals>")
    })?;
    let (last, before) = words.split_last()?;
    let inner = scope < before.len();
    inner.then(|| [&words[..scope], &[*last]].concat().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_within_classes_and_functions_have_a_short_name() {
        assert_eq!(short("weather.Outer.Inner").as_deref(), Some("weather.Inner"));
        assert_eq!(short("a.tests.run.<locals>.Inner").as_deref(), Some("a.tests.Inner"));
        assert_eq!(short("weather.Sensor"), None);
        assert_eq!(short("weather"), None);
    }
}
