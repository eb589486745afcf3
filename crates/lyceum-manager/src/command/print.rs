//! Printing: for people, or JSON for programs.

use std::io::{self, IsTerminal, Write};

use lyceum_core::Value;

use super::paint::Paint;
use super::{Failure, plain};

/// Where and how answers are printed.
pub(crate) struct Print {
    json: bool,
    paint: Paint,
}

impl Print {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, paint: Paint::new(io::stdout().is_terminal()) }
    }

    /// Prints a value.
    pub(crate) fn value(&self, value: &Value) -> Result<(), Failure> {
        if self.json {
            self.line(&value.to_string())
        } else {
            self.text(&plain::text(value, self.paint))
        }
    }

    /// Prints what people read, or the JSON that says the same.
    pub(crate) fn either(
        &self,
        text: impl FnOnce(Paint) -> String,
        value: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        if self.json { self.line(&value().to_string()) } else { self.text(&text(self.paint)) }
    }

    fn text(&self, text: &str) -> Result<(), Failure> {
        self.line(text.trim_end_matches('\n'))
    }

    fn line(&self, line: &str) -> Result<(), Failure> {
        let mut output = io::stdout().lock();
        writeln!(output, "{line}")?;
        Ok(output.flush()?)
    }

    /// Prints why a command failed, to where errors go.
    pub(crate) fn failure(&self, failure: &Failure) {
        if failure.is_silent() {
            return;
        }
        let mut errors = io::stderr().lock();
        let paint = Paint::new(errors.is_terminal());
        // Where errors cannot be printed, the exit code remains.
        let _ = if self.json {
            writeln!(errors, "{}", failure.json())
        } else {
            writeln!(errors, "{} {failure}", paint.alarm("error:"))
        };
    }
}
