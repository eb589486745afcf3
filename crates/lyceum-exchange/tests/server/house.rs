//! A server that runs, on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lyceum_exchange::mailbox::Moment;
use lyceum_exchange::server::{
    Authenticator, Clock, ServeError, Server, ServerCertificate, ServerSettings, wording,
};
use lyceum_exchange::store::{Keeper, Memory, Settings, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server, its clock, and what ends it.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    now: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Result<(), ServeError>>,
}

/// What a server is made of.
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) store: Box<dyn Store>,
    pub(crate) settings: Settings,
    pub(crate) server: ServerSettings,
    pub(crate) authenticator: Option<Arc<dyn Authenticator>>,
    pub(crate) certificate: Option<Arc<ServerCertificate>>,
}

impl Default for Plan {
    fn default() -> Self {
        let mut settings = Settings::new(wording);
        settings.segment = 4 << 20;
        let server = ServerSettings {
            sweep: Duration::from_millis(10),
            room: Duration::from_millis(200),
            ..ServerSettings::default()
        };
        let store = Box::new(Memory::new());
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { address, store, settings, server, authenticator: None, certificate: None }
    }
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::build(Plan::default()).await
    }

    #[expect(clippy::disallowed_methods, reason = "`close` joins it")]
    pub(crate) async fn build(plan: Plan) -> Self {
        let keeper = Keeper::open(plan.store, plan.settings).unwrap();
        let now = Arc::new(AtomicU64::new(1_000_000));
        let time = now.clone();
        let clock = Clock::new(move || Moment::from_millis(time.load(Ordering::Relaxed)));
        let server = Server::bind(plan.address, keeper, plan.authenticator, clock, plan.server);
        let mut server = server.await.unwrap();
        if let Some(certificate) = plan.certificate {
            server = server.encrypted(certificate);
        }
        let address = server.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { drop(stopped.await) }));
        Self { address, now, stop: Some(stop), serving }
    }

    /// Lets time pass on the server's clock.
    pub(crate) fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) async fn close(mut self) -> Result<(), ServeError> {
        drop(self.stop.take());
        self.serving.await.unwrap()
    }
}
