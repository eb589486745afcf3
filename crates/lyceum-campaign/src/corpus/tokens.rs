//! Words that the seeds themselves are made of.

use std::collections::BTreeMap;

use super::pool::Corpus;

/// The shortest and the longest word that is taken.
const LENGTHS: std::ops::RangeInclusive<usize> = 2..=32;

/// Bytes of each seed that are looked at.
const LOOKED_AT: usize = 64 << 10;

/// The most different words that are counted; later ones are not taken up.
const COUNTED: usize = 20_000;

/// How many bytes at the start of files are taken as their sign.
const SIGN: usize = 4;

impl Corpus {
    /// Returns words of the inputs, the most frequent first, and at most so many.
    ///
    /// A word is a run of letters, digits and `_`, or a run of other signs that can be printed. The
    /// first four bytes that two inputs share are one, too.
    ///
    /// ```
    /// use lyceum_campaign::{Corpus, CorpusLimits};
    ///
    /// let mut corpus = Corpus::new(CorpusLimits::default());
    /// corpus.add_seed("a", b"let x1 = let;");
    /// assert_eq!(corpus.tokens(2), [b"let".to_vec(), b"x1".to_vec()]);
    /// ```
    #[must_use]
    pub fn tokens(&self, most: usize) -> Vec<Vec<u8>> {
        let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
        let mut signs: BTreeMap<&[u8], u64> = BTreeMap::new();
        for input in self.inputs() {
            let looked_at = &input.bytes[..input.bytes.len().min(LOOKED_AT)];
            for word in looked_at.chunk_by(|one, next| class(*one) == class(*next)) {
                if class(word[0]) != Class::Neither && LENGTHS.contains(&word.len()) {
                    count(&mut counts, word);
                }
            }
            if let Some(sign) = looked_at.get(..SIGN) {
                count(&mut signs, sign);
            }
        }
        for (sign, times) in signs.into_iter().filter(|(_, times)| *times > 1) {
            counts.entry(sign).or_insert(times);
        }
        let mut words: Vec<_> = counts.into_iter().collect();
        words.sort_by(|(one, one_times), (other, other_times)| {
            other_times.cmp(one_times).then(other.len().cmp(&one.len())).then(one.cmp(other))
        });
        words.into_iter().take(most).map(|(word, _)| word.to_vec()).collect()
    }
}

/// What words are made of.
#[derive(PartialEq, Eq)]
enum Class {
    Word,
    Sign,
    Neither,
}

fn class(byte: u8) -> Class {
    match byte {
        b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Word,
        b'!'..=b'~' => Class::Sign,
        _ => Class::Neither,
    }
}

fn count<'b>(counts: &mut BTreeMap<&'b [u8], u64>, word: &'b [u8]) {
    if counts.len() < COUNTED || counts.contains_key(word) {
        *counts.entry(word).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::pool::CorpusLimits;
    use super::*;

    #[test]
    fn frequent_words_signs_and_beginnings_are_taken() {
        let mut corpus = Corpus::new(CorpusLimits::default());
        corpus.add_seed("a", b"\x89PN\x01 width=12 <!-- width --> \xff\xfe");
        corpus.add_seed("b", b"\x89PN\x01 height=12");
        let words = corpus.tokens(100);

        let shown: Vec<_> = words.iter().map(|word| word.escape_ascii().to_string()).collect();
        assert_eq!(shown, ["width", "\\x89PN\\x01", "12", "PN", "height", "<!--", "-->"]);
        assert_eq!(corpus.tokens(1), [b"width"]);
    }
}
