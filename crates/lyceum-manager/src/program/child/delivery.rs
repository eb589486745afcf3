//! How a ticket comes to who was started with it.

use std::fs::{self, File};
use std::io::{BufRead, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::Ticket;
use crate::command::failure::Failure;
use crate::launcher::INDEX;

/// No ticket is longer, in bytes.
const LIMIT: u64 = 256 << 20;

/// Where the ticket is.
#[derive(Args, Clone, Debug)]
pub(super) struct Delivery {
    /// Reads the ticket from this file, which nobody else may be able to read, and removes it
    #[arg(long, value_name = "FILE")]
    ticket: Option<PathBuf>,

    /// Reads one of the tickets in this folder, where a secret is mounted
    #[arg(long, value_name = "FOLDER", conflicts_with = "ticket")]
    mounted: Option<PathBuf>,
}

impl Delivery {
    /// Returns whether the ticket comes from the parent itself.
    pub(super) fn is_piped(&self) -> bool {
        self.ticket.is_none() && self.mounted.is_none()
    }

    /// Reads the ticket.
    ///
    /// # Errors
    ///
    /// Says that there is none, or that others could have read it.
    pub(super) fn ticket(&self) -> Result<Ticket, Failure> {
        match (&self.ticket, &self.mounted) {
            (Some(file), _) => from_file(file),
            (None, Some(folder)) => {
                let index = std::env::var(INDEX).unwrap_or_else(|_| "0".into());
                let file = folder.join(format!("ticket-{index}"));
                let text = fs::read(&file).map_err(|error| unread(&file, &error))?;
                parse(&text, &file.display().to_string())
            }
            (None, None) => {
                let mut line = Vec::new();
                let read = std::io::stdin().lock().take(LIMIT).read_until(b'\n', &mut line);
                read.map_err(|error| unread(Path::new("standard input"), &error))?;
                parse(&line, "standard input")
            }
        }
    }
}

/// Reads a ticket from a file, and removes it: it is for one start alone.
fn from_file(path: &Path) -> Result<Ticket, Failure> {
    let file = File::open(path).map_err(|error| unread(path, &error))?;
    let mode = file.metadata().map_err(|error| unread(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        let mode = mode & 0o777;
        let text = format!(
            "cannot use the ticket in `{}`: others can read it (mode {mode:o}), expected mode 600",
            path.display()
        );
        return Err(Failure::Usage(text));
    }
    let mut text = Vec::new();
    file.take(LIMIT).read_to_end(&mut text).map_err(|error| unread(path, &error))?;
    fs::remove_file(path).map_err(|error| unread(path, &error))?;
    parse(&text, &path.display().to_string())
}

fn parse(text: &[u8], source: &str) -> Result<Ticket, Failure> {
    serde_json::from_slice(text).map_err(|error| {
        let what = format!("cannot read a ticket from {source}: only a manager has one to give");
        Failure::Usage(format!("{what}: {error}"))
    })
}

fn unread(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    Failure::Usage(format!(
        "cannot read a ticket from {path}: only a manager has one to give: {error}"
    ))
}
