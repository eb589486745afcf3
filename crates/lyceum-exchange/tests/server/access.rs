//! Who may do what.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lyceum_exchange::mailbox::Moment;
use lyceum_exchange::server::{
    Clock, NewToken, Rights, ServeError, Server, ServerSettings, Tokens, Which, wording,
};
use lyceum_exchange::store::{Keeper, Memory, Settings};
use serde_json::{Value, json};

use crate::ask::{AGENT, Answer, USER, ask_with, entity, message, ping, pong};
use crate::house::{House, Plan};

const NOW: Moment = Moment::from_millis(1_000_000);

/// A server with tokens.
struct Guarded {
    house: House,
    tokens: Tokens,
}

fn own() -> Rights {
    Rights { read: Which::Own, write: Which::Own, administer: Which::Own }
}

impl Guarded {
    async fn open(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        // What another run left.
        let _ = std::fs::remove_file(&path);
        let authenticator = Some(Arc::new(Tokens::at(&path)) as _);
        let house = House::build(Plan { authenticator, ..Plan::default() }).await;
        Self { house, tokens: Tokens::at(path) }
    }

    fn token(&self, subject: &str, groups: &[&str], rights: Rights) -> String {
        let groups: BTreeSet<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        let new = NewToken { subject: subject.into(), groups, rights, expires: None };
        let token = self.tokens.make(new, NOW).unwrap();
        // The server looks at the file now and then.
        self.house.pass(Duration::from_secs(1));
        token
    }

    async fn register(&self, token: &str, number: u128) -> u16 {
        let body = json!({ "mailbox": entity(number).to_string(), "agent": "m.Kind" });
        self.house.with(token, "POST", "/mailbox", &body).await.status
    }

    async fn put(&self, token: &str, message: &str) -> u16 {
        self.house.with(token, "PUT", "/message", &json!({ "message": message })).await.status
    }
}

fn of(number: u128) -> Value {
    json!({ "mailbox": entity(number).to_string(), "timeout": 0.02, "group_id": "lab" })
}

#[tokio::test]
async fn without_a_token_or_with_one_that_does_not_count_nothing_is_done() {
    let guarded = Guarded::open("inactive").await;
    let ada = guarded.token("ada", &[], own());
    guarded.register(&ada, AGENT).await;
    let expires = Some(NOW.after(Duration::from_secs(60)));
    let new = NewToken { subject: "ada".into(), groups: BTreeSet::new(), rights: own(), expires };
    let short = guarded.tokens.make(new, NOW).unwrap();
    guarded.house.pass(Duration::from_secs(1));
    let status = async |header: &str| {
        let body = of(AGENT).to_string();
        let answer = ask_with(guarded.house.address, "GET", "/mailbox/stats", header, &body);
        answer.await.status
    };
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");

    assert_eq!(status("").await, 401);
    assert_eq!(status("authorization: Basic YTpi\r\n").await, 401);
    assert_eq!(status(&bearer("nonsense")).await, 401);
    assert_eq!(status(&bearer("lyc_0123456789abcdef_00")).await, 403);
    let flipped = if ada.ends_with('0') { "1" } else { "0" };
    assert_eq!(status(&bearer(&format!("{}{flipped}", &ada[..ada.len() - 1]))).await, 403);
    assert_eq!(status(&bearer(&short)).await, 200);
    guarded.house.pass(Duration::from_secs(60));
    assert_eq!(status(&bearer(&short)).await, 403, "it has expired");

    let id = ada.split('_').nth(1).unwrap();
    guarded.tokens.revoke(id).unwrap();
    guarded.house.pass(Duration::from_secs(1));

    assert_eq!(status(&bearer(&ada)).await, 403, "it was revoked");
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens/inactive"),
    );
    let secret = short.split('_').nth(2).unwrap();
    assert!(!text.unwrap().contains(secret), "the secret is kept nowhere");
    guarded.house.close().await.unwrap();
}

