//! The text of an error together with the texts of its causes.

use std::error::Error;

use crate::caught::{catch, into_text};

/// How many causes of an error are told.
const CAUSES: usize = 32;

/// Returns the text of an error, and those of its causes.
///
/// Lyceum's errors leave their causes to [`source`](Error::source), so that their own text is not
/// all that there is to tell. This puts all of it into one line, for logs and for people. A cause
/// whose text stands in that of its effect already is not told again, and no more than 32 causes
/// are. The text of an error is code of its author's: if it panics, that is told in its place.
///
/// ```
/// use std::fs;
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("cannot read the price list")]
/// struct NoPrices(#[from] std::io::Error);
///
/// let error = NoPrices::from(fs::read("no/such/folder/prices").unwrap_err());
/// let text = lyceum::full_text(&error);
/// assert_eq!(text, "cannot read the price list: No such file or directory (os error 2)");
/// ```
pub fn full_text(error: &dyn Error) -> String {
    let mut text = String::new();
    let told = catch(|| {
        let mut next = Some(error);
        for _ in 0..CAUSES {
            let Some(error) = next else { return };
            let own = error.to_string();
            if !tells(&text, &own) {
                add(&mut text, &own);
            }
            next = error.source();
        }
    });
    if let Err(panic) = told {
        add(&mut text, "an error whose text panicked: ");
        text.push_str(&into_text(panic));
    }
    text
}

/// Returns whether a text has another one in it, and not just as part of a word.
fn tells(text: &str, own: &str) -> bool {
    let ends = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    let is_whole = |(at, found): (usize, &str)| {
        ends(text[..at].chars().next_back()) && ends(text[at + found.len()..].chars().next())
    };
    own.is_empty() || text.match_indices(own).any(is_whole)
}

fn add(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use thiserror::Error;

    use super::*;

    #[derive(Debug, Error)]
    #[error("cannot open the shop")]
    struct Outer(#[source] Inner);

    #[derive(Debug, Error)]
    #[error("the key is {key}")]
    struct Inner {
        key: Key,
    }

    #[derive(Debug)]
    enum Key {
        Lost,
        Unspeakable,
    }

    impl fmt::Display for Key {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::Lost => f.write_str("lost"),
                Self::Unspeakable => panic!("as asked"),
            }
        }
    }

    #[derive(Debug, Error)]
    #[error("told already: {0}{1}")]
    struct Telling(#[source] Inner, &'static str);

    #[test]
    fn full_text_has_each_cause_once() {
        let lost = || Inner { key: Key::Lost };
        assert_eq!(full_text(&Outer(lost())), "cannot open the shop: the key is lost");
        assert_eq!(full_text(&Telling(lost(), "")), "told already: the key is lost");
        let hint = "; look below the mat";
        let expected = "told already: the key is lost; look below the mat";
        assert_eq!(full_text(&Telling(lost(), hint)), expected);
        let other = "told already: the key is lostest: the key is lost";
        assert_eq!(full_text(&Telling(lost(), "est")), other);
    }

    #[test]
    fn error_whose_text_panics_is_told_as_far_as_it_goes() {
        let text = full_text(&Outer(Inner { key: Key::Unspeakable }));
        assert_eq!(text, "cannot open the shop: an error whose text panicked: as asked");
    }
}
