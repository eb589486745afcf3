//! Topic patterns, checked before the program runs.

use syn::{Error, LitStr, Result};

/// The same limits as the core's own parser has.
const MAX_BYTES: usize = 255;
const MAX_WORDS: usize = 32;

/// Checks a pattern: words split by `.`, where `*` stands for one word and `#` for any number.
pub(crate) fn check(literal: &LitStr) -> Result<()> {
    fault(&literal.value()).map_or(Ok(()), |fault| Err(Error::new(literal.span(), fault)))
}

fn fault(text: &str) -> Option<String> {
    if text.len() > MAX_BYTES {
        return Some(format!("expected a pattern of at most {MAX_BYTES} bytes"));
    }
    if text.split('.').count() > MAX_WORDS {
        return Some(format!("expected a pattern of at most {MAX_WORDS} words"));
    }
    let word = text.split('.').find(|word| !is_word(word))?;
    Some(format!(
        "cannot read {word:?} as a word of a pattern: expected `*`, `#`, or letters, digits, `_` \
         and `-`, with `.` between words"
    ))
}

fn is_word(word: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    matches!(word, "*" | "#") || (!word.is_empty() && word.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_wildcards_are_taken() {
        for text in ["a", "a.b", "counter.reset.#", "*.pump-3._x", "#", "#.*"] {
            assert_eq!(fault(text), None, "{text:?}");
        }
    }

    #[test]
    fn empty_and_mixed_words_are_refused() {
        for text in ["", ".", "a.", "a..b", "a#.b", "a b", "ä", "a/b", "**"] {
            assert!(fault(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn limits_are_those_of_the_core() {
        assert_eq!(fault(&"a".repeat(255)), None);
        assert!(fault(&"a".repeat(256)).is_some());
        assert_eq!(fault(&["a"; 32].join(".")), None);
        assert!(fault(&["a"; 33].join(".")).is_some());
    }
}
