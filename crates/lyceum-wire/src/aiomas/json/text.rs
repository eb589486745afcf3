//! Texts in JSON.

use std::fmt::Write as _;

use crate::aiomas::SyntaxError;
use crate::aiomas::json::Reader;
use crate::scan::plain_length;

impl Reader<'_> {
    /// Reads a text in quotes.
    ///
    /// Half a surrogate pair, which Python's texts may hold and ours may not, becomes U+FFFD.
    pub(super) fn text(&mut self) -> Result<String, SyntaxError> {
        self.expect(b'"', "a quote")?;
        let mut text = String::new();
        loop {
            self.plain_part(&mut text)?;
            match self.input.peek() {
                Some(b'"') => {
                    self.input.skip(1);
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.input.expected("no control character in a text")),
                None => return Err(self.input.expected("the end of a text")),
            }
        }
    }

    /// Reads up to the next quote, backslash or control character.
    fn plain_part(&mut self, text: &mut String) -> Result<(), SyntaxError> {
        let rest = self.input.rest();
        let length = plain_length(rest, |byte| byte < b' ' || byte == b'"' || byte == b'\\');
        let part = str::from_utf8(&rest[..length])
            .map_err(|error| SyntaxError::Utf8 { at: self.input.at() + error.valid_up_to() })?;
        text.push_str(part);
        self.input.skip(length);
        Ok(())
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let letter = match self.input.rest().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.input.expected("an escape that JSON has")),
        };
        self.input.skip(2);
        Ok(letter)
    }

    /// Reads `\uXXXX`, or two of them that are a surrogate pair.
    fn code_point(&mut self) -> Result<char, SyntaxError> {
        let unit = self.unit().ok_or_else(|| self.input.expected("four hexadecimal digits"))?;
        self.input.skip(6);
        if let Some(letter) = char::from_u32(unit.into()) {
            return Ok(letter);
        }
        let pair = self.unit().map(|second| [unit, second]);
        match pair.and_then(|pair| char::decode_utf16(pair).next()?.ok()) {
            Some(letter) => {
                self.input.skip(6);
                Ok(letter)
            }
            None => Ok(char::REPLACEMENT_CHARACTER),
        }
    }

    /// Returns the UTF-16 unit that is written here as `\uXXXX`.
    fn unit(&self) -> Option<u16> {
        let digits = self.input.rest().strip_prefix(b"\\u")?.get(..4)?;
        digits.iter().try_fold(0, |unit, digit| {
            let digit = char::from(*digit).to_digit(16)?;
            Some(unit << 4 | u16::try_from(digit).ok()?)
        })
    }
}

/// Writes a text in quotes, with nothing but printable ASCII.
pub(super) fn write(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    out.reserve(text.len() + 2);
    loop {
        // What is special begins a letter, since all that follows in one is special, too.
        let (plain, others) = rest.split_at(plain_length(rest.as_bytes(), is_special));
        out.push_str(plain);
        let Some(letter) = others.chars().next() else { break };
        escape(letter, out);
        rest = &others[letter.len_utf8()..];
    }
    out.push('"');
}

fn is_special(byte: u8) -> bool {
    byte.wrapping_sub(b' ') > b'~' - b' ' || byte == b'"' || byte == b'\\'
}

fn escape(letter: char, out: &mut String) {
    let short = match letter {
        '"' | '\\' => letter,
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a string takes what is written");
            }
            return;
        }
    };
    out.extend(['\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Limits;

    fn read(json: &str) -> Result<String, SyntaxError> {
        Reader::new(json.as_bytes(), Limits::default()).text()
    }

    #[test]
    fn text_becomes_ascii_and_comes_back() {
        let text = "\0\u{1f}\u{7f}\u{80}\u{e9}\u{20ac}\u{1f600}\"\\/\u{8}\u{c}\n\r\t end";
        let json = r#""\u0000\u001f\u007f\u0080\u00e9\u20ac\ud83d\ude00\"\\/\b\f\n\r\t end""#;
        let mut out = String::new();

        write(text, &mut out);

        assert_eq!(out, json);
        assert_eq!(read(json).as_deref(), Ok(text));
    }

    #[test]
    fn raw_text_and_needless_escapes_are_read() {
        assert_eq!(read("\"\u{e9}\u{1f600}\u{7f}\"").as_deref(), Ok("\u{e9}\u{1f600}\u{7f}"));
        assert_eq!(read(r#""\/\u0041\uD83D\uDE00""#).as_deref(), Ok("/A\u{1f600}"));
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced() {
        assert_eq!(read(r#""\ud800""#).as_deref(), Ok("\u{fffd}"));
        assert_eq!(read(r#""\ud800\u0041""#).as_deref(), Ok("\u{fffd}A"));
        assert_eq!(read(r#""\udc00\ud83d\ude00""#).as_deref(), Ok("\u{fffd}\u{1f600}"));
    }

    #[test]
    fn bad_texts_are_refused() {
        let check = |json: &str, expected: &'static str, at: usize| {
            assert_eq!(read(json), Err(SyntaxError::Expected { expected, at }), "{json}");
        };
        check("\"ab", "the end of a text", 3);
        check("\"\u{1}\"", "no control character in a text", 1);
        check(r#""\x""#, "an escape that JSON has", 1);
        check(r#""\"#, "an escape that JSON has", 1);
        check(r#""\u12""#, "four hexadecimal digits", 1);
        check(r#""\u+123""#, "four hexadecimal digits", 1);
        let raw = Reader::new(b"\"ab\xff\"", Limits::default()).text();
        assert_eq!(raw, Err(SyntaxError::Utf8 { at: 3 }));
    }
}
