//! Whether a program did what it never did before.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::find::alike;
use crate::process::Ending;

/// Tells sessions in which a program did something new: ended otherwise, or printed a new line.
///
/// It stands in for knowing which code ran. Lines that differ in numbers, addresses and quoted text
/// alone are the same, so that an input's echo is not new each time. An input that did something
/// new is worth keeping: [`Corpus::keep`](crate::Corpus::keep).
///
/// ```
/// use lyceum_campaign::Novelty;
/// use lyceum_campaign::process::Ending;
///
/// let mut novelty = Novelty::default();
/// assert!(novelty.is_new(Ending::Code(0), b"3 words\n"));
/// assert!(!novelty.is_new(Ending::Code(0), b"7 words\n"));
/// assert!(novelty.is_new(Ending::Code(0), b"7 words\nno header\n"));
/// assert!(novelty.is_new(Ending::Code(1), b"7 words\n"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Novelty {
    /// Hashes of lines with the ending of their session.
    seen: HashSet<u64>,
}

impl Novelty {
    /// The most different lines that are known; once it knows so many, nothing is new.
    pub const MOST: usize = 20_000;
    /// Lines of one session that are looked at.
    const LINES: usize = 200;
    /// Bytes of one session's output that are looked at.
    const BYTES: usize = 16 << 10;

    /// Takes down what a session was like, and returns whether something of it is new.
    pub fn is_new(&mut self, ending: Ending, output: &[u8]) -> bool {
        let looked_at = &output[..output.len().min(Self::BYTES)];
        let mut is_new = self.note(ending, "");
        for line in looked_at.split(|byte| *byte == b'\n').take(Self::LINES) {
            is_new |= self.note(ending, &alike(&String::from_utf8_lossy(line)));
        }
        is_new
    }

    fn note(&mut self, ending: Ending, line: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        match ending {
            Ending::Code(code) => (0, code, line).hash(&mut hasher),
            Ending::Signal { number } => (1, number, line).hash(&mut hasher),
        }
        self.seen.len() < Self::MOST && self.seen.insert(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_variety_is_new_up_to_a_limit() {
        let mut novelty = Novelty::default();
        let word = |number: usize| -> String {
            let letter = |digit: char| char::from(b'a' + digit.to_digit(10).unwrap_or(0) as u8);
            number.to_string().chars().map(letter).collect()
        };
        let sessions = 0..2 * Novelty::MOST;
        let new =
            sessions.filter(|number| novelty.is_new(Ending::Code(0), word(*number).as_bytes()));

        // One of them is the ending itself.
        assert_eq!(new.count(), Novelty::MOST - 1);
        assert_eq!(novelty.seen.len(), Novelty::MOST);
    }

    #[test]
    fn what_is_no_text_and_without_end_is_looked_at_in_part() {
        let mut novelty = Novelty::default();
        let mut flood = vec![0xff; 1 << 20];
        assert!(novelty.is_new(Ending::Code(0), &flood));
        flood.extend(b"\nlate");
        assert!(!novelty.is_new(Ending::Code(0), &flood));
    }
}
