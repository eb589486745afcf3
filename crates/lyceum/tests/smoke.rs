use lyceum::prelude::*;
use serde_json::json;

#[derive(Default, Clone)]
struct Counter {
    value: u64,
}

#[agent]
impl Counter {
    /// Adds.
    #[action]
    async fn add(&mut self, n: u64, cx: &Context<Self>) -> u64 {
        self.value += n;
        if self.value % 100 == 0 {
            cx.publish("counter.hundred", &self.value).await;
        }
        self.value
    }
    #[action]
    async fn value(&self) -> u64 {
        self.value
    }
    #[action]
    async fn nap(&mut self, cx: &Context<Self>) -> u64 {
        cx.sleep(Duration::from_millis(50)).await;
        self.value
    }
    #[behaviour(every = "1s")]
    async fn tick(&mut self) {
        self.value += 1;
    }
    #[subscribe("counter.reset.#")]
    async fn reset(&mut self, to: u64) {
        self.value = to;
    }
}

#[tokio::test]
async fn works() {
    let node = Node::local();
    let counter = node.launch(Counter::default()).await.unwrap();
    for i in 1..20 {
        assert_eq!(counter.add(1).await.unwrap(), i);
    }
    assert_eq!(counter.nap().await.unwrap(), 19);
    assert_eq!(counter.any().call("add", json!([5])).await.unwrap(), json!(24));
    let err = counter.nap().timeout(Duration::from_millis(10)).await.unwrap_err();
    println!("{err}");
    node.topics().publish("counter.reset.now", &7u64).unwrap();
    assert_eq!(counter.value().await.unwrap(), 7);
    println!("{:?}", counter.stop().await);
    println!("{}", counter.value().await.unwrap_err());
    println!("{counter} {:?}", counter.stats());
}

#[lyceum::test]
async fn sim() {
    let node = Node::simulated(7);
    let counter = node.launch(Counter::default()).await.unwrap();
    for i in 1..20 {
        assert_eq!(counter.add(1).await.unwrap(), i);
    }
    assert_eq!(counter.nap().await.unwrap(), 19);
    println!("{:?}", node.now());
    node.advance(Duration::from_secs(10));
    assert_eq!(counter.value().await.unwrap(), 29);
    println!("{:?}", node.trace().unwrap().hash);
}
