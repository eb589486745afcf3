//! A score for what a program prints.

use std::sync::Arc;

use super::table::PatternTable;

/// Scores output as it comes, in pieces of any size.
///
/// Each line counts the weight of its best pattern. The sum stays between -1 and 1, and a program
/// that prints more lines than it should counts 1.
///
/// ```
/// use std::sync::Arc;
///
/// use lyceum_campaign::{PatternTable, Scanner};
///
/// let mut scanner = Scanner::new(Arc::new(PatternTable::default()));
/// scanner.feed(b"warning: old\nerr");
/// scanner.feed(b"or: bad input");
/// scanner.finish();
/// assert_eq!(scanner.score(), 0.4);
/// assert_eq!(scanner.best_hit().unwrap().line, "error: bad input");
/// ```
#[derive(Clone, Debug)]
pub struct Scanner {
    table: Arc<PatternTable>,
    line_limit: Option<u64>,
    /// What came of a line that has not ended.
    line: Vec<u8>,
    lines: u64,
    sum: f64,
    hits: Vec<Hit>,
    hit_count: u64,
}

/// A line in which a pattern was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The pattern's name.
    pub pattern: String,
    /// What the line counts.
    pub weight: f64,
    /// Which line it is, counted from one.
    pub number: u64,
    /// The line, up to a limit and with what is no text replaced.
    pub line: String,
}

impl Scanner {
    /// Bytes of a line that are looked at; what is behind them counts nothing.
    pub const LINE_BYTES: usize = 8 << 10;
    /// The most hits that are kept; the others count all the same.
    pub const MOST_HITS: usize = 20;
    /// Bytes of a line that a hit keeps.
    const SHOWN: usize = 300;

    /// Returns a scanner that has seen nothing.
    #[must_use]
    pub fn new(table: Arc<PatternTable>) -> Self {
        Self {
            table,
            line_limit: None,
            line: Vec::new(),
            lines: 0,
            sum: 0.0,
            hits: Vec::new(),
            hit_count: 0,
        }
    }

    /// Lets more lines than these count as a fault.
    #[must_use]
    pub fn with_line_limit(mut self, lines: u64) -> Self {
        self.line_limit = Some(lines);
        self
    }

    /// Takes a piece of output.
    ///
    /// Once the score has reached 1 or -1, what else comes is only counted.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.take(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.take(bytes);
    }

    /// Takes what came of the last line as a line, where the output has ended.
    pub fn finish(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
    }

    /// Returns the score: from -1 to 1, and 0 where nothing was found.
    #[must_use]
    pub fn score(&self) -> f64 {
        if self.has_too_many_lines() {
            return 1.0;
        }
        // Weights are given in hundredths or so: what rounding adds is taken away again.
        ((self.sum * 1e6).round() / 1e6).clamp(-1.0, 1.0)
    }

    /// Returns whether nothing else can change the score.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.score().abs() >= 1.0
    }

    /// Returns whether more lines have ended than should.
    #[must_use]
    pub fn has_too_many_lines(&self) -> bool {
        self.line_limit.is_some_and(|limit| self.lines > limit)
    }

    /// Returns how many lines have ended.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Returns the first hits.
    #[must_use]
    pub fn hits(&self) -> &[Hit] {
        &self.hits
    }

    /// Returns how many lines had a hit.
    #[must_use]
    pub fn hit_count(&self) -> u64 {
        self.hit_count
    }

    /// Returns the hit with the greatest weight, above or below zero; of equal ones the first.
    #[must_use]
    pub fn best_hit(&self) -> Option<&Hit> {
        let better = |next: &Hit, best: &Hit| next.weight.abs() > best.weight.abs();
        self.hits.iter().reduce(|best, next| if better(next, best) { next } else { best })
    }

    fn take(&mut self, bytes: &[u8]) {
        let room = Self::LINE_BYTES - self.line.len();
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        self.lines += 1;
        if !self.is_decided() {
            self.weigh();
        }
        self.line.clear();
    }

    fn weigh(&mut self) {
        let Some(pattern) = self.table.best(&self.line) else { return };
        self.sum += pattern.weight;
        self.hit_count += 1;
        let hit = Hit {
            pattern: pattern.name.clone(),
            weight: pattern.weight,
            number: self.lines,
            line: shown(&self.line),
        };
        if self.hits.len() < Self::MOST_HITS {
            self.hits.push(hit);
        } else if self.best_hit().is_some_and(|best| hit.weight.abs() > best.weight.abs()) {
            // The last place is for the best hit of all that came too late.
            self.hits.pop();
            self.hits.push(hit);
        }
    }
}

