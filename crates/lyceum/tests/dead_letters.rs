//! Dead letters: one-way messages that nobody handled.

use lyceum::prelude::*;
use lyceum::{Leftovers, LostReason, Overflow};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Default)]
struct Desk;

#[agent]
impl Desk {
    #[action]
    async fn nap(&mut self, cx: &Context<Self>) {
        cx.sleep(SECOND).await;
    }

    #[action]
    fn read(&mut self, n: u32) -> u32 {
        n
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

/// Returns the actions and reasons of the dead letters.
fn lost(node: &Node) -> Vec<(String, LostReason)> {
    node.dead_letters().into_iter().map(|letter| (letter.action, letter.reason)).collect()
}

#[lyceum::test]
async fn message_that_waits_for_an_agent_that_ends_is_a_dead_letter() {
    let node = Node::simulated(1);
    let desk = node.launch(Desk).named("desk").await.unwrap();
    let nap = desk.nap().send();
    node.advance(SECOND / 2);
    desk.read(1).tell().now().unwrap();
    let call = desk.read(2).send();
    desk.kill().await;
    assert!(nap.await.is_err() && call.await.is_err());
    let letters = node.dead_letters();
    assert_eq!(lost(&node), [("read".into(), LostReason::Ended)], "calls are told by their error");
    assert_eq!((&letters[0].address, letters[0].agent.as_str()), (&desk.address(), "Desk"));
    assert_eq!(letters[0].time.since_start(), SECOND / 2);
}

#[lyceum::test]
async fn message_that_the_overflow_policy_drops_is_a_dead_letter() {
    for (policy, kept) in [(Overflow::DropOldest, 3), (Overflow::DropNewest, 3)] {
        let node = Node::simulated(1);
        let desk = node.launch(Desk).mailbox(3).overflow(policy).await.unwrap();
        let nap = desk.nap().send();
        node.run_until_idle();
        for n in 0..10 {
            desk.read(n).tell().await.unwrap();
        }
        assert_eq!(desk.stats().await.unwrap().queued, kept);
        assert_eq!(node.dead_letter_count(), 7, "{policy:?}");
        assert!(lost(&node).iter().all(|(_, reason)| *reason == LostReason::Overflow));
        nap.await.unwrap();
    }
}

#[lyceum::test]
async fn message_that_comes_back_to_its_sender_is_no_dead_letter() {
    let node = Node::simulated(1);
    let desk = node.launch(Desk).mailbox(1).overflow(Overflow::Fail).await.unwrap();
    let nap = desk.nap().send();
    node.run_until_idle();
    desk.read(1).tell().await.unwrap();
    let error = desk.read(2).tell().await.unwrap_err();
    assert!(matches!(error, TellError::Overloaded(_)), "{error}");
    nap.await.unwrap();
    desk.stop().await;
    let error = desk.read(3).tell().await.unwrap_err();
    assert!(matches!(error, TellError::Terminated(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert_eq!(node.dead_letters(), []);
}

#[lyceum::test]
async fn message_that_a_restart_does_not_keep_is_a_dead_letter() {
    let node = Node::simulated(1);
    let policy = Restart::default().leftovers(Leftovers::Return);
    let desk = node.launch(Desk).restart(policy).await.unwrap();
    desk.nap().tell().now().unwrap();
    desk.blow().tell().now().unwrap();
    desk.read(1).tell().now().unwrap();
    node.advance(2 * SECOND);
    assert_eq!(lost(&node), [("read".into(), LostReason::Restarted)]);
    assert_eq!(desk.status().await.unwrap().generation, 1);
}

#[lyceum::test]
async fn last_dead_letters_are_kept_and_all_are_counted() {
    let node = Node::simulated(1);
    let desk = node.launch(Desk).mailbox(1).overflow(Overflow::DropNewest).await.unwrap();
    let nap = desk.nap().send();
    node.run_until_idle();
    for n in 0..2_001 {
        if n == 1_001 {
            node.advance(SECOND / 2);
        }
        desk.read(n).tell().await.unwrap();
    }
    let letters = node.dead_letters();
    assert_eq!((letters.len(), node.dead_letter_count()), (1_024, 2_000));
    let early = letters.iter().filter(|letter| letter.time.since_start().is_zero()).count();
    assert_eq!(early, 24, "the oldest went, and they are in order");
    assert!(letters.is_sorted_by_key(|letter| letter.time));
    nap.await.unwrap();
}

#[lyceum::test]
async fn tells_that_wait_for_room_in_an_agent_that_ends_come_back() {
    let node = Node::simulated(1);
    let desk = node.launch(Desk).mailbox(1).await.unwrap();
    let nap = desk.nap().send();
    node.run_until_idle();
    desk.read(1).tell().await.unwrap();
    let (tell, killer) = (desk.read(2).tell(), desk.clone());
    let kill = async move { killer.kill().await };
    let (told, _) = futures_util::future::join(IntoFuture::into_future(tell), kill).await;
    assert!(matches!(told, Err(TellError::Terminated(_))), "{told:?}");
    assert_eq!(node.dead_letter_count(), 1, "the one in the mailbox; the other came back");
    nap.await.unwrap_err();
}
