//! Python's pickles, and Academy's messages around them.

use lyceum_wire::academy::pickle::{Exception, plain, read, write};
use lyceum_wire::academy::{Limits, Message};
use serde_json::Value as Json;

use super::Target;
use crate::Digest;

pub(super) const PICKLES: Target =
    Target { name: "pickles", run, seeds: captured_pickles, budget: 8 << 20 };
pub(super) const MESSAGES: Target =
    Target { name: "academy", run: messages, seeds: captured_messages, budget: 1 << 20 };

const LIMITS: Limits = Limits { payload: 64 << 10, nesting: 16, values: 4096 };

/// How long a captured seed may be: mutations of long ones are slow and lead nowhere.
const SEED_LIMIT: usize = 2000;

/// Pickles that would do harm, if anybody did what they say.
const HOSTILE: &[&[u8]] = &[
    b"cos\nsystem\n(Vid\ntR.",
    b"cbuiltins\ngetattr\n(cos\n__name__\nVsystem\ntR(Vid\ntR.",
    b"\x80\x05\x8d\0\0\0\x80\x02\0\0\0x.",
    b"]q\0h\0a.",
    b"N2\x862\x862\x862\x86.",
    b"(cos\nsystem\nVid\no.",
];

/// What the real Python wrote: the last word of each line, in hexadecimal digits.
fn captured_pickles() -> Vec<Vec<u8>> {
    let text = include_str!("../../../crates/lyceum-wire/tests/academy/pickles.txt");
    let digits = text.lines().filter_map(|line| line.rsplit('\t').next());
    let written = digits.filter_map(|digits| {
        let pairs = (0..digits.len() / 2).map(|at| digits.get(2 * at..2 * at + 2));
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()
    });
    let short = written.filter(|pickle| pickle.len() <= SEED_LIMIT);
    short.chain(HOSTILE.iter().map(|pickle| pickle.to_vec())).collect()
}

fn captured_messages() -> Vec<Vec<u8>> {
    let text = include_str!("../../../crates/lyceum-wire/tests/academy/messages.txt");
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}

fn run(input: &[u8]) -> Digest {
    let value = match read(input, LIMITS) {
        Ok(value) => value,
        Err(error) => return Digest::of(error.to_string()),
    };
    let exception = Exception::of(&value).map(|exception| exception.to_string());
    let plain_value = plain(value);
    let written = write(&plain_value);
    // What a pickle says is itself said by a pickle, which may be longer than is read here.
    let generous = Limits { payload: 64 << 20, nesting: 64, values: 1 << 20 };
    let again = read(&written, generous).map(plain);
    let again = again.expect("what is written can be read");
    // Maps that are keys come back as lists, since Python has no others; then nothing changes.
    assert_eq!(write(&again), written, "it says the same");
    Digest::of((exception, Json::from(plain_value)))
}

fn messages(input: &[u8]) -> Digest {
    let message = match Message::read(input) {
        Ok(message) => message,
        Err(error) => return Digest::of(error.to_string()),
    };
    match message.body() {
        Ok(body) => Digest::of(body),
        Err(error) => Digest::of(error.to_string()),
    }
}
