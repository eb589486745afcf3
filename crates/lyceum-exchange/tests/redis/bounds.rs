//! How much is kept, and how many connections there are.

use futures_util::future::join_all;
use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Uuid};

use crate::agents::Clerk;
use crate::nodes::{House, url};
use crate::redis_server::RedisServer;

/// Wart 6: Academy's mailboxes have no bound.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_full_refuses_with_the_message() {
    let Some(server) = RedisServer::start() else { return };
    let house = House::open(&url(&server, "redis")).await;
    house.mailbox.stop().await;
    let caller = Node::local();
    let address = house.address("queue=20");
    let clerk = caller.connect::<Clerk>(&address).await.unwrap();
    let calls: Vec<_> = (0..25).map(|number| clerk.note(number).send()).collect();
    let again = {
        while server.command(&["LLEN", &format!("queue:{}", Uuid::from_u128(7))]) != "20" {
            caller.sleep(Duration::from_millis(1)).await;
        }
        House::open(&url(&server, "redis")).await
    };
    let mut refused = 0;
    for result in join_all(calls).await {
        if let Err(error) = result {
            assert!(matches!(error, CallError::Overloaded(_)), "{error}");
            assert!(error.into_undelivered().is_some());
            refused += 1;
        }
    }
    assert_eq!(refused, 5);
    for node in [caller, house.node, again.node] {
        node.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_both_directions() {
    let Some(server) = RedisServer::start() else { return };
    for (scheme, uid) in [("redis", 1), ("hybrid", 2)] {
        let url = format!("{}?message=500000", url(&server, scheme));
        let house = House::take(&url, Uuid::from_u128(uid)).await;
        let caller = Node::local();
        let options = "message=500000&arguments=pickle";
        let clerk = caller.connect::<Clerk>(&house.address(options)).await.unwrap();
        let error = clerk.size(vec![7; 600_000]).await.unwrap_err();
        assert!(matches!(error, CallError::TooLarge(_)), "{error}");
        assert!(error.into_undelivered().is_some());
        let error = clerk.big(600_000).await.unwrap_err();
        assert!(error.to_string().contains("larger than the exchange takes"), "{error}");
        assert_eq!(clerk.big(300_000).await.unwrap().len(), 300_000);
        caller.shutdown().await;
        house.node.shutdown().await;
    }
}

/// Wart 4: beyond a hundred operations at a time, clients of Academy raise an error.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_agents_of_one_node_are_called_at_the_same_time() {
    let Some(server) = RedisServer::start() else { return };
    for scheme in ["redis", "hybrid"] {
        let (node, caller) = (Node::local(), Node::local());
        let url = url(&server, scheme);
        let mut addresses = Vec::new();
        for _ in 0..200 {
            let clerk = node.launch(Clerk::default()).await.unwrap();
            let mailbox = node.register_mailbox(&url, &clerk.any()).await.unwrap();
            addresses.push(mailbox.address().to_string());
        }
        let calls = addresses.iter().enumerate().map(async |(number, address)| {
            let clerk = caller.connect::<Clerk>(address).await.unwrap();
            clerk.add(number as i64, Some(1)).await.unwrap()
        });
        let sums = join_all(calls).await;
        assert_eq!(sums, (1..=200).collect::<Vec<_>>());
        caller.shutdown().await;
        node.shutdown().await;
    }
}
