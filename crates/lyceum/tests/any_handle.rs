//! Handles without a type: what is wrong with arguments, errors as text and value, descriptions.

use std::fmt;

use lyceum::prelude::*;
use lyceum::{Arguments, CallOptions};
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Default)]
struct Till {
    cents: u64,
}

/// There is not enough money.
#[derive(Debug, Serialize)]
struct Short {
    missing: u64,
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cents are missing", self.missing)
    }
}

/// Keeps money.
#[agent]
impl Till {
    /// Puts money in.
    #[action]
    fn put(&mut self, cents: u64, note: Option<String>) -> u64 {
        let _ = note;
        self.cents += cents;
        self.cents
    }

    #[action]
    fn take(&mut self, cents: u64) -> Result<u64, Short> {
        let left = self.cents.checked_sub(cents);
        self.cents = left.ok_or(Short { missing: cents - self.cents })?;
        Ok(self.cents)
    }

    #[action]
    fn swap(&self, left: String, right: Vec<u8>) -> (Vec<u8>, String) {
        (right, left)
    }

    #[action]
    fn burn(&mut self) {
        panic!("it burns");
    }

    #[action(local)]
    fn secret(&self) -> &'static str {
        "local"
    }

    #[behaviour(every = "1h")]
    fn close(&mut self) {}

    #[subscribe("tax.#", group = "tills")]
    fn tax(&mut self, cents: u64) {
        self.cents += cents;
    }
}

async fn till(node: &Node) -> AnyHandle {
    node.launch(Till::default()).await.unwrap().any()
}

/// Returns the text of the refusal of arguments, of which nothing may have run.
async fn refusal(action: &str, arguments: Value) -> String {
    let node = Node::simulated(1);
    let till = till(&node).await;
    let error = till.call(action, arguments).await.unwrap_err();
    assert!(matches!(error, CallError::BadArguments(_)), "{error}");
    assert_eq!((error.started(), till.stats().await.unwrap().handled), (Some(false), 0));
    let text = error.to_string();
    assert!(text.contains(action), "the error names the action: {text}");
    text
}

#[lyceum::test]
async fn argument_of_another_type_is_named_with_what_was_expected() {
    for wrong in [json!(["two"]), json!({"cents": "two"}), json!([-1]), json!([1.5]), json!("two")]
    {
        let text = refusal("put", wrong).await;
        assert!(text.contains("argument `cents`: expected integer"), "{text}");
    }
    let text = refusal("put", json!([1, 2])).await;
    assert!(text.contains("argument `note`: expected string"), "{text}");
    let text = refusal("swap", json!(["left", [1, 256]])).await;
    assert!(text.contains("argument `right`: expected array"), "{text}");
}

#[lyceum::test]
async fn argument_that_is_missing_is_named_with_what_was_expected() {
    for missing in [json!([]), json!({}), json!(null), json!({"note": "x"})] {
        let text = refusal("put", missing).await;
        assert!(text.contains("argument `cents` is missing: expected integer"), "{text}");
    }
    let text = refusal("swap", json!(["left"])).await;
    assert!(text.contains("argument `right` is missing: expected array"), "{text}");
}

#[lyceum::test]
async fn argument_that_may_be_missing_may_be_null_too() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    for fine in
        [json!([1]), json!([1, null]), json!({"cents": 1}), json!({"cents": 1, "note": null})]
    {
        till.call("put", fine).await.unwrap();
    }
    assert_eq!(till.call("put", json!([0, "a note"])).await.unwrap(), json!(4));
}

#[lyceum::test]
async fn more_arguments_than_the_action_takes_are_refused_with_their_number() {
    let text = refusal("put", json!([1, "a note", 3, 4])).await;
    assert!(text.contains("4 arguments were given: expected 2"), "{text}");
    let text = refusal("burn", json!([null])).await;
    assert!(text.contains("1 arguments were given: expected 0"), "{text}");
}

#[lyceum::test]
async fn argument_that_the_action_does_not_have_is_named() {
    let text = refusal("put", json!({"cents": 1, "cent": 2})).await;
    assert!(text.contains("argument `cent` is not one of the action's"), "{text}");
}

