//! Names of topics, and patterns that match them.

use std::fmt;
use std::str::{FromStr, Split};
use std::sync::Arc;

/// Names a topic, such as `plant.pump-3.pressure`.
///
/// A name is words of ASCII letters, digits, `_` and `-`, separated by `.`. Clones share the text.
///
/// ```
/// use lyceum_core::TopicName;
///
/// let topic: TopicName = "plant.pump-3.pressure".parse()?;
/// assert_eq!(topic.as_str(), "plant.pump-3.pressure");
/// assert!("plant..pressure".parse::<TopicName>().is_err());
/// # Ok::<_, lyceum_core::TopicError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// The greatest length of a name or a pattern in bytes.
    pub const MAX_BYTES: usize = 255;

    /// The greatest number of words in a name or a pattern.
    pub const MAX_WORDS: usize = 32;

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn words(&self) -> Words<'_> {
        self.0.split('.')
    }
}

/// Parses a name.
///
/// # Errors
///
/// The text is empty, too long, or not made of proper words.
impl FromStr for TopicName {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        let expected = "ASCII letters, digits, `_` and `-`";
        check(text, is_plain, expected).map(Self)
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Matches topics by their words: `*` stands for one word, `#` for any number.
///
/// The two mean what they mean in AMQP: `a.#` matches `a` too, and `#` matches every topic.
/// Patterns are equal if their texts are: `#.*` and `*.#` match the same but differ.
///
/// ```
/// use lyceum_core::{Pattern, TopicName};
///
/// let pump: TopicName = "plant.pump-3.pressure".parse()?;
///
/// assert!("plant.*.pressure".parse::<Pattern>()?.matches(&pump));
/// assert!("plant.#".parse::<Pattern>()?.matches(&pump));
/// assert!(!"plant.*".parse::<Pattern>()?.matches(&pump));
/// # Ok::<_, lyceum_core::TopicError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// Returns whether the pattern matches a topic.
    ///
    /// The work is bounded by the product of the numbers of words.
    pub fn matches(&self, topic: &TopicName) -> bool {
        let mut words = self.words();
        let mut rest = topic.words();
        // Where to go on if the last `#` is to swallow one word more. Earlier ones need not be
        // tried again: what they could swallow in addition, the last one can, too.
        let mut retry: Option<(Words<'_>, Words<'_>)> = None;
        loop {
            let word = words.next();
            if word == Some("#") {
                retry = Some((words.clone(), rest.clone()));
                continue;
            }
            let matched = match (word, rest.next()) {
                (None, None) => return true,
                (Some(_), None) => return false,
                (Some(word), Some(given)) => word == "*" || word == given,
                (None, Some(_)) => false,
            };
            if !matched {
                let Some((after, swallowed)) = &mut retry else { return false };
                swallowed.next();
                (words, rest) = (after.clone(), swallowed.clone());
            }
        }
    }

    /// Returns the pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    pub(crate) fn words(&self) -> Words<'_> {
        self.0.split('.')
    }

    /// Returns whether only the topic of the same text matches.
    pub(crate) fn is_exact(&self) -> bool {
        !self.0.contains(['*', '#'])
    }
}

/// Parses a pattern.
///
/// # Errors
///
/// The text is empty, too long, or not made of proper words.
impl FromStr for Pattern {
    type Err = TopicError;

    fn from_str(text: &str) -> Result<Self, TopicError> {
        let expected = "`*`, `#`, or ASCII letters, digits, `_` and `-`";
        check(text, |word| matches!(word, "*" | "#") || is_plain(word), expected).map(Self)
    }
}

/// Makes the pattern that matches this topic only.
impl From<TopicName> for Pattern {
    fn from(topic: TopicName) -> Self {
        Self(topic.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Says why a text is no [`TopicName`] or no [`Pattern`].
///
/// ```
/// use lyceum_core::{TopicError, TopicName};
///
/// let err = "plant.pump 3".parse::<TopicName>().unwrap_err();
/// assert!(matches!(err, TopicError::BadWord { index: 1, .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// There is no text.
    #[error("cannot parse a topic from an empty text: expected words separated by `.`")]
    Empty,

    /// The text is longer than [`TopicName::MAX_BYTES`].
    #[error("cannot parse a topic of {bytes} bytes: expected at most {}", TopicName::MAX_BYTES)]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },

    /// The text has more words than [`TopicName::MAX_WORDS`].
    #[error(
        "cannot parse topic {text:?} of {words} words: expected at most {}",
        TopicName::MAX_WORDS
    )]
    TooManyWords {
        /// The whole text.
        text: String,
        /// The number of its words.
        words: usize,
    },

    /// A word is empty or has a character that it may not have.
    #[error("cannot parse topic {text:?}: word {index} is {word:?}, expected {expected}")]
    BadWord {
        /// The whole text.
        text: String,
        /// The number of the word, from 0.
        index: usize,
        /// The word itself.
        word: String,
        /// What a word consists of.
        expected: &'static str,
    },
}

