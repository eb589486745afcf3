//! Commands as a shell reads them.

/// Writes words so that a POSIX shell reads the same words.
///
/// ```
/// use lyceum_campaign::shell_words;
///
/// let words = ["target/parser", "--name", "it's", "a b", ""];
/// assert_eq!(shell_words(words), r"target/parser --name 'it'\''s' 'a b' ''");
/// ```
#[must_use]
pub fn shell_words<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| quoted(word.as_ref())).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=,+@%".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
