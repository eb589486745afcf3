//! What sessions found, and how many there were.

use std::time::Duration;

use super::{Job, Observation, Verdict};
use crate::{FindBook, History, Noted, SessionRecord};

/// How many causes are told apart.
const FINDS: usize = 10_000;
/// How many notes are kept.
const NOTES: usize = 50;

/// What sessions found, and how many there were.
#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) book: FindBook,
    pub(super) details: Vec<Details>,
    pub(super) history: History,
    pub(super) sessions: u64,
    pub(super) successes: u64,
    pub(super) refusals: u64,
    pub(super) best_score: f64,
    notes: Vec<String>,
}

/// What is known of a find besides its cause.
#[derive(Debug)]
pub(super) struct Details {
    pub(super) name: String,
    pub(super) score: f64,
    pub(super) found_after: Duration,
    pub(super) input_size: usize,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            book: FindBook::new(FINDS),
            details: Vec::new(),
            history: History::default(),
            sessions: 0,
            successes: 0,
            refusals: 0,
            best_score: 0.0,
            notes: Vec::new(),
        }
    }
}

impl Ledger {
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds a note for the report, as long as there is room.
    pub(super) fn note(&mut self, text: String) {
        if self.notes.len() < NOTES {
            self.notes.push(text);
        }
    }

    /// Writes down what a session was like.
    pub(super) fn enter(
        &mut self,
        job: &Job,
        seen: &Observation<'_>,
        ended: Duration,
        is_success: bool,
    ) -> Verdict {
        self.sessions += 1;
        self.successes += u64::from(is_success);
        self.refusals += u64::from(seen.is_refusal);
        self.best_score = self.best_score.max(seen.score);
        let noted = seen.find.clone().map(|find| self.book.note(find, job.number));
        let (verdict, find) = match noted {
            None => (Verdict::Nothing, None),
            Some(Noted::Again(place)) => (Verdict::Known, Some(place)),
            Some(Noted::New(place)) => {
                let (score, input_size) = (seen.score, job.input.len());
                let name = String::new();
                self.details.push(Details { name, score, found_after: ended, input_size });
                (Verdict::New(place), Some(place))
            }
            Some(Noted::Full) => (Verdict::Known, None),
        };
        self.history.record(&SessionRecord {
            number: job.number,
            score: seen.score,
            duration: seen.duration,
            ended,
            strength: job.strength,
            find,
        });
        verdict
    }
}
