//! What a program says of its own end: panics, stacks, sanitizers, assertions.

use super::frame::{is_noise, short, written};
use super::line;

/// Bytes at the end of an output that are looked at: that is where a program says why it ends.
const LOOKED_AT: usize = 256 << 10;

/// Bytes of a line that are looked at.
const LINE: usize = 2_000;

/// The most functions of a stack that are read.
const DEEPEST: usize = 256;

/// What a program said of its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    /// Where it ended, from the innermost function outwards, without noise.
    pub(super) frames: Vec<String>,
    /// What it said, without what differs from run to run.
    pub(super) message: Option<String>,
}

/// What is being read.
#[derive(Default)]
struct Reading<'t> {
    /// Where a panic or an assertion happened.
    place: Option<String>,
    message: Option<String>,
    /// Functions with their places.
    stack: Vec<(&'t str, Option<&'t str>)>,
    /// Functions of a stack that is written from the outermost inwards.
    reversed: Vec<(&'t str, Option<&'t str>)>,
    /// Whether the line before ends in the place of a panic, whose message follows.
    is_panic: bool,
    /// Whether a stack has ended, and others say nothing.
    is_over: bool,
}

impl Trace {
    /// Reads the end of an output.
    pub(super) fn of(output: &[u8]) -> Self {
        let end = &output[output.len().saturating_sub(LOOKED_AT)..];
        let text = String::from_utf8_lossy(end);
        let mut reading = Reading::default();
        for line in text.lines() {
            reading.line(cut(line));
        }
        reading.finish()
    }
}

