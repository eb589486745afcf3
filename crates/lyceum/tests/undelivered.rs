//! Messages that come back, and where they may go next.

use lyceum::prelude::*;
use lyceum::{Mode, Undelivered};

#[derive(Default)]
struct Clerk {
    notes: Vec<String>,
}

#[agent]
impl Clerk {
    #[action]
    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    #[action]
    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(Duration::from_secs(60)).await;
    }
}

/// Has nothing in common with a clerk, and is smaller.
struct Stone(u8);

#[agent]
impl Stone {
    #[action]
    fn weight(&self) -> u8 {
        self.0
    }
}

async fn returned(node: &Node) -> Undelivered {
    let gone = node.launch(Clerk::default()).await.unwrap();
    gone.stop().await;
    gone.note("for somebody".into()).await.unwrap_err().into_undelivered().unwrap()
}

#[lyceum::test]
async fn message_to_a_stopped_agent_comes_back_and_is_handled_by_another() {
    let node = Node::simulated(1);
    let other = node.launch(Clerk::default()).await.unwrap();

    let message = returned(&node).await;
    assert_eq!(message.action(), "note");
    message.tell_to(&other).await.unwrap();

    assert_eq!(other.notes().await.unwrap(), ["for somebody"]);
}

/// It was undefined behaviour: the message ran with the other type's state as its own.
#[lyceum::test]
async fn returned_message_does_not_run_at_an_agent_of_another_type() {
    let node = Node::simulated(1);
    let stone = node.launch(Stone(7)).await.unwrap();

    let error = returned(&node).await.tell_to(&stone).await.unwrap_err();

    assert!(matches!(error, TellError::UnknownAction(_)), "{error}");
    assert_eq!(error.into_undelivered().unwrap().action(), "note", "it comes back once more");
    assert_eq!(stone.weight().await.unwrap(), 7);
}

#[lyceum::test]
async fn message_whose_time_is_over_in_the_queue_comes_back_and_never_runs() {
    let node = Node::simulated(1);
    let clerk = node.launch(Clerk::default()).await.unwrap();
    let nap = clerk.nap().no_timeout().send();
    node.run_until_idle();

    let error = clerk.note("late".into()).timeout(Duration::from_secs(1)).await.unwrap_err();

    assert!(matches!(error, CallError::Timeout(_)), "{error}");
    assert_eq!(error.started(), Some(false));
    assert_eq!(error.into_undelivered().unwrap().action(), "note");
    nap.await.unwrap();
    assert!(clerk.notes().await.unwrap().is_empty());
    assert_eq!(clerk.status().await.unwrap().mode, Mode::Active);
}
