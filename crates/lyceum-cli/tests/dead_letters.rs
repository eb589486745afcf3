//! `lyceum exchange dead-letters` at a real Redis.

use std::process::{Command, Output, Stdio};

use serde_json::json;

#[path = "../../lyceum-exchange/tests/python/redis_server.rs"]
mod redis_server;

use redis_server::RedisServer;

const USER: &str = "00000000-0000-0000-0000-000000000001";
const AGENT: &str = "00000000-0000-0000-0000-000000000002";
const OTHER: &str = "00000000-0000-0000-0000-000000000003";

/// Puts a dead letter there as a node does that gives up a message.
fn bury(server: &RedisServer, number: u32, mailbox: &str) {
    let number = number.to_string();
    let message = json!({
        "header": {
            "src": { "uid": USER, "role": "user" }, "dest": { "uid": mailbox },
            "tag": format!("00000000-0000-0000-0000-{number:0>12}"), "kind": "request",
            "durable": true, "protocol_version": "1.1",
        },
        "body": { "kind": "ping-request" },
    });
    let letter = format!("1700000000000 5 {message}");
    server.command(&["HSET", "lyceum:dead:letters", &number, &letter]);
    server.command(&["RPUSH", "lyceum:dead:numbers", &number]);
}

fn run(server: &RedisServer, secret: &str, arguments: &[&str]) -> Output {
    let url = format!("redis://127.0.0.1:{}", server.port());
    Command::new(env!("CARGO_BIN_EXE_lyceum"))
        .args(["exchange", "dead-letters"])
        .args(arguments)
        .args(["--url", &url])
        .env("LYCEUM_EXCHANGE_TOKEN", secret)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn dead_letters_of_a_redis_are_listed_replayed_and_dropped() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["SET", &format!("active:{AGENT}"), "ACTIVE"]);
    for (number, mailbox) in [(1, AGENT), (2, AGENT), (3, OTHER)] {
        bury(&server, number, mailbox);
    }
    let listed = said(&run(&server, "", &["list"]));
    assert_eq!(listed.lines().count(), 3, "{listed}");
    let first = listed.lines().next().unwrap();
    assert!(first.starts_with("1\t2023-11-14T22:13:20Z\tUndeliverable\t5\t"), "{first}");
    assert!(first.ends_with(&format!("{USER} -> {AGENT}")), "{first}");
    let some = said(&run(&server, "", &["list", "--mailbox", OTHER]));
    assert!(some.starts_with("3\t") && some.lines().count() == 1, "{some}");

    said(&run(&server, "", &["replay", "1"]));
    said(&run(&server, "", &["drop", "2"]));

    assert_eq!(server.command(&["LLEN", &format!("queue:{AGENT}")]), "1");
    let left = said(&run(&server, "", &["list"]));
    assert!(left.starts_with("3\t") && left.lines().count() == 1, "{left}");
    let gone = run(&server, "", &["replay", "2"]);
    assert!(!gone.status.success());
    assert!(String::from_utf8_lossy(&gone.stderr).contains("there is no dead letter 2"));
    let refused = run(&server, "", &["replay", "3"]);
    assert!(!refused.status.success(), "its mailbox does not exist");
    assert_eq!(said(&run(&server, "", &["list"])), left);
}

#[test]
fn a_redis_with_a_password_is_told_it_from_the_environment() {
    let Some(server) = RedisServer::with(&["--requirepass", "secret"]) else { return };
    let refused = run(&server, "wrong", &["list"]);
    assert!(!refused.status.success());
    assert!(!String::from_utf8_lossy(&refused.stderr).contains("wrong"), "it is a secret");
    assert_eq!(said(&run(&server, "secret", &["list"])), "");
}
