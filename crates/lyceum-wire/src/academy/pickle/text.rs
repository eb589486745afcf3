//! The texts in which protocol 0 writes its values.

use super::PickleError;
use super::arena::Node;
use super::cursor::Cursor;

/// How many digits an integer may have.
const DIGIT_LIMIT: usize = 4300;

/// Reads the line of an integer or, as 00 and 01, a truth value.
pub(super) fn number(input: &mut Cursor<'_>) -> Result<Node, PickleError> {
    let line = input.text_line()?;
    match line {
        "00" => return Ok(Node::Bool(false)),
        "01" => return Ok(Node::Bool(true)),
        _ => {}
    }
    let digits = line.strip_suffix('L').unwrap_or(line);
    let integer = (digits.len() <= DIGIT_LIMIT).then(|| digits.parse().ok()).flatten();
    integer.map(Node::Int).ok_or_else(|| input.expected("an integer of at most 4300 digits"))
}

/// Reads the line of a float.
pub(super) fn float(input: &mut Cursor<'_>) -> Result<Node, PickleError> {
    let line = input.text_line()?;
    line.parse().map(Node::Float).map_err(|_| input.expected("a float"))
}

/// Reads the line of a key of what is kept.
pub(super) fn key(input: &mut Cursor<'_>) -> Result<u64, PickleError> {
    let line = input.text_line()?;
    line.parse().map_err(|_| input.expected("the number of a value that is kept"))
}

/// Reads the line of a text, in which strange letters are `\uXXXX` and all others Latin-1.
pub(super) fn escaped(input: &mut Cursor<'_>) -> Result<Node, PickleError> {
    let line = input.line()?;
    let text = unescaped(line).ok_or_else(|| input.expected("a text with escapes"))?;
    Ok(Node::Text(text.into()))
}

fn unescaped(line: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        let digits = match (byte, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(*byte));
                rest = after;
                continue;
            }
        };
        let code = std::str::from_utf8(after.get(1..=digits)?).ok()?;
        // Surrogates are no letters.
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        rest = &after[digits + 1..];
    }
    Some(text)
}

/// Reads the line of a text of Python 2, in quotes.
pub(super) fn quoted(input: &mut Cursor<'_>) -> Result<Node, PickleError> {
    let line = input.text_line()?;
    let inside = ['\'', '"']
        .into_iter()
        .find_map(|quote| line.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)));
    match inside {
        Some(text) if text.is_ascii() && !text.contains('\\') => Ok(Node::Text(text.into())),
        _ => Err(input.expected("a plain text in quotes")),
    }
}

/// Makes a text of the bytes of Python 2.
pub(super) fn ascii(bytes: &[u8], input: &Cursor<'_>) -> Result<Node, PickleError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Ok(Node::Text(text.into())),
        _ => Err(input.expected("a text that is ASCII")),
    }
}
