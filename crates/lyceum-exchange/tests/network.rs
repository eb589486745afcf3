//! Two nodes over TCP.

use futures_util::StreamExt;
use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::{Listener, NetworkExt};

#[derive(Default)]
struct Counter {
    value: u64,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Refused {
    TooMuch { limit: u64 },
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    fn add_at_most(&mut self, n: u64, limit: u64) -> Result<u64, Refused> {
        if n > limit {
            return Err(Refused::TooMuch { limit });
        }
        Ok(self.add(n))
    }

    #[action]
    fn panic(&self) {
        panic!("as asked");
    }

    #[action]
    fn me(&self, cx: &Context<Self>) -> Handle<Self> {
        cx.handle()
    }

    #[action]
    async fn add_at(&self, other: Handle<Counter>, n: u64) -> Result<u64, String> {
        other.add(n).await.map_err(|error| error.to_string())
    }

    #[action]
    async fn around(
        &mut self,
        other: Handle<Counter>,
        back: Handle<Counter>,
    ) -> Result<u64, String> {
        other.add_at(back, 1).await.map_err(|error| error.to_string())
    }

    #[action]
    fn count(&self, to: u64) -> impl futures_util::Stream<Item = u64> + Send + 'static {
        futures_util::stream::iter(1..=to)
    }

    #[action]
    fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    #[action]
    fn value_and_size(&mut self, bytes: Vec<u8>) -> (u64, usize) {
        (self.value, bytes.len())
    }

    #[action]
    async fn sleep(&self, cx: &Context<Self>, seconds: u64) {
        cx.sleep(Duration::from_secs(seconds)).await;
    }
}

async fn pair() -> (Node, Node, Listener, Handle<Counter>) {
    let server = Node::local();
    server.launch(Counter::default()).named("counter").await.unwrap();
    let listener = server.listen("tcp://127.0.0.1:0").await.unwrap();
    let client = Node::local();
    let address = format!("{}/counter", listener.endpoint());
    let counter = client.connect::<Counter>(&address).await.unwrap();
    (server, client, listener, counter)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_tells_errors_and_panics_cross() {
    let (_server, _client, _listener, counter) = pair().await;

    assert_eq!(counter.add(2).await.unwrap(), 2);
    counter.add(3).tell().await.unwrap();
    assert_eq!(counter.add(0).await.unwrap(), 5);
    let refused = counter.add_at_most(9, 4).await.unwrap_err();
    assert!(matches!(&refused, CallError::Action(Refused::TooMuch { limit: 4 })), "{refused:?}");
    let panicked = counter.panic().await.unwrap_err();
    assert!(panicked.to_string().contains("as asked"), "{panicked}");
    assert_eq!(counter.any().call("add", serde_json::json!([1])).await.unwrap(), 6);
    let wrong = counter.any().call("add", serde_json::json!(["x"])).await.unwrap_err();
    assert!(wrong.to_string().contains("argument `n`: expected integer"), "{wrong}");
}

#[tokio::test]
async fn management_crosses() {
    let (server, _client, _listener, counter) = pair().await;

    assert!(counter.ping().await.unwrap() > Duration::ZERO);
    assert_eq!(counter.status().await.unwrap().kind, "Counter");
    assert!(counter.describe().await.unwrap().action("add").is_some());
    let down = counter.monitor();
    counter.stop().await;
    assert_eq!(down.await.reason, lyceum::DownReason::Stopped);
    assert_eq!(server.agent_count(), 0);
    let error = counter.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::NoSuchAgent(_)), "{error}");
    assert!(error.into_undelivered().is_some());
}

