//! Lines of styled text that fit a terminal.

/// How a piece of text looks; the colours are those that the user's terminal has for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Faint,
    Strong,
    Calm,
    Warning,
    Alarm,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Faint => "\x1b[2m",
            Self::Strong => "\x1b[1m",
            Self::Calm => "\x1b[32m",
            Self::Warning => "\x1b[33m",
            Self::Alarm => "\x1b[1;31m",
        }
    }
}

/// A line of styled text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pieces: Vec<(Ink, String)>,
    width: usize,
}

impl Line {
    /// Makes a line with a first piece of text.
    pub(crate) fn new(ink: Ink, text: impl Into<String>) -> Self {
        Self::default().add(ink, text)
    }

    /// Adds a piece of text.
    pub(crate) fn add(mut self, ink: Ink, text: impl Into<String>) -> Self {
        let text = text.into();
        self.width += text.chars().count();
        self.pieces.push((ink, text));
        self
    }

    /// Adds the pieces of another line.
    pub(crate) fn join(mut self, other: Self) -> Self {
        self.width += other.width;
        self.pieces.extend(other.pieces);
        self
    }

    /// Goes to a column: with spaces if the line is shorter, with a cut and a space if not.
    pub(crate) fn tab(self, column: usize) -> Self {
        let line = if self.width >= column { self.cut(column.saturating_sub(1)) } else { self };
        let gap = column.saturating_sub(line.width);
        line.add(Ink::Plain, " ".repeat(gap))
    }

    /// Cuts off what goes beyond a width.
    pub(crate) fn cut(mut self, width: usize) -> Self {
        if self.width <= width {
            return self;
        }
        let mut left = width.saturating_sub(1);
        for (_, text) in &mut self.pieces {
            let length = text.chars().count();
            if length > left {
                *text = text.chars().take(left).collect();
            }
            left -= length.min(left);
        }
        self.width = width.saturating_sub(1);
        if width == 0 { self } else { self.add(Ink::Faint, "…") }
    }

    /// Returns the text, with orders to the terminal for its looks if it has them.
    pub(crate) fn render(&self, styled: bool) -> String {
        let mut rendered = String::new();
        for (ink, text) in &self.pieces {
            if !styled || *ink == Ink::Plain || text.is_empty() {
                rendered.push_str(text);
            } else {
                rendered.push_str(ink.code());
                rendered.push_str(text);
                rendered.push_str("\x1b[0m");
            }
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line::new(Ink::Strong, "cpu").add(Ink::Plain, " ▁▂▃ busy")
    }

    #[test]
    fn line_is_cut_to_the_columns_there_are() {
        assert_eq!(line().cut(12).render(false), "cpu ▁▂▃ busy");
        assert_eq!(line().cut(6).render(false), "cpu ▁…");
        assert_eq!(line().cut(2).render(false), "c…");
        assert_eq!(line().cut(0).render(false), "");
    }

    #[test]
    fn tab_keeps_a_space_before_its_column() {
        assert_eq!(line().tab(14).add(Ink::Plain, "x").render(false), "cpu ▁▂▃ busy  x");
        assert_eq!(line().tab(6).add(Ink::Plain, "x").render(false), "cpu … x");
    }

    #[test]
    fn looks_are_left_out_where_they_are_not_wanted() {
        assert_eq!(line().render(true), "\x1b[1mcpu\x1b[0m ▁▂▃ busy");
        assert_eq!(line().render(false), "cpu ▁▂▃ busy");
    }
}
