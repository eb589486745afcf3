//! What the system's table of processes tells of one.

use std::fs;
use std::time::Duration;

/// How much time one tick is, as `/proc` counts: a hundredth of a second on Linux.
const TICK: Duration = Duration::from_millis(10);

/// A process as it was seen once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// When it began: tells it from another one that got its number.
    pub(super) began: u64,
    /// How much time of processors it used.
    pub(super) used: Duration,
    /// How many pages of memory it holds.
    pub(super) pages: u64,
}

impl Seen {
    /// Looks at a process; none if it is not there, or has ended.
    pub(super) fn of(number: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{number}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        // The name in brackets may have any letters, brackets among them.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        if matches!(*fields.first()?, "Z" | "X") {
            return None;
        }
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        let ticks = u32::try_from(number(11)?.saturating_add(number(12)?)).unwrap_or(u32::MAX);
        Some(Self { began: number(19)?, used: TICK * ticks, pages: number(21)? })
    }

    /// Returns how much memory it holds, in bytes.
    pub(super) fn memory(self) -> u64 {
        self.pages.saturating_mul(rustix::param::page_size() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_read_behind_a_name_with_brackets() {
        let line = "12 (a) b) (c) R 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0 777 4096 33 99\n";
        let seen = Seen { began: 777, used: Duration::from_secs(2), pages: 33 };
        assert_eq!(Seen::parse(line), Some(seen));
        assert_eq!(Seen::parse(&line.replace(" R ", " Z ")), None, "it has ended");
        assert_eq!(Seen::parse("nothing"), None);
        assert!(Seen::of(std::process::id()).is_some_and(|seen| seen.memory() > 0));
    }
}
