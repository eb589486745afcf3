//! Nodes that run until somebody asks the program to end.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use futures_util::FutureExt;
use lyceum::prelude::*;
use lyceum::{DownReason, LaunchError};
use rustix::process::{Signal, getpid, kill_process};

#[derive(Default)]
struct Clerk {
    tidied: Arc<AtomicBool>,
}

#[agent]
impl Clerk {
    #[on_stop]
    fn tidy(&mut self) {
        self.tidied.store(true, SeqCst);
    }
}

#[tokio::test]
async fn node_that_runs_until_a_signal_shuts_down_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let node = Node::local();
        let state = Clerk::default();
        let tidied = state.tidied.clone();
        let clerk = node.launch(state).await.unwrap();
        let mut running = pin!(node.run_until_signal());
        assert!((&mut running).now_or_never().is_none(), "it listens, and nobody asked");
        assert!(!tidied.load(SeqCst));

        kill_process(getpid(), signal).unwrap();
        running.await.unwrap();

        assert!(tidied.load(SeqCst), "its stop hook ran");
        assert_eq!(clerk.ended().await, DownReason::Stopped);
        let error = node.launch(Clerk::default()).await.unwrap_err();
        assert!(matches!(error, LaunchError::NodeStopped { .. }), "{error}");
    }
}
