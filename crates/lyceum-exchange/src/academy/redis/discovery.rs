//! Finding agents.

use std::collections::HashSet;
use std::sync::Arc;

use lyceum_wire::academy::{EntityId, Uuid};

use super::reply::texts;
use super::script::Order;
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
    let known = texts(client.insist(Order::words(&["SMEMBERS", &set])).await?);
    let mut found: HashSet<Uuid> = known.iter().filter_map(|uid| uid.parse().ok()).collect();
    if client.options().scans {
        let all = client.scan(&keys.agents()).await?;
        found.extend(all.iter().filter_map(|key| keys.uid(key)));
    }
    let mut found: Vec<Uuid> = found.into_iter().collect();
    found.sort_unstable();
    let mut agents = Vec::new();
    for chunk in found.chunks(CHUNK) {
        agents.extend(fitting(&client, keys, chunk, &class, with_descendants).await?);
    }
    Ok(agents)
}

/// Returns those agents that are of the class and exist.
async fn fitting(
    client: &Arc<Client>,
    keys: &Keys,
    uids: &[Uuid],
    class: &str,
    with_descendants: bool,
) -> Result<Vec<EntityId>, MailboxError> {
    let names = uids.iter().flat_map(|uid| [keys.agent(*uid), keys.status(*uid)]);
    let values = client.values(&names.collect::<Vec<_>>()).await?;
    let fits = |classes: &str| {
        let mut classes = classes.split(',');
        classes.next() == Some(class) || (with_descendants && classes.any(|own| own == class))
    };
    let pairs = uids.iter().zip(values.chunks(2));
    let agents = pairs.filter_map(|(uid, pair)| match pair {
        [Some(classes), Some(status)] if status == ACTIVE && fits(classes) => {
            Some(EntityId::agent(*uid, None))
        }
        _ => None,
    });
    Ok(agents.collect())
}
