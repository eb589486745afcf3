//! What `lyceum exchange serve` is told, by whom, and what of it counts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What another run left.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Has a configuration checked: a file, the environment, and options.
fn check(folder: &Path, file: &str, environment: &[(&str, &str)], options: &[&str]) -> Output {
    let path = folder.join("exchange.toml");
    std::fs::write(&path, file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
    command.args(["exchange", "serve", "--check", "--config"]).arg(path);
    command.current_dir(folder).stdin(Stdio::null());
    command.args(options).envs(environment.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn options_come_before_the_environment_and_that_before_the_file() {
    let folder = folder("precedence");
    let file = "rate = 1\ngrace = 2\nconnections = 3\ndelivery = \"durable\"\n";
    let environment = [("LYCEUM_EXCHANGE_RATE", "10"), ("LYCEUM_EXCHANGE_GRACE", "20")];

    let set = said(&check(&folder, file, &environment, &["--rate", "100"]));

    assert_eq!(set, "delivery = \"durable\"\nconnections = 3\nrate = 100\ngrace = 20\n");
    assert!(!folder.join("lyceum-exchange").exists(), "nothing is made by a check");
}

#[test]
fn keys_that_are_not_known_are_refused_with_the_one_that_was_meant() {
    let folder = folder("unknown-keys");
    for (file, expected) in [
        ("rat = 5", "there is no key `rat`; did you mean `rate`?"),
        ("tls_key = \"k\"", "there is no key `tls_key`; did you mean `tls-key`?"),
        ("cluster = true", "there is no key `cluster`"),
        ("config = \"other.toml\"", "there is no key `config`"),
        ("rate = \"many\"", "invalid type: string"),
        ("rate = ", "exchange.toml"),
    ] {
        let text = refusal(&check(&folder, file, &[], &[]));
        assert!(text.contains(expected), "{file}: {text}");
    }
    let strange = check(&folder, "", &[("LYCEUM_EXCHANGE_RATES", "5")], &[]);
    let warned = String::from_utf8_lossy(&strange.stdout).into_owned()
        + &String::from_utf8_lossy(&strange.stderr);
    assert!(strange.status.success() && warned.contains("LYCEUM_EXCHANGE_RATE"), "{warned}");
}

#[test]
fn a_check_reads_what_a_server_would_read() {
    let folder = folder("check");
    for (file, expected) in [
        ("tls-certificate = \"c.pem\"", "tls-key is missing"),
        ("tls-certificate = \"c.pem\"\ntls-key = \"k.pem\"", "c.pem"),
        ("tokens = \"nowhere.json\"", "nowhere.json"),
        ("oidc-issuer = \"https://login\"", "oidc-audience is missing"),
        ("oidc-issuer = \"http://login\"\noidc-audience = \"x\"", "expected an address with https"),
        ("listen = \"0.0.0.0:8700\"", "without credentials"),
        ("message-bytes = 99999999999", "may not be that long"),
    ] {
        let text = refusal(&check(&folder, file, &[], &[]));
        assert!(text.contains(expected), "{file}: {text}");
    }
    let issuer = "oidc-issuer = \"https://login\"\noidc-audience = \"lyceum\"\n";
    let file = format!("listen = \"0.0.0.0:8700\"\n{issuer}");
    assert_eq!(said(&check(&folder, &file, &[], &[])), file, "an issuer's tokens are credentials");
}
