//! Aligned tables.

use super::paint::Paint;

/// Columns with a head, and rows of cells.
pub(crate) struct Table {
    head: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// The head of a column.
struct Column {
    title: String,
    /// Numbers stand at the right.
    right: bool,
}

/// A text, and how it looks.
pub(crate) struct Cell {
    text: String,
    paint: fn(Paint, &str) -> String,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: |_, text| text.into() }
    }

    pub(crate) fn painted(mut self, paint: fn(Paint, &str) -> String) -> Self {
        self.paint = paint;
        self
    }
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), rows: Vec::new() }
    }

    /// Adds a column of text.
    pub(crate) fn left(mut self, title: &str) -> Self {
        self.head.push(Column { title: title.into(), right: false });
        self
    }

    /// Adds a column of numbers.
    pub(crate) fn right(mut self, title: &str) -> Self {
        self.head.push(Column { title: title.into(), right: true });
        self
    }

    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Returns the table as lines, each column as wide as its widest cell.
    pub(crate) fn render(&self, paint: Paint) -> String {
        let widths: Vec<_> = (0..self.head.len()).map(|column| self.width(column)).collect();
        let titles: Vec<_> = self.head.iter().map(|column| column.title.as_str()).collect();
        let mut text = String::new();
        let head = titles.iter().map(|title| Cell::new(*title).painted(Paint::faint));
        self.line(&mut text, &head.collect::<Vec<_>>(), &widths, paint);
        for row in &self.rows {
            self.line(&mut text, row, &widths, paint);
        }
        text
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widths = cells.map(|cell| cell.text.chars().count());
        widths.max().unwrap_or(0).max(self.head[column].title.chars().count())
    }

    fn line(&self, text: &mut String, cells: &[Cell], widths: &[usize], paint: Paint) {
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let gap = " ".repeat(width.saturating_sub(cell.text.chars().count()));
            let painted = (cell.paint)(paint, &cell.text);
            if index > 0 {
                text.push_str("  ");
            }
            let is_last = index + 1 == widths.len();
            match (self.head[index].right, is_last) {
                (true, _) => text.extend([gap, painted]),
                (false, true) => text.push_str(&painted),
                (false, false) => text.extend([painted, gap]),
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let mut table = Table::new().left("NAME").right("HANDLED").left("MODE");
        table.row(vec![Cell::new("cpu"), Cell::new("1"), Cell::new("active")]);
        table.row(vec![Cell::new("processes"), Cell::new("1234"), Cell::new("")]);

        let text = table.render(Paint::plain());

        let expected = "NAME       HANDLED  MODE\n\
                        cpu              1  active\n\
                        processes     1234\n";
        assert_eq!(text, expected);
    }
}
