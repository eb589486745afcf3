//! A job that a clerk looks after.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Clerk, Manner, Place, Standing};
use crate::launcher::{Exit, Output, Running};

/// How long what a job printed last is read on after its end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Takes what a job prints.
pub(in crate::launcher) trait Follow: Send + fmt::Debug {
    /// Takes it as it comes, for ever.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    fn follow<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()>;

    /// Takes what is left after its end.
    fn finish<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()>;
}

/// A job that a clerk looks after, with what follows its output.
#[derive(Debug)]
pub(in crate::launcher) struct Job<F> {
    place: Place,
    follow: F,
    output: Output,
    /// Dropped last, after it has heard of the job's end.
    _clerk: Arc<Clerk>,
}

impl<F: Follow> Job<F> {
    pub(in crate::launcher) fn new(
        place: Place,
        follow: F,
        output: Output,
        clerk: &Arc<Clerk>,
    ) -> Self {
        Self { place, follow, output, _clerk: clerk.clone() }
    }
}

impl<F: Follow> Running for Job<F> {
    /// The process is another machine's.
    fn process(&self) -> Option<u32> {
        None
    }

    fn mark(&self) -> Option<String> {
        Some(self.place.job().into())
    }

    fn terminate(&mut self) {
        self.place.order(Manner::Terminate);
    }

    fn kill(&mut self) {
        self.place.order(Manner::Kill);
    }

    fn hurry(&mut self) {
        self.place.hurry();
    }

    fn begun(&self) -> BoxFuture<'static, ()> {
        let mut standing = self.place.standing();
        async move {
            // A clerk that is gone tells nothing more.
            let _ = standing.wait_for(|standing| *standing != Standing::Waiting).await;
        }
        .boxed()
    }

    fn exited(&mut self) -> BoxFuture<'_, Exit> {
        let standing = self.place.standing();
        async {
            let Self { follow, output, .. } = self;
            let exit = match select(Box::pin(ended(standing)), follow.follow(output)).await {
                Either::Left((exit, _)) => exit,
                Either::Right(((), ended)) => ended.await,
            };
            // An end without its last words is better than none.
            let _ = timeout(LAST_WORDS, follow.finish(output)).await;
            exit
        }
        .boxed()
    }
}

async fn ended(mut standing: watch::Receiver<Standing>) -> Exit {
    let ended = standing.wait_for(|standing| matches!(standing, Standing::Ended(_))).await;
    match ended.as_deref() {
        Ok(Standing::Ended(exit)) => exit.clone(),
        _ => Exit::Failed("nobody looks after it any more".into()),
    }
}
