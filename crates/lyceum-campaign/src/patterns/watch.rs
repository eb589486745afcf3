//! Following a file that grows.

use std::io::{self, Read, Seek, SeekFrom};

use super::scanner::Scanner;

/// Follows a file that a program writes, a bounded number of bytes at each look.
///
/// ```
/// use std::io::Cursor;
/// use std::sync::Arc;
///
/// use lyceum_campaign::{OutputWatch, PatternTable, Scanner};
///
/// let scanner = Scanner::new(Arc::new(PatternTable::default()));
/// let mut watch = OutputWatch::new(scanner);
/// let mut file = Cursor::new(b"fine\nfatal\n");
///
/// let look = watch.look(&mut file, 5)?;
/// assert!(look.has_more && watch.scanner().score() == 0.0);
/// let look = watch.look(&mut file, 1_000)?;
/// assert!(!look.has_more && watch.scanner().score() == 1.0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct OutputWatch {
    scanner: Scanner,
    position: u64,
}

/// What one look at a file found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Bytes that were read.
    pub bytes: usize,
    /// Whether there are more bytes than one look may read.
    pub has_more: bool,
    /// Whether the file had become shorter, and was read from its beginning.
    pub began_anew: bool,
}

/// Bytes that are read at once.
const PIECE: usize = 16 << 10;

impl OutputWatch {
    /// Returns a watch that begins at the start of a file.
    #[must_use]
    pub fn new(scanner: Scanner) -> Self {
        Self { scanner, position: 0 }
    }

    /// Returns a watch that begins at a place, as for a log that has older lines.
    #[must_use]
    pub fn from_position(scanner: Scanner, position: u64) -> Self {
        Self { scanner, position }
    }

    /// Reads what is new, and at most so many bytes.
    ///
    /// A file that is shorter than before was begun anew, and is read from its beginning.
    ///
    /// # Errors
    ///
    /// An error of the file; what was read before it counts.
    pub fn look<F: Read + Seek>(&mut self, file: &mut F, budget: usize) -> io::Result<Look> {
        let length = file.seek(SeekFrom::End(0))?;
        let began_anew = length < self.position;
        if began_anew {
            self.scanner.finish();
            self.position = 0;
        }
        file.seek(SeekFrom::Start(self.position))?;
        let mut piece = [0; PIECE];
        let mut bytes = 0;
        while bytes < budget {
            let wanted = PIECE.min(budget - bytes);
            let read = match file.read(&mut piece[..wanted]) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.scanner.feed(&piece[..read]);
            self.position += read as u64;
            bytes += read;
        }
        Ok(Look { bytes, has_more: self.position < length, began_anew })
    }

    /// Takes what came of the last line as a line, where nobody writes any more.
    pub fn finish(&mut self) {
        self.scanner.finish();
    }

    /// Returns what the output scored so far.
    #[must_use]
    pub fn scanner(&self) -> &Scanner {
        &self.scanner
    }

    /// Returns up to where the file was read.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::Arc;

    use super::super::table::PatternTable;
    use super::*;

    fn watch() -> OutputWatch {
        OutputWatch::new(Scanner::new(Arc::new(PatternTable::default())))
    }

    #[test]
    fn file_is_read_as_it_grows() {
        let mut watch = watch();
        let mut file = Cursor::new(b"warning\nwar".to_vec());
        watch.look(&mut file, 1_000).unwrap();
        assert_eq!(watch.scanner().score(), 0.1);

        file.get_mut().extend_from_slice(b"ning\nerror");
        let look = watch.look(&mut file, 1_000).unwrap();
        watch.finish();

        assert_eq!(look, Look { bytes: 10, has_more: false, began_anew: false });
        assert_eq!((watch.scanner().score(), watch.position()), (0.5, 21));
    }

    #[test]
    fn one_look_reads_no_more_than_its_budget() {
        let mut watch = watch();
        let mut file = Cursor::new(b"warning\n".repeat(100_000));
        let mut looks = 0;
        while watch.look(&mut file, 20_000).unwrap().has_more {
            looks += 1;
            assert_eq!(watch.position(), looks * 20_000);
        }
        assert_eq!((looks, watch.position()), (39, 800_000));
    }

    #[test]
    fn file_that_was_begun_anew_is_read_from_its_beginning() {
        let mut watch = watch();
        watch.look(&mut Cursor::new(b"a long line that ends\nwarning"), 1_000).unwrap();

        let look = watch.look(&mut Cursor::new(b"error\n"), 1_000).unwrap();

        assert_eq!(look, Look { bytes: 6, has_more: false, began_anew: true });
        assert_eq!(watch.scanner().score(), 0.4, "the line that was cut counts, too");
    }

    #[test]
    fn older_lines_of_a_log_do_not_count() {
        let scanner = Scanner::new(Arc::new(PatternTable::default()));
        let mut watch = OutputWatch::from_position(scanner, 6);
        watch.look(&mut Cursor::new(b"fatal\nerror\n"), 1_000).unwrap();

        assert_eq!(watch.scanner().score(), 0.3);
    }
}
