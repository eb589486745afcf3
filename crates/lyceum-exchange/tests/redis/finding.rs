//! Finding agents by class, interface, name and attribute.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, OpenError, Uuid};

use crate::agents::{Clerk, Greets};
use crate::nodes::url;
use crate::redis_server::RedisServer;

/// A mailbox that is to be found, and its agent.
async fn opened(node: &Node, url: &str, uid: u128, name: &str, room: &str) -> Handle<Clerk> {
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let register = node.register_mailbox(url, &clerk.any()).id(Uuid::from_u128(uid));
    register.name(name).attribute("room", room).keep().await.unwrap();
    clerk
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_found_by_interface_name_and_attribute_without_a_look_at_all_keys() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        let url = format!("{}?python=no", url(&server, scheme));
        let (node, caller) = (Node::local(), Node::local());
        let north = opened(&node, &url, 1, "north", "7").await;
        let south = opened(&node, &url, 2, "south", "7").await;
        opened(&node, &url, 3, "south", "8:7").await;
        let academy = caller.academy();

        let greeters = academy.discover_as::<dyn Greets>(&url).await.unwrap();
        assert_eq!(greeters.len(), 3);
        greeters[0].hello("you".into()).await.unwrap();
        let named = academy.discover_named(&url, "north").await.unwrap();
        named[0].call("note", serde_json::json!([5])).await.unwrap();
        assert_eq!((named.len(), north.noted().await.unwrap()), (1, vec![5]));
        assert_eq!(academy.discover_named(&url, "south").await.unwrap().len(), 2);
        assert_eq!(academy.discover_with(&url, "room", "7").await.unwrap().len(), 2);
        assert_eq!(academy.discover_with(&url, "room", "8:7").await.unwrap().len(), 1);
        assert!(academy.discover_with(&url, "room:8", "7").await.unwrap().is_empty());
        let by_name = format!("{}/south?python=no", crate::nodes::url(&server, scheme));
        caller.connect::<Clerk>(&by_name).await.unwrap().note(6).await.unwrap();
        assert_eq!(south.noted().await.unwrap(), [6], "the name is an address");
        let commands = server.command(&["INFO", "commandstats"]);
        for command in ["scan", "keys"] {
            assert!(!commands.contains(&format!("cmdstat_{command}:")), "{commands}");
        }
        caller.shutdown().await;
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_found_by_what_it_said_last_until_it_is_gone() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        let url = format!("{}?python=no", url(&server, scheme));
        let (old, new, caller) = (Node::local(), Node::local(), Node::local());
        opened(&old, &url, 1, "north", "7").await;
        old.shutdown().await;
        let clerk = new.launch(Clerk::default()).await.unwrap();
        let again = new.register_mailbox(&url, &clerk.any()).id(Uuid::from_u128(1));
        let mailbox = again.name("west").class("app.Clerk").attribute("floor", "1").await.unwrap();
        let academy = caller.academy();
        assert!(academy.discover_named(&url, "north").await.unwrap().is_empty());
        assert!(academy.discover_with(&url, "room", "7").await.unwrap().is_empty());
        assert!(academy.discover(&url, "lyceum.Clerk").await.unwrap().is_empty());
        assert_eq!(academy.discover_named(&url, "west").await.unwrap().len(), 1);
        assert_eq!(academy.discover_with(&url, "floor", "1").await.unwrap().len(), 1);
        assert_eq!(academy.discover(&url, "app.Clerk").await.unwrap().len(), 1);
        mailbox.terminate().await;
        assert!(academy.discover_named(&url, "west").await.unwrap().is_empty());
        for kind in ["name", "attribute", "called", "found", "class"] {
            assert_eq!(server.command(&["KEYS", &format!("*lyceum:{kind}:*")]), "");
        }
        caller.shutdown().await;
        new.shutdown().await;
    }
}

/// Python terminates a mailbox without knowing of the sets that its agent is in.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_python_terminated_is_not_found_and_its_traces_go() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("{}?python=no", url(&server, "redis"));
    let node = Node::local();
    opened(&node, &url, 1, "north", "7").await;
    node.shutdown().await;
    let uid = Uuid::from_u128(1);
    server.command(&["SET", &format!("active:{uid}"), "INACTIVE"]);
    server.command(&["DEL", &format!("agent:{uid}")]);

    let caller = Node::local();
    assert!(caller.academy().discover_named(&url, "north").await.unwrap().is_empty());
    for kind in ["name", "attribute", "called", "found"] {
        while !server.command(&["KEYS", &format!("lyceum:{kind}:*")]).is_empty() {
            caller.sleep(Duration::from_millis(1)).await;
        }
    }
    caller.shutdown().await;
}

#[tokio::test]
async fn attributes_that_are_too_long_are_refused() {
    let node = Node::local();
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let register = node.register_mailbox("redis://127.0.0.1:1", &clerk.any());
    let error = register.attribute("room", &"7".repeat(5000)).await.unwrap_err();
    assert!(matches!(error, OpenError::Attributes(_)), "{error}");
    assert!(error.to_string().contains("4096 bytes"), "{error}");
    node.shutdown().await;
}
