//! How many tests passed and failed, read from what the test runners print.

use std::ops::AddAssign;

/// Tests or checks that passed and that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// How many passed.
    pub(crate) passed: u64,
    /// How many failed.
    pub(crate) failed: u64,
}

impl Count {
    /// Counts a check that has no tests inside as one.
    pub(crate) fn check(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Reads the summary of nextest: `Summary [ 1.2s] 5 tests run: 3 passed (1 slow), 2 failed`.
    pub(crate) fn of_nextest(output: &str) -> Option<Self> {
        let output = without_colors(output);
        let summary = output.lines().rfind(|line| line.trim_start().starts_with("Summary ["))?;
        let (_, results) = summary.split_once("run:")?;
        let mut count = Self::default();
        for (number, label) in labelled(&without_parentheses(results), ',') {
            match label {
                "passed" => count.passed += number,
                // What did not run to its end has failed, too: `timed out`, `exec failed`.
                "skipped" => {}
                _ => count.failed += number,
            }
        }
        Some(count)
    }

    /// Adds up libtest's lines: `test result: ok. 12 passed; 0 failed; 0 ignored; ...`.
    pub(crate) fn of_libtest(output: &str) -> Option<Self> {
        let output = without_colors(output);
        let mut total = None;
        for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            let (_, results) = line.split_once(". ")?;
            let count: &mut Self = total.get_or_insert_default();
            for (number, label) in labelled(results, ';') {
                match label {
                    "passed" => count.passed += number,
                    "failed" => count.failed += number,
                    _ => {}
                }
            }
        }
        total
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Returns the parts of the form `12 passed`, and leaves out the others.
fn labelled(text: &str, separator: char) -> impl Iterator<Item = (u64, &str)> {
    text.split(separator).filter_map(|part| {
        let (number, label) = part.trim().split_once(' ')?;
        Some((number.parse().ok()?, label.trim()))
    })
}

/// Removes remarks in parentheses.
fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    let outside = |letter: &char| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(outside).collect()
}

/// Removes the escape sequences that color a terminal.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_counts_every_way_to_fail() {
        let output = "     Summary [   0.079s] 9 tests run: 4 passed (1 slow, 1 leaky), \
                      2 failed (1 due to being leaky), 1 timed out, 1 exec failed, 7 skipped\n";

        assert_eq!(Count::of_nextest(output), Some(Count { passed: 4, failed: 4 }));
    }

    #[test]
    fn nextest_is_read_through_colors_and_when_cut_short() {
        let output = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.012s] \u{1b}[1m1\u{1b}[0m/3 tests \
                      run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped";

        assert_eq!(Count::of_nextest(output), Some(Count { passed: 1, failed: 0 }));
    }

    #[test]
    fn libtest_adds_up_all_binaries() {
        let output = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured\n\
                      test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured\n";

        assert_eq!(Count::of_libtest(output), Some(Count { passed: 5, failed: 1 }));
    }

    #[test]
    fn output_without_a_count_has_none() {
        assert_eq!(Count::of_nextest("error: could not compile"), None);
        assert_eq!(Count::of_libtest("error: could not compile"), None);
    }
}
