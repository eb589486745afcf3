//! Pickles that would do harm, on their way through the server to an agent of ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lyceum_exchange::academy::Uuid;
use serde_json::{Value, json};

use crate::ask::{USER, message};
use crate::house::House;
use crate::nodes::serve;

const MAILBOX: u128 = 7;

/// Calls `echo` with pickled arguments, and returns the body of the answer.
async fn answer(house: &House, tag: u128, arguments: &[u8]) -> Value {
    let request = json!({
        "kind": "action-request", "action": "echo", "serialization": "pickle",
        "result_serialization": "json", "exception_serialization": "json",
        "pargs": STANDARD.encode(arguments), "kargs": STANDARD.encode(b"}."),
    });
    let put = house.put("", &message("request", USER, MAILBOX, tag, &request)).await;
    assert_eq!(put.status, 200, "{}", put.text);
    loop {
        let received = house.receive(USER).await;
        if received.status == 200 {
            let message: Value =
                serde_json::from_str(received.json()["message"].as_str().unwrap()).unwrap();
            assert_eq!(message["header"]["tag"], json!(Uuid::from_u128(tag)));
            return message["body"].clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pickles_that_would_do_harm_are_answered_and_nothing_runs() {
    let house = House::open().await;
    house.register(USER).await;
    let node = serve(&house, Uuid::from_u128(MAILBOX)).await;
    let mark = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pickle-ran");
    let command = format!("(cposix\nsystem\n(Vtouch {}\ntRt.", mark.display());
    let nested = [b"(", &b"]".repeat(100_000)[..], &b"a".repeat(99_999), b"t."].concat();
    let announced = [&b"\x80\x05(\x8d"[..], &(10_u64 << 30).to_le_bytes(), b"xt."].concat();

    let pickles = [command.as_bytes(), &nested, &announced, b"no pickle", b""];
    for (tag, pickle) in (1..).zip(pickles) {
        let body = answer(&house, tag, pickle).await;
        assert_eq!(body["kind"], "user-error-response", "{tag}: {body}");
    }

    assert!(!mark.exists());
    let body = answer(&house, 99, b"(Vwell\nt.").await;
    assert_eq!(
        (&body["kind"], &body["result"][1]),
        (&json!("action-response"), &json!("\"well\""))
    );
    node.shutdown().await;
    house.close().await.unwrap();
}
