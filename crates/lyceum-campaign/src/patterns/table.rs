//! Patterns with weights.

use regex::bytes::{RegexBuilder, RegexSet, RegexSetBuilder};
use thiserror::Error;

/// A word or a regular expression, and what a line with it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// What is shown where it matched: the word, or the expression as written.
    pub name: String,
    /// What a line counts: above zero for a fault, below for an input that was refused.
    pub weight: f64,
    expression: String,
}

/// The words that are looked for where a project says nothing else, with their weights.
const WORDS: &[(&str, f64)] = &[
    ("fatal", 1.0),
    ("assert", 1.0),
    ("assertion", 1.0),
    ("panic", 1.0),
    ("panicked", 1.0),
    ("segfault", 1.0),
    ("segmentation fault", 1.0),
    ("AddressSanitizer", 1.0),
    ("overflowed its stack", 1.0),
    ("memory allocation of", 1.0),
    ("overflow", 0.4),
    ("memory", 0.4),
    ("error", 0.3),
    ("failed", 0.1),
    ("warning", 0.1),
];

/// How large a compiled pattern, or all of them together, may be.
const COMPILED: usize = 4 << 20;

/// Says why there is no such pattern.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The expression cannot be compiled, or is too large.
    #[error("no pattern can be made of `{expression}`")]
    Expression {
        /// As it was written.
        expression: String,
        /// Why not.
        #[source]
        cause: Box<regex::Error>,
    },
    /// The weight is not from -1 to 1.
    #[error("the weight of `{name}` is {weight}, expected a number from -1 to 1")]
    Weight {
        /// The pattern's name.
        name: String,
        /// What was given.
        weight: f64,
    },
    /// The word has no letters.
    #[error("expected a word, found nothing")]
    Empty,
    /// There are more patterns than a table takes.
    #[error("more than {} patterns", PatternTable::MOST)]
    TooMany,
    /// All patterns together are too large.
    #[error("these patterns are too large together")]
    TooLarge {
        /// Why they cannot be compiled.
        #[source]
        cause: Box<regex::Error>,
    },
}

impl Pattern {
    /// Returns a pattern for lines that have a word, in small or capital letters.
    ///
    /// A word within a longer word does not count: `error` is not found in `mirrors`.
    ///
    /// # Errors
    ///
    /// An error says that the word is empty or the weight is not from -1 to 1.
    pub fn word(word: &str, weight: f64) -> Result<Self, PatternError> {
        let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else {
            return Err(PatternError::Empty);
        };
        // Boundaries between plain letters alone: with others the search would leave its fast way
        // at the first byte of output that is not plain.
        let edge = |letter: char| if letter.is_ascii_alphanumeric() { r"(?-u:\b)" } else { "" };
        let (before, after) = (edge(first), edge(last));
        let flags = if word.is_ascii() { "(?i-u)" } else { "(?i)" };
        let expression = format!("{flags}{before}{}{after}", regex::escape(word));
        Self::new(word, expression, weight)
    }

    /// Returns a pattern for lines that a regular expression matches.
    ///
    /// The time that it takes grows with the line alone, whatever the expression is.
    ///
    /// # Errors
    ///
    /// An error says that the expression cannot be compiled or the weight is not from -1 to 1.
    pub fn regex(expression: &str, weight: f64) -> Result<Self, PatternError> {
        Self::new(expression, expression.to_owned(), weight)
    }

    fn new(name: &str, expression: String, weight: f64) -> Result<Self, PatternError> {
        if !(-1.0..=1.0).contains(&weight) {
            return Err(PatternError::Weight { name: name.to_owned(), weight });
        }
        let compiled = RegexBuilder::new(&expression).size_limit(COMPILED).build();
        compiled.map_err(|cause| {
            let cause = Box::new(cause);
            PatternError::Expression { expression: name.to_owned(), cause }
        })?;
        Ok(Self { name: name.to_owned(), weight, expression })
    }
}

/// Patterns that are looked for at once, and those whose lines do not count.
///
/// ```
/// use lyceum_campaign::{Pattern, PatternTable};
///
/// let ignored = [Pattern::word("no error", 0.0).unwrap()];
/// let table = PatternTable::new(PatternTable::words(), &ignored).unwrap();
///
/// assert_eq!(table.best(b"An ERROR in memory").unwrap().name, "memory");
/// assert!(table.best(b"no error").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct PatternTable {
    patterns: Vec<Pattern>,
    set: RegexSet,
    ignored: RegexSet,
}

impl PatternTable {
    /// The most patterns of a table.
    pub const MOST: usize = 1_000;

