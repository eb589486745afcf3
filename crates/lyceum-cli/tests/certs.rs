//! `lyceum certs`: the certificates that it makes are those that nodes talk with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lyceum::network::{Certificates, Network, Settings};
use lyceum::prelude::*;
use serde_json::Value;

struct Greeter;

#[agent]
impl Greeter {
    #[action]
    fn greet(&self, name: String) -> String {
        format!("hello, {name}")
    }
}

/// A folder of a test, which is gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.join(format!("certs-{}-{name}", std::process::id()));
        // What an earlier test of the same number left.
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }

    /// Runs `lyceum certs`.
    fn certs(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
        command.arg("certs").args(arguments).arg("--directory").arg(&self.0);
        let Output { status, stdout, stderr } = command.output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("it prints text");
        (status.code(), text(stdout), text(stderr))
    }

    fn make(&self, arguments: &[&str]) -> String {
        let (code, output, errors) = self.certs(arguments);
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{output}");
        output
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn settings(&self, node: &str) -> Settings {
        let file = |kind: &str| self.file(&format!("{node}.{kind}.pem"));
        let authority = self.file("authority.pem");
        let read = Certificates::from_files(authority, file("certificate"), file("key"));
        Settings::default().certificates(read.expect("they fit together"))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("it is there")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of a test is no reason for it to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Lets a client call a server at a host name, each with its settings.
async fn greet(server: Settings, client: Settings, host: &str) -> Result<String, String> {
    let (serving, calling) = (Node::local(), Node::local());
    serving.launch(Greeter).named("greeter").await.unwrap();
    let listener = Network::attach(&serving, server).listen("tls://localhost:0").await.unwrap();
    Network::attach(&calling, client);
    let port = listener.endpoint().to_string().rsplit(':').next().unwrap().to_owned();
    let address = format!("tls://{host}:{port}/greeter");
    match calling.connect::<Greeter>(&address).await {
        Ok(greeter) => greeter.greet("Ada".into()).await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("{:?}", lyceum::Error::from(error))),
    }
}

#[tokio::test]
async fn nodes_talk_with_what_was_made() {
    let folder = Folder::new("talk");
    folder.make(&["localhost,127.0.0.1", "laptop.example.org"]);
    // Added later, by the same authority.
    folder.make(&["desk"]);
    let server = || folder.settings("localhost");
    for (client, host) in [("laptop.example.org", "localhost"), ("desk", "127.0.0.1")] {
        let greeted = greet(server(), folder.settings(client), host).await;
        assert_eq!(greeted.as_deref(), Ok("hello, Ada"));
    }
}

#[tokio::test]
async fn certificate_of_another_authority_is_refused_with_the_reason() {
    let (ours, theirs) = (Folder::new("ours"), Folder::new("theirs"));
    ours.make(&["localhost"]);
    theirs.make(&["stranger"]);
    let error = greet(ours.settings("localhost"), theirs.settings("stranger"), "localhost").await;
    let error = error.unwrap_err();
    assert!(error.contains("expected one of its own authority"), "{error}");

    // It believes the server, which does not believe it.
    fs::copy(ours.file("authority.pem"), theirs.file("authority.pem")).unwrap();
    let error = greet(ours.settings("localhost"), theirs.settings("stranger"), "localhost").await;
    let error = error.unwrap_err();
    assert!(error.contains("the other node refused this one's certificate"), "{error}");
}

/// The command line had no certificate to show: nodes at `tls://` were out of its reach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn command_line_shows_a_certificate() {
    let folder = Folder::new("command");
    folder.make(&["localhost", "desk"]);
    let node = Node::local();
    node.launch(Greeter).named("greeter").await.unwrap();
    let network = Network::attach(&node, folder.settings("localhost"));
    let listener = network.listen("tls://localhost:0").await.unwrap();
    let url = format!("{}/greeter", listener.endpoint());
    let call = |certificate: &'static str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_lyceum"));
        command.args(["call", &url, "greet", "Ada", "--certificate"]);
        command.arg(folder.file(certificate));
        async move { command.output().await.expect("the program starts") }
    };

    let greeted = call("desk").await;
    assert_eq!(String::from_utf8_lossy(&greeted.stdout), "hello, Ada\n");
    let missing = call("nobody").await;
    let errors = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(2), "{errors}");
    assert!(errors.contains("nobody.certificate.pem"), "{errors}");
}

#[test]
fn keys_are_their_owners_alone() {
    let folder = Folder::new("keys");
    folder.make(&["a"]);
    folder.make(&["a", "--force"]);
    let mode = |name: &str| folder.file(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("a.key.pem"), mode("authority.key.pem")), (0o600, 0o600));
    let all = fs::read_dir(&folder.0).unwrap().count();
    assert_eq!(all, 4, "nothing but the set is left");
}

#[test]
fn nothing_is_overwritten_unless_that_is_asked_for() {
    let folder = Folder::new("force");
    folder.make(&["a"]);
    let (key, authority) = (folder.read("a.key.pem"), folder.read("authority.pem"));

    let (code, output, errors) = folder.certs(&["b", "a"]);
    assert!(errors.contains("a.certificate.pem") && errors.contains("--force"), "{errors}");
    assert_eq!((code, output.as_str()), (Some(2), ""));
    assert!(!folder.file("b.key.pem").exists(), "all or nothing");
    assert_eq!(folder.read("a.key.pem"), key);

    folder.make(&["a", "--force"]);
    assert_ne!(folder.read("a.key.pem"), key);
    assert_eq!(folder.read("authority.pem"), authority, "the others still believe it");
}

#[test]
fn authority_without_its_key_signs_nothing() {
    let (folder, other) = (Folder::new("half"), Folder::new("other"));
    folder.make(&["a"]);
    other.make(&["a"]);
    let key = folder.file("authority.key.pem");
    fs::remove_file(&key).unwrap();
    let (code, _, errors) = folder.certs(&["b"]);
    assert!(code == Some(2) && errors.contains("authority.key.pem` is missing"), "{errors}");

    fs::copy(other.file("authority.key.pem"), &key).unwrap();
    let (code, _, errors) = folder.certs(&["b"]);
    assert!(code == Some(1) && errors.contains("cannot sign with the authority"), "{errors}");
    assert!(!folder.file("b.key.pem").exists());
}

#[test]
fn output_says_what_to_write_in_a_program() {
    let folder = Folder::new("advice");
    let text = folder.make(&["farm.example.org,10.0.0.7"]);
    for part in ["authority (new)", "farm.example.org, 10.0.0.7", "Certificates::from_files("] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("node.listen(\"tls://farm.example.org:5555\")"), "{text}");

    let made: Value = serde_json::from_str(&folder.make(&["::1", "--json"])).expect("it is JSON");
    assert_eq!(made["authority"]["reused"], true);
    assert_eq!(made["nodes"][0]["names"], serde_json::json!(["::1"]));
    let key = made["nodes"][0]["key"].as_str().unwrap();
    assert!(fs::read_to_string(key).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
}

#[test]
fn names_that_cannot_be_are_refused() {
    let folder = Folder::new("names");
    for name in ["../up", "a b", "authority", ""] {
        let (code, _, errors) = folder.certs(&[name]);
        assert_eq!(code, Some(2), "{name}: {errors}");
    }
    let (code, _, errors) = folder.certs(&["a", "A"]);
    assert!(code == Some(2) && errors.contains("expected each node once"), "{errors}");
    assert!(!folder.0.exists());
}
