//! Reads a value from MsgPack.

use crate::aiomas::syntax::Input;
use crate::aiomas::{Limits, Map, SyntaxError, Value};

/// Reads one payload.
pub(crate) struct Reader<'a> {
    input: Input<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { input: Input::new(bytes, limits) }
    }

    /// Reads a value that is all of the payload.
    pub(crate) fn payload(mut self) -> Result<Value, SyntaxError> {
        let value = self.value()?;
        self.input.finish()?;
        Ok(value)
    }

    /// Reads the first two items of a list of at least three.
    pub(crate) fn head(mut self) -> Result<[Value; 2], SyntaxError> {
        let count = match self.marker()? {
            marker @ 0x90..=0x9f => usize::from(marker & 0x0f),
            0xdc => self.length(2)?,
            0xdd => self.length(4)?,
            _ => 0,
        };
        if count < 3 {
            return Err(self.input.expected("a list of three"));
        }
        self.input.enter()?;
        Ok([self.value()?, self.value()?])
    }

    fn value(&mut self) -> Result<Value, SyntaxError> {
        self.input.count()?;
        let marker = self.marker()?;
        match marker {
            0x00..=0x7f => Ok(marker.into()),
            0x80..=0x8f => self.map(usize::from(marker & 0x0f)),
            0x90..=0x9f => self.list(usize::from(marker & 0x0f)),
            0xa0..=0xbf => self.text(usize::from(marker & 0x1f)),
            0xe0..=0xff => Ok(marker.cast_signed().into()),
            0xc0 => Ok(Value::Null),
            0xc2 => Ok(false.into()),
            0xc3 => Ok(true.into()),
            0xca => Ok(f32::from_be_bytes(self.array()?).into()),
            0xcb => Ok(f64::from_be_bytes(self.array()?).into()),
            0xcc..=0xd3 => self.integer(marker),
            0xc4..=0xc6 | 0xd9..=0xdf => self.sized(marker),
            0xc7..=0xc9 | 0xd4..=0xd8 => Err(SyntaxError::Extension { at: self.input.at() - 1 }),
            0xc1 => Err(self.input.expected("a marker that is in use")),
        }
    }

    fn integer(&mut self, marker: u8) -> Result<Value, SyntaxError> {
        let value = match marker {
            0xcc => u8::from_be_bytes(self.array()?).into(),
            0xcd => u16::from_be_bytes(self.array()?).into(),
            0xce => u32::from_be_bytes(self.array()?).into(),
            0xcf => u64::from_be_bytes(self.array()?).into(),
            0xd0 => i8::from_be_bytes(self.array()?).into(),
            0xd1 => i16::from_be_bytes(self.array()?).into(),
            0xd2 => i32::from_be_bytes(self.array()?).into(),
            _ => i64::from_be_bytes(self.array()?).into(),
        };
        Ok(value)
    }

    /// Reads a value with its length in front.
    fn sized(&mut self, marker: u8) -> Result<Value, SyntaxError> {
        let width = match marker {
            0xc4 | 0xd9 => 1,
            0xc5 | 0xda | 0xdc | 0xde => 2,
            _ => 4,
        };
        let length = self.length(width)?;
        match marker {
            0xc4..=0xc6 => Ok(Value::Bytes(self.input.take(length)?.into())),
            0xd9..=0xdb => self.text(length),
            0xdc | 0xdd => self.list(length),
            _ => self.map(length),
        }
    }

    fn text(&mut self, length: usize) -> Result<Value, SyntaxError> {
        let start = self.input.at();
        let text = str::from_utf8(self.input.take(length)?)
            .map_err(|error| SyntaxError::Utf8 { at: start + error.valid_up_to() })?;
        Ok(text.into())
    }

    fn list(&mut self, count: usize) -> Result<Value, SyntaxError> {
        self.input.enter()?;
        // Each item has one byte at least.
        self.input.check_left(count)?;
        let items = (0..count).map(|_| self.value()).collect::<Result<Vec<_>, _>>()?;
        self.input.leave();
        Ok(items.into())
    }

    fn map(&mut self, count: usize) -> Result<Value, SyntaxError> {
        self.input.enter()?;
        // Each pair has two bytes at least.
        self.input.check_left(count.saturating_mul(2))?;
        let mut map = Map::new();
        for _ in 0..count {
            let key = self.value()?;
            map.push(key, self.value()?);
        }
        self.input.leave();
        Ok(map.into())
    }

    fn marker(&mut self) -> Result<u8, SyntaxError> {
        let marker = self.input.peek().ok_or_else(|| self.input.expected("a value"))?;
        self.input.skip(1);
        Ok(marker)
    }

    /// Reads a big-endian length of so many bytes.
    fn length(&mut self, width: usize) -> Result<usize, SyntaxError> {
        let bytes = self.input.take(width)?;
        Ok(bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SyntaxError> {
        let bytes = self.input.take(N)?;
        Ok(bytes.try_into().expect("so many bytes were taken"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Typed;

    fn read(bytes: &[u8]) -> Result<Value, SyntaxError> {
        Reader::new(bytes, Limits { nesting: 3, ..Limits::default() }).payload()
    }

    fn check(bytes: &[u8], value: impl Into<Value>) {
        assert_eq!(read(bytes), Ok(value.into()), "{bytes:02x?}");
    }

    #[test]
    fn integers_of_each_width_are_read() {
        check(&[0x7f], 127);
        check(&[0xe0], -32);
        check(&[0xcc, 0xff], 255);
        check(&[0xcd, 1, 0], 256);
        check(&[0xce, 0xff, 0xff, 0xff, 0xff], u32::MAX);
        check(&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], u64::MAX);
        check(&[0xd0, 0x80], -128);
        check(&[0xd1, 0x80, 0], i16::MIN);
        check(&[0xd2, 0x80, 0, 0, 0], i32::MIN);
        check(&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], i64::MIN);
        check(&[0xd3, 0, 0, 0, 0, 0, 0, 0, 1], 1);
    }

    #[test]
    fn long_forms_of_short_values_are_read() {
        check(&[0xca, 0x3f, 0xc0, 0, 0], 1.5);
        check(&[0xda, 0, 1, b'x'], "x");
        check(&[0xdb, 0, 0, 0, 1, b'x'], "x");
        check(&[0xc6, 0, 0, 0, 1, 9], Value::Bytes(vec![9]));
        check(&[0xdd, 0, 0, 0, 1, 0xc0], vec![Value::Null]);
        check(&[0xdf, 0, 0, 0, 1, 1, 0xc2], Map::from_iter([(1, false)]));
    }

    #[test]
    fn keys_may_be_any_value() {
        check(
            &[0x82, 1, 2, 0x91, 3, 4],
            Map::from_iter([(Value::from(1), 2), (vec![3.into()].into(), 4)]),
        );
        let typed = [&[0x82, 1, 2, 0xa8][..], b"__type__", &[0x92, 5, 6]].concat();
        check(&typed, Typed { id: 5, data: 6.into() });
    }

    #[test]
    fn lying_lengths_are_refused_before_anything_is_made() {
        let check = |bytes: &[u8], announced: usize, left: usize| {
            let at = bytes.len() - left;
            let error = SyntaxError::Length { announced, left, at };
            assert_eq!(read(bytes), Err(error), "{bytes:02x?}");
        };
        check(&[0xdd, 0xff, 0xff, 0xff, 0xff, 0], u32::MAX as usize, 1);
        check(&[0xdf, 0xff, 0xff, 0xff, 0xff, 0], u32::MAX as usize * 2, 1);
        check(&[0xdb, 0xff, 0xff, 0xff, 0xff, 0], u32::MAX as usize, 1);
        check(&[0xc6, 0x7f, 0xff, 0xff, 0xff], 0x7fff_ffff, 0);
        check(&[0x92, 1], 2, 1);
        check(&[0xcf, 1, 2], 8, 2);
        check(&[0xc5, 1], 2, 1);
    }

    #[test]
    fn what_python_does_not_send_is_refused() {
        assert_eq!(read(&[0x91, 0xd4, 1, 0]), Err(SyntaxError::Extension { at: 1 }));
        assert_eq!(read(&[0xc7, 1, 1, 0]), Err(SyntaxError::Extension { at: 0 }));
        assert!(matches!(read(&[0xc1]), Err(SyntaxError::Expected { .. })));
        assert!(matches!(read(&[]), Err(SyntaxError::Expected { .. })));
        assert!(matches!(read(&[1, 2]), Err(SyntaxError::Expected { at: 1, .. })));
        assert_eq!(read(&[0xa2, b'a', 0xff]), Err(SyntaxError::Utf8 { at: 2 }));
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read(&[0x91, 0x91, 0x91, 1]).is_ok());
        let error = SyntaxError::Nesting { limit: 3, at: 4 };
        assert_eq!(read(&[0x91, 0x91, 0x91, 0x80]), Err(error));
    }

    #[test]
    fn head_needs_nothing_behind_it() {
        let head = |bytes: &[u8]| Reader::new(bytes, Limits::default()).head();

        assert_eq!(head(&[0x93, 0, 0xa1, b'i', 0xc1]), Ok([0.into(), "i".into()]));
        assert!(head(&[0x92, 0, 1]).is_err());
        assert!(head(&[0x80]).is_err());
    }
}
