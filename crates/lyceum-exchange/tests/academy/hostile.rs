//! Servers that refuse, break off, fall silent or talk nonsense. Time is virtual.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};
use lyceum_wire::academy::{Body, EntityId, Message};
use serde_json::{Value, json};

use crate::agents::Clerk;
use crate::scripted::{Asked, Scripted, Told, URL, chunk, now, quiet, stream_head};

const SECOND: Duration = Duration::from_secs(1);

fn agent() -> String {
    format!("{URL}/{}", Uuid::from_u128(7))
}

/// Returns the message that a request puts.
fn put(asked: &Asked) -> Message<lyceum_wire::academy::Unread> {
    Message::read(asked.body["message"].as_str().unwrap().as_bytes()).unwrap()
}

/// Waits until there were so many requests on a route.
async fn until(exchange: &Scripted, route: &str, count: usize) -> Vec<Asked> {
    loop {
        let asked = exchange.asked(route);
        if asked.len() >= count {
            return asked;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_sent_again_after_growing_pauses() {
    let mut refused = 0;
    let (node, exchange) = Scripted::with(move |asked| {
        if asked.route == "PUT /message" && refused < 3 {
            refused += 1;
            return Told::Answer([429, 503, 503][refused - 1], "busy".into());
        }
        quiet(asked)
    });
    let clerk = node.connect_any(&agent()).await.unwrap();
    clerk.tell("note", json!([1])).await.unwrap();
    let puts = exchange.asked("PUT /message");
    let pauses: Vec<_> = puts.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert_eq!(pauses.len(), 3);
    for (pause, least) in pauses.iter().zip([50, 100, 200]) {
        assert!(*pause >= Duration::from_millis(least) && *pause < SECOND, "{pauses:?}");
    }
    let tags: Vec<Uuid> = puts.iter().map(|asked| put(asked).header.tag).collect();
    assert!(tags.iter().all(|tag| *tag == tags[0]), "it is one and the same message");
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_ends_after_some_attempts() {
    let (node, exchange) = Scripted::with(|asked| match asked.route.as_str() {
        "PUT /message" => Told::Answer(503, "busy".into()),
        _ => quiet(asked),
    });
    let clerk = node.connect_any(&agent()).await.unwrap();
    let error = clerk.call("add", json!([1])).await.unwrap_err();
    assert!(matches!(error, CallError::Overloaded(_)), "{error}");
    assert_eq!(error.started(), Some(false));
    assert_eq!(exchange.asked("PUT /message").len(), 5);
    node.shutdown().await;
}

/// Academy's own client sends it again, so that an action may run twice.
#[tokio::test(start_paused = true)]
async fn what_may_have_arrived_is_not_sent_again() {
    for lost in [500, 502, 504, 0] {
        let (node, exchange) = Scripted::with(move |asked| match asked.route.as_str() {
            "PUT /message" if lost == 0 => Told::Close,
            "PUT /message" => Told::Answer(lost, "broken".into()),
            _ => quiet(asked),
        });
        let clerk = node.connect_any(&agent()).await.unwrap();
        let error = clerk.call("add", json!([1])).await.unwrap_err();
        assert!(matches!(error, CallError::Disconnected(_)), "{error}");
        assert_eq!(error.started(), None, "nobody knows");
        assert_eq!(exchange.asked("PUT /message").len(), 1, "{lost}");
        node.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up() {
    let (node, _exchange) = Scripted::with(|asked| match asked.route.as_str() {
        "PUT /message" => Told::Raw(String::new()),
        _ => quiet(asked),
    });
    let clerk = node.connect_any(&agent()).await.unwrap();
    let error = clerk.call("add", json!([1])).timeout(600 * SECOND).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
    node.shutdown().await;
}

/// Wart 8: after each end of a stream, Academy's client waits for a second.
#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_is_opened_again_at_once() {
    let (node, exchange) = Scripted::with(|asked| match asked.route.as_str() {
        "GET /mailbox/listen" => Told::Raw(stream_head() + &chunk(": ping\r\n\r\n") + &chunk("")),
        _ => quiet(asked),
    });
    let clerk = node.launch(Clerk::default()).await.unwrap();
    node.register_mailbox(URL, &clerk.any()).await.unwrap();
    let listens = until(&exchange, "GET /mailbox/listen", 10).await;
    let mailbox = listens[0].body["mailbox"].clone();
    let own: Vec<_> = listens.iter().filter(|asked| asked.body["mailbox"] == mailbox).collect();
    for pair in own.windows(2) {
        let pause = pair[1].at - pair[0].at;
        assert!(pause < Duration::from_millis(100), "{pause:?}");
        assert!(pause >= Duration::from_millis(10), "it does not storm the server: {pause:?}");
    }
    node.shutdown().await;
}

/// Academy's server writes the next message to a stream that is gone, and loses it.
#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_left_and_what_waits_there_is_dismissed() {
    let (node, exchange) = Scripted::with(quiet);
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let mailbox = node.register_mailbox(URL, &clerk.any()).await.unwrap();
    let listens = until(&exchange, "GET /mailbox/listen", 4).await;
    let uid = mailbox.id().uid.to_string();
    let of_agent = |asked: &&Asked| asked.body["mailbox"].as_str().unwrap().contains(&uid);
    let own: Vec<_> = listens.iter().filter(of_agent).collect();
    assert!(own[1].at - own[0].at >= 60 * SECOND);
    let puts = exchange.asked("PUT /message");
    let dismissed = puts.iter().map(put).filter(|message| message.header.dest == *mailbox.id());
    let dismissed: Vec<_> = dismissed.collect();
    assert_eq!(dismissed[0].header.src, *mailbox.id(), "it is from and to itself");
    assert_eq!(dismissed[0].clone().body().unwrap(), Body::SuccessResponse);
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn nonsense_in_a_stream_is_dropped_and_what_follows_is_taken() {
    let uid = Uuid::from_u128(9);
    let ping = |tag: u128| {
        let (user, own) = (EntityId::user(Uuid::nil(), None), EntityId::agent(uid, None));
        Message::request(user, own, Uuid::from_u128(tag), Body::PingRequest).to_json()
    };
    let mut events = String::new();
    let nonsense = ["nonsense", "{}", "[1]", "\"\"", "{\"header\": {}, \"body\": {}}", "\u{0}"];
    for text in nonsense {
        events += &chunk(&format!("data: {text}\r\n\r\n"));
    }
    events += &chunk(&format!("data: {}\n\nid: x\nevent: y\n\n: \n", ping(1)));
    let whole = format!("data: {}\r\n\r\n", ping(2));
    let (start, end) = whole.split_at(50);
    events = events + &chunk(start) + &chunk(end);
    let mut is_first = true;
    let (node, exchange) = Scripted::with(move |asked| {
        let is_listen = asked.route == "GET /mailbox/listen";
        let is_own = asked.body["mailbox"].as_str().is_some_and(|id| id.contains(&uid.to_string()));
        if is_listen && is_own && std::mem::take(&mut is_first) {
            return Told::Raw(stream_head() + &events);
        }
        quiet(asked)
    });
    let clerk = node.launch(Clerk::default()).await.unwrap();
    node.register_mailbox(URL, &clerk.any()).id(uid).await.unwrap();
    let answers = until(&exchange, "PUT /message", 2).await;
    let mut tags: Vec<Uuid> = answers.iter().map(|asked| put(asked).header.tag).collect();
    tags.sort_unstable();
    assert_eq!(tags, [1, 2].map(Uuid::from_u128));
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn messages_are_asked_for_one_by_one_where_streams_do_not_pass() {
    let uid = Uuid::from_u128(9);
    let (user, own) = (EntityId::user(Uuid::nil(), None), EntityId::agent(uid, None));
    let ping = Message::request(user, own, Uuid::from_u128(1), Body::PingRequest).to_json();
    let mut polls = 0;
    let (node, exchange) = Scripted::with(move |asked| {
        let is_own = asked.body["mailbox"].as_str().is_some_and(|id| id.contains(&uid.to_string()));
        if asked.route != "GET /message" || !is_own {
            return if asked.route == "GET /message" {
                Told::Raw(String::new())
            } else {
                quiet(asked)
            };
        }
        polls += 1;
        match polls {
            1 => Told::Answer(408, "Request timeout".into()),
            2 => Told::Answer(200, "[]".into()),
            3 => Told::Answer(200, json!({"message": 7}).to_string()),
            4 => Told::Answer(200, json!({"message": ping}).to_string()),
            _ => Told::Answer(419, "Mailbox was closed".into()),
        }
    });
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let url = format!("{URL}?receive=poll");
    let mailbox = node.register_mailbox(&url, &clerk.any()).id(uid).await.unwrap();
    let answers = until(&exchange, "PUT /message", 1).await;
    assert_eq!(put(&answers[0]).header.tag, Uuid::from_u128(1));
    mailbox.ended().await;
    assert!(exchange.asked("GET /mailbox/listen").is_empty());
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_never_ends_is_given_up() {
    let (node, exchange) = Scripted::with(|asked| match asked.route.as_str() {
        "GET /mailbox/listen" => {
            Told::Raw(stream_head() + &chunk(&format!("data: {}", "x".repeat(17 << 20))))
        }
        _ => quiet(asked),
    });
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let mailbox = node.register_mailbox(URL, &clerk.any()).await.unwrap();
    until(&exchange, "GET /mailbox/listen", 3).await;
    assert_eq!(clerk.add(1, None).await.unwrap(), 101);
    mailbox.stop().await;
    node.shutdown().await;
}

/// An answer that was a list made the node panic.
#[tokio::test(start_paused = true)]
async fn answers_that_are_nonsense_are_errors() {
    for answer in ["nonsense", "{\"heartbeat\": \"x\"}", "{\"heartbeat\": 1e999}"] {
        let (node, _exchange) = Scripted::with(move |asked| match asked.route.as_str() {
            "GET /mailbox/heartbeat" => Told::Answer(200, answer.into()),
            _ => quiet(asked),
        });
        assert!(node.connect_any(&agent()).await.is_err(), "{answer}");
        node.shutdown().await;
    }
    for answer in ["{\"agent_ids\": \"1,2\"}", "[]", "7", "", "{\"agent_ids\": [1]}"] {
        let (node, _exchange) = Scripted::with(move |asked| match asked.route.as_str() {
            "GET /discover" => Told::Answer(200, answer.into()),
            _ => quiet(asked),
        });
        assert!(node.academy().discover(URL, "app.A").await.is_err(), "{answer}");
        node.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_shown_and_a_refusal_is_told() {
    let (node, exchange) = Scripted::with(|asked| {
        if asked.headers.contains("authorization: bearer key") {
            return quiet(asked);
        }
        Told::Answer(401, "Missing required headers.".into())
    });
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let error = node.register_mailbox(URL, &clerk.any()).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("401 Missing required headers."), "{cause}");
    assert!(!exchange.asked("POST /mailbox").is_empty());
    node.academy().authorize(URL, "key").unwrap();
    node.register_mailbox(URL, &clerk.any()).await.unwrap();
    assert!(node.academy().authorize(URL, "two words\r\n").is_err());
    node.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn each_request_is_what_academy_s_server_expects() {
    let (node, exchange) = Scripted::with(quiet);
    let clerk = node.launch(Clerk::default()).named("house").await.unwrap();
    let mailbox = node.register_mailbox(URL, &clerk.any()).class("app.Clerk").await.unwrap();
    let made = exchange.asked("POST /mailbox").pop().unwrap();
    assert_eq!(made.body["agent"], json!("app.Clerk,lyceum.Greets,academy.agent.Agent"));
    let id: EntityId = serde_json::from_str(made.body["mailbox"].as_str().unwrap()).unwrap();
    assert_eq!((&id, id.name.as_deref()), (mailbox.id(), Some("house")));
    assert!(made.headers.contains("academy_version: 1.0.0"), "{}", made.headers);
    assert!(made.headers.contains("content-type: application/json"));

    let sensor = node.connect_any(&agent()).await.unwrap();
    sensor.tell("note", json!([1])).await.unwrap();
    let message = put(&exchange.asked("PUT /message")[0]);
    assert_eq!(message.header.protocol_version.as_deref(), Some("1.1"));
    let Body::ActionRequest(request) = message.body().unwrap() else { panic!("another body") };
    assert_eq!((request.pargs.as_str(), request.kargs.as_str()), ("[1]", "{}"));

    mailbox.terminate().await;
    let ended = exchange.asked("DELETE /mailbox");
    assert_eq!(ended[0].body, json!({"mailbox": made.body["mailbox"]}));
    node.shutdown().await;
    assert_eq!(exchange.asked("DELETE /mailbox").len(), 2, "that of the node, too");
    let beats: Vec<Value> =
        exchange.asked("POST /mailbox/heartbeat").into_iter().map(|asked| asked.body).collect();
    assert!(beats.contains(&json!({"mailbox": made.body["mailbox"]})));
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_go_out_every_half_minute() {
    let (node, exchange) = Scripted::with(quiet);
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let mailbox = node.register_mailbox(URL, &clerk.any()).await.unwrap();
    let uid = mailbox.id().uid.to_string();
    let start = now();
    tokio::time::sleep(10 * 60 * SECOND).await;
    let beats = exchange.asked("POST /mailbox/heartbeat");
    let own = beats.iter().filter(|asked| {
        asked.at >= start && asked.body["mailbox"].as_str().unwrap().contains(&uid)
    });
    let count = own.count();
    assert!((19..=22).contains(&count), "{count}");
    node.shutdown().await;
}
