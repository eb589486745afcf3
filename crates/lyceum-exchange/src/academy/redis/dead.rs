//! Dead letters: durable messages that were delivered too often.

use std::sync::Arc;

use lyceum_wire::academy::{Message, Unread};
use redis::Value;

use super::mailbox::ask;
use super::reply::{messages, texts};
use super::script::{Order, Script};
use super::{Client, Keys};
use crate::academy::{DeadLetter, MailboxError};

/// Dead letters that are kept.
const LIMIT: usize = 10_000;

fn names(keys: &Keys) -> Vec<String> {
    vec![keys.dead_letters(), keys.dead_numbers()]
}

/// Keeps a message that was given up.
pub(super) async fn bury(
    client: &Client,
    message: &[u8],
    deliveries: u32,
) -> Result<(), MailboxError> {
    let keys = client.keys();
    let names = [names(keys), vec![keys.dead_last()]].concat();
    let arguments =
        vec![deliveries.to_string().into_bytes(), message.to_vec(), LIMIT.to_string().into_bytes()];
    client.run(Script::Bury, names, arguments).await.map(drop)
}

/// Returns all that there are, the oldest first.
pub(crate) async fn list(client: &Arc<Client>) -> Result<Vec<DeadLetter>, MailboxError> {
    let keys = client.keys();
    let numbers = Order::words(&["LRANGE", &keys.dead_numbers(), "0", "-1"]);
    let numbers = texts(client.insist(numbers).await?);
    let mut letters = Vec::new();
    for number in numbers {
        // One after the other: each may be long, and one that was dropped meanwhile is none.
        let Some(letter) = find(client, &number).await? else { continue };
        let Letter { at, deliveries, bytes, message } = letter;
        letters.push(DeadLetter {
            sequence: number.parse().unwrap_or_default(),
            mailbox: message.header.dest,
            sender: message.header.src,
            deliveries,
            at,
            bytes,
        });
    }
    Ok(letters)
}

/// Puts one into its mailbox once more; `false` if there is none of that number.
pub(crate) async fn replay(client: &Arc<Client>, number: u64) -> Result<bool, MailboxError> {
    let Some(letter) = find(client, &number.to_string()).await? else { return Ok(false) };
    let message = letter.message;
    // Twice is once: what is durable is known by its tag.
    ask(client, &message.header, message.to_json(), Vec::new()).await?;
    drop_one(client, number).await?;
    Ok(true)
}

/// Throws one away; `false` if there is none of that number.
pub(crate) async fn drop_one(client: &Arc<Client>, number: u64) -> Result<bool, MailboxError> {
    let arguments = vec![number.to_string().into_bytes()];
    let dropped = client.insist_on(Script::Drop, names(client.keys()), arguments).await?;
    Ok(dropped == Value::Int(1))
}

/// A dead letter as it is kept.
struct Letter {
    /// When it was given up, in milliseconds since 1970.
    at: i64,
    deliveries: u32,
    bytes: u64,
    message: Message<Unread>,
}

async fn find(client: &Arc<Client>, number: &str) -> Result<Option<Letter>, MailboxError> {
    let found = client.insist(Order::words(&["HGET", &client.keys().dead_letters(), number]));
    match found.await? {
        Value::Nil => Ok(None),
        value => {
            let kept = messages(Value::Array(vec![value]))?.remove(0);
            let unfit = || MailboxError::Answer(format!("no dead letter as number {number}"));
            Ok(Some(read(&kept).ok_or_else(unfit)?))
        }
    }
}

/// Reads a letter: time, deliveries and message with a space between.
fn read(kept: &[u8]) -> Option<Letter> {
    let mut parts = kept.splitn(3, |byte| *byte == b' ');
    let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse::<i64>().ok();
    let (at, deliveries) = (number()?, u32::try_from(number()?).ok()?);
    let json = parts.next()?;
    let message = Message::read(json).ok()?;
    Some(Letter { at, deliveries, bytes: json.len() as u64, message })
}

#[cfg(test)]
mod tests {
    use lyceum_wire::academy::{Body, EntityId, Uuid};

    use super::*;

    #[test]
    fn a_letter_is_read_as_the_script_writes_it_or_not_at_all() {
        let id = EntityId::agent(Uuid::from_u128(1), None);
        let json = Message::request(id.clone(), id, Uuid::nil(), Body::PingRequest).to_json();
        let letter = read(format!("1700000000123 5 {json}").as_bytes()).unwrap();
        assert_eq!((letter.at, letter.deliveries), (1_700_000_000_123, 5));
        assert_eq!(letter.bytes, json.len() as u64);
        for text in ["", "1", "1 2", "1 2 ", "x 2 {}", "1 -2 {}", "1 2 {}", &json] {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