#[tokio::test]
async fn an_address_with_too_many_wrong_tokens_is_slowed_and_who_is_right_is_not() {
    let guarded = Guarded::open("guesses").await;
    let ada = guarded.token("ada", &[], own());
    assert_eq!(guarded.register(&ada, AGENT).await, 200);
    let guess = async |number: u32| {
        let token = format!("lyc_0123456789abcdef_{number:02x}");
        guarded.house.with(&token, "GET", "/mailbox/stats", &of(AGENT)).await
    };

    let mut statuses = Vec::new();
    for number in 0..20 {
        statuses.push(guess(number).await.status);
    }
    assert_eq!(statuses, [[403; 16].as_slice(), &[429; 4]].concat());
    let slowed = guess(20).await;
    assert!(slowed.text.contains("too many requests"), "{slowed:?}");
    let right = guarded.house.with(&ada, "GET", "/mailbox/stats", &of(AGENT)).await;
    assert_eq!(right.status, 200);

    guarded.house.pass(Duration::from_secs(2));
    let statuses = [guess(21).await.status, guess(22).await.status, guess(23).await.status];
    assert_eq!(statuses, [403, 403, 429]);
    guarded.house.pass(Duration::from_secs(60));
    let bob = guarded.token("bob", &[], own());
    assert_eq!(guarded.register(&bob, USER).await, 200);
    guarded.house.close().await.unwrap();
}

#[tokio::test]
async fn what_is_missing_and_what_is_somebody_elses_look_the_same() {
    let guarded = Guarded::open("oracle").await;
    let ada = guarded.token("ada", &[], own());
    let eve = guarded.token("eve", &["lab"], own());
    assert_eq!(guarded.register(&ada, AGENT).await, 200);
    assert_eq!(guarded.register(&eve, USER).await, 200);
    let requests = [
        ("GET", "/mailbox"),
        ("DELETE", "/mailbox"),
        ("GET", "/message"),
        ("GET", "/mailbox/listen"),
        ("GET", "/mailbox/heartbeat"),
        ("POST", "/mailbox/heartbeat"),
        ("GET", "/mailbox/stats"),
        ("POST", "/mailbox/lease"),
        ("POST", "/mailbox/share"),
        ("GET", "/mailbox/share"),
        ("DELETE", "/mailbox/share"),
    ];
    for (method, path) in requests {
        let foreign = guarded.house.with(&eve, method, path, &of(AGENT)).await;
        let missing = guarded.house.with(&eve, method, path, &of(9)).await;
        assert_eq!(foreign, missing, "{method} {path}");
    }
    assert_eq!(guarded.put(&eve, &ping(1)).await, 404);
    assert_eq!(guarded.register(&eve, AGENT).await, 404);
    let found = json!({ "agent": "m.Kind", "allow_subclasses": true });
    let found = guarded.house.with(&eve, "GET", "/discover", &found).await.json();
    assert_eq!(found["agents"].as_array().unwrap().len(), 1);

    let status = guarded.house.with(&ada, "GET", "/mailbox", &of(AGENT)).await.json();
    assert_eq!(status["status"], "ACTIVE", "nothing was done");
    guarded.house.close().await.unwrap();
}

#[tokio::test]
async fn nobody_speaks_in_anothers_name() {
    let guarded = Guarded::open("forged").await;
    let (ada, eve) = (guarded.token("ada", &[], own()), guarded.token("eve", &["lab"], own()));
    let all = Rights { write: Which::All, ..own() };
    let mallory = guarded.token("mallory", &[], all);
    guarded.register(&ada, USER).await;
    guarded.register(&ada, AGENT).await;
    guarded.register(&mallory, 3).await;

    assert_eq!(guarded.put(&mallory, &ping(1)).await, 404, "a sender that is not his");
    let own = message("request", 3, AGENT, 1, &json!({ "kind": "ping-request" }));
    assert_eq!(guarded.put(&mallory, &own).await, 200);
    assert_eq!(guarded.put(&ada, &ping(7)).await, 200);
    let forged = message("response", 3, USER, 7, &json!({ "kind": "success-response" }));
    assert_eq!(guarded.put(&mallory, &forged).await, 200);
    let nothing = guarded.house.with(&ada, "GET", "/message", &of(USER)).await;
    assert_eq!(nothing.status, 408, "an answer of whom was not asked goes nowhere");
    let tag = uuid::Uuid::from_u128(7);
    let cancel = json!({ "kind": "cancel-request", "target_tag": tag });
    assert_eq!(guarded.put(&mallory, &message("request", 3, AGENT, 8, &cancel)).await, 200);
    let told = guarded.house.with(&mallory, "GET", "/message", &of(3)).await.json();
    assert!(told["message"].as_str().unwrap().contains("\"error_code\":2"), "{told}");
    let statistics = guarded.house.with(&ada, "GET", "/mailbox/stats", &of(AGENT)).await.json();
    assert_eq!(statistics["queued"], 2, "the cancellation of another's request never arrives");
    assert_eq!(guarded.put(&eve, &pong(7)).await, 404);
    guarded.house.close().await.unwrap();
}

