//! Numbers in JSON.

use crate::aiomas::json::Reader;
use crate::aiomas::{SyntaxError, Value};

impl Reader<'_> {
    /// Reads an integer or a float, or `-Infinity`.
    pub(super) fn number(&mut self) -> Result<Value, SyntaxError> {
        let text = self.input.rest();
        if text.starts_with(b"-I") {
            return self.literal("-Infinity", f64::NEG_INFINITY.into());
        }
        let integer = integer_length(text).ok_or_else(|| self.input.expected("a number"))?;
        let fraction = integer + fraction_length(&text[integer..]);
        let length = fraction + exponent_length(&text[fraction..]);
        self.input.skip(length);
        let text = str::from_utf8(&text[..length]).expect("the number is ASCII");
        let value = if length == integer {
            Value::Int(text.parse().expect("the grammar was checked"))
        } else {
            Value::Float(text.parse().expect("the grammar was checked"))
        };
        Ok(value)
    }
}

/// Returns the length of `-? (0 | [1-9][0-9]*)`.
fn integer_length(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.starts_with(b"-"));
    match digits(&text[sign..]) {
        0 => None,
        _ if text[sign] == b'0' => Some(sign + 1),
        count => Some(sign + count),
    }
}

/// Returns the length of `. [0-9]+`, or zero.
fn fraction_length(text: &[u8]) -> usize {
    let count = text.strip_prefix(b".").map_or(0, digits);
    if count > 0 { count + 1 } else { 0 }
}

/// Returns the length of `[eE] [+-]? [0-9]+`, or zero.
fn exponent_length(text: &[u8]) -> usize {
    let [b'e' | b'E', rest @ ..] = text else { return 0 };
    let sign = usize::from(rest.starts_with(b"+") || rest.starts_with(b"-"));
    let count = digits(&rest[sign..]);
    if count > 0 { 1 + sign + count } else { 0 }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Limits;

    fn read(text: &str) -> Result<Value, SyntaxError> {
        Reader::new(text.as_bytes(), Limits::default()).payload()
    }

    #[test]
    fn integers_have_any_size() {
        assert_eq!(read("-0"), Ok(0.into()));
        assert_eq!(read("18446744073709551616"), Ok((1_u128 << 64).into()));
        let Ok(Value::Int(large)) = read(&"7".repeat(5000)) else { panic!("no integer") };
        assert_eq!(large.to_string(), "7".repeat(5000));
    }

    #[test]
    fn floats_are_read_as_python_reads_them() {
        let cases = [("-0.0", -0.0), ("1e5", 1e5), ("1E+5", 1e5), ("12.5e-1", 1.25)];
        for (text, float) in cases.into_iter().chain([("-1e400", f64::NEG_INFINITY)]) {
            assert_eq!(read(text), Ok(float.into()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["-", "01", "1.", ".5", "+1", "1e", "1e+", "-NaN", "--1", "1_0", "0x1"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
