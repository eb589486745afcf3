//! Arguments of actions as JSON, by name and by position.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lyceum::{AnyHandle, CallError, Handle, Node, agent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "arguments", run, seeds, budget: 8 << 20 };

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
    amount: u32,
    price: Option<f64>,
    notes: BTreeMap<String, Vec<i64>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
enum Step {
    Wait(u64),
    Go { to: String },
    Stop,
}

/// Takes arguments of many types.
#[derive(Default)]
struct Taker;

#[agent]
impl Taker {
    #[action]
    fn numbers(&self, a: i64, b: u8, c: f64, d: Option<i128>) -> String {
        format!("{a} {b} {c} {d:?}")
    }

    #[action]
    fn order(&mut self, order: Order) -> Order {
        order
    }

    #[action]
    fn steps(&self, steps: Vec<Step>, mark: char) -> usize {
        steps.len() + mark.len_utf8()
    }

    #[action]
    fn handle(&self, other: Option<Handle<Taker>>, any: Option<AnyHandle>) -> bool {
        other.is_some() || any.is_some()
    }

    #[action]
    fn anything(&self, value: Value) -> Value {
        value
    }
}

const ACTIONS: [&str; 6] = ["numbers", "order", "steps", "handle", "anything", "none"];

fn seeds() -> Vec<Vec<u8>> {
    bytes_of(&[
        "0[1, 2, 3.5, null]",
        "0{\"a\": -9223372036854775808, \"b\": 255, \"c\": 1e300, \"d\": 5}",
        "1[{\"item\": \"bolt\", \"amount\": 3, \"price\": null, \"notes\": {\"x\": [1, -2]}}]",
        "2[[{\"Wait\": 3}, {\"Go\": {\"to\": \"x\"}}, \"Stop\"], \"m\"]",
        "3[null, \"tcp://127.0.0.1:1/7\"]",
        "3{\"other\": {\"endpoint\": \"local://x\", \"agent\": 5, \"node\": null}}",
        "4[{\"deep\": [[[[[[[[]]]]]]]]}]",
        "5[]",
    ])
}

thread_local! {
    static TAKER: RefCell<Option<(Node, AnyHandle)>> = const { RefCell::new(None) };
}

fn taker() -> AnyHandle {
    TAKER.with_borrow_mut(|kept| {
        let (_, taker) = kept.get_or_insert_with(|| {
            let node = Node::simulated(1);
            let launch = node.launch(Taker);
            let taker = lyceum::block_on(async { launch.await.expect("it starts") });
            (node, taker.any())
        });
        taker.clone()
    })
}

/// The first byte chooses the action, the rest are its arguments.
fn run(bytes: &[u8]) -> Digest {
    let Some((first, rest)) = bytes.split_first() else { return Digest::of("nothing") };
    let Ok(arguments) = serde_json::from_slice::<Value>(rest) else { return Digest::of("no JSON") };
    let action = ACTIONS[usize::from(first.wrapping_sub(b'0')) % ACTIONS.len()];
    let taker = taker();
    let called = lyceum::block_on(async { taker.call(action, arguments).await });
    match called {
        Ok(_) => Digest::of(action),
        Err(error @ (CallError::BadArguments(_) | CallError::UnknownAction(_))) => {
            Digest::of(error.to_string())
        }
        Err(error) => panic!("an argument did what none can do: {error}"),
    }
}
