//! Places in a text, and what is wrong there.

use std::ops::Range;

use super::FleetFault;

/// Takes down what is wrong with a text.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: Vec<FleetFault>,
}

impl<'t> Faults<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    /// Takes down what is wrong at a place.
    pub(super) fn add(&mut self, at: Range<usize>, what: impl Into<String>) {
        let (line, column) = self.place(at.start);
        self.found.push(FleetFault { line, column, text: what.into() });
    }

    /// Returns line and column of a byte, counted from one.
    fn place(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// Returns all, in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<FleetFault> {
        self.found.sort();
        self.found
    }
}
