//! Words from a file, as fuzzers write them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Words worth putting into inputs.
///
/// The files are those of other fuzzers: one word a line, in double quotes, with or without a name
/// before it; `\\`, `\"` and `\xNN` stand for bytes; `#` begins a comment.
///
/// ```
/// use lyceum_campaign::Dictionary;
///
/// let text = "# signs\nstart=\"{\"\nmagic@1=\"\\x89PNG\"\n\"null\"\n";
/// let dictionary = Dictionary::parse(text).unwrap();
/// assert_eq!(dictionary.words(), [b"{".as_slice(), b"\x89PNG", b"null"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    words: Vec<Vec<u8>>,
}

/// Says why a text is no dictionary.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DictionaryError {
    /// The file cannot be read as text.
    #[error("cannot read `{}`", path.display())]
    Unread {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A line is wrong.
    #[error("{line}:{column}: {what}")]
    Wrong {
        /// The line, counted from one.
        line: usize,
        /// The column, in letters and counted from one.
        column: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// There are too many bytes.
    #[error("more than {} bytes", Dictionary::MOST_BYTES)]
    TooLarge,
    /// There are too many words.
    #[error("more than {} words", Dictionary::MOST_WORDS)]
    TooMany,
}

impl Dictionary {
    /// The most words of a dictionary.
    pub const MOST_WORDS: usize = 10_000;
    /// The most bytes of one word.
    pub const MOST_WORD_BYTES: usize = 1_024;
    /// The most bytes of a file.
    pub const MOST_BYTES: usize = 4 << 20;

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// An error says that the file cannot be read, is too large, or what is wrong in which line.
    pub fn read(path: &Path) -> Result<Self, DictionaryError> {
        let unread = |cause| DictionaryError::Unread { path: path.to_owned(), cause };
        let mut text = String::new();
        let file = File::open(path).map_err(unread)?;
        file.take(Self::MOST_BYTES as u64 + 1).read_to_string(&mut text).map_err(unread)?;
        Self::parse(&text)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// An error says what is wrong in which line, or that there is too much.
    pub fn parse(text: &str) -> Result<Self, DictionaryError> {
        if text.len() > Self::MOST_BYTES {
            return Err(DictionaryError::TooLarge);
        }
        let mut words = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let trimmed = text.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if words.len() == Self::MOST_WORDS {
                return Err(DictionaryError::TooMany);
            }
            let word = word(text).map_err(|(byte, what)| {
                let column = text[..byte].chars().count() + 1;
                DictionaryError::Wrong { line, column, what }
            })?;
            words.push(word);
        }
        Ok(Self { words })
    }

    /// Returns the words, in the order of the file.
    #[must_use]
    pub fn words(&self) -> &[Vec<u8>] {
        &self.words
    }

    /// Gives the words away.
    #[must_use]
    pub fn into_words(self) -> Vec<Vec<u8>> {
        self.words
    }
}

/// Reads the word of a line; an error has the byte where it is.
fn word(line: &str) -> Result<Vec<u8>, (usize, &'static str)> {
    let Some(open) = line.find('"') else {
        return Err((0, "expected a word in double quotes"));
    };
    let name = line[..open].trim();
    let is_name = |text: &str| text.chars().all(|letter| !letter.is_whitespace());
    if !name.is_empty() && !name.strip_suffix('=').is_some_and(|name| is_name(name.trim())) {
        return Err((0, "expected a name and `=` before the word, or nothing"));
    }
    let mut bytes = Vec::new();
    let mut at = open + 1;
    loop {
        let rest = &line[at..];
        let Some(letter) = rest.chars().next() else {
            return Err((at, "expected a double quote at the end of the word"));
        };
        if letter == '"' {
            break;
        }
        let taken = if letter == '\\' {
            let (byte, taken) = escape(rest).ok_or((at, "expected `\\\\`, `\\\"` or `\\xNN`"))?;
            bytes.push(byte);
            taken
        } else {
            bytes.extend_from_slice(&rest.as_bytes()[..letter.len_utf8()]);
            letter.len_utf8()
        };
        at += taken;
    }
    let after = line[at + 1..].trim_start();
    if !after.is_empty() && !after.starts_with('#') {
        return Err((at + 1, "expected nothing behind the word"));
    }
    match bytes.len() {
        0 => Err((open, "expected a word that is not empty")),
        1..=Dictionary::MOST_WORD_BYTES => Ok(bytes),
        _ => Err((open, "expected a word of at most 1,024 bytes")),
    }
}

/// Reads one escape, and returns its byte and how many bytes of text it is.
fn escape(text: &str) -> Option<(u8, usize)> {
    match text.as_bytes() {
        [b'\\', byte @ (b'\\' | b'"'), ..] => Some((*byte, 2)),
        [b'\\', b'x' | b'X', high, low, ..] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let byte = digit(high)? * 16 + digit(low)?;
            Some((u8::try_from(byte).ok()?, 4))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrong_lines_say_where_and_what() {
        let wrong = |text: &str| Dictionary::parse(text).unwrap_err().to_string();

        assert_eq!(wrong("\"a\"\nword"), "2:1: expected a word in double quotes");
        assert_eq!(wrong("a b=\"c\""), "1:1: expected a name and `=` before the word, or nothing");
        assert_eq!(wrong("ä=\"b"), "1:5: expected a double quote at the end of the word");
        assert_eq!(wrong("a=\"\\n\""), "1:4: expected `\\\\`, `\\\"` or `\\xNN`");
        assert_eq!(wrong("a=\"\\xé0\""), "1:4: expected `\\\\`, `\\\"` or `\\xNN`");
        assert_eq!(wrong("a=\"b\" c"), "1:6: expected nothing behind the word");
        assert_eq!(wrong("\"\""), "1:1: expected a word that is not empty");
        assert_eq!(
            wrong(&format!("\"{}\"", "a".repeat(1_025))),
            "1:1: expected a word of at most 1,024 bytes"
        );
    }

    #[test]
    fn too_much_is_refused() {
        let many = "\"a\"\n".repeat(10_001);
        assert_eq!(Dictionary::parse(&many).unwrap_err().to_string(), "more than 10000 words");

        let large = "#".repeat((4 << 20) + 1);
        assert_eq!(Dictionary::parse(&large).unwrap_err().to_string(), "more than 4194304 bytes");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a=\"\\\\x0fé# \n]{0,40}") {
            if let Ok(dictionary) = Dictionary::parse(&text) {
                prop_assert!(dictionary.words().iter().all(|word| !word.is_empty()));
            }
        }

        #[test]
        fn written_words_are_read(
            words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..9), 0..9),
        ) {
            let line = |word: &Vec<u8>| {
                let bytes: String = word.iter().map(|byte| format!("\\x{byte:02x}")).collect();
                format!("\"{bytes}\"\n")
            };
            let text: String = words.iter().map(line).collect();
            prop_assert_eq!(Dictionary::parse(&text).unwrap().into_words(), words);
        }
    }
}
