//! A terminal that is drawn on in place, and left as it was found.

use std::io::{self, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use crate::line::Line;

/// To the other screen, without cursor and without wrapping.
const OPEN: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const CLOSE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K";
const REST_OF_SCREEN: &str = "\x1b[J";

/// How large a screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// A terminal that is drawn on in place. Dropping it leaves the terminal as it was found.
pub(crate) struct Screen {
    /// How the keyboard was, if there is one.
    keyboard: Option<Termios>,
    styled: bool,
}

impl Screen {
    /// Takes over the terminal.
    pub(crate) fn open() -> io::Result<Self> {
        // Keys would be printed in the middle of the table.
        let keyboard = tcgetattr(io::stdin()).ok();
        if let Some(keyboard) = &keyboard {
            set_keyboard(&silent(keyboard.clone()));
        }
        let styled = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let screen = Self { keyboard, styled };
        write(OPEN)?;
        Ok(screen)
    }

    /// Returns how large the terminal is now; 80 columns and 24 rows if it does not tell.
    pub(crate) fn size(&self) -> Size {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => {
                Size { columns: size.ws_col.into(), rows: size.ws_row.into() }
            }
            _ => Size { columns: 80, rows: 24 },
        }
    }

    /// Draws over what was drawn before.
    pub(crate) fn draw(&self, lines: &[Line]) -> io::Result<()> {
        let lines: Vec<_> = lines.iter().map(|line| line.render(self.styled)).collect();
        // No new line after the last one: it would scroll a full screen.
        let lines = lines.join(&format!("{REST_OF_LINE}\r\n"));
        write(&format!("{HOME}{lines}{REST_OF_LINE}{REST_OF_SCREEN}"))
    }

    /// Leaves the terminal as it was found, with these lines to stay on it.
    pub(crate) fn close(self, lines: &[Line]) -> io::Result<()> {
        let styled = self.styled;
        drop(self);
        let lines: String = lines.iter().map(|line| line.render(styled) + "\n").collect();
        write(&lines)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = write(CLOSE);
        if let Some(keyboard) = &self.keyboard {
            set_keyboard(keyboard);
        }
    }
}

/// Returns settings in which keys do not show. Ctrl-C works on, Ctrl-Z does not: it would leave
/// the shell with our screen.
fn silent(mut keyboard: Termios) -> Termios {
    keyboard.local_modes -= LocalModes::ECHO | LocalModes::ICANON;
    keyboard.special_codes[SpecialCodeIndex::VSUSP] = 0;
    keyboard
}

fn set_keyboard(settings: &Termios) {
    // If it fails, keys show: a blemish, no fault. What was typed meanwhile is thrown away.
    let _ = tcsetattr(io::stdin(), OptionalActions::Flush, settings);
}

fn write(text: &str) -> io::Result<()> {
    let mut terminal = io::stdout().lock();
    terminal.write_all(text.as_bytes())?;
    terminal.flush()
}
