//! Inputs made of others.

/// Numbers that follow from a seed.
pub(crate) struct Chance(u64);

/// Lengths, counts and bytes that decoders stumble over.
const NUMBERS: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    u64::MAX,
];
/// What opens, closes, repeats and escapes.
const TOKENS: [&[u8]; 16] = [
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b"\\",
    b"\\u0000",
    b":",
    b",",
    b"null",
    b"-",
    b"1e400",
    b"/",
    b"__type__",
    b"\xc1",
    b"\xdd",
];
/// How long an input may become.
const LONGEST: usize = 16 << 10;

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.next() >> 16) as usize % limit }
    }
}

/// Makes a new input of one, and of others that there are.
pub(crate) fn mutate(chance: &mut Chance, input: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=chance.below(4) {
        once(chance, &mut bytes, others);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn once(chance: &mut Chance, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = chance.below(bytes.len() + 1);
    let length = (1 + chance.below(16)).min(bytes.len() - at);
    match chance.below(9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
        1 if at < bytes.len() => bytes[at] = chance.next() as u8,
        2 => drop(bytes.drain(at..at + length)),
        3 => {
            let copy = bytes[at..at + length].to_vec();
            let times = 1 + chance.below(200) / (1 + chance.below(50));
            insert(bytes, at, &copy.repeat(times));
        }
        4 => insert(bytes, at, TOKENS[chance.below(TOKENS.len())]),
        5 => {
            let number = NUMBERS[chance.below(NUMBERS.len())];
            let width = [1, 2, 4, 8][chance.below(4)];
            let number = match chance.below(2) {
                0 => number.to_be_bytes()[8 - width..].to_vec(),
                _ => number.to_le_bytes()[..width].to_vec(),
            };
            let end = (at + width).min(bytes.len());
            bytes.splice(at..end, number);
        }
        6 if !others.is_empty() => {
            let other = &others[chance.below(others.len())];
            let from = chance.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        7 => bytes.truncate(at),
        _ => {
            let random: Vec<u8> = (0..1 + chance.below(8)).map(|_| chance.next() as u8).collect();
            insert(bytes, at, &random);
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, more: &[u8]) {
    bytes.splice(at..at, more.iter().copied());
}
