//! Patterns that overlap: what matches two of one subscriber's is heard once.

use lyceum::prelude::*;

/// Listens by two patterns in each way that there is.
#[derive(Default)]
struct Reader {
    by_method: Vec<u64>,
    by_other: Vec<u64>,
    by_behaviour: Vec<u64>,
}

struct Clipping;

impl Behaviour<Reader> for Clipping {
    fn subscriptions(&self) -> Vec<String> {
        vec!["paper.*".into(), "*.today".into()]
    }

    async fn run(&mut self, cx: &mut BehaviourContext<Reader>) -> Result<(), BoxError> {
        while let Some(message) = cx.receive().await {
            let n = message.decode()?;
            cx.with(move |reader| reader.by_behaviour.push(n)).await?;
        }
        Ok(())
    }
}

#[agent]
impl Reader {
    #[on_start]
    fn start(&mut self, cx: &Context<Self>) -> Result<(), BoxError> {
        cx.add_behaviour("clipping", Clipping)?;
        Ok(())
    }

    #[subscribe("paper.*")]
    #[subscribe("*.today")]
    fn hear(&mut self, n: u64) {
        self.by_method.push(n);
    }

    #[subscribe("paper.today")]
    #[subscribe("paper.*", group = "readers")]
    fn hear_too(&mut self, n: u64) {
        self.by_other.push(n);
    }

    #[action]
    fn heard(&self) -> [Vec<u64>; 3] {
        [self.by_method.clone(), self.by_other.clone(), self.by_behaviour.clone()]
    }
}

/// A method heard what matched two of its patterns twice, which nothing said.
#[lyceum::test]
async fn message_that_matches_two_patterns_of_a_method_is_heard_once() {
    let node = Node::simulated(1);
    let reader = node.launch(Reader::default()).await.unwrap();

    let counts = ["paper.today", "paper.old", "radio.today"]
        .map(|topic| node.topics().publish(topic, &topic.len()).unwrap());
    node.run_until_idle();

    assert_eq!(counts, [4, 3, 2], "each method, the group, and the behaviour");
    let [by_method, by_other, by_behaviour] = reader.heard().await.unwrap();
    assert_eq!(by_method, [11, 9, 11]);
    assert_eq!(by_other, [11, 11, 9], "in a group and beside it");
    assert_eq!(by_behaviour, [11, 9, 11]);
    reader.stop().await;
    assert_eq!(node.topics().subscriptions(), 0);
}

/// A value behaviour compared what came with what had come last, which another thread's message
/// may be: it got thousands of forty thousand twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn value_behaviour_hears_once_what_two_threads_publish() {
    const EACH: u64 = 10_000;
    let node = Node::local();
    let reader = node.launch(Reader::default()).await.unwrap();

    std::thread::scope(|scope| {
        for from in [0, EACH] {
            let topics = node.topics();
            scope.spawn(move || {
                for n in from..from + EACH {
                    topics.publish("paper.today", &n).unwrap();
                }
            });
        }
    });

    let mut heard = Vec::new();
    while heard.last() != Some(&(2 * EACH - 1)) && heard.last() != Some(&(EACH - 1)) {
        heard = reader.heard().await.unwrap()[2].clone();
        tokio::task::yield_now().await;
    }
    let count = heard.len();
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard.len(), count, "each once");
}
