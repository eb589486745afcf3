//! The script that a job runs.

use std::ffi::OsString;
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{Folder, quoted};
use crate::launcher::CHILD;

/// What goes into the script of a job.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    /// Options of `sbatch`, with their values.
    pub(super) directives: Vec<(String, String)>,
    /// Lines of shell.
    pub(super) setup: Vec<String>,
}

impl Script {
    pub(super) fn new(program: PathBuf) -> Self {
        let directives = vec![("job-name".into(), "lyceum".into())];
        Self { program, arguments: Vec::new(), directives, setup: Vec::new() }
    }

    /// Returns the script if it can be written down.
    ///
    /// # Errors
    ///
    /// Says which directive is none, or which text a script cannot hold.
    pub(super) fn checked(&self) -> io::Result<Self> {
        let wrong = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
        for (option, value) in &self.directives {
            let is_word =
                !option.is_empty() && option.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            if !is_word || value.contains(['"', '\\']) || value.chars().any(char::is_control) {
                let text = format!("cannot use `{option}={value}`: expected an option of sbatch");
                return Err(wrong(text));
            }
        }
        let words = std::iter::once(self.program.as_os_str())
            .chain(self.arguments.iter().map(OsString::as_os_str));
        for word in words {
            if word.to_str().is_none() {
                return Err(wrong(format!("cannot write {} into a script", word.display())));
            }
        }
        Ok(self.clone())
    }

    /// Writes the script of a batch. It makes way for the program, so that signals reach
    /// that.
    pub(super) fn text(&self, folder: &Folder) -> String {
        let mut text = String::from("#!/bin/sh\n");
        let mut directive = |option: &str, value: &str| {
            let equals = if value.is_empty() { "" } else { "=" };
            // Writing to a string does not fail.
            let quote = if value.contains(is_special) { "\"" } else { "" };
            let _ = writeln!(text, "#SBATCH --{option}{equals}{quote}{value}{quote}");
        };
        for (option, value) in &self.directives {
            directive(option, value);
        }
        // The manager decides on restarts, and a ticket is for one start.
        directive("no-requeue", "");
        directive("open-mode", "append");
        text.extend(self.setup.iter().map(|line| format!("{line}\n")));
        let _ = write!(text, "exec {}", quoted(&self.program));
        for argument in &self.arguments {
            let _ = write!(text, " {}", quoted(Path::new(argument)));
        }
        let _ = writeln!(text, " {CHILD} --ticket {}", folder.ticket());
        text
    }
}

/// Returns whether a value with this letter stands in quotes.
fn is_special(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\'' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_makes_way_for_the_program() {
        let mut script = Script::new("/opt/a b/farm".into());
        script.arguments.push("it's".into());
        script.directives.push(("mem".into(), "64M".into()));
        script.setup.push("module load x".into());
        let folder = Folder { path: "/jobs/batch-1-0".into() };

        let expected = r#"#!/bin/sh
#SBATCH --job-name=lyceum
#SBATCH --mem=64M
#SBATCH --no-requeue
#SBATCH --open-mode=append
module load x
exec '/opt/a b/farm' 'it'\''s' child --ticket '/jobs/batch-1-0'"/${SLURM_ARRAY_TASK_ID:-0}.ticket"
"#;
        assert_eq!(script.text(&folder), expected);
    }

    /// What came after a blank was taken for another option, and the job refused.
    #[test]
    fn value_with_blanks_stays_whole() {
        let mut script = Script::new("farm".into());
        script.directives.push(("comment".into(), "it's #1 of 2".into()));
        let folder = Folder { path: "/jobs/batch-1-0".into() };

        let text = script.checked().unwrap().text(&folder);

        assert!(text.contains("\n#SBATCH --comment=\"it's #1 of 2\"\n"), "{text}");
    }

    #[test]
    fn directive_cannot_smuggle_in_another_line() {
        for (option, value) in [("mem", "1M\nrm x"), ("mem", "1\" x"), ("mem x", "1"), ("", "1")] {
            let mut script = Script::new("farm".into());
            script.directives.push((option.into(), value.into()));
            let error = script.checked().unwrap_err().to_string();
            assert!(error.contains("expected an option of sbatch"), "{error}");
        }
    }
}
