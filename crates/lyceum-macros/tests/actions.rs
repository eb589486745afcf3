//! Actions: what is made of each kind of method.

use std::fmt;
use std::io;

use futures_util::{Stream, StreamExt, stream};
use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default)]
struct Counter {
    value: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Reading {
    value: u64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct TooBig {
    limit: u64,
}

impl fmt::Display for TooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "above {}", self.limit)
    }
}

/// No serde type.
struct Secret(u64);

/// Counts.
#[agent]
impl Counter {
    const LIMIT: u64 = 100;

    /// Adds `n`.
    ///
    /// Returns the new value.
    #[action(timeout = "5s")]
    async fn add(&mut self, n: u64, cx: &Context<Self>) -> Result<u64, TooBig> {
        if n > Self::LIMIT {
            return Err(TooBig { limit: Self::LIMIT });
        }
        cx.sleep(Duration::from_millis(1)).await;
        self.value += n;
        Ok(self.value)
    }

    #[action]
    fn reading(&self) -> Reading {
        Reading { value: self.value }
    }

    #[action]
    fn fail(&self) -> io::Result<()> {
        Err(io::Error::other("no luck"))
    }

    #[action]
    async fn detached(cx: Context<Self>, n: u64) -> Result<u64, String> {
        let reach = cx.with(move |agent| agent.value + n).await;
        reach.map_err(|error| error.to_string())
    }

    #[action]
    fn up_to(&self, agent: u64) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter(self.value..agent)
    }

    #[action(local)]
    fn whisper(&mut self, secret: Secret, me: Handle<Self>) -> (Secret, Handle<Self>) {
        (secret, me)
    }

    #[action(name = "halt")]
    fn stop(&mut self, mut this: u64) -> u64 {
        this += 1;
        this
    }

    #[action]
    fn r#type(&self, r#fn: u64) -> u64 {
        r#fn
    }

    #[cfg(not(test))]
    #[action]
    fn elsewhere(&self) -> Nowhere {}
}

#[lyceum::test]
async fn every_kind_of_method_can_be_called() -> Result<(), BoxError> {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await?;

    assert_eq!(counter.add(2).await?, 2);
    assert_eq!(counter.reading().await?, Reading { value: 2 });
    assert_eq!(counter.detached(3).await?, 5);
    assert_eq!(counter.up_to(5).await?.collect::<Vec<_>>().await, [2, 3, 4]);
    let (secret, me) = counter.whisper(Secret(7), counter.clone()).await?;
    assert_eq!(secret.0, 7);
    assert_eq!(me.halt(1).await?, 2);
    assert_eq!(me.r#type(3).await?, 3);
    assert_eq!(size_of_val(&me), 8);
    Ok(())
}

#[lyceum::test]
async fn own_errors_keep_their_types_through_any_alias() {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await.unwrap();

    let too_big = counter.add(101).await.unwrap_err();
    assert!(matches!(too_big, CallError::Action(TooBig { limit: 100 })));
    let failed = counter.fail().await.unwrap_err();
    assert!(matches!(failed, CallError::Action(error) if error.to_string() == "no luck"));
}

#[lyceum::test]
async fn callers_without_the_type_get_the_error_as_text_and_json() {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await.unwrap().any();

    let error = counter.call("add", json!({ "n": 101 })).await.unwrap_err();
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!(failure.text, "above 100");
    assert_eq!(failure.value, json!({ "limit": 100 }));
    let error = counter.call("fail", json!(null)).await.unwrap_err();
    let CallError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!((failure.text.as_str(), failure.value), ("no luck", json!(null)));
}

#[lyceum::test]
async fn the_description_lists_what_others_may_call() {
    let node = Node::simulated(1);
    let description = node.launch(Counter::default()).await.unwrap().describe().await.unwrap();

    let names: Vec<_> = description.actions.iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["add", "reading", "fail", "detached", "up_to", "halt", "type"]);
    assert_eq!((description.name.as_str(), description.doc.as_str()), ("Counter", "Counts."));
    let add = description.action("add").unwrap();
    assert_eq!(add.doc, "Adds `n`.\n\nReturns the new value.");
    assert_eq!(add.parameters[0].name, "n");
    assert!(add.error.is_some() && description.action("reading").unwrap().error.is_none());
    assert!(description.action("up_to").unwrap().stream);
    assert_eq!(description.action("type").unwrap().parameters[0].name, "fn");
}

#[lyceum::test]
async fn wrong_arguments_name_the_argument() {
    let node = Node::simulated(1);
    let counter = node.launch(Counter::default()).await.unwrap().any();

    let error = counter.call("add", json!({ "n": "one" })).await.unwrap_err();
    assert!(matches!(error, CallError::BadArguments(_)), "{error}");
    assert!(counter.call("whisper", json!([])).await.is_err());
}
