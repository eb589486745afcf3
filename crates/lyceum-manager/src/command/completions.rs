//! `completions`: what a shell needs to complete a program's command line.

use std::io;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// The options of a command that prints completions.
#[derive(Args, Clone, Debug)]
pub struct Completions {
    /// The shell that they are for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the completions of the program `P`.
    ///
    /// # Errors
    ///
    /// Returns why they could not be printed.
    pub fn print<P: CommandFactory>(&self) -> io::Result<()> {
        self.print_of(P::command())
    }

    pub(crate) fn print_of(&self, mut command: clap::Command) -> io::Result<()> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        io::Write::write_all(&mut io::stdout(), &script)
    }
}
