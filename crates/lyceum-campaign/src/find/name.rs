//! The name of a directory, after what was found.

use std::fmt;

/// A name for a directory, made of parts.
///
/// A part has at most 40 letters; what is neither letter, digit, `_` nor `-` becomes `_`; a part
/// that is there already is left out. They are joined with `-`.
///
/// ```
/// use lyceum_campaign::DirectoryName;
///
/// let mut name = DirectoryName::new();
/// name.push("timeout").push("cpu load").push("timeout");
/// assert_eq!(name.to_string(), "timeout-cpu_load");
///
/// let taken = ["timeout-cpu_load", "timeout-cpu_load-2"];
/// assert_eq!(name.free(|name| taken.contains(&name)).unwrap(), "timeout-cpu_load-3");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryName {
    parts: Vec<String>,
}

impl DirectoryName {
    /// The most letters of a part.
    pub const PART: usize = 40;
    /// The most parts, so that the name fits any file system.
    pub const PARTS: usize = 5;
    /// The most names that are tried for one that is free.
    pub const TRIES: usize = 100_000;

    /// Returns a name without parts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part, unless it is empty, there already or one too many.
    pub fn push(&mut self, part: &str) -> &mut Self {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
        let letters = part.trim().chars().take(Self::PART);
        let part: String =
            letters.map(|letter| if allowed(letter) { letter } else { '_' }).collect();
        // A name that begins with `-` would be an option to other programs.
        let part = part.trim_matches('-').trim_end_matches('_');
        let is_new = !part.is_empty() && self.parts.iter().all(|known| known != part);
        if is_new && self.parts.len() < Self::PARTS {
            self.parts.push(part.to_owned());
        }
        self
    }

    /// Returns whether it has no parts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns the name, or the first one with `-2`, `-3` and so on behind it that is not taken.
    ///
    /// There is none where a hundred thousand are taken.
    pub fn free(&self, mut is_taken: impl FnMut(&str) -> bool) -> Option<String> {
        let name = self.to_string();
        if !is_taken(&name) {
            return Some(name);
        }
        let numbered = (2..=Self::TRIES).map(|number| format!("{name}-{number}"));
        numbered.into_iter().find(|name| !is_taken(name))
    }
}

impl fmt::Display for DirectoryName {
    /// Writes the parts, or `session` where there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() { f.write_str("session") } else { f.write_str(&self.parts.join("-")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(parts: &[&str]) -> String {
        let mut name = DirectoryName::new();
        for part in parts {
            name.push(part);
        }
        name.to_string()
    }

    #[test]
    fn parts_are_cut_cleaned_and_joined() {
        assert_eq!(name(&["sigsegv"]), "sigsegv");
        assert_eq!(name(&["exit code/3", "ä.b"]), "exit_code_3-__b");
        assert_eq!(name(&[&"x".repeat(50), "y"]), format!("{}-y", "x".repeat(40)));
        assert_eq!(name(&["a", "b", "a", ""]), "a-b");
        assert_eq!(name(&["../..", "--rf"]), "rf");
        assert_eq!(name(&[]), "session");
    }

    #[test]
    fn no_name_is_free_where_all_are_taken() {
        let mut asked = 0;
        let free = DirectoryName::new().free(|_| {
            asked += 1;
            true
        });
        assert_eq!((free, asked), (None, DirectoryName::TRIES));
    }

    proptest! {
        #[test]
        fn any_parts_make_one_plain_name(parts: Vec<String>) {
            let mut name = DirectoryName::new();
            for part in &parts {
                name.push(part);
            }
            let name = name.to_string();
            prop_assert!(!name.is_empty() && name.len() <= 5 * 41 && !name.starts_with('-'));
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            prop_assert!(name.bytes().all(is_plain));
        }
    }
}
