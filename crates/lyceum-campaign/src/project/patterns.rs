//! The patterns of a project.

use std::error::Error;
use std::sync::Arc;

use super::check::Checking;
use super::field::Entries;
use super::file::PatternsText;
use crate::patterns::{Pattern, PatternError, PatternTable};

/// Returns the table of patterns, unless something is wrong with one.
pub(super) fn table(checking: &mut Checking<'_>, text: &PatternsText) -> Option<Arc<PatternTable>> {
    let has_defaults = checking.take(text.defaults.clone()).unwrap_or(true);
    let mut patterns = Vec::new();
    patterns.extend(weighed(checking, text.words.as_ref(), Pattern::word));
    patterns.extend(weighed(checking, text.expressions.as_ref(), Pattern::regex));
    if has_defaults {
        // A word that the project weighs itself counts as it says.
        let is_new =
            |word: &Pattern| patterns.iter().all(|known: &Pattern| known.name != word.name);
        let defaults: Vec<_> = PatternTable::words().into_iter().filter(is_new).collect();
        patterns.extend(defaults);
    }
    let mut ignored = Vec::new();
    if let Some(list) = &text.ignore {
        match &list.elements {
            Ok(fields) => {
                for field in fields {
                    let Some(expression) = checking.take(Some(field.clone())) else { continue };
                    match Pattern::regex(&expression, 0.0) {
                        Ok(pattern) => ignored.push(pattern),
                        Err(error) => checking.faults.add(field.span.clone(), explained(&error)),
                    }
                }
            }
            Err(what) => checking.faults.add(list.span.clone(), what.as_str()),
        }
    }
    match PatternTable::new(patterns, &ignored) {
        Ok(table) => Some(Arc::new(table)),
        Err(error) => {
            let tables = [text.words.as_ref(), text.expressions.as_ref()];
            let span = tables.into_iter().flatten().map(|table| table.span.clone()).next();
            checking.faults.add(span.unwrap_or(0..0), explained(&error));
            None
        }
    }
}

/// Returns patterns with their weights.
fn weighed(
    checking: &mut Checking<'_>,
    table: Option<&Entries<f64>>,
    make: impl Fn(&str, f64) -> Result<Pattern, PatternError>,
) -> Vec<Pattern> {
    let Some(table) = table else { return Vec::new() };
    let entries = match &table.entries {
        Ok(entries) => entries,
        Err(what) => {
            checking.faults.add(table.span.clone(), what.as_str());
            return Vec::new();
        }
    };
    let mut patterns = Vec::new();
    for (name, field) in entries {
        let Some(weight) = checking.take(Some(field.clone())) else { continue };
        match make(name, weight) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => checking.faults.add(field.span.clone(), explained(&error)),
        }
    }
    patterns
}

/// Returns an error's text with that of its cause, in one line.
fn explained(error: &PatternError) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    // The last line of an expression's error says what is wrong, those before show it.
    match cause.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(last) => format!("{error}: {}", last.trim().trim_start_matches("error: ")),
        None => error.to_string(),
    }
}
