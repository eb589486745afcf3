//! A launcher that waits until there are enough launches for a batch.

use std::io;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum::manager::{Launcher, Output, Place, Running, Ticket};
use tokio::sync::oneshot;

/// Hands so many launches to another launcher at once.
#[derive(Clone)]
pub(crate) struct Gathering {
    inner: Arc<dyn Launcher>,
    count: usize,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

type Started = io::Result<Box<dyn Running>>;
type Waiting = ((Ticket, Output), oneshot::Sender<Started>);

impl Gathering {
    pub(crate) fn of(inner: impl Launcher, count: usize) -> Self {
        Self { inner: Arc::new(inner), count, waiting: Arc::default() }
    }
}

impl Launcher for Gathering {
    fn launch(&self, ticket: Ticket, output: Output) -> BoxFuture<'static, Started> {
        let (sender, started) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap();
        waiting.push(((ticket, output), sender));
        let full = if waiting.len() == self.count { std::mem::take(&mut *waiting) } else { vec![] };
        drop(waiting);
        let (batch, senders): (Vec<_>, Vec<_>) = full.into_iter().unzip();
        let launches = (!batch.is_empty()).then(|| self.inner.launch_batch(batch));
        async move {
            if let Some(launches) = launches {
                for (started, sender) in launches.await.into_iter().zip(senders) {
                    assert!(sender.send(started).is_ok(), "all of them wait");
                }
            }
            started.await.expect("the last one hands them out")
        }
        .boxed()
    }

    fn place(&self) -> Place {
        self.inner.place()
    }
}

impl std::fmt::Debug for Gathering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}
