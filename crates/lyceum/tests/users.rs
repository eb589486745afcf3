//! Users: programs with a name, a mailbox and handles, but no turns.

use futures_util::FutureExt;
use lyceum::prelude::*;
use lyceum::{LaunchError, NameError};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

struct Clerk;

#[agent]
impl Clerk {
    /// Writes to a user, `count` times.
    #[action]
    async fn write(&mut self, to: Handle<Inbox>, count: u32) -> Result<(), String> {
        for n in 0..count {
            let sent = to.deliver("number".into(), json!(n)).await;
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Writes to whoever goes by that name.
    #[action]
    async fn write_to(&mut self, name: String, cx: &Context<Self>) -> Result<(), String> {
        let to: Handle<Inbox> = cx.find(&name).ok_or("nobody goes by that name")?;
        to.deliver("hello".into(), json!(name)).await.map_err(|error| error.to_string())
    }
}

#[lyceum::test]
async fn mail_reaches_a_user_in_the_order_in_which_it_was_sent() {
    let node = Node::simulated(1);
    let mut ada = node.user("ada").await.unwrap();
    let clerk = node.launch(Clerk).await.unwrap();
    clerk.write(ada.handle(), 100).await.unwrap();
    for n in 0..100 {
        let mail = ada.receive().await.unwrap();
        assert_eq!((mail.subject.as_str(), mail.body), ("number", json!(n)));
    }
    assert_eq!(ada.try_receive(), None);
}

#[lyceum::test]
async fn user_is_found_by_name_and_waits_for_mail() {
    let node = Node::simulated(1);
    let mut ada = node.user("ada").await.unwrap();
    let clerk = node.launch(Clerk).await.unwrap();
    let writing = clerk.write_to("ada".into()).send();
    assert_eq!(ada.receive().await.unwrap().subject, "hello");
    writing.await.unwrap();
    let error = clerk.write_to("bob".into()).await.unwrap_err();
    assert!(error.to_string().contains("nobody goes by that name"), "{error}");
}

#[lyceum::test]
async fn two_users_of_one_name_do_not_go_together_until_the_first_is_gone() {
    let node = Node::simulated(1);
    let ada = node.user("ada").await.unwrap();
    let error = node.user("ada").await.unwrap_err();
    let taken =
        matches!(&error, LaunchError::Name { cause: NameError::Taken(name), .. } if name == "ada");
    assert!(taken, "{error}");
    drop(ada);
    node.run_until_idle();
    node.user("ada").await.unwrap();
}

#[lyceum::test]
async fn mail_to_a_user_who_left_comes_back() {
    let node = Node::simulated(1);
    let ada = node.user("ada").await.unwrap();
    let postbox = ada.handle();
    drop(ada);
    node.run_until_idle();
    let error = postbox.deliver("late".into(), json!(1)).await.unwrap_err();
    assert!(matches!(error, CallError::Terminated(_)), "{error}");
    assert!(error.into_undelivered().is_some());
    assert_eq!(node.agent_count(), 0);
}

#[lyceum::test]
async fn full_mailbox_of_a_user_lets_the_sender_wait_for_room() {
    let node = Node::simulated(1);
    let mut ada = node.user("ada").await.unwrap();
    let clerk = node.launch(Clerk).await.unwrap();
    let writing = clerk.write(ada.handle(), 1_030).no_timeout().send();
    node.advance(SECOND);
    let mut count = 0;
    let before = node.now();
    while let Some(mail) = ada.receive().await {
        assert_eq!(mail.body, json!(count), "nothing is lost and nothing overtakes");
        count += 1;
        assert_eq!(node.now(), before, "mail {count} is there without a wait");
        if count == 1_030 {
            break;
        }
    }
    writing.await.unwrap();
}

#[lyceum::test]
async fn user_who_leaves_with_a_full_mailbox_lets_its_sender_go() {
    let node = Node::simulated(1);
    let ada = node.user("ada").await.unwrap();
    let clerk = node.launch(Clerk).await.unwrap();
    let writing = clerk.write(ada.handle(), 2_000).no_timeout().send();
    node.advance(SECOND);
    drop(ada);
    writing.await.unwrap_err();
    assert!(node.now().since_start() < 3 * SECOND, "no need to wait for the grace time");
}

#[lyceum::test]
async fn user_hears_that_its_node_has_ended() {
    let node = Node::simulated(1);
    let mut ada = node.user("ada").await.unwrap();
    ada.handle().deliver("last".into(), json!(1)).await.unwrap();
    node.shutdown().await;
    assert_eq!(ada.receive().now_or_never().unwrap().unwrap().subject, "last");
    assert_eq!(ada.receive().now_or_never().unwrap(), None);
}

#[lyceum::test]
async fn user_is_called_and_described_by_name_as_any_agent() {
    let node = Node::simulated(1);
    let mut ada = node.user("ada").await.unwrap();
    let postbox = node.find().name_any("ada").unwrap();
    assert!(postbox.to_string().starts_with("User('local://"), "{postbox}");
    postbox.call("deliver", json!(["hello", {"n": 1}])).await.unwrap();
    assert_eq!(ada.try_receive().unwrap().body, json!({"n": 1}));
    let error = postbox.call("deliver", json!([7, null])).await.unwrap_err();
    assert!(error.to_string().contains("argument `subject`: expected string"), "{error}");
}
