//! Generic agents, and agents in odd places.

use std::fmt::Debug;

use lyceum::macros::Target;
use lyceum::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

struct Stack<T, const LIMIT: usize> {
    items: Vec<T>,
}

#[agent(name = "Pile")]
impl<T, const LIMIT: usize> Stack<T, LIMIT>
where
    T: Clone + Debug + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static,
{
    #[action]
    async fn push(&mut self, item: T) -> Result<usize, T> {
        if self.items.len() == LIMIT {
            return Err(item);
        }
        self.items.push(item);
        Ok(self.items.len())
    }

    #[action]
    async fn top(&self) -> Option<T> {
        self.items.last().cloned()
    }

    #[behaviour(every = "1s")]
    async fn clear(&mut self) {
        self.items.clear();
    }

    #[subscribe("stacks.push")]
    async fn pushed(&mut self, item: T) {
        self.items.push(item);
    }

    #[on_start]
    fn open(&mut self) {
        self.items.clear();
    }
}

#[lyceum::test]
async fn a_generic_agent_has_all_parts() {
    let node = Node::simulated(1);
    let stack = node.launch(Stack::<String, 1> { items: vec!["old".into()] }).await.unwrap();

    assert_eq!(stack.push("a".into()).await.unwrap(), 1);
    let full = stack.push("b".into()).await.unwrap_err();
    assert!(matches!(full, CallError::Action(item) if item == "b"));
    assert_eq!(stack.top().await.unwrap().as_deref(), Some("a"));
    node.advance(Duration::from_millis(1_100));
    assert_eq!(stack.top().await.unwrap(), None);
    node.topics().publish("stacks.push", "c").unwrap();
    node.advance(Duration::from_millis(1));
    assert_eq!(stack.top().await.unwrap().as_deref(), Some("c"));
}

#[test]
fn a_name_of_its_own_is_kept() {
    assert_eq!(<Stack<u8, 3> as Target>::NAME, "Pile");
    assert_eq!(size_of::<Handle<Stack<u8, 3>>>(), 8);
}

#[lyceum::test]
async fn an_agent_may_live_in_a_function() {
    struct Local;

    #[agent]
    impl Local {
        #[action]
        fn one(&self) -> u8 {
            1
        }
    }

    let node = Node::simulated(1);
    assert_eq!(node.launch(Local).await.unwrap().one().await.unwrap(), 1);
}

mod renamed {
    pub(crate) use ::lyceum as elsewhere;
}

struct Renamed;

#[agent(crate = "crate::renamed::elsewhere")]
impl Renamed {
    #[action]
    fn one(&self) -> u8 {
        1
    }
}

#[lyceum::test(crate = "renamed::elsewhere")]
async fn the_crate_may_have_another_name() {
    let node = Node::simulated(1);
    assert_eq!(node.launch(Renamed).await.unwrap().one().await.unwrap(), 1);
}

/// Cannot be shared between threads, which only `async` actions with `&self` need.
struct Cellular(std::cell::Cell<u64>);

#[agent]
impl Cellular {
    #[action]
    fn value(&self) -> u64 {
        self.0.get()
    }

    #[action]
    async fn set(&mut self, n: u64) {
        self.0.set(n);
    }
}

#[lyceum::test]
async fn a_short_shared_action_asks_no_sync_agent() {
    let node = Node::simulated(1);
    let cellular = node.launch(Cellular(1.into())).await.unwrap();

    cellular.set(2).await.unwrap();
    assert_eq!(cellular.value().await.unwrap(), 2);
}