#[tokio::test]
async fn groups_share_mailboxes_until_they_do_not() {
    let guarded = Guarded::open("groups").await;
    let ada = guarded.token("ada", &["lab"], own());
    let bob = guarded.token("bob", &["lab"], own());
    guarded.register(&ada, AGENT).await;
    guarded.register(&bob, USER).await;
    let share = async |token: &str, method: &str| {
        guarded.house.with(token, method, "/mailbox/share", &of(AGENT)).await
    };
    assert_eq!(guarded.put(&bob, &ping(1)).await, 404);

    assert_eq!(share(&ada, "POST").await.status, 200);

    assert_eq!(share(&ada, "GET").await.json(), json!({ "group_ids": ["lab"] }));
    assert_eq!(guarded.put(&bob, &ping(1)).await, 200);
    let other = json!({ "mailbox": entity(AGENT).to_string(), "group_id": "club" });
    assert_eq!(guarded.house.with(&ada, "POST", "/mailbox/share", &other).await.status, 403);
    assert_eq!(share(&ada, "DELETE").await.status, 200);
    assert_eq!(guarded.put(&bob, &ping(2)).await, 404);
    guarded.house.close().await.unwrap();
}

#[tokio::test]
async fn a_token_allows_what_it_lists_and_nothing_else() {
    let guarded = Guarded::open("rights").await;
    let ada = guarded.token("ada", &[], own());
    guarded.register(&ada, USER).await;
    guarded.register(&ada, AGENT).await;
    let these = |number: u128| Which::These([uuid::Uuid::from_u128(number)].map(id).into());
    let agent = guarded.token(
        "agent",
        &[],
        Rights { read: these(AGENT), write: these(USER), administer: Which::None },
    );
    guarded.put(&ada, &ping(1)).await;

    let received = guarded.house.with(&agent, "GET", "/message", &of(AGENT)).await;
    assert_eq!(received.json()["message"], json!(ping(1)));
    assert_eq!(guarded.put(&agent, &pong(1)).await, 200);
    assert_eq!(guarded.house.with(&agent, "GET", "/message", &of(USER)).await.status, 404);
    assert_eq!(guarded.put(&agent, &ping(2)).await, 404);
    assert_eq!(guarded.register(&agent, 5).await, 404);
    guarded.house.with(&agent, "DELETE", "/mailbox", &of(AGENT)).await;
    let status = guarded.house.with(&agent, "GET", "/mailbox", &of(AGENT)).await.json();
    assert_eq!(status["status"], "ACTIVE");
    assert_eq!(guarded.house.with(&agent, "GET", "/metrics", &json!({})).await.status, 403);
    guarded.house.close().await.unwrap();
}

fn id(uuid: uuid::Uuid) -> lyceum_exchange::mailbox::MailboxId {
    lyceum_exchange::mailbox::MailboxId::new(uuid)
}

#[tokio::test]
async fn without_credentials_only_this_machine_is_served() {
    let keeper = Keeper::open(Box::new(Memory::new()), Settings::new(wording)).unwrap();
    let (clock, settings) = (Clock::new(|| NOW), ServerSettings::default());
    let everywhere = "0.0.0.0:0".parse().unwrap();

    let refused = Server::bind(everywhere, keeper, None, clock, settings).await;

    assert!(matches!(refused, Err(ServeError::Open(_))), "{refused:?}");
    let house = House::open().await;
    let body = of(AGENT).to_string();
    let rebound = raw(&house, "attacker.example:80", &body).await;
    assert_eq!(rebound.status, 403, "a page that calls this machine by a name of its own");
    house.close().await.unwrap();
}

/// Asks under another name of the server.
async fn raw(house: &House, host: &str, body: &str) -> Answer {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(house.address).await.unwrap();
    let length = body.len();
    let request = format!(
        "GET /mailbox HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    Answer { status: text.split(' ').nth(1).unwrap().parse().unwrap(), text }
}
