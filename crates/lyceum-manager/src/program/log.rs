//! Logs of a program, on standard error.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::Args;
use tracing_subscriber::EnvFilter;

/// What is logged, and how.
#[derive(Args, Clone, Debug)]
pub(super) struct Log {
    /// Logs what is at least so grave: error, warn, info, debug or trace; or by target, as in
    /// info,lyceum=debug
    #[arg(long, global = true, value_name = "LEVEL", env = "LYCEUM_LOG", default_value = "info")]
    #[arg(value_parser = level)]
    log_level: String,

    /// Logs JSON, one object a line
    #[arg(long, global = true)]
    log_json: bool,
}

impl Log {
    /// Begins to log.
    pub(super) fn begin(&self) {
        let filter = EnvFilter::try_new(&self.log_level).unwrap_or_default();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        // It would complain where nobody reads any more, and panic.
        let log = log.log_internal_errors(false);
        let begun = if self.log_json {
            log.json().flatten_event(true).with_current_span(false).try_init()
        } else {
            log.with_ansi(io::stderr().is_terminal()).try_init()
        };
        // A program that logs by its own means goes on to.
        drop(begun);
    }

    /// Returns the arguments that make another program log as much.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        vec!["--log-level".into(), self.log_level.clone().into()]
    }
}

fn level(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.into()),
        Err(error) => Err(format!("{error}; expected a level, as in info or lyceum=debug")),
    }
}
