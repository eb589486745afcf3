//! `lyceum exchange serve` with certificates of `lyceum certs`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What another run left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn lyceum(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

fn certificates(folder: &Path, directory: &str, more: &[&str]) {
    let mut command = lyceum(folder, &["certs", "localhost,127.0.0.1", "--directory", directory]);
    let made = command.args(more).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Lists dead letters, as somebody who believes that authority.
fn ask(folder: &Path, url: &str, authority: &str) -> Output {
    let arguments = ["exchange", "dead-letters", "list", "--url", url, "--authority", authority];
    lyceum(folder, &arguments).output().unwrap()
}

/// Starts a server, and returns where it listens.
fn serve(folder: &Path) -> (Child, String) {
    let arguments = [
        ["exchange", "serve"],
        ["--listen", "127.0.0.1:0"],
        ["--tls-certificate", "ours/localhost.certificate.pem"],
        ["--tls-key", "ours/localhost.key.pem"],
    ]
    .concat();
    let mut child =
        lyceum(folder, &arguments).arg("--memory").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening at ").unwrap().to_owned();
    assert!(url.starts_with("https://"), "{url}");
    (child, url)
}

#[test]
fn a_server_talks_tls_and_shows_a_renewed_certificate_when_it_is_told() {
    let folder = folder("exchange-tls");
    certificates(&folder, "ours", &[]);
    certificates(&folder, "others", &[]);
    let (mut server, url) = serve(&folder);
    let listed = ask(&folder, &url, "ours/authority.pem");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let stranger = ask(&folder, &url, "others/authority.pem");
    let text = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert!(!stranger.status.success() && text.contains("cannot reach"), "{text}");

    for file in ["localhost.certificate.pem", "localhost.key.pem"] {
        std::fs::copy(folder.join("others").join(file), folder.join("ours").join(file)).unwrap();
    }
    kill_process(Pid::from_child(&server), Signal::HUP).unwrap();

    // It is told by a signal, which has no answer.
    while !ask(&folder, &url, "others/authority.pem").status.success() {}
    assert!(!ask(&folder, &url, "ours/authority.pem").status.success());
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    assert!(server.wait().unwrap().success());
}

#[test]
fn a_token_comes_from_a_file_or_the_environment_and_never_from_the_command_line() {
    let folder = folder("exchange-token-file");
    let token = lyceum(&folder, &["token", "make", "ada"]).output().unwrap();
    assert!(token.status.success());
    std::fs::write(folder.join("token"), &token.stdout).unwrap();
    std::fs::write(folder.join("two"), [&token.stdout[..], &token.stdout].concat()).unwrap();
    let mut command = lyceum(&folder, &["exchange", "serve", "--listen", "127.0.0.1:0"]);
    let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening at ").unwrap();
    let list = |more: &[&str]| {
        let arguments = [&["exchange", "dead-letters", "list", "--url", url], more].concat();
        lyceum(&folder, &arguments)
    };
    let secret = String::from_utf8(token.stdout.clone()).unwrap();

    assert!(!list(&[]).output().unwrap().status.success());
    assert!(list(&["--token-file", "token"]).output().unwrap().status.success());
    let from_environment = list(&[]).env("LYCEUM_EXCHANGE_TOKEN", secret.trim()).output();
    assert!(from_environment.unwrap().status.success());
    for wrong in [&["--token-file", "two"][..], &["--token-file", "none"], &["--token", "x"]] {
        assert!(!list(wrong).output().unwrap().status.success(), "{wrong:?}");
    }
    kill_process(Pid::from_child(&server), Signal::TERM).unwrap();
    assert!(server.wait().unwrap().success());
}
