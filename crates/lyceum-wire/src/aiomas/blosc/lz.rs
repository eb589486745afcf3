//! BloscLZ: literals, and repetitions of what came before.
//!
//! ```text
//! 000lllll                        literals: l + 1 bytes follow
//! lllhhhhh [n ...] o              repeat l + 2 bytes from h * 256 + o + 1 bytes before
//! lll11111 [n ...] 255 oo         repeat l + 2 bytes from o (big-endian) + 8192 bytes before
//! ```
//!
//! With l = 7, bytes n are added to it up to the first that is not 255. The first byte of a stream
//! always begins literals, whatever its upper bits are.

/// The upper part of a distance that says that the distance has two bytes of its own.
const FAR: usize = 31;

/// What is added to a distance that has two bytes of its own.
const FAR_START: usize = 8192;

/// The upper bits of a control byte that say that the count goes on.
const LONG: usize = 7;

/// Appends the `length` bytes that `stream` stands for to `out`, or says what was expected.
pub(super) fn expand(stream: &[u8], length: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let start = out.len();
    let mut expansion = Expansion { stream, start, end: start + length, out };
    let mut control = expansion.byte()? & 0x1f;
    loop {
        if control < 0x20 {
            expansion.literals(control + 1)?;
        } else {
            expansion.repetition(control)?;
        }
        if expansion.stream.is_empty() {
            break;
        }
        control = expansion.byte()?;
    }
    if expansion.room() > 0 { Err("the announced length") } else { Ok(()) }
}

/// A stream on its way to `out`, whose older part belongs to other streams.
struct Expansion<'a> {
    stream: &'a [u8],
    start: usize,
    end: usize,
    out: &'a mut Vec<u8>,
}

impl Expansion<'_> {
    fn byte(&mut self) -> Result<usize, &'static str> {
        let (byte, rest) = self.stream.split_first().ok_or("more bytes in a stream")?;
        self.stream = rest;
        Ok(usize::from(*byte))
    }

    fn room(&self) -> usize {
        self.end - self.out.len()
    }

    fn literals(&mut self, count: usize) -> Result<(), &'static str> {
        let (bytes, rest) = self.stream.split_at_checked(count).ok_or("more bytes in a stream")?;
        self.stream = rest;
        self.check_room(count)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn repetition(&mut self, control: usize) -> Result<(), &'static str> {
        let mut count = control >> 5;
        if count == LONG {
            let mut more = 255;
            while more == 255 {
                more = self.byte()?;
                count += more;
            }
        }
        let distance = self.distance(control & 0x1f)?;
        if distance > self.out.len() - self.start {
            return Err("a distance inside the stream");
        }
        self.check_room(count + 2)?;
        self.repeat(distance, count + 2);
        Ok(())
    }

    fn distance(&mut self, upper: usize) -> Result<usize, &'static str> {
        let lower = self.byte()?;
        if (upper, lower) != (FAR, 255) {
            return Ok((upper << 8 | lower) + 1);
        }
        Ok((self.byte()? << 8 | self.byte()?) + FAR_START)
    }

    fn check_room(&self, count: usize) -> Result<(), &'static str> {
        if count > self.room() { Err("the announced length") } else { Ok(()) }
    }

    /// Repeats what came before; where it overlaps itself, it doubles from turn to turn.
    fn repeat(&mut self, distance: usize, count: usize) {
        let from = self.out.len() - distance;
        let end = self.out.len() + count;
        while self.out.len() < end {
            let part = (end - self.out.len()).min(self.out.len() - from);
            self.out.extend_from_within(from..from + part);
        }
    }
}