fn shown(line: &[u8]) -> String {
    let cut = &line[..line.len().min(Scanner::SHOWN)];
    String::from_utf8_lossy(cut).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::table::Pattern;
    use super::*;

    /// Compiled once, which takes longer than the tests.
    static WORDS: LazyLock<Arc<PatternTable>> = LazyLock::new(Arc::default);

    fn scanned(output: &[u8]) -> Scanner {
        let mut scanner = Scanner::new(WORDS.clone());
        scanner.feed(output);
        scanner.finish();
        scanner
    }

    #[test]
    fn lines_add_up_to_one_at_most() {
        assert_eq!(scanned(b"warning\nwarning\n").score(), 0.2);
        assert_eq!(scanned(b"error error error").score(), 0.3, "once for each line");
        assert_eq!(scanned(&b"error\n".repeat(9)).score(), 1.0);
        assert_eq!(scanned(b"").score(), 0.0);
    }

    #[test]
    fn sum_below_zero_is_bounded_too() {
        let patterns = vec![Pattern::word("refused", -0.7).unwrap()];
        let table = PatternTable::new(patterns, &[]).unwrap();
        let mut scanner = Scanner::new(Arc::new(table));
        scanner.feed(b"refused\nrefused\nrefused\n");

        assert_eq!((scanner.score(), scanner.hit_count()), (-1.0, 2));
    }

    #[test]
    fn endless_line_takes_no_memory_and_what_is_late_in_it_does_not_count() {
        let mut scanner = Scanner::new(WORDS.clone());
        for _ in 0..100 {
            scanner.feed(&[b'x'; 1_000]);
        }
        scanner.feed(b" fatal\nerror\n");

        assert_eq!((scanner.score(), scanner.lines()), (0.3, 2));
        assert!(scanner.line.capacity() <= 2 * Scanner::LINE_BYTES);
    }

    #[test]
    fn chatter_is_a_fault_where_lines_are_limited() {
        let mut scanner = Scanner::new(WORDS.clone()).with_line_limit(100);
        scanner.feed(&b"\n".repeat(100));
        assert_eq!((scanner.score(), scanner.has_too_many_lines()), (0.0, false));
        scanner.feed(b"\n");
        assert_eq!((scanner.score(), scanner.has_too_many_lines()), (1.0, true));
    }

    #[test]
    fn hits_are_bounded_and_the_best_is_among_them() {
        let patterns =
            vec![Pattern::word("low", 0.001).unwrap(), Pattern::word("high", 0.5).unwrap()];
        let table = PatternTable::new(patterns, &[]).unwrap();
        let mut scanner = Scanner::new(Arc::new(table));
        scanner.feed(&b"low\n".repeat(100));
        scanner.feed(b"high\n");

        let best = scanner.best_hit().unwrap();
        assert_eq!((best.pattern.as_str(), best.number), ("high", 101));
        assert_eq!((scanner.hits().len(), scanner.hit_count()), (Scanner::MOST_HITS, 101));
    }

    proptest! {
        #[test]
        fn pieces_count_as_the_whole(
            lines in prop::collection::vec("(error|warning|fine|fatal)?[ \u{fc}]{0,3}", 0..12),
            cuts in prop::collection::vec(0..40_usize, 0..6),
        ) {
            let output = lines.join("\n").into_bytes();
            let whole = scanned(&output);

            let mut scanner = Scanner::new(WORDS.clone());
            let mut rest = output.as_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                scanner.feed(piece);
                rest = after;
            }
            scanner.feed(rest);
            scanner.finish();

            prop_assert_eq!(scanner.score(), whole.score());
            prop_assert_eq!(scanner.hits(), whole.hits());
            prop_assert_eq!(scanner.lines(), whole.lines());
        }
    }
}
