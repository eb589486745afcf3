//! Requests and answers as Academy's client and server have them.

use serde_json::{Value, json};

use crate::ask::{AGENT, Answer, Events, USER, ask_with, entity, ping, pong};
use crate::house::House;

fn of(number: u128) -> Value {
    json!({ "mailbox": entity(number).to_string() })
}

async fn open() -> House {
    let house = House::open().await;
    house.register(USER).await;
    house.register(AGENT).await;
    house
}

#[tokio::test]
async fn a_request_and_its_answer_pass_by_long_poll() {
    let house = open().await;
    let done = Answer { status: 200, text: String::new() };
    assert_eq!(house.put("", &ping(1)).await, done);

    let answer = house.receive(AGENT).await.json();

    assert_eq!(answer["message"], json!(ping(1)), "not a byte is changed");
    let statistics = house.ask("GET", "/mailbox/stats", &of(AGENT)).await.json();
    let expected = json!({
        "incoming": 1, "outgoing": 0, "completed": 0, "in_progress": 1, "queued": 0
    });
    assert_eq!(statistics, expected);
    house.put("", &pong(1)).await;
    assert_eq!(house.body(USER).await, json!({ "kind": "success-response" }));
    let nothing = house.receive(USER).await;
    assert_eq!(nothing, Answer { status: 408, text: "Request timeout".into() });
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_stream_has_an_event_for_each_message_and_ends_when_nothing_comes() {
    let house = open().await;
    let mut events = Events::connect(&house).await;
    assert_eq!(events.listen(AGENT, 0.05, "").await, 200);
    assert_eq!(events.next().await.as_deref(), Some("retry: 1"));
    house.put("", &ping(1)).await;
    assert_eq!(events.next().await.unwrap(), format!("data: {}", ping(1)));

    assert_eq!(events.next().await, None);
    assert_eq!(events.listen(AGENT, 60.0, "").await, 200, "the connection goes on");
    house.close().await.unwrap();
}

#[tokio::test]
async fn line_ends_between_values_do_not_break_a_stream() {
    let house = open().await;
    let pretty: Value = serde_json::from_str(&ping(1)).unwrap();
    let pretty = serde_json::to_string_pretty(&pretty).unwrap().replace('\n', "\r\n");
    house.put("", &pretty).await;

    assert_eq!(Events::open(&house, AGENT).await.body().await["kind"], "ping-request");
    house.close().await.unwrap();
}

#[tokio::test]
async fn statuses_are_those_that_clients_of_academy_know() {
    let house = open().await;
    let nobody = house.put("", &ping(1).replace("-000000000002", "-000000000009")).await;
    assert_eq!(nobody, Answer { status: 404, text: "Unknown mailbox ID".into() });
    assert_eq!(house.ask("GET", "/mailbox", &of(9)).await.json(), json!({ "status": "MISSING" }));
    assert_eq!(house.ask("GET", "/mailbox", &of(AGENT)).await.json()["status"], "ACTIVE");
    let beat = house.ask("GET", "/mailbox/heartbeat", &of(AGENT)).await.json();
    assert_eq!(beat, json!({ "heartbeat": null }));
    house.ask("POST", "/mailbox/heartbeat", &of(AGENT)).await.json_or_empty();
    house.pass(std::time::Duration::from_millis(2_500));
    let beat = house.ask("GET", "/mailbox/heartbeat", &of(AGENT)).await.json();
    assert_eq!(beat, json!({ "heartbeat": 2.5 }));

    assert_eq!(house.ask("DELETE", "/mailbox", &of(AGENT)).await.status, 200);
    assert_eq!(house.ask("DELETE", "/mailbox", &of(9)).await.status, 200);

    let closed = Answer { status: 419, text: "Mailbox was closed".into() };
    assert_eq!(house.put("", &ping(1)).await, closed);
    assert_eq!(house.receive(AGENT).await, closed);
    assert_eq!(house.ask("GET", "/mailbox/heartbeat", &of(AGENT)).await, closed);
    assert_eq!(house.ask("GET", "/mailbox", &of(AGENT)).await.json()["status"], "TERMINATED");
    assert_eq!(house.ask("POST", "/mailbox", &of(AGENT)).await, closed);
    house.close().await.unwrap();
}

#[tokio::test]
async fn wrong_requests_are_refused_with_a_reason() {
    let house = open().await;
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let wrong = [
        ("PUT", "/message", "{}".to_owned()),
        ("PUT", "/message", json!({ "message": "{}" }).to_string()),
        ("PUT", "/message", json!({ "message": deep }).to_string()),
        ("PUT", "/message", deep.clone()),
        ("PUT", "/message", "{\"message\":".to_owned()),
        // JSON in JSON in JSON: one text more than belongs there.
        ("PUT", "/message", json!({ "message": json!(ping(1)).to_string() }).to_string()),
        (
            "GET",
            "/message",
            json!({ "mailbox": json!(of(AGENT).to_string()).to_string() }).to_string(),
        ),
        ("GET", "/message", json!({ "mailbox": "{\"uid\":\"7\"}" }).to_string()),
        ("GET", "/message", json!({ "mailbox": "{\"more\":1}" }).to_string()),
        ("POST", "/mailbox", "[]".to_owned()),
        ("GET", "/discover", "{}".to_owned()),
    ];
    for (method, path, body) in &wrong {
        let answer = ask_with(house.address, method, path, "", body).await;
        let shown = body.get(..60).unwrap_or(body);
        assert_eq!(answer.status, 400, "{method} {path} {shown}: {}", answer.text);
        assert!(answer.text.contains("field"), "{}", answer.text);
    }
    for timeout in [json!(0), json!(-1), json!(61), json!(1e300), json!("x")] {
        let body = json!({ "mailbox": entity(AGENT).to_string(), "timeout": timeout });
        assert_eq!(house.ask("GET", "/message", &body).await.status, 400, "{timeout}");
    }
    house.close().await.unwrap();
}

#[tokio::test]
async fn a_query_does_where_a_proxy_drops_the_bodies_of_gets() {
    let house = open().await;
    house.put("", &ping(1)).await;
    let uuid = uuid::Uuid::from_u128(AGENT);

    let path = format!("/message?mailbox={uuid}&timeout=1");
    let answer = ask_with(house.address, "GET", &path, "", "").await.json();

    assert_eq!(answer["message"], json!(ping(1)));
    let path = "/discover?agent=m.Base&allow_subclasses=false";
    assert_eq!(ask_with(house.address, "GET", path, "", "").await.json()["agent_ids"], "");
    house.close().await.unwrap();
}

#[tokio::test]
async fn discovery_keeps_the_names_that_academy_loses() {
    let house = open().await;
    let find = async |agent: &str, subclasses: bool| {
        let body = json!({ "agent": agent, "allow_subclasses": subclasses });
        house.ask("GET", "/discover", &body).await.json()
    };

    let found = find("m.Kind", false).await;

    let ids = format!("{},{}", uuid::Uuid::from_u128(USER), uuid::Uuid::from_u128(AGENT));
    assert_eq!(found["agent_ids"], json!(ids));
    assert_eq!(found["agents"][1], entity(AGENT));
    assert_eq!(find("m.Base", true).await["agent_ids"], json!(ids));
    assert_eq!(find("m.Base", false).await["agent_ids"], json!(""));
    house.close().await.unwrap();
}

#[tokio::test]
async fn the_server_tells_of_itself() {
    let house = open().await;
    house.put("", &ping(1)).await;
    let get = async |path: &str| ask_with(house.address, "GET", path, "", "").await;

    assert_eq!(get("/healthz").await.text, "ok\n");
    assert_eq!(get("/readyz").await.text, "ready\n");
    let metrics = get("/metrics").await.text;
    assert!(metrics.contains("lyceum_exchange_mailboxes 2\n"), "{metrics}");
    assert!(metrics.contains("lyceum_exchange_messages_accepted_total 1\n"), "{metrics}");
    let described = get("/openapi.json").await.json();
    assert_eq!(described["openapi"], "3.1.0");
    for (path, methods) in described["paths"].as_object().unwrap() {
        let path = path.replace("{sequence}", "7").replace("{id}", &"7".repeat(32));
        for method in methods.as_object().unwrap().keys() {
            let answer = house.ask(&method.to_uppercase(), &path, &json!({})).await;
            assert!(![405, 501].contains(&answer.status), "{method} {path}: {answer:?}");
            assert!(answer.status != 404 || path.contains('7'), "{method} {path}: {answer:?}");
        }
    }
    house.close().await.unwrap();
}

/// Academy refuses requests to users, so that they can offer nothing.
#[tokio::test]
async fn users_are_asked_as_agents_are() {
    let house = open().await;
    let body = json!({ "kind": "ping-request" });
    house.put("", &crate::ask::message("request", AGENT, USER, 1, &body)).await;
    assert_eq!(house.body(USER).await["kind"], "ping-request");

    let answer = json!({ "kind": "success-response" });
    house.put("", &crate::ask::message("response", USER, AGENT, 1, &answer)).await;

    assert_eq!(house.body(AGENT).await["kind"], "success-response");
    house.close().await.unwrap();
}

impl Answer {
    fn json_or_empty(&self) {
        assert_eq!((self.status, self.text.as_str()), (200, ""));
    }
}
