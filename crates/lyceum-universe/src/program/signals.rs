//! Signals: Ctrl-C and the request to terminate end a run with a report.

use std::io;

use tokio::runtime::Runtime;
use tokio::signal;
use tokio::task::JoinHandle;

use crate::Sender;
use crate::events::ApplicationInterrupt;

/// The exit code of who is ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Lets the first signal end the run, and the second one the program, until it is aborted. To be
/// called within the runtime.
pub(super) fn heed(runtime: &Runtime, sender: Sender) -> io::Result<JoinHandle<()>> {
    let mut signals = Signals::listen()?;
    Ok(runtime.spawn(async move {
        signals.next().await;
        // A universe that is gone has ended its run already.
        let _ = sender.send(ApplicationInterrupt {});
        signals.next().await;
        std::process::exit(INTERRUPTED);
    }))
}

/// Both signals. From the moment that it listens, neither kills.
#[cfg(unix)]
struct Signals {
    interrupt: signal::unix::Signal,
    terminate: signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        let interrupt = std::pin::pin!(self.interrupt.recv());
        let terminate = std::pin::pin!(self.terminate.recv());
        futures_util::future::select(interrupt, terminate).await;
    }
}

/// Ctrl-C, where there are no other signals.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if signal::ctrl_c().await.is_err() {
            // Nobody can say it then.
            std::future::pending().await
        }
    }
}
