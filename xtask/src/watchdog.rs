//! Ends a group of processes, whatever becomes of the process that started it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Asks the group `$1` to end once standard input closes, and kills it `$2` tenths of a second
/// later.
///
/// The polite request comes first because nextest runs each test in a group of its own, which only
/// nextest can end.
const SCRIPT: &str = r#"
exec 2>/dev/null
read -r nothing
kill -s TERM -- "-$1" || exit 0
waited=0
while kill -s 0 -- "-$1" && [ "$waited" -lt "$2" ]; do
    sleep 0.1
    waited=$((waited + 1))
done
kill -s KILL -- "-$1"
"#;

/// Tenths of a second that a group has between the request to end and the kill.
const GRACE_TENTHS: u32 = 150;

/// A small process that outlives us by just enough to end a process group.
///
/// It waits on a pipe that we hold. The pipe closes when we say so, when the value is dropped, and
/// also when we are interrupted or killed: a group of its own does not hear the terminal's Ctrl-C.
pub(crate) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Watches over the process group `group`.
    pub(crate) fn over(group: u32) -> io::Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "watchdog", &group.to_string(), &GRACE_TENTHS.to_string()])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { shell })
    }

    /// Begins to end the group, without waiting for it.
    pub(crate) fn release(&mut self) {
        drop(self.shell.stdin.take());
    }
}

impl Drop for Watchdog {
    /// Ends what is left of the group and waits until it is gone.
    fn drop(&mut self) {
        self.release();
        // Nothing can be done about a watchdog that was killed by somebody else.
        let _ = self.shell.wait();
    }
}
