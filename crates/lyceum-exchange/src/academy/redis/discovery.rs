//! Finding agents.

use std::collections::HashSet;
use std::sync::Arc;

use lyceum_wire::academy::{EntityId, Uuid};

use super::reply::texts;
use super::script::{Order, Script};
use super::{Client, Keys};
use crate::academy::MailboxError;

/// What Redis says of a mailbox that exists.
const ACTIVE: &str = "ACTIVE";

/// Keys that are looked at together.
const CHUNK: usize = 512;

/// Returns the agents of a class: those of ours from the set that there is of them, those of
/// Python, which have none, among all keys.
pub(super) async fn discover(
    client: Arc<Client>,
    class: String,
    with_descendants: bool,
) -> Result<Vec<EntityId>, MailboxError> {
    let keys = client.keys();
    let set = format!("{}{class}", keys.classes());
    let mut found = in_set(&client, &set).await?;
    if client.options().scans {
        let all = client.scan(&keys.agents()).await?;
        found.extend(all.iter().filter_map(|key| keys.uid(key)));
    }
    let fits = |classes: &str| {
        let mut classes = classes.split(',');
        classes.next() == Some(class.as_str())
            || (with_descendants && classes.any(|own| own == class))
    };
    existing(&client, &set, found, |classes| classes.is_some_and(fits)).await
}

/// Returns the agents in a set of our own.
pub(super) async fn members(
    client: Arc<Client>,
    set: String,
) -> Result<Vec<EntityId>, MailboxError> {
    let found = in_set(&client, &set).await?;
    existing(&client, &set, found, |_| true).await
}

async fn in_set(client: &Arc<Client>, set: &str) -> Result<HashSet<Uuid>, MailboxError> {
    let known = texts(client.insist(Order::words(&["SMEMBERS", set])).await?);
    Ok(known.iter().filter_map(|uid| uid.parse().ok()).collect())
}

/// Returns those agents that exist and have fitting classes. Others, which Python may have
/// terminated, are taken out of the set.
async fn existing(
    client: &Arc<Client>,
    set: &str,
    found: HashSet<Uuid>,
    fits: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<EntityId>, MailboxError> {
    let mut found: Vec<Uuid> = found.into_iter().collect();
    found.sort_unstable();
    let keys = client.keys();
    let (mut agents, mut gone) = (Vec::new(), Vec::new());
    for chunk in found.chunks(CHUNK) {
        let names = chunk.iter().flat_map(|uid| names_of(keys, *uid));
        let mut values = client.values(&names.collect::<Vec<_>>()).await?.into_iter();
        for uid in chunk {
            let mut next = || values.next().flatten();
            let (status, classes, called) = (next(), next(), next());
            if status.as_deref() != Some(ACTIVE) {
                gone.push(*uid);
            } else if fits(classes.as_deref()) {
                agents.push(EntityId::agent(*uid, called));
            }
        }
    }
    if !gone.is_empty() {
        client.spawn(forget(client.clone(), set.to_owned(), gone));
    }
    Ok(agents)
}

fn names_of(keys: &Keys, uid: Uuid) -> [String; 3] {
    [keys.status(uid), keys.agent(uid), keys.called(uid)]
}

/// Takes agents that are gone out of a set.
async fn forget(client: Arc<Client>, set: String, gone: Vec<Uuid>) {
    let keys = client.keys();
    for uid in gone {
        let names = vec![keys.status(uid), keys.found(uid), keys.called(uid), set.clone()];
        if client.run(Script::Forget, names, vec![uid.to_string().into_bytes()]).await.is_err() {
            // Whoever finds them next does it.
            return;
        }
    }
}
