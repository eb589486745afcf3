//! The program of one session.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::settings::{InputWay, ProjectFile};
use crate::process::{Input, Limits, Program};

/// The name of the file with the input, in the directory of a session.
pub(crate) const INPUT_FILE: &str = "input";

impl ProjectFile {
    /// Returns where the program under test is, looked for in `PATH` if its name has no `/`.
    ///
    /// # Errors
    ///
    /// Fails where there is no such file, or none that can be executed.
    pub fn find_command(&self) -> io::Result<PathBuf> {
        let name = &self.command;
        let is_path = name.as_os_str().as_encoded_bytes().contains(&b'/');
        let places = if is_path {
            vec![name.clone()]
        } else {
            let path = env::var_os("PATH").unwrap_or_default();
            env::split_paths(&path).map(|folder| folder.join(name)).collect()
        };
        let runs = |place: &PathBuf| place.is_file() && access(place, Access::EXEC_OK).is_ok();
        places.into_iter().find(runs).ok_or_else(|| {
            let what = format!("no program `{}` that can be executed", name.display());
            io::Error::new(io::ErrorKind::NotFound, what)
        })
    }

    /// Returns the program of a session with an input, in the session's directory.
    ///
    /// The command is what [`find_command`](Self::find_command) found. Where the program gets its
    /// input as a file, that is written.
    ///
    /// # Errors
    ///
    /// Fails where the file with the input cannot be written.
    pub fn program(&self, command: &Path, directory: &Path, input: &[u8]) -> io::Result<Program> {
        let mut program = Program::new(command, directory).limits(Limits::from(&self.limits));
        for argument in self.arguments_for(INPUT_FILE) {
            program = program.argument(argument);
        }
        for name in &self.inherit {
            if let Some(value) = env::var_os(name) {
                program = program.environment(name, value);
            }
        }
        for (name, value) in &self.environment {
            program = program.environment(name, value);
        }
        Ok(match self.input {
            InputWay::File => {
                fs::write(directory.join(INPUT_FILE), input)?;
                program
            }
            InputWay::Stdin => program.input(Input::Bytes(input.to_vec())),
        })
    }
}
