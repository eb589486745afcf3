//! Whether a program did what it never did before.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::find::alike;
use crate::process::Ending;

/// Tells sessions in which a program did something new: ended otherwise, or printed a new line.
///
/// It stands in for knowing which code ran. Lines that differ in numbers, addresses and quoted text
/// alone are the same, and so are those that differ in words of the input: a program that tells
/// what it was given has done nothing new. Of lines that are built alike, the first few are new:
/// one that prints ever other words says nothing by them. An input that did something new is worth
/// keeping: [`Corpus::keep`](crate::Corpus::keep).
///
/// ```
/// use lyceum_campaign::Novelty;
/// use lyceum_campaign::process::Ending;
///
/// let mut novelty = Novelty::default();
/// assert!(novelty.is_new(Ending::Code(0), b"3 words\n", b"a b c"));
/// assert!(!novelty.is_new(Ending::Code(0), b"7 words\n", b"a b c d e f g"));
/// assert!(novelty.is_new(Ending::Code(0), b"no such key: left\n", b"left=1"));
/// assert!(!novelty.is_new(Ending::Code(0), b"no such key: right\n", b"right=1"));
/// assert!(novelty.is_new(Ending::Code(1), b"7 words\n", b"a b c d e f g"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Novelty {
    /// Hashes of lines with the ending of their session.
    seen: HashSet<u64>,
    /// How many lines of each build there were, by endings.
    builds: HashMap<Ending, HashMap<u64, usize>>,
}

impl Novelty {
    /// The most lines that are new among those that are built alike.
    pub const ALIKE: usize = 8;
    /// The most ways in which lines are built that are told apart for one ending; lines in others
    /// are not new.
    pub const BUILDS: usize = 64;
    /// Lines of one session that are looked at.
    const LINES: usize = 200;
    /// Bytes of one session's output, and of its input, that are looked at.
    const BYTES: usize = 16 << 10;

    /// Takes down what a session was like, with which input, and returns whether something of it is
    /// new.
    pub fn is_new(&mut self, ending: Ending, output: &[u8], input: &[u8]) -> bool {
        let looked_at = &output[..output.len().min(Self::BYTES)];
        let input = &input[..input.len().min(Self::BYTES)];
        let given: HashSet<&[u8]> = words(input).collect();
        let lines: HashSet<&[u8]> = input.split(|byte| *byte == b'\n').collect();
        let mut is_new = self.note(ending, "");
        let said = looked_at.split(|byte| *byte == b'\n').take(Self::LINES);
        for line in said.filter(|line| !lines.contains(line)) {
            is_new |= self.note(ending, &own(line, &given));
        }
        is_new
    }

    fn note(&mut self, ending: Ending, line: &str) -> bool {
        let known = hash(ending, line);
        if self.seen.contains(&known) {
            return false;
        }
        let builds = self.builds.entry(ending).or_default();
        let build = hash(ending, &build(line));
        if !builds.contains_key(&build) && builds.len() >= Self::BUILDS {
            return false;
        }
        let lines = builds.entry(build).or_default();
        if *lines >= Self::ALIKE {
            return false;
        }
        *lines += 1;
        self.seen.insert(known)
    }
}

/// Returns the words of a text: letters and digits, and bytes that are none of ASCII.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_of_word(*byte)).filter(|word| !word.is_empty())
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Returns a line without what differs from run to run, and without words of the input.
fn own(line: &[u8], given: &HashSet<&[u8]>) -> String {
    let mut kept = Vec::with_capacity(line.len());
    for part in line.chunk_by(|one, other| is_of_word(*one) == is_of_word(*other)) {
        // Some numbers are the input's, and others not: none of them counts.
        let is_given = part[0].is_ascii_digit() || given.contains(part);
        kept.extend_from_slice(if is_given { b"0" } else { part });
    }
    alike(&String::from_utf8_lossy(&kept))
}

/// Returns how a line is built: what stands between its words and numbers, each sign once.
fn build(line: &str) -> String {
    let mut built = String::new();
    for letter in line.chars() {
        let sign =
            if letter.is_alphanumeric() || letter == '#' || letter == ' ' { 'w' } else { letter };
        if !built.ends_with(sign) {
            built.push(sign);
        }
    }
    built
}

fn hash(ending: Ending, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    match ending {
        Ending::Code(code) => (0, code, text).hash(&mut hasher),
        Ending::Signal { number } => (1, number, text).hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: Ending = Ending::Code(0);

    /// Returns a word for each number.
    fn word(number: usize) -> String {
        let letter = |digit: char| char::from(b'a' + digit.to_digit(10).unwrap_or(0) as u8);
        number.to_string().chars().map(letter).collect()
    }

    /// Whatever a program told of its input was new, so that nearly every input was kept.
    #[test]
    fn what_was_given_is_not_new_when_it_is_told() {
        let mut novelty = Novelty::default();
        let new = (0..1_000).filter(|&number| {
            let (key, value) = (word(number), word(number + 7));
            let output = format!("unknown key {key} ({value})\nsaid {value}\n");
            novelty.is_new(DONE, output.as_bytes(), format!("{key}={value}").as_bytes())
        });

        assert_eq!(new.collect::<Vec<_>>(), [0]);
        assert!(novelty.is_new(DONE, b"unknown value\n", b"key"), "it says something else");
    }

    #[test]
    fn words_without_end_are_new_a_few_times() {
        let mut novelty = Novelty::default();
        let new =
            (0..1_000).filter(|number| novelty.is_new(DONE, word(*number).as_bytes(), b"")).count();
        // With the ending itself, which is an empty line.
        assert_eq!(new, Novelty::ALIKE);
        let error = b"error: no such thing\n";
        assert!(novelty.is_new(DONE, error, b""), "it is built in another way");
        assert!(novelty.is_new(Ending::Code(1), b"a word\n", b""), "it ends in another way");
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut novelty = Novelty::default();
        let signs = |mut number: usize| {
            let mut line = String::new();
            while number > 0 {
                line.push(char::from(b"!%&()*+,-./:;<=>"[number % 16]));
                line.push('x');
                number /= 16;
            }
            line
        };
        for number in 0..20 * Novelty::BUILDS {
            novelty.is_new(DONE, signs(number).as_bytes(), b"");
        }
        assert_eq!(novelty.builds[&DONE].len(), Novelty::BUILDS);
        assert!(novelty.seen.len() <= Novelty::BUILDS * Novelty::ALIKE);
    }

    #[test]
    fn what_is_no_text_and_without_end_is_looked_at_in_part() {
        let mut novelty = Novelty::default();
        let mut flood = vec![0xff; 1 << 20];
        assert!(novelty.is_new(DONE, &flood, b""));
        flood.extend(b"\nlate");
        assert!(!novelty.is_new(DONE, &flood, b""));
    }
}
