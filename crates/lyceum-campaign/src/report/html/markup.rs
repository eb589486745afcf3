//! Markup in which only text of our own is taken as it is.

use std::fmt::Write;

use crate::report::printable::is_hidden;

/// A page that is being written.
pub(super) struct Markup(String);

impl Markup {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    /// Writes markup. Only what stands in the program's own text can be given.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Writes text, for a paragraph or an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' => self.0.push('\n'),
                _ if is_hidden(letter) => self.0.push('\u{fffd}'),
                _ => self.0.push(letter),
            }
        }
        self
    }

    /// Writes a coordinate.
    pub(super) fn number(&mut self, number: f64) -> &mut Self {
        let number = if number.is_finite() { number } else { 0.0 };
        let rounded = (number * 10.0).round() / 10.0;
        // Writing into a string does not fail.
        let _ = write!(self.0, "{rounded}");
        self
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        let mut page = Markup::new();
        page.raw("<b title=\"").text("\"><script>'&\x1b\u{202e}\n").raw("\">").number(1.26);
        page.number(f64::NAN);

        let expected = "<b title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\u{fffd}\u{fffd}\n\">1.30";
        assert_eq!(page.into_string(), expected);
    }
}
