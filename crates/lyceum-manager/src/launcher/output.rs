//! What agents print, line by line.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use lyceum_wire::AgentName;
#[cfg(feature = "ssh")]
use tokio::io::AsyncReadExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A longer line is cut into pieces of so many bytes.
const LINE_LIMIT: usize = 8 * 1024;
/// How many of the last lines are kept, to tell why something ended.
const KEPT: usize = 10;

/// A line that an agent's process printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// The agent's name.
    pub agent: AgentName,
    /// Where it was printed.
    pub stream: Stream,
    /// The line, without its end; what is no UTF-8 is replaced.
    pub text: String,
}

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// Takes lines as they are printed, and keeps the last few.
///
/// Nothing queues up: what is not taken yet waits in the pipe, and who prints waits with it.
#[derive(Clone)]
pub struct Output {
    agent: AgentName,
    take: Take,
    last: Arc<Mutex<VecDeque<String>>>,
}

/// What takes a line.
pub(crate) type Take = Arc<dyn Fn(&OutputLine) + Send + Sync>;

/// One of the two streams of a process.
#[derive(Debug)]
pub(super) struct Pipe<R> {
    reader: BufReader<R>,
    lines: Lines,
    is_open: bool,
}

/// What was printed on one stream, cut into lines.
#[derive(Debug)]
pub(super) struct Lines {
    begun: Vec<u8>,
    stream: Stream,
}

impl Output {
    pub(crate) fn new(agent: AgentName, take: Take) -> Self {
        Self { agent, take, last: Arc::default() }
    }

    /// Returns whose lines these are.
    pub(crate) fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// Takes lines for somebody else, wherever these go.
    pub(crate) fn renamed(&self, name: AgentName) -> Self {
        Self::new(name, self.take.clone())
    }

    /// Takes a line.
    pub fn line(&self, stream: Stream, text: &str) {
        let line = OutputLine { agent: self.agent.clone(), stream, text: text.into() };
        (self.take)(&line);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line.text);
    }

    /// Returns the last lines.
    pub(crate) fn last(&self) -> Vec<String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Hands a line to `tracing`, with the agent's name.
pub(crate) fn trace(line: &OutputLine) {
    let stream = match line.stream {
        Stream::Output => "output",
        Stream::Error => "error",
    };
    tracing::info!(target: "lyceum::output", agent = %line.agent, stream, "{}", line.text);
}

impl<R: AsyncRead + Unpin> Pipe<R> {
    pub(super) fn new(reader: R, stream: Stream) -> Self {
        Self { reader: BufReader::new(reader), lines: Lines::new(stream), is_open: true }
    }

    /// Takes lines until the stream ends. Dropping the future loses nothing.
    pub(super) async fn drain(&mut self, output: &Output) {
        while self.is_open {
            let piece = match self.reader.fill_buf().await {
                Ok(piece) if !piece.is_empty() => piece,
                // It ended, one way or another.
                _ => {
                    self.is_open = false;
                    self.lines.end(output);
                    return;
                }
            };
            let taken = self.lines.take_one(piece, output);
            self.reader.consume(taken);
        }
    }

    /// Returns the next line without handing it on, or nothing at the end of the stream.
    ///
    /// # Cancel safety
    ///
    /// Part of a line may be lost if the future is dropped.
    #[cfg(feature = "ssh")]
    pub(super) async fn peeled(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(LINE_LIMIT as u64).read_until(b'\n', &mut line).await;
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
        read.is_ok_and(|read| read > 0).then_some(text)
    }
}

impl Lines {
    pub(super) fn new(stream: Stream) -> Self {
        Self { begun: Vec::new(), stream }
    }

    /// Takes what was printed, and hands on the lines that are whole.
    pub(super) fn take(&mut self, mut printed: &[u8], output: &Output) {
        while !printed.is_empty() {
            let taken = self.take_one(printed, output);
            printed = &printed[taken..];
        }
    }

    /// Takes the rest of one line at most, and returns how many bytes that was.
    fn take_one(&mut self, piece: &[u8], output: &Output) -> usize {
        let room = LINE_LIMIT - self.begun.len();
        let end = piece.iter().take(room).position(|byte| *byte == b'\n');
        let taken = end.map_or(piece.len().min(room), |end| end + 1);
        self.begun.extend_from_slice(&piece[..taken]);
        if end.is_some() || self.begun.len() >= LINE_LIMIT {
            self.hand_on(output);
        }
        taken
    }

    /// Hands on what has no end of a line.
    pub(super) fn end(&mut self, output: &Output) {
        if !self.begun.is_empty() {
            self.hand_on(output);
        }
    }

    fn hand_on(&mut self, output: &Output) {
        let text = String::from_utf8_lossy(&self.begun);
        output.line(self.stream, text.trim_end_matches(['\n', '\r']));
        self.begun.clear();
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output(of {})", self.agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let seen = taken.clone();
        let take: Take = Arc::new(move |line: &OutputLine| {
            seen.lock().unwrap().push(line.text.clone());
        });
        let output = Output::new("a".parse().unwrap(), take);
        lyceum_core::block_on(Pipe::new(text, Stream::Output).drain(&output));
        taken.lock().unwrap().clone()
    }

    #[test]
    fn lines_are_taken_one_by_one() {
        assert_eq!(lines(b"one\ntwo\r\n\nlast"), ["one", "two", "", "last"]);
        assert_eq!(lines(b"\xff\n"), ["\u{fffd}"]);
        assert!(lines(b"").is_empty());
    }

    #[test]
    fn endless_line_is_cut() {
        let taken = lines(&[b'x'; 20_000]);
        assert_eq!(taken.iter().map(String::len).collect::<Vec<_>>(), [8192, 8192, 3616]);
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let output = Output::new("a".parse().unwrap(), Arc::new(trace));
        for number in 0..100 {
            output.line(Stream::Output, &number.to_string());
        }
        assert_eq!(output.last().first().map(String::as_str), Some("90"));
    }
}
