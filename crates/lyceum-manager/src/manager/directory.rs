//! The directory: tells agents on other machines where the members of their batch are.

use std::sync::Weak;

use lyceum_core::{Handle, LaunchError, Node};
use lyceum_macros::agent;

use super::Children;

/// Tells where agents are, once they are ready: nobody knows before where their nodes listen.
pub(super) struct Directory {
    children: Weak<Children>,
}

/// A directory that ends with its manager.
pub(super) struct Open(Handle<Directory>);

impl Directory {
    /// Begins to answer questions.
    pub(super) async fn open(
        node: &Node,
        name: &str,
        children: Weak<Children>,
    ) -> Result<Open, LaunchError> {
        node.launch(Self { children }).named(name).await.map(Open)
    }
}

/// Tells where the agents of a manager are.
#[agent]
impl Directory {
    /// Waits until the agent of a number is ready, and returns its address.
    #[action]
    async fn locate(&self, number: u64) -> Result<String, String> {
        let children = self.children.upgrade().ok_or("its manager is gone")?;
        let child = children.table().numbered(number);
        // Whoever waits does not keep the manager alive.
        drop(children);
        let child = child.ok_or("its manager knows no such agent")?;
        child.up().await?;
        let whereabouts = child.whereabouts().ok_or("nobody knows where it listens")?;
        Ok(whereabouts.to_string())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Nobody waits for it here.
        self.0.stop();
    }
}
