//! Plots as SVG.

use super::markup::Markup;
use super::scale::{Scale, label, time_label};

/// The size of a plot, in the units of its own coordinates.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 190.0;

/// Where the field of a plot lies.
const LEFT: f64 = 44.0;
const RIGHT: f64 = WIDTH - 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = HEIGHT - 24.0;

/// A plot over time that is being written.
pub(super) struct Plot<'p> {
    page: &'p mut Markup,
    x: Scale,
    y: Scale,
}

impl<'p> Plot<'p> {
    /// Begins a plot of a time in seconds, with axes.
    pub(super) fn begin(
        page: &'p mut Markup,
        title: &str,
        what: &str,
        seconds: f64,
        values: (f64, f64),
    ) -> Self {
        open(page, title, what);
        let x = Scale::new(0.0, seconds, LEFT, RIGHT);
        let y = Scale::new(values.0, values.1, BOTTOM, TOP);
        let mut plot = Self { page, x, y };
        plot.axes();
        plot
    }

    fn axes(&mut self) {
        for value in self.y.marks(4) {
            value_mark(self.page, self.y.place(value), value);
        }
        let marks = self.x.times(6);
        for time in marks {
            let place = self.x.place(time);
            under(self.page, place, &time_label(time));
        }
    }

    /// Fills the field between two lines over time.
    pub(super) fn band(&mut self, class: &'static str, points: &[(f64, f64, f64)]) {
        if points.is_empty() {
            return;
        }
        self.page.raw("<path class=\"").raw(class).raw("\" d=\"");
        let upper = points.iter().map(|(time, _, upper)| (*time, *upper));
        let lower = points.iter().rev().map(|(time, lower, _)| (*time, *lower));
        for (number, (time, value)) in upper.chain(lower).enumerate() {
            self.step(number, time, value);
        }
        self.page.raw("Z\"/>\n");
    }

    /// Draws a line over time.
    pub(super) fn line(&mut self, class: &'static str, points: &[(f64, f64)]) {
        self.page.raw("<path class=\"").raw(class).raw("\" d=\"");
        for (number, (time, value)) in points.iter().enumerate() {
            self.step(number, *time, *value);
        }
        self.page.raw("\"/>\n");
    }

    fn step(&mut self, number: usize, time: f64, value: f64) {
        let (x, y) = (self.x.place(time), self.y.place(value));
        self.page.raw(if number == 0 { "M" } else { "L" }).number(x).raw(" ").number(y);
    }

    /// Draws a line across, with what it means.
    pub(super) fn limit(&mut self, class: &'static str, value: f64, meaning: &str) {
        let place = self.y.place(value);
        self.page.raw("<line class=\"").raw(class).raw("\" x1=\"").number(LEFT).raw("\" x2=\"");
        self.page.number(RIGHT).raw("\" y1=\"").number(place).raw("\" y2=\"").number(place);
        self.page.raw("\"/><text class=\"meaning\" x=\"").number(RIGHT - 4.0).raw("\" y=\"");
        self.page.number(place - 4.0).raw("\" text-anchor=\"end\">").text(meaning);
        self.page.raw("</text>\n");
    }

    /// Draws a dot with a text that is shown where a pointer rests on it.
    pub(super) fn dot(&mut self, time: f64, value: f64, meaning: &str) {
        let (x, y) = (self.x.place(time), self.y.place(value));
        self.page.raw("<circle class=\"dot\" cx=\"").number(x).raw("\" cy=\"").number(y);
        self.page.raw("\" r=\"3.5\"><title>").text(meaning).raw("</title></circle>\n");
    }

    /// Lets a part of the time say what it is where a pointer rests on it.
    pub(super) fn part(&mut self, from: f64, to: f64, meaning: &str) {
        let (left, right) = (self.x.place(from), self.x.place(to));
        column(self.page, "part", left, right - left, TOP, meaning);
    }

    pub(super) fn end(self) {
        close(self.page);
    }
}

/// Draws columns side by side, each with its name and value.
pub(super) fn columns(page: &mut Markup, title: &str, what: &str, values: &[(String, f64)]) {
    open(page, title, what);
    let greatest = values.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let y = Scale::new(0.0, greatest, BOTTOM, TOP);
    for value in y.marks(4) {
        value_mark(page, y.place(value), value);
    }
    let width = (RIGHT - LEFT) / values.len().max(1) as f64;
    // A name needs about this much room.
    let every = (52.0 / width).ceil().max(1.0) as usize;
    for (number, (name, value)) in values.iter().enumerate() {
        let left = LEFT + width * number as f64;
        let meaning = format!("up to {name}: {}", label(*value));
        column(page, "column", left + 1.0, width - 2.0, y.place(*value), &meaning);
        if number.is_multiple_of(every) {
            under(page, left + width / 2.0, name);
        }
    }
    close(page);
}

fn open(page: &mut Markup, title: &str, what: &str) {
    page.raw("<figure>\n<figcaption><b>").text(title).raw("</b> ").text(what);
    page.raw("</figcaption>\n<svg role=\"img\" viewBox=\"0 0 ").number(WIDTH).raw(" ");
    page.number(HEIGHT).raw("\" aria-label=\"").text(title).raw("\">\n");
}

fn close(page: &mut Markup) {
    page.raw("</svg>\n</figure>\n");
}

/// Draws a line across and its value at the left.
fn value_mark(page: &mut Markup, place: f64, value: f64) {
    page.raw("<line class=\"grid\" x1=\"").number(LEFT).raw("\" x2=\"").number(RIGHT);
    page.raw("\" y1=\"").number(place).raw("\" y2=\"").number(place);
    page.raw("\"/><text x=\"").number(LEFT - 6.0).raw("\" y=\"").number(place + 4.0);
    page.raw("\" text-anchor=\"end\">").text(&label(value)).raw("</text>\n");
}

/// Writes a name under the field.
fn under(page: &mut Markup, place: f64, name: &str) {
    // One in the middle of the right edge would be cut off there.
    let is_last = place > RIGHT - 12.0;
    let place = if is_last { WIDTH } else { place };
    page.raw("<text x=\"").number(place).raw("\" y=\"").number(BOTTOM + 16.0);
    page.raw(if is_last { "\" text-anchor=\"end\">" } else { "\" text-anchor=\"middle\">" });
    page.text(name).raw("</text>\n");
}

/// Draws a column from the bottom up to a place.
fn column(page: &mut Markup, class: &'static str, left: f64, width: f64, top: f64, meaning: &str) {
    page.raw("<rect class=\"").raw(class).raw("\" x=\"").number(left).raw("\" y=\"").number(top);
    page.raw("\" width=\"").number(width.max(0.5)).raw("\" height=\"").number(BOTTOM - top);
    page.raw("\"><title>").text(meaning).raw("</title></rect>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time at the right edge of a plot was cut off after its first letters.
    #[test]
    fn last_time_ends_where_the_plot_does() {
        let mut page = Markup::new();
        Plot::begin(&mut page, "Sessions", "in a second", 15.0, (0.0, 1.0)).end();
        let page = page.into_string();

        assert!(
            page.contains("<text x=\"560\" y=\"182\" text-anchor=\"end\">15 s</text>"),
            "{page}"
        );
        assert!(page.contains("text-anchor=\"middle\">10 s</text>"), "{page}");
    }
}