    /// Returns a table of patterns. A line that an ignored one matches counts nothing.
    ///
    /// # Errors
    ///
    /// An error says that there are too many, or that they are too large together.
    pub fn new(patterns: Vec<Pattern>, ignored: &[Pattern]) -> Result<Self, PatternError> {
        if patterns.len() > Self::MOST || ignored.len() > Self::MOST {
            return Err(PatternError::TooMany);
        }
        let (set, ignored) = (compile(&patterns)?, compile(ignored)?);
        Ok(Self { patterns, set, ignored })
    }

    /// Returns the words that are looked for where nothing else is said.
    #[must_use]
    pub fn words() -> Vec<Pattern> {
        let patterns = WORDS.iter().map(|(word, weight)| Pattern::word(word, *weight));
        patterns.collect::<Result<_, _>>().expect("words of our own are patterns")
    }

    /// Returns the pattern that says most about a line, if any matches.
    ///
    /// It is the one with the greatest weight, above or below zero; of equal ones the first.
    #[must_use]
    pub fn best(&self, line: &[u8]) -> Option<&Pattern> {
        // Most lines match nothing, and to find that out is cheaper than to find which.
        if !self.set.is_match(line) || self.ignored.is_match(line) {
            return None;
        }
        let matching = self.set.matches(line).into_iter().map(|place| &self.patterns[place]);
        matching.reduce(
            |best, next| {
                if next.weight.abs() > best.weight.abs() { next } else { best }
            },
        )
    }
}

impl Default for PatternTable {
    /// The words that are looked for where nothing else is said.
    fn default() -> Self {
        Self::new(Self::words(), &[]).expect("words of our own are a table")
    }
}

fn compile(patterns: &[Pattern]) -> Result<RegexSet, PatternError> {
    let expressions = patterns.iter().map(|pattern| &pattern.expression);
    let set = RegexSetBuilder::new(expressions).size_limit(COMPILED).build();
    set.map_err(|cause| PatternError::TooLarge { cause: Box::new(cause) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(line: &str) -> Option<(String, f64)> {
        let table = PatternTable::default();
        table.best(line.as_bytes()).map(|pattern| (pattern.name.clone(), pattern.weight))
    }

    #[test]
    fn words_are_found_whole_and_in_any_case() {
        let found = |name: &str, weight| Some((name.to_owned(), weight));

        assert_eq!(best("thread 'main' panicked at src/main.rs:1:2:"), found("panicked", 1.0));
        assert_eq!(best("SEGFAULT"), found("segfault", 1.0));
        assert_eq!(best("integer Overflow"), found("overflow", 0.4));
        assert_eq!(best("value error"), found("error", 0.3));
        assert_eq!(best("mirrors"), None);
        assert_eq!(best("\u{212a}error"), found("error", 0.3), "next to what is no plain letter");
        assert_eq!(best(""), None);
    }

    #[test]
    fn greatest_weight_wins_also_below_zero() {
        let patterns =
            vec![Pattern::word("error", 0.3).unwrap(), Pattern::regex("^usage:", -1.0).unwrap()];
        let table = PatternTable::new(patterns, &[]).unwrap();

        assert_eq!(table.best(b"usage: error").unwrap().weight, -1.0);
        assert_eq!(table.best(b"error: usage").unwrap().weight, 0.3);
    }

    #[test]
    fn words_of_any_script_are_found() {
        let table = PatternTable::new(vec![Pattern::word("ошибка", 0.3).unwrap()], &[]).unwrap();

        assert!(table.best("ОШИБКА: 7".as_bytes()).is_some());
        assert!(table.best(b"7").is_none());
    }

    #[test]
    fn lines_need_not_be_text() {
        assert!(PatternTable::default().best(b"\xff\xfe fatal \x00").is_some());
    }

    #[test]
    fn wrong_patterns_are_refused() {
        let text = |error: PatternError| error.to_string();

        assert_eq!(text(Pattern::word("", 0.1).unwrap_err()), "expected a word, found nothing");
        assert_eq!(text(Pattern::regex("(", 0.1).unwrap_err()), "no pattern can be made of `(`");
        assert_eq!(
            text(Pattern::word("a", f64::NAN).unwrap_err()),
            "the weight of `a` is NaN, expected a number from -1 to 1"
        );
        let large = Pattern::regex("(a{1000}){1000}", 0.1).unwrap_err();
        assert_eq!(text(large), "no pattern can be made of `(a{1000}){1000}`");
        let many = vec![Pattern::word("a", 0.1).unwrap(); 1_001];
        let error = PatternTable::new(many, &[]).unwrap_err();
        assert_eq!(text(error), "more than 1000 patterns");
    }
}
