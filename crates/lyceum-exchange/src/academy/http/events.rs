//! Server-sent events: texts in a stream of bytes, however the bytes arrive.

/// Takes events out of a stream.
#[derive(Debug)]
pub(super) struct Events {
    limit: usize,
    /// What has come of the line that is being read.
    line: Vec<u8>,
    /// The data of the event that is being read, with an end of line after each part.
    data: Vec<u8>,
    /// Whether the last byte was the first half of an end of line.
    after_return: bool,
}

/// Says that an event is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Events {
    /// Makes a reader that refuses events longer than `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, line: Vec::new(), data: Vec::new(), after_return: false }
    }

    /// Takes bytes from the front of `input`, and returns the data of the event that they
    /// complete. `None` means that all of it was taken.
    pub(super) fn feed(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, TooLong> {
        while let Some(end) = input.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (part, rest) = input.split_at(end);
            let (is_return, rest) = (rest[0] == b'\r', &rest[1..]);
            *input = rest;
            let is_second_half = self.after_return && part.is_empty() && !is_return;
            self.after_return = is_return;
            if is_second_half {
                continue;
            }
            self.keep(part)?;
            if let Some(event) = self.end_line() {
                return Ok(Some(event));
            }
        }
        if !input.is_empty() {
            self.after_return = false;
        }
        let rest = std::mem::take(input);
        self.keep(rest)?;
        Ok(None)
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), TooLong> {
        if self.line.len() + self.data.len() + part.len() > self.limit {
            return Err(TooLong);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    /// Takes a line. An empty one ends an event; what has no data is none.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let mut data = std::mem::take(&mut self.data);
            return data.pop().map(|_| data);
        }
        if let Some(value) = line.strip_prefix(b"data:") {
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            self.data.push(b'\n');
        }
        // Comments and other fields say nothing that is needed.
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &[u8], size: usize) -> Vec<String> {
        let mut events = Events::new(100);
        let mut all = Vec::new();
        for mut part in stream.chunks(size) {
            while let Some(event) = events.feed(&mut part).unwrap() {
                all.push(String::from_utf8(event).unwrap());
            }
        }
        all
    }

    #[test]
    fn events_are_whole_wherever_the_stream_is_cut() {
        let stream = b"retry: 1\r\nid: 7\r\ndata: one\r\n\r\n: ping - 2026\r\n\r\n\
            data:two\n\ndata: a\ndata: b\n\ndata\n\nevent: x\rdata: three\r\rdata: cut";
        for size in 1..=stream.len() {
            assert_eq!(read(stream, size), ["one", "two", "a\nb", "three"], "in parts of {size}");
        }
    }

    #[test]
    fn an_event_that_never_ends_is_refused() {
        let mut events = Events::new(10);
        assert_eq!(events.feed(&mut &[b'x'; 11][..]), Err(TooLong));
        let mut events = Events::new(20);
        let mut lines = &b"data: 123456\ndata: 123456\ndata: 123456\n"[..];
        assert_eq!(events.feed(&mut lines), Err(TooLong));
    }
}
