//! The command line of ssh.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Stdio;

use lyceum_wire::Endpoint;
use tokio::process::Command;

use crate::launcher::CHILD;

/// What ssh says before the number of a port that it opened on the other machine.
pub(super) const FORWARDED: &str = "Allocated port ";

/// What goes into the command line of ssh.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) ssh: PathBuf,
    pub(super) host: String,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) identity: Option<PathBuf>,
    pub(super) options: Vec<String>,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) forward: bool,
    pub(super) listen: Option<Endpoint>,
}

impl Line {
    pub(super) fn new(host: String, program: PathBuf) -> Self {
        Self {
            ssh: "ssh".into(),
            host,
            user: None,
            port: None,
            identity: None,
            options: Vec::new(),
            program,
            arguments: Vec::new(),
            forward: false,
            listen: None,
        }
    }

    /// Makes the command; `manager` is where a port of the other machine leads to, if one does.
    pub(super) fn command(&self, manager: Option<&Endpoint>) -> io::Result<Command> {
        let mut command = Command::new(&self.ssh);
        command.args(self.ssh_arguments(manager)?);
        command.arg("--").arg(&self.host).arg(self.remote());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for the manager, which stops its agents in order.
        command.process_group(0).kill_on_drop(true);
        Ok(command)
    }

    fn ssh_arguments(&self, manager: Option<&Endpoint>) -> io::Result<Vec<OsString>> {
        let mut line: Vec<OsString> = vec!["-T".into(), "-e".into(), "none".into()];
        let mut option = |option: &str| line.extend(["-o".into(), option.into()]);
        // The first value of an option counts: those of the user come before what we suggest.
        option("BatchMode=yes");
        self.options.iter().for_each(|one| option(one));
        option("ServerAliveInterval=5");
        option("ServerAliveCountMax=3");
        if self.forward {
            let manager = manager.filter(|endpoint| endpoint.scheme() == "tcp");
            let missing = || io::Error::other("there is no TCP port of the manager to lead to");
            let target = manager.ok_or_else(missing)?.location();
            option("ExitOnForwardFailure=yes");
            option("LogLevel=INFO");
            line.extend(["-R".into(), format!("127.0.0.1:0:{target}").into()]);
        }
        if let Some(identity) = &self.identity {
            line.extend(["-o".into(), "IdentitiesOnly=yes".into()]);
            line.extend(["-i".into(), identity.into()]);
        }
        if let Some(port) = self.port {
            line.extend(["-p".into(), port.to_string().into()]);
        }
        if let Some(user) = &self.user {
            line.extend(["-l".into(), user.into()]);
        }
        Ok(line)
    }

    /// Returns what the shell on the other machine reads. It makes way for the program, so that
    /// nothing stands between that and the connection.
    fn remote(&self) -> OsString {
        let mut text = b"exec".to_vec();
        let arguments = self.arguments.iter().map(OsString::as_os_str);
        let words = std::iter::once(self.program.as_os_str()).chain(arguments);
        for word in words.chain([OsStr::new(CHILD), OsStr::new("--attached")]) {
            text.push(b' ');
            text.extend(quoted(word));
        }
        OsString::from_vec(text)
    }
}

/// Quotes a word for a shell.
fn quoted(word: &OsStr) -> Vec<u8> {
    let mut quoted = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => quoted.extend(br"'\''"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_reach_the_program_as_they_are() {
        let mut line = Line::new("node7".into(), "/opt/a farm/farm".into());
        line.arguments = vec!["--name".into(), "it's; $HOME `x`".into()];

        let expected =
            r"exec '/opt/a farm/farm' '--name' 'it'\''s; $HOME `x`' 'child' '--attached'";
        assert_eq!(line.remote(), expected);
    }

    #[test]
    fn host_is_never_an_option() {
        let line = Line::new("-oProxyCommand=x".into(), "farm".into());
        let command = line.command(None).unwrap();

        let arguments: Vec<_> = command.as_std().get_args().collect();
        let end = arguments.iter().position(|argument| *argument == "--").unwrap();
        assert_eq!(arguments[end + 1], "-oProxyCommand=x");
    }

    #[test]
    fn way_back_needs_a_port_of_the_manager() {
        let mut line = Line::new("node7".into(), "farm".into());
        line.forward = true;
        let socket = "unix:///run/manager".parse().unwrap();

        let error = line.command(Some(&socket)).unwrap_err().to_string();

        assert!(error.contains("no TCP port"), "{error}");
        let manager = "tcp://127.0.0.1:5555".parse().unwrap();
        let arguments = line.ssh_arguments(Some(&manager)).unwrap();
        assert!(arguments.contains(&"127.0.0.1:0:127.0.0.1:5555".into()), "{arguments:?}");
    }
}
