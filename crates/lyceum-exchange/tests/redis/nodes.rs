//! Nodes on a Redis.

use lyceum::prelude::*;
use lyceum_exchange::academy::{AcademyExt, Registered, Uuid};

use crate::agents::Clerk;
use crate::redis_server::RedisServer;

/// Returns the URL of a server.
pub(crate) fn url(server: &RedisServer, scheme: &str) -> String {
    format!("{scheme}://127.0.0.1:{}", server.port())
}

/// A node with an agent that has a mailbox.
pub(crate) struct House {
    pub(crate) node: Node,
    pub(crate) clerk: Handle<Clerk>,
    pub(crate) mailbox: Registered,
}

impl House {
    pub(crate) async fn open(url: &str) -> Self {
        Self::take(url, Uuid::from_u128(7)).await
    }

    /// Takes a mailbox, which stays when the node ends.
    pub(crate) async fn take(url: &str, uid: Uuid) -> Self {
        let node = Node::local();
        let clerk = node.launch(Clerk::default()).await.unwrap();
        let mailbox = node.register_mailbox(url, &clerk.any()).id(uid).keep().await.unwrap();
        Self { node, clerk, mailbox }
    }

    /// Returns the address of the agent, with options or not.
    pub(crate) fn address(&self, options: &str) -> String {
        let url = self.mailbox.url();
        let uid = self.mailbox.id().uid;
        format!("{}://{}/{uid}?{}{options}", url.scheme(), url.location(), own_options(url))
    }
}

/// Returns the options of a URL that say which place it is, as an address has them.
fn own_options(url: &lyceum_wire::Endpoint) -> String {
    let text = url.to_string();
    text.split_once('?').map_or_else(String::new, |(_, options)| format!("{options}&"))
}
