//! Unmodified academy-py 1.0.0 by HTTP, and nodes by the link, on one server.

use std::process::Stdio;

use lyceum::prelude::*;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::academy;
use crate::agents::{Clerk, MAILBOX, register, url};
use crate::house::House;

/// Starts a script; `None` if this machine has no such Python.
fn start(house: &House, role: &str) -> Option<Child> {
    let child = academy::script("link/scenarios.py")?
        .args([format!("http://{}", house.address), role.into(), MAILBOX.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Some(child.unwrap())
}

/// Waits for the end of a script, which fails unless all of its assertions hold.
async fn end(child: Child) {
    academy::check(&child.wait_with_output().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_python_user_calls_an_agent_on_the_link() {
    let house = House::open().await;
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).named("clerk").await.unwrap();
    register(&node, &house, &clerk).await.unwrap();

    let Some(user) = start(&house, "user") else { return };
    end(user).await;

    node.shutdown().await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_on_the_link_calls_an_agent_of_python() {
    let house = House::open().await;
    let Some(mut python) = start(&house, "agent") else { return };
    let mut lines = BufReader::new(python.stdout.as_mut().unwrap()).lines();
    let uid = lines.next_line().await.unwrap().expect("the agent starts");
    let node = Node::local();

    let counter = node.connect_any(&format!("{}/{uid}", url(&house))).await.unwrap();
    assert_eq!(counter.call("add", json!([2])).await.unwrap(), 2);
    // Durable means the same whoever has the mailbox.
    assert_eq!(counter.call("add", json!([3])).durable().await.unwrap(), 5);
    assert_eq!(counter.call("echo", json!([{"a": ["grüß", 1.5]}])).await.unwrap()["a"][1], 1.5);
    let error = counter.call("fail", json!([])).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Failed(failure) if failure.kind == "ValueError"),
        "{error}"
    );
    counter.stop();

    end(python).await;
    node.shutdown().await;
    house.close().await.unwrap();
}
