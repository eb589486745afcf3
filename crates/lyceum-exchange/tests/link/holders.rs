//! Who holds a mailbox, and who is told that he does not.

use std::sync::Arc;

use lyceum::prelude::*;
use lyceum_exchange::academy::AcademyExt;
use lyceum_exchange::server::{NewToken, Rights, Tokens, Which};

use crate::agents::{Clerk, MAILBOX, address, register, url};
use crate::house::{House, Plan};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_former_holder_of_a_mailbox_is_told_and_leaves_it_alone() {
    let house = House::open().await;
    let (old, new, client) = (Node::local(), Node::local(), Node::local());
    let old_clerk = old.launch(Clerk::default()).await.unwrap();
    let former = register(&old, &house, &old_clerk).await.unwrap();
    let far = client.connect::<Clerk>(&address(&house)).await.unwrap();
    assert_eq!(far.add(1).await.unwrap(), 1);

    let new_clerk = new.launch(Clerk::default()).await.unwrap();
    register(&new, &house, &new_clerk).await.unwrap();
    former.ended().await;

    assert!(former.is_replaced());
    // It did not terminate what is another's, although it ends its mailbox otherwise.
    assert_eq!(far.add(5).await.unwrap(), 5);
    assert_eq!(old_clerk.add(0).await.unwrap(), 1, "the agent itself lives on");
    for node in [client, old, new] {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_without_a_token_that_counts_is_not_let_in() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("link-tokens");
    // What another run left.
    let _ = std::fs::remove_file(&path);
    let tokens = Tokens::at(&path);
    let own = || Rights { read: Which::Own, write: Which::Own, administer: Which::Own };
    let make = |subject: &str| {
        let new = NewToken {
            subject: subject.into(),
            groups: Default::default(),
            rights: own(),
            expires: None,
        };
        tokens.make(new, lyceum_exchange::mailbox::Moment::from_millis(1)).unwrap()
    };
    let (ada, bob) = (make("ada"), make("bob"));
    let authenticator = Some(Arc::new(Tokens::at(&path)) as Arc<_>);
    let house = House::build(Plan { authenticator, ..Plan::default() }).await;
    let (owner, stranger, nobody) = (Node::local(), Node::local(), Node::local());
    owner.academy().authorize(&url(&house), &ada).unwrap();
    stranger.academy().authorize(&url(&house), &bob).unwrap();
    let clerk = owner.launch(Clerk::default()).await.unwrap();
    register(&owner, &house, &clerk).await.unwrap();

    // What is missing and what is another's look the same.
    let refused = stranger.connect_any(&address(&house)).await.unwrap_err();
    let missing = format!("{}/{}", url(&house), uuid::Uuid::from_u128(99));
    let missing = stranger.connect_any(&missing).await.unwrap_err();
    let why = |error: &dyn std::error::Error| {
        error.source().unwrap().to_string().replace(&MAILBOX.to_string(), "")
    };
    assert!(why(&refused).starts_with(&why(&missing)[..20]), "{refused:?} {missing:?}");
    let clerk = nobody.launch(Clerk::default()).await.unwrap();
    let error = register(&nobody, &house, &clerk).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("refused this side"), "{cause}");
    for node in [owner, stranger, nobody] {
        node.shutdown().await;
    }
    house.close().await.unwrap();
}
