//! Space: what happens when there is none, and what comes back.

use lyceum_exchange::mailbox::{MailboxError, PutError};
use lyceum_exchange::store::Store;

use crate::depot::{AGENT, Depot, Trouble, USER, letter, settings};
use crate::shaky::Shaky;

#[tokio::test]
async fn a_full_disk_refuses_clearly_loses_nothing_and_goes_on_when_there_is_space() {
    let shaky = Shaky::default();
    shaky.hold(3);
    let depot = Depot::open(shaky.clone(), settings()).unwrap();
    let mut accepted = 0;
    loop {
        match depot.put(letter(accepted), &[1; 2_000]).await {
            Ok(_) => accepted += 1,
            Err(Trouble::Put(PutError::Mailbox(MailboxError::StorageFull))) => {
                if !depot.keeper.space().await {
                    break;
                }
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(depot.keeper.is_full());
    assert!((30..48).contains(&accepted), "{accepted}");
    assert_eq!(depot.read(AGENT).await.unwrap().len() as u128, accepted, "what is there is read");

    shaky.hold(100);
    while !depot.keeper.space().await {
        // The writer asks the disk again after a while.
        tokio::task::yield_now().await;
    }

    depot.put(letter(accepted), &[1; 2_000]).await.unwrap();
    depot.close();
    let depot = Depot::open(shaky, settings()).unwrap();
    assert_eq!(depot.read(AGENT).await.unwrap().len() as u128, accepted + 1);
    depot.close();
}

#[tokio::test]
async fn space_of_what_is_over_comes_back_while_one_old_message_stays() {
    let memory = Shaky::default();
    let depot = Depot::open(memory.clone(), settings()).unwrap();
    depot.put(letter(1_000_000), b"the old one").await.unwrap();
    // How soon depends on when the indexer gets its turn; that it happens does not.
    let mut tag = 0;
    while memory.segments().unwrap()[0].0 <= 3 {
        depot.put(letter(tag), &[1; 2_000]).await.unwrap();
        depot.answer(tag).await.unwrap();
        depot.read(USER).await.unwrap();
        tag += 1;
    }
    depot.close();

    let depot = Depot::open(memory, settings()).unwrap();
    assert_eq!(depot.read(AGENT).await.unwrap(), [b"the old one"]);
    depot.close();
}

#[tokio::test]
async fn an_index_that_cannot_be_written_costs_time_at_a_restart_and_nothing_else() {
    let shaky = Shaky::default();
    shaky.break_index(true);
    let depot = Depot::open(shaky.clone(), settings()).unwrap();
    for tag in 0..40 {
        depot.put(letter(tag), &[1; 2_000]).await.unwrap();
    }
    depot.close();
    shaky.break_index(false);

    let depot = Depot::open(shaky.clone(), settings()).unwrap();
    assert_eq!(depot.read(AGENT).await.unwrap().len(), 40);
    depot.close();

    let depot = Depot::open(shaky, settings()).unwrap();
    assert_eq!(depot.read(AGENT).await.unwrap().len(), 40, "by the index, this time");
    depot.close();
}

#[tokio::test]
async fn one_sync_serves_many_that_wait() {
    let shaky = Shaky::default();
    let mut settings = settings();
    settings.segment = 4 << 20;
    settings.index_after = u64::MAX;
    let depot = Depot::open(shaky.clone(), settings).unwrap();

    let puts = (0..1_000).map(|tag| depot.put(letter(tag), b"body"));
    let results = futures_util::future::join_all(puts).await;

    assert!(results.iter().all(Result::is_ok));
    let syncs = shaky.syncs();
    assert!(syncs < 900, "{syncs} syncs for 1,000 messages that were put at once");
    depot.close();
}
