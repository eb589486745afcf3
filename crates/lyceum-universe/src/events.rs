//! The events that every universe knows.
//!
//! Each has a type, and an alias in small letters for `#[event(session_start)]`.
#![expect(non_camel_case_types, reason = "events are named as the reference names them")]

use serde::{Deserialize, Serialize};

use crate::Event;

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $name:ident $alias:ident $text:literal $({
            $($(#[$field_doc:meta])* $field:ident: $ty:ty),*
        })?;
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub struct $name { $($($(#[$field_doc])* pub $field: $ty),*)? }

            impl Event for $name {
                const NAME: &'static str = $text;
            }

            #[doc = concat!("[`", stringify!($name), "`], as `#[event(", $text, ")]` has it.")]
            pub type $alias = $name;
        )*
    };
}

events! {
    /// A project begins: sent once, before its first session's [`SessionStart`].
    ProjectStart project_start "project_start";
    /// Ends the project, and with it the run. Anybody may send it.
    ProjectStop project_stop "project_stop";
    /// The project is about to end the session that is over.
    ProjectSessionDestroy project_session_destroy "project_session_destroy" {
        /// The session's score.
        score: f64
    };
    /// A session begins: handled before the first `live` of the session.
    SessionStart session_start "session_start";
    /// Ends the session. Anybody may send it; the first one counts.
    SessionStop session_stop "session_stop";
    /// The session is over.
    SessionDone session_done "session_done" {
        /// The sum of the scores of its agents.
        score: f64
    };
    /// The session's score reached what counts as a success; sent before [`SessionDone`].
    SessionSuccess session_success "session_success";
    /// Adds a part to the name under which what the session left is kept.
    SessionRename session_rename "session_rename" {
        /// Letters, digits, `-` and `_`; others are replaced, and 40 are kept.
        part: String
    };
    /// Ends the run.
    UniversStop univers_stop "univers_stop";
    /// Somebody pressed Ctrl-C: the run ends, with the exit code 130.
    ApplicationInterrupt application_interrupt "application_interrupt";
    /// Something went wrong: the run ends, with the exit code 1.
    ApplicationError application_error "application_error" {
        /// What went wrong.
        message: String
    };
    /// The application has done what it wanted: the run ends.
    ApplicationDone application_done "application_done";
}
