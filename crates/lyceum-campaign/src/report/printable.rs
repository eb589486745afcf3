//! Texts and bytes in a form that people can read, and that does nothing to their screens.

use std::fmt::Write;

/// Returns a text without what moves cursors or changes the order of letters.
pub(super) fn line(text: &str) -> String {
    let visible = |letter: char| if is_hidden(letter) { '\u{fffd}' } else { letter };
    text.chars().map(visible).collect()
}

/// Returns whether a letter is a command to a screen, or turns the order of others around.
pub(super) fn is_hidden(letter: char) -> bool {
    let is_order = matches!(
        letter,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
    );
    is_order || letter.is_control()
}

/// Writes bytes as text in one line, with `\xNN` for what is none.
pub(super) fn escaped(bytes: &[u8], most: usize) -> String {
    let shown = &bytes[..bytes.len().min(most)];
    let rest = if shown.len() < bytes.len() { "..." } else { "" };
    format!("{}{rest}", shown.escape_ascii())
}

/// Writes bytes as lines of sixteen, with their places, and as text beside it.
pub(super) fn dump(bytes: &[u8], most: usize) -> String {
    let mut written = String::new();
    let shown = &bytes[..bytes.len().min(most)];
    for (row, chunk) in shown.chunks(16).enumerate() {
        let digits: Vec<_> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        let graphic = |byte: &u8| (b' '..=b'~').contains(byte);
        let text: String =
            chunk.iter().map(|byte| if graphic(byte) { char::from(*byte) } else { '.' }).collect();
        // Writing into a string does not fail.
        let _ = writeln!(written, "{:06x}  {:<47}  {text}", row * 16, digits.join(" "));
    }
    if shown.len() < bytes.len() {
        let _ = writeln!(written, "... {} more bytes", grouped((bytes.len() - shown.len()) as u64));
    }
    written
}

/// Writes a number with commas between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// Writes a number of things, in the singular for one.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_screens_are_not_written() {
        assert_eq!(line("a\x1b[2Jb\u{202e}c\u{9b}ü"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}ü");
    }

    #[test]
    fn bytes_are_written_as_text_and_as_digits() {
        assert_eq!(escaped(b"a\x00\n\xff", 10), "a\\x00\\n\\xff");
        assert_eq!(escaped(b"abcdef", 3), "abc...");
        let expected = "000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n\
            000010  00 67                                            .g\n... 1 more bytes\n";
        assert_eq!(dump(b"0123456789abcdef\x00gh", 18), expected);
    }

    #[test]
    fn thousands_are_told_apart() {
        let texts = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in texts {
            assert_eq!(grouped(number), text);
        }
    }
}
