//! Names that every handle has taken.

use syn::ext::IdentExt;
use syn::{Error, Ident, Result};

/// Methods of `Handle` itself, and those that a trait in scope everywhere gives it.
const TAKEN: &[&str] = &[
    "activate",
    "address",
    "any",
    "behaviours",
    "call",
    "clone",
    "clone_from",
    "deactivate",
    "deref",
    "describe",
    "ended",
    "eq",
    "fmt",
    "generation",
    "id",
    "into",
    "is",
    "kill",
    "link",
    "mode",
    "monitor",
    "name",
    "ne",
    "node",
    "ping",
    "send",
    "set_flag",
    "stats",
    "stop",
    "tell",
    "to",
    "to_owned",
    "to_string",
    "try_into",
    "unlink",
    "with_timeout",
];

/// Checks that a client may have a method of this name; `attribute` is the one to change.
pub(crate) fn check(name: &Ident, attribute: &str) -> Result<()> {
    let text = name.unraw().to_string();
    if !TAKEN.contains(&text.as_str()) {
        return Ok(());
    }
    let message = format!(
        "`{text}` is a method of every handle: expected another name, such as \
         `#[{attribute}name = \"{text}_it\")]`"
    );
    Err(Error::new(name.span(), message))
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn handle_methods_are_taken_and_another_name_is_offered() {
        let error = check(&format_ident!("stop"), "action(").unwrap_err();

        assert!(error.to_string().ends_with("`#[action(name = \"stop_it\")]`"), "{error}");
        assert!(check(&format_ident!("stop_it"), "action(").is_ok());
    }
}
