//! Tokens of an issuer: what they allow, and those that are forged.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use lyceum_exchange::mailbox::Moment;
use lyceum_exchange::server::{
    Authenticator, NewToken, Oidc, OidcError, OidcSettings, Rights, Tokens, Which,
};
use serde_json::{Value, json};

use crate::ask::{AGENT, USER, entity, ping};
use crate::house::{House, Plan};
use crate::issuer::{Issuer, Signer};

/// A server that believes an issuer.
async fn open(issuer: &Issuer) -> House {
    let authenticator = Some(issuer.authenticator() as _);
    House::build(Plan { authenticator, ..Plan::default() }).await
}

async fn register(house: &House, token: &str, number: u128) -> u16 {
    let body = json!({ "mailbox": entity(number).to_string() });
    house.with(token, "POST", "/mailbox", &body).await.status
}

async fn statistics(house: &House, token: &str) -> u16 {
    let body = json!({ "mailbox": entity(AGENT).to_string() });
    house.with(token, "GET", "/mailbox/stats", &body).await.status
}

#[tokio::test]
async fn who_has_a_token_of_the_issuer_owns_what_he_makes() {
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    issuer.publish(&[&signer]);
    let house = open(&issuer).await;
    let with = |subject: &str, more: Value| {
        let mut claims = issuer.claims(subject);
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        signer.sign(&claims)
    };
    let ada = with("ada", json!({ "groups": ["lab"] }));
    assert_eq!(register(&house, &ada, AGENT).await, 200);
    assert_eq!(register(&house, &with("bob", json!({})), USER).await, 200);

    let later = with("ada", json!({ "jti": "another token of hers" }));
    assert_eq!(statistics(&house, &later).await, 200);
    assert_eq!(statistics(&house, &with("bob", json!({}))).await, 404);
    let shared = json!({ "mailbox": entity(AGENT).to_string(), "group_id": "lab" });
    assert_eq!(house.with(&ada, "POST", "/mailbox/share", &shared).await.status, 200);
    let member = with("bob", json!({ "groups": ["lab"] }));
    let put = json!({ "message": ping(1) });
    assert_eq!(house.with(&member, "PUT", "/message", &put).await.status, 200);
    assert_eq!(statistics(&house, &with("ada", json!({ "scope": "openid" }))).await, 404);
    assert_eq!(statistics(&house, &with("x", json!({ "scope": "lyceum:read:all" }))).await, 200);
    assert_eq!(issuer.asked(), 1, "the keys are kept");
    house.close().await.unwrap();
}

/// Writes a token by hand.
fn written(head: &Value, claims: &Value, signature: &str) -> String {
    let [head, claims] = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{head}.{claims}.{signature}")
}

#[tokio::test]
async fn forged_tokens_let_nobody_in() {
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    let (thief, mut secret) = (Signer::new("a"), Signer::new("oct").public());
    secret = json!({ "kty": "oct", "kid": "secret", "k": secret["x"] });
    issuer.publish(&[&signer]);
    issuer.state.lock().unwrap().keys["keys"].as_array_mut().unwrap().push(secret.clone());
    let house = open(&issuer).await;
    let (ada, eve) = (issuer.claims("ada"), issuer.claims("eve"));
    let good = signer.sign(&ada);
    assert_eq!(register(&house, &good, AGENT).await, 200);
    let parts: Vec<&str> = good.split('.').collect();
    let hmac = |key: &EncodingKey, id: &str| {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &ada, key).unwrap()
    };
    let known = URL_SAFE_NO_PAD.decode(secret["k"].as_str().unwrap()).unwrap();
    let with_key = |header: Value| written(&header, &ada, parts[2]);

    let forged = [
        ("no algorithm", written(&json!({ "alg": "none", "kid": "a" }), &ada, "")),
        ("none in other letters", written(&json!({ "alg": "nOnE", "kid": "a" }), &ada, "")),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("the public key as a secret", hmac(&EncodingKey::from_secret(signer.point()), "a")),
        ("a secret that was published", hmac(&EncodingKey::from_secret(&known), "secret")),
        ("another's signature", thief.sign(&ada)),
        ("other claims", written(&json!({ "alg": "ES256", "kid": "a" }), &eve, parts[2])),
        ("a key that is unknown", Signer::new("b").sign(&ada)),
        ("another algorithm", with_key(json!({ "alg": "ES384", "kid": "a" }))),
        ("an algorithm of other keys", with_key(json!({ "alg": "RS256", "kid": "a" }))),
        ("a key of its own", with_key(json!({ "alg": "ES256", "jwk": thief.public() }))),
        ("what must be understood", with_key(json!({ "alg": "ES256", "kid": "a", "crit": ["x"] }))),
        ("claims that are none", written(&json!({ "alg": "ES256", "kid": "a" }), &json!([]), "AA")),
    ];
    for (what, token) in &forged {
        assert_eq!(statistics(&house, token).await, 403, "{what}");
    }
    for malformed in ["", "a.b.c", "lyc_00_00", &"x".repeat(20_000)] {
        assert_eq!(statistics(&house, malformed).await, 401, "{malformed:.20}");
    }
    assert_eq!(statistics(&house, &good).await, 200);
    house.close().await.unwrap();
}

