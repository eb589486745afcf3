//! Errors that are collected, so that one mistake does not hide the next.

use proc_macro2::TokenStream;
use syn::{Error, Result};

/// The mistakes found so far in one use of a macro.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Keeps the error of a part that failed; the parts beside it are still expanded.
    pub(crate) fn keep<T>(&mut self, part: Result<T>) -> Option<T> {
        part.map_err(|error| self.push(error)).ok()
    }

    /// Makes the `compile_error!` of each mistake.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map(Error::into_compile_error).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn texts(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}
