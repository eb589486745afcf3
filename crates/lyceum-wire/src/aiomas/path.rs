//! Paths: what a call names, and where a proxy leads.

use std::fmt;

use thiserror::Error;

use crate::aiomas::{Message, Value};

/// What a container calls its agents.
const AGENTS: &str = "agents";

/// What a container calls the question whether it has an agent.
const VALIDATE_AID: &str = "validate_aid";

/// A path from the root of what one side serves.
///
/// Members of members follow after slashes: `forecast/latest`. Where no member is named, the path
/// leads to the agent or the root itself: it can be a proxy's, but not that of a call.
///
/// ```
/// use lyceum_wire::aiomas::Path;
///
/// assert_eq!(Path::parse("agents/0/add")?, Path::ToAgent { aid: "0", member: "add" });
/// assert_eq!(Path::parse("agents/0")?, Path::ToAgent { aid: "0", member: "" });
/// assert_eq!(Path::parse("validate_aid")?, Path::ToRoot { member: "validate_aid" });
/// assert_eq!(Path::ToAgent { aid: "0", member: "add" }.to_string(), "agents/0/add");
/// # Ok::<(), lyceum_wire::aiomas::PathError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path<'a> {
    /// To an agent of a container: `agents/<aid>/<member>`.
    ToAgent {
        /// The agent's id within its container.
        aid: &'a str,
        /// What is called of it.
        member: &'a str,
    },
    /// To a member of the root, as mosaik calls its simulators: `<member>`.
    ToRoot {
        /// What is called.
        member: &'a str,
    },
}

/// Says that a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot read `{0}` as a path: expected names with a slash between each two")]
pub struct PathError(String);

impl<'a> Path<'a> {
    /// Reads a path.
    ///
    /// # Errors
    ///
    /// A name before, behind or between slashes is missing.
    pub fn parse(text: &'a str) -> Result<Self, PathError> {
        if !text.is_empty() && text.split('/').any(str::is_empty) {
            return Err(PathError(text.into()));
        }
        Ok(match text.split_once('/') {
            Some((AGENTS, rest)) => {
                let (aid, member) = rest.split_once('/').unwrap_or((rest, ""));
                Self::ToAgent { aid, member }
            }
            _ => Self::ToRoot { member: text },
        })
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToAgent { aid, member: "" } => write!(f, "{AGENTS}/{aid}"),
            Self::ToAgent { aid, member } => write!(f, "{AGENTS}/{aid}/{member}"),
            Self::ToRoot { member } => f.write_str(member),
        }
    }
}

impl Message {
    /// Makes the request that asks a container whether it has an agent.
    ///
    /// The answer is the name of the agent's type, or null. It is all that aiomas does to connect.
    ///
    /// ```
    /// use lyceum_wire::aiomas::{Codec, Message};
    ///
    /// let request = Message::validate_aid(0.into(), "0");
    /// assert_eq!(Codec::Json.encode(&request)?, br#"[0, 0, ["validate_aid", ["0"], {}]]"#);
    /// assert_eq!(request.asked_aid(), Some("0"));
    /// # Ok::<(), lyceum_wire::aiomas::EncodeError>(())
    /// ```
    pub fn validate_aid(id: Value, aid: &str) -> Self {
        Self::Request { id, path: VALIDATE_AID.into(), args: vec![aid.into()], kwargs: vec![] }
    }

    /// Returns the id that is asked for, if this is a request as [`Self::validate_aid`] makes it.
    pub fn asked_aid(&self) -> Option<&str> {
        match self {
            Self::Request { path, args, kwargs, .. } if path == VALIDATE_AID => {
                match (args.as_slice(), kwargs.as_slice()) {
                    ([aid], []) => aid.as_text(),
                    ([], [(name, aid)]) if name == "aid" => aid.as_text(),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_they_were_read() {
        let check = |text: &str, path: Path<'_>| {
            assert_eq!(Path::parse(text), Ok(path));
            assert_eq!(path.to_string(), text);
        };
        check("", Path::ToRoot { member: "" });
        check("step", Path::ToRoot { member: "step" });
        check("agents", Path::ToRoot { member: "agents" });
        check("agents/7", Path::ToAgent { aid: "7", member: "" });
        check("agents/7/a/b", Path::ToAgent { aid: "7", member: "a/b" });
        check("other/7/a", Path::ToRoot { member: "other/7/a" });
    }

    #[test]
    fn path_with_a_missing_name_is_refused() {
        for text in ["/", "agents/", "agents//add", "/agents/0", "agents/0/", "a//b"] {
            let error = Path::parse(text).unwrap_err().to_string();
            assert!(error.contains("expected names with a slash between"), "{error}");
        }
    }

    #[test]
    fn aid_may_be_asked_for_by_name() {
        let request = |args: Vec<Value>, kwargs: Vec<(String, Value)>| Message::Request {
            id: 0.into(),
            path: VALIDATE_AID.into(),
            args,
            kwargs,
        };
        let named = || vec![("aid".to_owned(), "7".into())];
        assert_eq!(request(vec![], named()).asked_aid(), Some("7"));
        assert_eq!(request(vec!["7".into()], named()).asked_aid(), None);
        assert_eq!(request(vec![7.into()], vec![]).asked_aid(), None);
        assert_eq!(request(vec![], vec![]).asked_aid(), None);
    }
}