fn cut(line: &str) -> &str {
    let mut end = line.len().min(LINE);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

impl<'t> Reading<'t> {
    fn line(&mut self, line: &'t str) {
        if std::mem::take(&mut self.is_panic) {
            self.message.get_or_insert_with(|| line::alike(line));
            return;
        }
        if self.panic(line) || self.assertion(line) || self.sanitizer(line) || self.ending(line) {
            return;
        }
        if self.stack.len() < DEEPEST && !self.is_over {
            self.stack_line(line);
        }
        if self.reversed.len() < DEEPEST {
            self.reversed.extend(python_frame(line));
        }
    }

    /// Reads `panicked at src/main.rs:1:2:`, and the older `panicked at 'why', src/main.rs:1:2`.
    fn panic(&mut self, line: &'t str) -> bool {
        let Some((_, rest)) = line.split_once("panicked at ") else { return false };
        if self.place.is_some() {
            return true;
        }
        if let Some((message, place)) = rest.rsplit_once("', ")
            && let Some(message) = message.strip_prefix('\'')
        {
            self.message.get_or_insert_with(|| line::alike(message));
            self.place = Some(short(place));
        } else {
            self.place = Some(short(rest));
            self.is_panic = rest.ends_with(':');
        }
        true
    }

    /// Reads what the C library says: `program: file.c:12: function: Assertion ...`.
    fn assertion(&mut self, line: &'t str) -> bool {
        let Some((before, _)) = line.split_once(": Assertion ") else { return false };
        let parts: Vec<_> = before.rsplitn(3, ": ").collect();
        let function = parts.first().copied().unwrap_or_default();
        if let Some(place) = parts.get(1) {
            let function = function.split('(').next().unwrap_or(function);
            self.place.get_or_insert_with(|| written(function, Some(place)));
        }
        self.message.get_or_insert_with(|| "Assertion failed".to_owned());
        true
    }

    /// Reads `ERROR: AddressSanitizer: stack-overflow on address ...`, and `runtime error:`.
    fn sanitizer(&mut self, line: &'t str) -> bool {
        if let Some((_, error)) = line.split_once("ERROR: ")
            && let Some((name, what)) = error.split_once("Sanitizer: ")
        {
            let word = what.split_whitespace().next().unwrap_or_default();
            let message = || format!("{name}Sanitizer: {}", line::alike(word));
            self.message.get_or_insert_with(message);
            return true;
        }
        let Some((place, what)) = line.split_once(": runtime error: ") else { return false };
        self.place.get_or_insert_with(|| short(place));
        self.message.get_or_insert_with(|| line::alike(what));
        true
    }

    /// Reads what Rust's runtime and the C library say without a stack.
    fn ending(&mut self, line: &'t str) -> bool {
        let says = ["has overflowed its stack", "memory allocation of ", "malloc(): ", "free(): "];
        let Some(at) = says.iter().find_map(|says| line.find(says)) else { return false };
        self.message.get_or_insert_with(|| line::alike(&line[at..]));
        true
    }

    fn stack_line(&mut self, line: &'t str) {
        let text = line.trim_start();
        if let Some(frame) = numbered_frame(text).or_else(|| rust_frame(text)) {
            self.stack.push(frame);
        } else if let Some(place) = text.strip_prefix("at ")
            && let Some((_, known @ None)) = self.stack.last_mut()
        {
            *known = Some(place);
        } else if !self.stack.is_empty() {
            self.is_over = true;
        }
    }

    fn finish(self) -> Trace {
        let inward = self.reversed.into_iter().rev();
        let stack = self.stack.into_iter().chain(inward);
        let own = stack.filter(|(function, _)| !is_noise(function));
        let mut frames: Vec<_> = own.map(|(function, place)| written(function, place)).collect();
        // Recursion is one function, however deep it went.
        frames.dedup();
        if let Some(place) = self.place {
            let is_known = frames.first().is_some_and(|frame| frame.contains(&place));
            if !is_known {
                frames.insert(0, place);
            }
        }
        Trace { frames, message: self.message }
    }
}

/// Reads a line of gdb's or of a sanitizer's stack: `#1 0x12 in function (...) at file.c:12`.
fn numbered_frame(text: &str) -> Option<(&str, Option<&str>)> {
    let rest = text.strip_prefix('#')?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
    let rest = rest[digits..].trim_start();
    if digits == 0 {
        return None;
    }
    let rest = match rest.strip_prefix("0x") {
        Some(address) => {
            let (_, after) = address.split_once(char::is_whitespace)?;
            after.strip_prefix("in ").unwrap_or(after)
        }
        None => rest,
    };
    // Without a function there is the file and a place in it, which is another one after a build.
    if let Some(module) = rest.strip_prefix('(') {
        let end = module.find(['+', ')'])?;
        let name = module[..end].rsplit('/').next()?;
        return Some((name, None));
    }
    let end = rest.find([' ', '(']).unwrap_or(rest.len());
    let (function, after) = rest.split_at(end);
    let place = match after.rsplit_once(" at ") {
        Some((_, place)) => Some(place),
        None => after.split_whitespace().next_back().filter(|last| last.contains(':')),
    };
    Some((function, place))
}

/// Reads a line of Rust's stack: `3: crate::function`, where the place stands in the next line.
fn rust_frame(text: &str) -> Option<(&str, Option<&str>)> {
    let (number, function) = text.split_once(": ")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let function = match function.strip_prefix("0x") {
        Some(address) => address.split_once(" - ")?.1,
        None => function,
    };
    is_number.then_some((function, None))
}

/// Reads a line of Python's stack: `File "name.py", line 3, in function`.
fn python_frame(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (_, function) = rest.rsplit_once(", in ")?;
    let (path, _) = rest.split_once('"')?;
    Some((function, Some(path)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(lines: &[&str]) -> String {
        lines.join("\n")
    }

    fn frames(output: &str) -> Vec<String> {
        Trace::of(output.as_bytes()).frames
    }

    fn message(output: &str) -> String {
        Trace::of(output.as_bytes()).message.unwrap()
    }

    #[test]
    fn panic_says_where() {
        let new = "thread 'main' (4711) panicked at src/parse.rs:41:9:\nindex 7 of 3\nnote: run";
        let old = "thread 'main' panicked at 'index 7 of 3', src/parse.rs:41:9\nnote: run";
        for output in [new, old] {
            assert_eq!(frames(output), ["src/parse.rs:41"]);
            assert_eq!(message(output), "index # of #");
        }
    }

    #[test]
    fn stack_of_a_panic_is_without_noise() {
        let output = lines(&[
            "thread 'main' panicked at src/parse.rs:41:9:",
            "bad",
            "stack backtrace:",
            "   0: __rustc::rust_begin_unwind",
            "             at /rustc/0123/library/std/src/panicking.rs:1:2",
            "   1: core::panicking::panic_fmt",
            "             at /rustc/0123/library/core/src/panicking.rs:1:2",
            "   2: target::parse::value::h0123456789abcdef",
            "             at ./src/parse.rs:41:9",
            "   3: target::parse::list",
            "             at ./src/parse.rs:60:9",
            "   4: target::main",
            "   5: core::ops::function::FnOnce::call_once",
            "note: Some details are omitted",
        ]);
        let expected = [
            "target::parse::value (src/parse.rs:41)",
            "target::parse::list (src/parse.rs:60)",
            "target::main",
        ];
        assert_eq!(frames(&output), expected);
    }

    #[test]
    fn stacks_of_sanitizers_and_debuggers_are_read() {
        let sanitizer = &lines(&[
            "==12==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60",
            "READ of size 1",
            "    #0 0x49 in __asan_memcpy (/t/a.out+0x49)",
            "    #1 0x4b in parse /t/src/main.c:12:3",
            "    #2 0x7f (/lib/libc.so.6+0x2d)",
            "",
            "0x60 is located",
            "    #0 0x99 in malloc /a.c:1:1",
        ]);
        assert_eq!(frames(sanitizer), ["parse (src/main.c:12)", "libc.so.6"]);
        assert_eq!(message(sanitizer), "AddressSanitizer: heap-buffer-overflow");

        let debugger = &lines(&[
            "#0  __pthread_kill_implementation (threadid=1) at ./nptl/pthread_kill.c:44",
            "#1  0x00007f in __GI_raise (sig=6) at ../raise.c:26",
            "#2  0x000055 in check (text=0x7ffc \"a at b\", n=3) at main.c:7",
            "#3  0x000055 in main () at main.c:20",
        ]);
        assert_eq!(frames(debugger), ["check (main.c:7)", "main (main.c:20)"]);
    }

    #[test]
    fn assertions_and_runtime_errors_are_read() {
        let assertion = "a.out: src/main.c:12: check: Assertion `x > 3' failed.\nAborted\n";
        assert_eq!(frames(assertion), ["check (src/main.c:12)"]);

        let undefined = "main.c:3:7: runtime error: signed integer overflow: 7 * 9 cannot\n";
        assert_eq!(frames(undefined), ["main.c:3"]);
        assert_eq!(message(undefined), "signed integer overflow: # * # cannot");
    }

    #[test]
    fn ends_without_a_stack_have_a_message() {
        let overflow = "\nthread 'main' (12) has overflowed its stack\nfatal runtime error\n";
        assert_eq!(message(overflow), "has overflowed its stack");
        let memory = "memory allocation of 123456 bytes failed\n";
        assert_eq!(message(memory), "memory allocation of # bytes failed");
    }

    #[test]
    fn python_stack_is_turned_around() {
        let output = &lines(&[
            "Traceback (most recent call last):",
            "  File \"/t/main.py\", line 9, in <module>",
            "    parse(text)",
            "  File \"/t/parse.py\", line 3, in parse",
            "    raise ValueError",
            "ValueError",
        ]);
        assert_eq!(frames(output), ["parse (t/parse.py)", "<module> (t/main.py)"]);
    }

    #[test]
    fn recursion_is_one_function() {
        let stack: String =
            (0..1_000).map(|depth| format!("#{depth} 0x1 in nest a.c:3:1\n")).collect();
        assert_eq!(frames(&format!("{stack}#1000 0x1 in main a.c:9:1\n")), ["nest (a.c:3)"]);
    }

    #[test]
    fn plain_output_has_nothing() {
        let output = "1: one\n# 2\nall is well at home\n";
        let trace = Trace::of(output.as_bytes());
        assert_eq!(trace.message, None);
        assert_eq!(trace.frames, ["one"], "a list looks like a stack, and harms nobody");
    }

    proptest! {
        #[test]
        fn any_output_is_read(
            lines in prop::collection::vec(prop_oneof![
                "(#[0-9]{0,2} )?(0x[0-9a-f]{0,3} )?(in )?[a(): é]{0,9}( at )?[a.c:0-9]{0,9}",
                "(.{0,3}panicked at )?'?[a', :0-9]{0,12}",
                "(a: )?(Assertion |runtime error: |ERROR: |Sanitizer: |File \"|, in )[a:(\" ]{0,9}",
                "[0-9]{0,2}: (0x)?[0-9a-f -]{0,9}",
            ], 0..12),
        ) {
            Trace::of(lines.join("\n").as_bytes());
        }

        #[test]
        fn any_bytes_are_read(output: Vec<u8>) {
            Trace::of(&output);
        }
    }
}