/// The words of a topic or a pattern.
pub(crate) type Words<'a> = Split<'a, char>;

fn check(
    text: &str,
    is_word: impl Fn(&str) -> bool,
    expected: &'static str,
) -> Result<Arc<str>, TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > TopicName::MAX_BYTES {
        return Err(TopicError::TooLong { bytes: text.len() });
    }
    let words = text.split('.').count();
    if words > TopicName::MAX_WORDS {
        return Err(TopicError::TooManyWords { text: text.to_owned(), words });
    }
    if let Some((index, word)) = text.split('.').enumerate().find(|(_, word)| !is_word(word)) {
        let (text, word) = (text.to_owned(), word.to_owned());
        return Err(TopicError::BadWord { text, index, word, expected });
    }
    Ok(text.into())
}

fn is_plain(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !word.is_empty() && word.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, topic: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(&topic.parse().unwrap())
    }

    #[test]
    fn star_is_exactly_one_word() {
        assert!(matches("a.*", "a.b"));
        assert!(matches("*.*", "a.b"));
        assert!(!matches("a.*", "a"));
        assert!(!matches("a.*", "a.b.c"));
    }

    #[test]
    fn hash_is_any_number_of_words() {
        for topic in ["a", "a.b", "a.b.c"] {
            assert!(matches("#", topic));
            assert!(matches("a.#", topic));
            assert!(!matches("#.x", topic));
        }
        assert!(matches("#.b.#", "b"));
        assert!(matches("a.#.c", "a.c.b.c"));
        assert!(!matches("a.#.c", "a.c.b"));
        assert!(matches("#.*", "a"));
        assert!(!matches("*.#.*", "a"));
    }

    #[test]
    fn plain_pattern_matches_its_own_text_only() {
        assert!(matches("a.b", "a.b"));
        assert!(!matches("a.b", "a.B"));
        assert!(!matches("a.b", "a"));
        assert!(!matches("a", "a.b"));
    }

    #[test]
    fn many_hashes_do_not_explode() {
        let topic = ["a"; TopicName::MAX_WORDS].join(".");
        let pattern = format!("{}.b", ["#.a"; 15].join("."));

        for _ in 0..1_000 {
            assert!(!matches(&pattern, &topic));
        }
    }

    #[test]
    fn error_says_what_is_wrong_and_what_is_expected() {
        fn text<T: FromStr<Err = TopicError> + fmt::Debug>(of: &str) -> String {
            of.parse::<T>().unwrap_err().to_string()
        }

        assert_eq!(
            text::<TopicName>("a.*"),
            "cannot parse topic \"a.*\": word 1 is \"*\", \
             expected ASCII letters, digits, `_` and `-`"
        );
        assert_eq!(
            text::<Pattern>("a#.b"),
            "cannot parse topic \"a#.b\": word 0 is \"a#\", \
             expected `*`, `#`, or ASCII letters, digits, `_` and `-`"
        );
        assert_eq!(
            text::<TopicName>(""),
            "cannot parse a topic from an empty text: expected words separated by `.`"
        );
        assert_eq!(
            text::<Pattern>(&"a".repeat(256)),
            "cannot parse a topic of 256 bytes: expected at most 255"
        );
        assert!(text::<Pattern>(&["a"; 33].join(".")).ends_with("33 words: expected at most 32"));
    }

    #[test]
    fn longest_names_and_odd_words_are_told_apart() {
        let parse = |text: &str| text.parse::<TopicName>();

        assert!(parse(&"a".repeat(255)).is_ok());
        assert!(parse(&["a"; 32].join(".")).is_ok());
        assert!(parse("A-z_0.9").is_ok());
        for text in [".", "a.", ".a", "a..b", "ä", "a b", "a\n", "a/b"] {
            assert!(matches!(parse(text), Err(TopicError::BadWord { .. })), "{text:?}");
        }
    }

    /// The definition of matching, in exponential time.
    fn defined(pattern: &[&str], topic: &[&str]) -> bool {
        match (pattern, topic) {
            ([], []) => true,
            (["#", rest @ ..], _) => (0..=topic.len()).any(|n| defined(rest, &topic[n..])),
            ([word, rest @ ..], [given, others @ ..]) => {
                (*word == "*" || word == given) && defined(rest, others)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(
            pattern in "[ab*#](\\.[ab*#]){0,6}",
            topic in "[ab](\\.[ab]){0,6}",
        ) {
            let words: Vec<_> = pattern.split('.').collect();
            let given: Vec<_> = topic.split('.').collect();

            prop_assert_eq!(matches(&pattern, &topic), defined(&words, &given));
        }

        #[test]
        fn text_survives_parsing(text in "\\PC{0,20}|[a.*#]{0,70}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string(), text);
            }
        }
    }
}
