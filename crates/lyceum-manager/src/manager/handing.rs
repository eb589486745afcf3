//! Batches that a launcher takes as a whole.

use std::io;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::Children;
use super::child::Child;
use crate::launcher::{Output, Running};

/// What comes of the first start of a member of a batch, and what takes its lines.
pub(super) struct HandedOut {
    pub(super) output: Output,
    pub(super) running: BoxFuture<'static, io::Result<Box<dyn Running>>>,
}

impl Children {
    /// Hands members of a batch over to those launchers that take batches as a whole. Their first
    /// starts wait for what comes of that.
    ///
    /// Members that have no place at their launcher yet are launched later, one by one.
    pub(super) fn hand_over(&self, children: &[Arc<Child>]) {
        for site in self.sites.values().filter(|site| site.launcher.takes_batches()) {
            let own = children.iter().filter(|child| child.launcher == site.name);
            let own: Vec<_> = own.take(site.free_places()).collect();
            if own.len() < 2 {
                continue;
            }
            let (mut batch, mut takers) = (Vec::new(), Vec::new());
            for child in own {
                let output = Output::new(child.name.clone(), self.take.clone());
                batch.push((self.ticket(child, 0), output.clone()));
                let (sender, taken) = oneshot::channel();
                takers.push(sender);
                let gone = || Err(io::Error::other("its batch was given up"));
                let running = taken.map(move |taken| taken.unwrap_or_else(|_| gone())).boxed();
                child.hand_out(HandedOut { output, running });
            }
            let launching = site.launcher.launch_batch(batch);
            let handing = async move {
                for (taker, running) in takers.into_iter().zip(launching.await) {
                    // Whoever gave up meanwhile drops what runs, which ends it.
                    let _ = taker.send(running);
                }
            };
            self.node.spawn(handing).detach();
        }
    }
}
