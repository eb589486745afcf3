//! One change of an input, as data.

use std::fmt;

/// One change of an input, of some kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// Where the change comes from.
    pub kind: MutationKind,
    /// What is changed.
    pub change: Change,
}

/// Where a change comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MutationKind {
    /// One bit is flipped.
    BitFlip,
    /// One byte becomes any other.
    RandomByte,
    /// Bytes become a number at whose edge programs fail.
    Interesting,
    /// A number is moved a little, up or down.
    Arithmetic,
    /// A number that is written in digits becomes another one.
    Digits,
    /// Bytes are put in.
    Insert,
    /// Bytes are taken out.
    Delete,
    /// A block goes to another place.
    Move,
    /// A block is written once more, or many times.
    Repeat,
    /// A word of the dictionary is put in or written over.
    Word,
    /// The end comes from another input.
    Splice,
}

/// What a [`Mutation`] does to the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Flips a bit of a byte.
    Flip {
        /// The byte.
        at: usize,
        /// The bit, from 0 to 7.
        bit: u8,
    },
    /// Adds to a number, and wraps around.
    Add {
        /// Where the number begins.
        at: usize,
        /// How many bytes it has: 1, 2, 4 or 8.
        width: usize,
        /// In which order they are.
        order: ByteOrder,
        /// What is added.
        delta: i64,
    },
    /// Puts bytes in the place of others; with a length of zero they are inserted.
    Replace {
        /// Where.
        at: usize,
        /// How many bytes go.
        length: usize,
        /// What comes instead.
        bytes: Vec<u8>,
    },
    /// Moves a block.
    Move {
        /// Where it begins.
        from: usize,
        /// How long it is.
        length: usize,
        /// Where it begins afterwards, counted without the block.
        to: usize,
    },
}

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least byte first.
    Little,
    /// The greatest byte first.
    Big,
}

impl Change {
    /// Changes an input, which is at most so long afterwards.
    ///
    /// Places beyond the end are taken as the end, so that no change is wrong for an input; what
    /// would not fit is cut off at the end of the result.
    pub fn apply(&self, input: &mut Vec<u8>, max_size: usize) {
        match self {
            Self::Flip { at, bit } => {
                if let Some(byte) = input.get_mut(*at) {
                    *byte ^= 1 << (bit & 7);
                }
            }
            Self::Add { at, width, order, delta } => {
                if let Some(number) = at.checked_add(*width).and_then(|end| input.get_mut(*at..end))
                {
                    add(number, *order, *delta);
                }
            }
            Self::Replace { at, length, bytes } => {
                let at = (*at).min(input.len());
                let end = at.saturating_add(*length).min(input.len());
                let fitting = &bytes[..bytes.len().min(max_size.saturating_sub(at))];
                input.splice(at..end, fitting.iter().copied());
            }
            Self::Move { from, length, to } => shift(input, *from, *length, *to),
        }
        input.truncate(max_size);
    }
}

/// Adds to a number of up to eight bytes.
fn add(number: &mut [u8], order: ByteOrder, delta: i64) {
    let mut carry = 0_u16;
    let width = number.len();
    let added = delta.to_le_bytes();
    for step in 0..width {
        let index = if order == ByteOrder::Little { step } else { width - 1 - step };
        // A number of more than eight bytes goes on with the sign.
        let sign = if delta < 0 { u8::MAX } else { 0 };
        let one = added.get(step).copied().unwrap_or(sign);
        let sum = u16::from(number[index]) + u16::from(one) + carry;
        number[index] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
}

fn shift(input: &mut [u8], from: usize, length: usize, to: usize) {
    let from = from.min(input.len());
    let end = from.saturating_add(length).min(input.len());
    let to = to.min(input.len() - (end - from));
    if to < from {
        input[to..end].rotate_left(from - to);
    } else {
        input[from..to + (end - from)].rotate_left(end - from);
    }
}

impl MutationKind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::BitFlip,
        Self::RandomByte,
        Self::Interesting,
        Self::Arithmetic,
        Self::Digits,
        Self::Insert,
        Self::Delete,
        Self::Move,
        Self::Repeat,
        Self::Word,
        Self::Splice,
    ];
}