#[lyceum::test]
async fn argument_given_by_position_and_by_name_is_refused() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    let mut named = Map::new();
    named.insert("cents".into(), json!(2));
    let arguments = Arguments::new(vec![json!(1)], named);

    let error = till.call_with("put", arguments, CallOptions::default()).await.unwrap_err();

    assert!(matches!(error, CallError::BadArguments(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("put") && text.contains("argument `cents`"), "{text}");
    assert_eq!(till.call("put", json!([0])).await.unwrap(), json!(0), "nothing ran");
}

#[lyceum::test]
async fn arguments_by_position_and_by_name_complete_each_other() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    let mut named = Map::new();
    named.insert("right".into(), json!([7]));
    let arguments = Arguments::new(vec![json!("left")], named);
    let swapped = till.call_with("swap", arguments, CallOptions::default()).await.unwrap();
    assert_eq!(swapped, json!([[7], "left"]));
}

#[lyceum::test]
async fn unknown_action_is_named_beside_the_known_ones() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    for unknown in ["pull", "", "secret", "tax", "close", "Put"] {
        let error = till.call(unknown, json!([])).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, CallError::UnknownAction(_)), "{text}");
        assert!(text.contains(unknown) && text.contains("put, take, swap, burn"), "{text}");
        assert_eq!(error.started(), Some(false));
    }
    assert_eq!(till.stats().await.unwrap().received, 0);
}

#[lyceum::test]
async fn one_way_message_with_wrong_arguments_is_refused_before_it_is_sent() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    let error = till.tell("put", json!(["two"])).await.unwrap_err();
    assert!(matches!(error, CallError::BadArguments(_)), "{error}");
    let error = till.tell("pull", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::UnknownAction(_)), "{error}");
    till.tell("put", json!([5])).await.unwrap();
    assert_eq!(till.call("put", json!([0])).await.unwrap(), json!(5));
}

#[lyceum::test]
async fn own_error_arrives_as_text_and_as_value() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    till.call("put", json!([5])).await.unwrap();

    let error = till.call("take", json!([8])).await.unwrap_err();

    assert_eq!(error.started(), Some(true));
    assert!(error.to_string().contains("3 cents are missing"), "{error}");
    let CallError::Failed(failure) = error else { panic!("not a failure: {error}") };
    assert_eq!((failure.action.as_str(), failure.text.as_str()), ("take", "3 cents are missing"));
    assert_eq!(failure.value, json!({"missing": 3}));
    assert!(failure.kind.contains("Short"), "{}", failure.kind);
    assert_eq!(till.call("take", json!([5])).await.unwrap(), json!(0));
}

#[lyceum::test]
async fn panic_is_no_failure_of_the_actions_own() {
    let node = Node::simulated(1);
    let till = till(&node).await;
    let error = till.call("burn", json!([])).await.unwrap_err();
    assert!(matches!(error, CallError::Panicked(_)), "{error}");
    assert!(error.to_string().contains("it burns"), "{error}");
}

#[lyceum::test]
async fn description_lists_what_every_door_offers_and_nothing_local() {
    let node = Node::simulated(1);
    let description = till(&node).await.describe().await.unwrap();
    let names: Vec<_> = description.actions.iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["put", "take", "swap", "burn"]);
    assert_eq!((description.name.as_str(), description.doc.as_str()), ("Till", "Keeps money."));
    let put = description.action("put").unwrap();
    assert_eq!(put.doc, "Puts money in.");
    assert_eq!(put.parameters[0].name, "cents");
    assert_eq!(put.parameters[0].schema.get("type"), Some(&json!("integer")));
    assert!(put.error.is_none() && !put.stream);
    assert!(description.action("take").unwrap().error.is_some());
    let topic = &description.topics[0];
    assert_eq!((topic.pattern.as_str(), topic.group.as_deref()), ("tax.#", Some("tills")));
    assert_eq!(description.behaviours[0].kind, "every 3600s");
}

#[lyceum::test]
async fn handle_is_typed_again_only_as_what_the_agent_is() {
    struct Other;
    #[agent]
    impl Other {}

    let node = Node::simulated(1);
    let till = till(&node).await;
    let same = till.clone().downcast::<Other>().unwrap_err();
    assert_eq!(same, till);
    assert_eq!(same.downcast::<Till>().unwrap().put(1, None).await.unwrap(), 1);
}