#[tokio::test]
async fn streams_of_results_cross() {
    let (_server, _client, _listener, counter) = pair().await;

    let mut results = counter.count(1000).await.unwrap();
    let all: Vec<u64> = results.by_ref().collect().await;
    assert_eq!(all, (1..=1000).collect::<Vec<_>>());
    assert!(results.failure().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_and_large_bodies_are_under_way_at_once() {
    let (_server, _client, _listener, counter) = pair().await;

    let sums = join_all((0..10_000).map(|_| counter.add(1).into_future())).await;
    assert_eq!(sums.into_iter().map(Result::unwrap).max(), Some(10_000));
    let large = vec![7u8; 5 << 20];
    let (echoed, sum) =
        tokio::join!(counter.echo(large.clone()).into_future(), counter.add(1).into_future());
    assert_eq!((echoed.unwrap().len(), sum.unwrap()), (large.len(), 10_001));
}

/// A handle in a result could be revived only in a turn of an agent: for a program it was one of an
/// agent of its own process, or an error where the node that sent it was in another one.
#[tokio::test]
async fn a_program_gets_handles_that_lead_over_its_own_node() {
    let (_server, client, _listener, counter) = pair().await;

    let sent = counter.me().await.unwrap();
    assert_eq!(sent.add(1).await.unwrap(), 1);
    client.shutdown().await;
    let error = sent.add(1).await.unwrap_err();
    assert!(matches!(error, CallError::Disconnected(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_calls_do_not_overtake_a_large_one_that_is_still_decoded() {
    let (_server, _client, _listener, counter) = pair().await;
    let size = 6 << 20;

    for round in 0..5 {
        let large = counter.value_and_size(vec![0; size]).send();
        let next = counter.add(1).send();
        let other = counter.value_and_size(vec![0; size]).send();
        let last = counter.add(1).send();
        assert_eq!(large.await.unwrap(), (2 * round, size));
        assert_eq!(next.await.unwrap(), 2 * round + 1);
        assert_eq!(other.await.unwrap(), (2 * round + 1, size));
        assert_eq!(last.await.unwrap(), 2 * round + 2);
    }
}

#[tokio::test]
async fn handles_are_passed_and_chains_come_back() {
    let (_server, client, _listener, counter) = pair().await;
    let own = client.launch(Counter::default()).await.unwrap();

    assert_eq!(counter.add_at(own.clone(), 4).await.unwrap(), 4, "the server calls the client");
    let around = own.around(counter, own.clone()).await.unwrap_err();
    assert!(around.to_string().contains("would wait for itself"), "{around}");
}

#[tokio::test]
async fn topics_cross() {
    let (server, client, _listener, _counter) = pair().await;
    let mut listener = client.topics().listen("alarm.#").unwrap();

    loop {
        server.topics().publish("alarm.cpu", &0.9).unwrap();
        if let Some(alarm) = listener.try_receive() {
            assert_eq!(alarm.decode::<f64>().unwrap(), 0.9);
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn channel_outlives_the_runtime_that_asked_for_it() {
    // It was made on the runtime of whoever called first, and died with that.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_server, client, _listener, counter) = runtime.block_on(async {
        let (server, _, listener, _) = pair().await;
        let client = Node::local();
        let address = format!("{}/counter", listener.endpoint());
        let connect = client.connect::<Counter>(&address);
        let connected = tokio::task::spawn_blocking(|| lyceum::block_on(connect.into_future()));
        let counter = connected.await.unwrap().unwrap();
        (server, client, listener, counter)
    });
    assert_eq!(lyceum::block_on(counter.add(2).into_future()).unwrap(), 2);
    runtime.block_on(client.shutdown());
}

#[tokio::test]
async fn same_machine_takes_the_unix_socket() {
    let server = Node::local();
    server.launch(Counter::default()).named("counter").await.unwrap();
    let path = format!("{}/nearer-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    let unix = server.listen(&format!("unix://{path}")).await.unwrap();
    let tcp = server.listen("tcp://127.0.0.1:0").await.unwrap();
    let client = Node::local();
    let (proxied, mut passed) = proxy(tcp.endpoint().location()).await;
    let address = format!("tcp://{proxied}/counter");
    let counter = client.connect::<Counter>(&address).await.unwrap();
    // The connection of TCP is over after the handshake, and the calls go on.
    passed.join_next().await.unwrap().unwrap();
    assert_eq!(counter.add(1).await.unwrap(), 1);
    assert_eq!(client.network().connected(), [server.id()]);

    // Its file may be gone: then TCP does.
    unix.stop();
    std::fs::remove_file(&path).ok();
    let other = Node::local();
    let (proxied, mut passed) = proxy(tcp.endpoint().location()).await;
    let counter = other.connect::<Counter>(&format!("tcp://{proxied}/counter")).await.unwrap();
    assert_eq!(counter.add(1).await.unwrap(), 2);
    assert!(passed.try_join_next().is_none(), "it is what the calls go over");
}

/// Passes one connection on to a place; the task ends with it.
async fn proxy(place: &str) -> (std::net::SocketAddr, tokio::task::JoinSet<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, place) = (listener.local_addr().unwrap(), place.to_owned());
    let passing = async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(place).await.unwrap();
        // How it ends does not matter.
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    };
    let mut task = tokio::task::JoinSet::new();
    task.spawn(passing);
    (address, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_answers_leave_before_their_node_is_gone() {
    // The goodbye overtook them, and their calls ended as lost.
    let (server, _client, _listener, counter) = pair().await;
    let own = server.find().name::<Counter>("counter").unwrap();
    let bytes = vec![7u8; 1 << 20];
    let calls: Vec<_> = (0..4).map(|_| counter.echo(bytes.clone()).send()).collect();
    while own.stats().await.unwrap().handled < 4 {
        tokio::task::yield_now().await;
    }
    server.shutdown().await;
    for answer in join_all(calls).await {
        assert_eq!(answer.unwrap().len(), bytes.len());
    }
}

#[tokio::test]
async fn beyond_loopback_a_token_is_needed() {
    let node = Node::local();
    let error = node.listen("tcp://0.0.0.0:0").await.unwrap_err();
    assert!(error.to_string().contains("set a token"), "{error}");
    let first = node.listen("tcp://127.0.0.1:0").await.unwrap();
    let error = Node::local().listen(&first.endpoint().to_string()).await.unwrap_err();
    assert!(error.to_string().contains("Address already in use"), "{error}");
}

#[tokio::test]
async fn advertised_endpoint_is_what_others_are_told() {
    // A node on all addresses of its machine told others to look for it at 0.0.0.0.
    let node = Node::local();
    let counter = node.launch(Counter::default()).named("counter").await.unwrap();
    let public: lyceum::wire::Endpoint = "tcp://example.org:5555".parse().unwrap();
    let settings = lyceum_exchange::Settings::default().token("x").advertise(public.clone());
    lyceum_exchange::Network::attach(&node, settings);
    node.listen("tcp://0.0.0.0:0").await.unwrap();
    assert_eq!(counter.address().endpoint, Some(public));
}
