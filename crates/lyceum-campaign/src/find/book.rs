//! Finds that are known, by their causes.

use std::collections::HashMap;

use super::cause::Find;

/// Tells new finds from those that are known, up to a limit.
///
/// ```
/// use lyceum_campaign::{Find, FindBook, FindKind, Noted};
///
/// let mut book = FindBook::new(100);
/// assert_eq!(book.note(Find::new(FindKind::Signal(11), b"", None), 4), Noted::New(0));
/// assert_eq!(book.note(Find::new(FindKind::Timeout, b"", None), 5), Noted::New(1));
/// assert_eq!(book.note(Find::new(FindKind::Signal(11), b"", None), 9), Noted::Again(0));
/// assert_eq!(book.finds()[0].times, 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct FindBook {
    limit: usize,
    finds: Vec<KnownFind>,
    places: HashMap<String, usize>,
    refused: u64,
}

/// A find, and in which sessions it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFind {
    /// The find, as it was first.
    pub find: Find,
    /// How often it was found.
    pub times: u64,
    /// The session that found it first.
    pub first_session: u64,
    /// The session that found it last.
    pub last_session: u64,
}

/// What became of a find that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// It is new, and has this place.
    New(usize),
    /// It is known, and has this place.
    Again(usize),
    /// It is new, and there is no room for it.
    Full,
}

impl FindBook {
    /// Returns a book with room for so many finds.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Takes down what a session found.
    pub fn note(&mut self, find: Find, session: u64) -> Noted {
        let key = find.key();
        if let Some(&place) = self.places.get(&key) {
            let known = &mut self.finds[place];
            known.times += 1;
            // Sessions of several universes end in any order.
            known.first_session = known.first_session.min(session);
            known.last_session = known.last_session.max(session);
            return Noted::Again(place);
        }
        if self.finds.len() >= self.limit {
            self.refused += 1;
            return Noted::Full;
        }
        let place = self.finds.len();
        self.places.insert(key, place);
        let (first_session, last_session) = (session, session);
        self.finds.push(KnownFind { find, times: 1, first_session, last_session });
        Noted::New(place)
    }

    /// Returns the finds, in the order in which they were noted first.
    #[must_use]
    pub fn finds(&self) -> &[KnownFind] {
        &self.finds
    }

    /// Returns how many new finds there was no room for.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::FindKind;
    use super::*;

    #[test]
    fn sessions_are_counted_in_any_order() {
        let mut book = FindBook::new(10);
        for session in [7, 3, 9, 8] {
            book.note(Find::new(FindKind::Timeout, b"", None), session);
        }
        let known = &book.finds()[0];
        assert_eq!((known.times, known.first_session, known.last_session), (4, 3, 9));
    }

    #[test]
    fn full_book_still_counts_what_it_knows() {
        let mut book = FindBook::new(1);
        let find = |code| Find::new(FindKind::ExitCode(code), b"", None);

        assert_eq!(book.note(find(1), 1), Noted::New(0));
        assert_eq!(book.note(find(2), 2), Noted::Full);
        assert_eq!(book.note(find(1), 3), Noted::Again(0));
        assert_eq!((book.finds().len(), book.refused()), (1, 1));
    }
}
