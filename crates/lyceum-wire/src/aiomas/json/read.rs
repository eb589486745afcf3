//! Reads a value from JSON.

use crate::aiomas::syntax::Input;
use crate::aiomas::{Limits, Map, SyntaxError, Value};

/// Reads one payload.
pub(crate) struct Reader<'a> {
    pub(super) input: Input<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], limits: Limits) -> Self {
        Self { input: Input::new(bytes, limits) }
    }

    /// Reads a value that is all of the payload.
    pub(crate) fn payload(mut self) -> Result<Value, SyntaxError> {
        let value = self.value()?;
        self.skip_blanks();
        self.input.finish()?;
        Ok(value)
    }

    /// Reads the first two items of a list of at least three.
    pub(crate) fn head(mut self) -> Result<[Value; 2], SyntaxError> {
        self.skip_blanks();
        self.expect(b'[', "a list")?;
        self.input.enter()?;
        let first = self.value()?;
        self.skip_blanks();
        self.expect(b',', "a comma")?;
        let second = self.value()?;
        self.skip_blanks();
        self.expect(b',', "a comma")?;
        Ok([first, second])
    }

    fn value(&mut self) -> Result<Value, SyntaxError> {
        self.input.count()?;
        self.skip_blanks();
        match self.input.peek() {
            Some(b'"') => self.text().map(Value::Text),
            Some(b'[') => self.list(),
            Some(b'{') => self.map(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.literal("null", Value::Null),
            Some(b't') => self.literal("true", true.into()),
            Some(b'f') => self.literal("false", false.into()),
            Some(b'N') => self.literal("NaN", f64::NAN.into()),
            Some(b'I') => self.literal("Infinity", f64::INFINITY.into()),
            _ => Err(self.input.expected("a value")),
        }
    }

    fn list(&mut self) -> Result<Value, SyntaxError> {
        let mut items = Vec::new();
        self.items(b']', "a comma or `]`", |reader| {
            items.push(reader.value()?);
            Ok(())
        })?;
        Ok(Value::List(items))
    }

    fn map(&mut self) -> Result<Value, SyntaxError> {
        let mut map = Map::new();
        self.items(b'}', "a comma or `}`", |reader| {
            reader.skip_blanks();
            let key = reader.text()?;
            reader.skip_blanks();
            reader.expect(b':', "a colon")?;
            map.push(key, reader.value()?);
            Ok(())
        })?;
        Ok(map.into())
    }

    /// Reads what stands between brackets, separated by commas.
    fn items(
        &mut self,
        end: u8,
        separator: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<(), SyntaxError>,
    ) -> Result<(), SyntaxError> {
        self.input.enter()?;
        self.input.skip(1);
        self.skip_blanks();
        if self.input.peek() != Some(end) {
            item(self)?;
            self.skip_blanks();
            while self.input.peek() == Some(b',') {
                self.input.skip(1);
                item(self)?;
                self.skip_blanks();
            }
        }
        self.expect(end, separator)?;
        self.input.leave();
        Ok(())
    }

    /// Reads a word; only its first letter is known.
    pub(super) fn literal(
        &mut self,
        word: &'static str,
        value: Value,
    ) -> Result<Value, SyntaxError> {
        if !self.input.rest().starts_with(word.as_bytes()) {
            return Err(self.input.expected(word));
        }
        self.input.skip(word.len());
        Ok(value)
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), SyntaxError> {
        if self.input.peek() != Some(byte) {
            return Err(self.input.expected(expected));
        }
        self.input.skip(1);
        Ok(())
    }

    fn skip_blanks(&mut self) {
        let is_blank = |byte: &&u8| b" \t\n\r".contains(byte);
        self.input.skip(self.input.rest().iter().take_while(is_blank).count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aiomas::Typed;

    fn read(text: &str) -> Result<Value, SyntaxError> {
        Reader::new(text.as_bytes(), Limits { nesting: 3, ..Limits::default() }).payload()
    }

    fn check(text: &str, value: impl Into<Value>) {
        assert_eq!(read(text), Ok(value.into()), "{text}");
    }

    #[test]
    fn values_are_read_with_and_without_blanks() {
        check("null", ());
        check(" true ", true);
        check("[]", vec![]);
        check("[1,2]", vec![1.into(), 2.into()]);
        check("\t[\r\n1 , 2 ] ", vec![1.into(), 2.into()]);
        check(r#"{ "a" : 1 , "b":{}}"#, Map::from([("a", 1.into()), ("b", Map::new().into())]));
        check(r#"{"__type__": [0, "x"], "y": 1}"#, Typed { id: 0, data: "x".into() });
    }

    #[test]
    fn bare_literals_of_python_are_numbers() {
        check("[Infinity, -Infinity]", vec![f64::INFINITY.into(), f64::NEG_INFINITY.into()]);
        assert!(matches!(read("NaN"), Ok(Value::Float(float)) if float.is_nan()));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        let check = |text: &str, expected: &'static str, at: usize| {
            assert_eq!(read(text), Err(SyntaxError::Expected { expected, at }), "{text}");
        };
        check("", "a value", 0);
        check("[1,]", "a value", 3);
        check("[1 2]", "a comma or `]`", 3);
        check("[1", "a comma or `]`", 2);
        check("{\"a\" 1}", "a colon", 5);
        check("{1: 2}", "a quote", 1);
        check("nul", "null", 0);
        check("1 2", "the end of the payload", 2);
        check("\u{feff}1", "a value", 0);
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(read("[[[1]], {}]").is_ok());
        assert_eq!(read("[[[{}]]]"), Err(SyntaxError::Nesting { limit: 3, at: 3 }));
    }

    #[test]
    fn head_needs_nothing_behind_it() {
        let head = |text: &str| Reader::new(text.as_bytes(), Limits::default()).head();

        assert_eq!(head("[0, \"id\", ["), Ok([0.into(), "id".into()]));
        assert!(head("[0, 12").is_err(), "the number may go on");
        assert!(head("{}").is_err());
    }
}
