//! What a session found, and by what it is told from other finds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::FindKind;
use super::line;
use super::name::DirectoryName;
use super::trace::Trace;
use crate::patterns::Hit;

/// How many functions of a stack tell finds apart.
const FRAMES: usize = 3;

/// What a session found: in which way the program failed, and why as far as it said so.
///
/// ```
/// use lyceum_campaign::{Find, FindKind};
///
/// let output = b"thread 'main' panicked at src/parse.rs:41:9:\nindex 7 of 3\n";
/// let find = Find::new(FindKind::ExitCode(101), output, None);
/// assert_eq!(find.to_string(), "exitcode101 at src/parse.rs:41");
/// assert_eq!(find.directory().to_string(), "exitcode101-src_parse_rs_41");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Find {
    /// In which way the program failed.
    pub kind: FindKind,
    /// Why, as far as it said so.
    pub cause: Cause,
}

/// Why a program failed, as far as it said so, without what differs from run to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cause {
    /// The innermost functions of its stack, or the place of a panic or an assertion.
    pub frames: Vec<String>,
    /// What it said of its end.
    pub message: Option<String>,
    /// The pattern that its output matched.
    pub pattern: Option<String>,
}

impl Find {
    /// Returns what a session found, from what the program printed and the best hit of a pattern.
    ///
    /// Only the end of the output is looked at. Rust's panics and stacks, those of sanitizers, gdb
    /// and Python, and assertions of the C library are understood.
    #[must_use]
    pub fn new(kind: FindKind, output: &[u8], hit: Option<&Hit>) -> Self {
        let trace = Trace::of(output);
        let cause = Cause {
            frames: trace.frames.into_iter().take(FRAMES).collect(),
            message: trace.message.or_else(|| hit.map(|hit| line::alike(&hit.line))),
            pattern: hit.map(|hit| hit.pattern.clone()),
        };
        Self { kind, cause }
    }

    /// Returns a text that is the same for finds with the same cause.
    ///
    /// That is the kind and the innermost functions; without them the message or the pattern. Where
    /// a program used or left too much, what it printed is chance, and only its kind counts.
    #[must_use]
    pub fn key(&self) -> String {
        let Cause { frames, message, pattern } = &self.cause;
        match self.kind {
            kind if kind.is_by_use() => kind.to_string(),
            kind if !frames.is_empty() => format!("{kind} at {}", frames.join(" < ")),
            kind => match message.as_ref().or(pattern.as_ref()) {
                Some(text) => format!("{kind}: {text}"),
                None => kind.to_string(),
            },
        }
    }

    /// Returns the name for the directory of its session.
    #[must_use]
    pub fn directory(&self) -> DirectoryName {
        let mut name = DirectoryName::new();
        name.push(&self.kind.to_string());
        let what = match self.kind {
            kind if kind.is_by_use() => None,
            FindKind::Pattern => self.cause.pattern.as_ref().or(self.cause.message.as_ref()),
            _ => self.cause.frames.first().or(self.cause.message.as_ref()),
        };
        if let Some(what) = what {
            name.push(what);
        }
        name
    }
}

impl fmt::Display for Find {
    /// Writes the text that tells finds apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(line: &str) -> Hit {
        Hit { pattern: "error".to_owned(), weight: 0.3, number: 1, line: line.to_owned() }
    }

    #[test]
    fn same_cause_has_the_same_key() {
        let stack = |address: &str, last: &str| {
            let text = format!(
                "#0 {address} in raise ()\n#1 {address} in value (at=0x{last}) at json.c:7\n\
                 #2 {address} in list () at json.c:30\n#3 {address} in main () at json.c:90\n"
            );
            Find::new(FindKind::Signal(6), text.as_bytes(), Some(&hit(last))).key()
        };

        assert_eq!(stack("0x7f01", "12"), stack("0x55a2", "9f"));
        assert_eq!(
            stack("0x7f01", "12"),
            "sigabrt at value (json.c:7) < list (json.c:30) < main (json.c:90)"
        );
    }

    #[test]
    fn without_a_stack_the_message_or_the_line_counts() {
        let key = |output: &str, line: Option<&str>| {
            let hit = line.map(hit);
            Find::new(FindKind::ExitCode(3), output.as_bytes(), hit.as_ref()).key()
        };

        assert_eq!(key("", Some("error: 12 of 13")), "exitcode3: error: # of #");
        let memory = "memory allocation of 99 bytes failed";
        assert_eq!(key(memory, Some("error")), "exitcode3: memory allocation of # bytes failed");
        assert_eq!(key("", None), "exitcode3");
    }

    #[test]
    fn program_that_was_ended_for_what_it_used_printed_by_chance() {
        let one = Find::new(FindKind::Timeout, b"panicked at a.rs:1:2:\nb", Some(&hit("error")));
        let other = Find::new(FindKind::Timeout, b"", None);

        assert_eq!(one.key(), other.key());
        assert_eq!(one.directory().to_string(), "timeout");
    }

    #[test]
    fn directory_is_named_after_what_was_found() {
        let name = |kind, output: &str, hit: Option<&Hit>| {
            Find::new(kind, output.as_bytes(), hit).directory().to_string()
        };

        let overflow = "thread 'main' has overflowed its stack";
        assert_eq!(name(FindKind::Signal(6), overflow, None), "sigabrt-has_overflowed_its_stack");
        assert_eq!(name(FindKind::Pattern, "", Some(&hit("error: 7"))), "pattern-error");
        let memory = "memory allocation of 99 bytes failed";
        let expected = "sigabrt-memory_allocation_of___bytes_failed";
        assert_eq!(name(FindKind::Signal(6), memory, None), expected);
        assert_eq!(name(FindKind::Memory, "", None), "memory");
    }
}
