//! Failures: what the text of an exception says.

/// The type and the message of an exception, as the end of a traceback has them.
///
/// ```
/// use lyceum_wire::aiomas::Failure;
///
/// let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n\
///             ValueError: bad: really\n";
/// assert_eq!(Failure::read(text), Failure { kind: "ValueError", message: "bad: really" });
/// assert_eq!(Failure::read("no idea"), Failure { kind: "", message: "no idea" });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The name of the exception's type, or nothing if the text does not begin with one.
    pub kind: &'a str,
    /// What the exception says.
    pub message: &'a str,
}

/// How each part of a traceback begins; the last part is that of the exception itself.
const BEGIN: &str = "Traceback (most recent call last):\n";

impl<'a> Failure<'a> {
    /// Reads the text of an exception.
    pub fn read(text: &'a str) -> Self {
        let last = text.rsplit(BEGIN).next().unwrap_or_default();
        let frames: usize =
            last.split_inclusive('\n').take_while(|line| line.starts_with(' ')).map(str::len).sum();
        let message = last[frames..].trim_end();
        match message.split_once(": ").unwrap_or((message, "")) {
            (kind, message) if is_name(kind) => Self { kind, message },
            _ => Self { kind: "", message },
        }
    }
}

/// Returns whether this is a name with dots, as types have them.
fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: &str, message: &str) {
        assert_eq!(Failure::read(text), Failure { kind, message }, "{text}");
    }

    #[test]
    fn message_may_have_many_lines_or_none() {
        check(
            &format!("{BEGIN}  File\n    code\na.b.Error: one\n  two: x\n"),
            "a.b.Error",
            "one\n  two: x",
        );
        check(&format!("{BEGIN}  File\nKeyError\n"), "KeyError", "");
    }

    #[test]
    fn last_exception_of_a_chain_counts() {
        let chain = format!("{BEGIN}  File\nA: a\n\nThe above ...:\n\n{BEGIN}  File\nB: b\n");
        check(&chain, "B", "b");
    }

    #[test]
    fn text_without_a_traceback_is_read_alike() {
        check("BadRequest: expected a text", "BadRequest", "expected a text");
        check("it is: no name", "", "it is: no name");
        check("", "", "");
    }
}
