//! A dialogue that works on a terminal only. The planted bug: an answer that is longer than a line
//! of the terminal panics.

use std::io::{self, BufRead, IsTerminal, Write};

/// Asks until there are no answers any more.
fn main() -> io::Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        eprintln!("this needs a terminal");
        std::process::exit(2);
    }
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
    for answer in io::stdin().lock().lines() {
        let answer = answer?;
        let margin = usize::from(size.ws_col) - answer.len();
        println!("{:>margin$}", "ok");
        io::stdout().flush()?;
    }
    println!("bye");
    Ok(())
}