#[tokio::test]
async fn tokens_for_others_and_for_other_times_let_nobody_in() {
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    issuer.publish(&[&signer]);
    let house = open(&issuer).await;
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims("ada");
        claims[name] = value;
        signer.sign(&claims)
    };
    let good = signer.sign(&issuer.claims("ada"));
    assert_eq!(register(&house, &good, AGENT).await, 200);

    for (name, value) in [
        ("aud", json!("another server")),
        ("iss", json!("https://login.example.org")),
        ("exp", json!(939)),
        ("exp", Value::Null),
        ("nbf", json!(1_061)),
        ("sub", json!("")),
    ] {
        assert_eq!(statistics(&house, &with(name, value.clone())).await, 403, "{name} {value}");
    }
    assert_eq!(statistics(&house, &with("exp", json!(941))).await, 200, "clocks differ a little");

    house.pass(Duration::from_secs(1_059));
    assert_eq!(statistics(&house, &good).await, 200);
    house.pass(Duration::from_secs(1));
    assert_eq!(statistics(&house, &good).await, 403, "it has expired");
    house.close().await.unwrap();
}

#[tokio::test]
async fn keys_rotate_and_unknown_ones_do_not_make_the_server_ask_again_and_again() {
    let (issuer, old, new) = (Issuer::open().await, Signer::new("old"), Signer::new("new"));
    issuer.publish(&[&old]);
    let house = open(&issuer).await;
    let [by_old, by_new] = [&old, &new].map(|signer| signer.sign(&issuer.claims("ada")));
    assert_eq!(register(&house, &by_old, AGENT).await, 200);
    for _ in 0..10 {
        assert_eq!(statistics(&house, &by_new).await, 403);
    }
    assert_eq!(issuer.asked(), 1);

    issuer.publish(&[&new]);
    house.pass(issuer.settings().pause);

    assert_eq!(statistics(&house, &by_new).await, 200);
    assert_eq!(statistics(&house, &by_old).await, 403, "its key was withdrawn");
    assert_eq!(issuer.asked(), 2);
    house.close().await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_away_is_no_reason_to_refuse_those_it_has_vouched_for() {
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    issuer.publish(&[&signer]);
    let house = open(&issuer).await;
    let mut claims = issuer.claims("ada");
    claims["exp"] = json!(1_000_000);
    let token = signer.sign(&claims);
    issuer.state.lock().unwrap().is_away = true;
    assert_eq!(statistics(&house, &token).await, 503, "nothing is known of it yet");
    issuer.state.lock().unwrap().is_away = false;
    house.pass(issuer.settings().pause);
    assert_eq!(register(&house, &token, AGENT).await, 200);

    issuer.state.lock().unwrap().is_away = true;
    house.pass(issuer.settings().refresh);
    assert_eq!(statistics(&house, &token).await, 200);
    assert_eq!(issuer.asked(), 3, "it was asked");

    house.pass(issuer.settings().keep);
    assert_eq!(statistics(&house, &token).await, 503, "too long ago");
    house.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_description_or_too_long_is_not_believed() {
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    issuer.publish(&[&signer]);
    let house = open(&issuer).await;
    let token = signer.sign(&issuer.claims("ada"));
    let change = |change: fn(&mut crate::issuer::State)| {
        change(&mut issuer.state.lock().unwrap());
        house.pass(issuer.settings().pause);
    };

    change(|state| state.is_another = true);
    assert_eq!(statistics(&house, &token).await, 503);
    change(|state| (state.is_another, state.keys["more"]) = (false, "x".repeat(300_000).into()));
    assert_eq!(statistics(&house, &token).await, 503);
    change(|state| state.keys = json!({ "keys": [{ "kty": "unknown" }, 7] }));
    assert_eq!(statistics(&house, &token).await, 503);
    change(|state| state.keys = json!("no keys"));
    assert_eq!(statistics(&house, &token).await, 503);

    issuer.publish(&[&signer]);
    house.pass(issuer.settings().pause);
    assert_eq!(register(&house, &token, AGENT).await, 200);
    house.close().await.unwrap();
    let open = Oidc::new(OidcSettings::new("http://login.example.org", "lyceum"));
    assert!(matches!(open, Err(OidcError::Address { .. })), "others could change the keys");
}

#[tokio::test]
async fn tokens_of_a_file_and_of_an_issuer_count_side_by_side() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens-beside-issuer");
    // What another run left.
    let _ = std::fs::remove_file(&path);
    let (issuer, signer) = (Issuer::open().await, Signer::new("a"));
    issuer.publish(&[&signer]);
    let both: Vec<Arc<dyn Authenticator>> =
        vec![Arc::new(Tokens::at(&path)), issuer.authenticator()];
    let authenticator = Some(Arc::new(both) as _);
    let house = House::build(Plan { authenticator, ..Plan::default() }).await;
    let own = || Which::Own;
    let new = NewToken {
        subject: format!("{}#ada", issuer.url),
        groups: Default::default(),
        rights: Rights { read: own(), write: own(), administer: own() },
        expires: None,
    };
    let made = Tokens::at(&path).make(new, Moment::from_millis(1)).unwrap();

    assert_eq!(register(&house, &signer.sign(&issuer.claims("ada")), AGENT).await, 200);
    assert_eq!(statistics(&house, &made).await, 200, "a token for the same person");
    assert_eq!(statistics(&house, "nonsense").await, 401);
    assert_eq!(statistics(&house, "lyc_00_00").await, 403);
    house.close().await.unwrap();
}