impl fmt::Display for MutationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::BitFlip => "bit flip",
            Self::RandomByte => "random byte",
            Self::Interesting => "interesting number",
            Self::Arithmetic => "arithmetic",
            Self::Digits => "digits",
            Self::Insert => "insertion",
            Self::Delete => "deletion",
            Self::Move => "move",
            Self::Repeat => "repetition",
            Self::Word => "word",
            Self::Splice => "splice",
        };
        f.write_str(name)
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match &self.change {
            Change::Flip { at, bit } => write!(f, "{kind}: bit {bit} of byte {at}"),
            Change::Add { at, width, delta, .. } => {
                write!(f, "{kind}: {delta:+} to the {width} bytes at {at}")
            }
            Change::Replace { at, length, bytes } => {
                write!(f, "{kind}: {} bytes in the place of {length} at {at}", bytes.len())
            }
            Change::Move { from, length, to } => {
                write!(f, "{kind}: {length} bytes from {from} to {to}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changed(input: &[u8], change: &Change) -> Vec<u8> {
        let mut bytes = input.to_vec();
        change.apply(&mut bytes, 16);
        bytes
    }

    #[test]
    fn bit_is_flipped() {
        assert_eq!(changed(b"abc", &Change::Flip { at: 1, bit: 0 }), b"acc");
        assert_eq!(changed(b"abc", &Change::Flip { at: 3, bit: 0 }), b"abc");
    }

    #[test]
    fn number_wraps_in_both_orders() {
        let add = |order, delta| Change::Add { at: 1, width: 2, order, delta };

        assert_eq!(changed(&[7, 255, 0, 7], &add(ByteOrder::Little, 1)), [7, 0, 1, 7]);
        assert_eq!(changed(&[7, 0, 255, 7], &add(ByteOrder::Big, 1)), [7, 1, 0, 7]);
        assert_eq!(changed(&[7, 0, 0, 7], &add(ByteOrder::Big, -1)), [7, 255, 255, 7]);
        assert_eq!(changed(&[7, 0], &add(ByteOrder::Big, -1)), [7, 0], "it does not fit");
    }

    #[test]
    fn bytes_are_inserted_replaced_and_taken_out() {
        let replace =
            |at, length, bytes: &[u8]| Change::Replace { at, length, bytes: bytes.to_vec() };

        assert_eq!(changed(b"abc", &replace(1, 0, b"--")), b"a--bc");
        assert_eq!(changed(b"abc", &replace(1, 1, b"--")), b"a--c");
        assert_eq!(changed(b"abc", &replace(1, 9, b"")), b"a");
        assert_eq!(changed(b"abc", &replace(9, 9, b"d")), b"abcd");
    }

    #[test]
    fn block_moves_both_ways() {
        let shift = |from, length, to| Change::Move { from, length, to };

        assert_eq!(changed(b"abcdef", &shift(0, 2, 3)), b"cdeabf");
        assert_eq!(changed(b"abcdef", &shift(3, 2, 0)), b"deabcf");
        assert_eq!(changed(b"abcdef", &shift(4, 9, 9)), b"abcdef");
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let order = prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)];
        let place = prop_oneof![0..80_usize, Just(usize::MAX)];
        prop_oneof![
            (place.clone(), any::<u8>()).prop_map(|(at, bit)| Change::Flip { at, bit }),
            (place.clone(), place.clone(), order, any::<i64>())
                .prop_map(|(at, width, order, delta)| Change::Add { at, width, order, delta }),
            (place.clone(), place.clone(), any::<Vec<u8>>())
                .prop_map(|(at, length, bytes)| Change::Replace { at, length, bytes }),
            (place.clone(), place.clone(), place).prop_map(|(from, length, to)| Change::Move {
                from,
                length,
                to
            }),
        ]
    }

    proptest! {
        #[test]
        fn any_change_fits_any_input(
            mut input: Vec<u8>,
            change in any_change(),
            max_size in 0..100_usize,
        ) {
            change.apply(&mut input, max_size);
            prop_assert!(input.len() <= max_size);
        }

        #[test]
        fn move_keeps_all_bytes(
            input: Vec<u8>,
            from in 0..200_usize,
            length in 0..200_usize,
            to in 0..200_usize,
        ) {
            let mut moved = input.clone();
            Change::Move { from, length, to }.apply(&mut moved, usize::MAX);
            let (mut before, mut after) = (input, moved);
            before.sort_unstable();
            after.sort_unstable();
            prop_assert_eq!(before, after);
        }
    }
}
