//! Blobs and an exchange server.

mod access;
mod depot;
mod mailbox;

use std::path::PathBuf;
use std::sync::Arc;

use lyceum::network::mailbox::Moment;
use lyceum::network::server::{
    Authenticator, Clock, DepotSettings, Server, ServerCertificate, ServerSettings, wording,
};
use lyceum::network::store::{Keeper, Memory, Settings};
use lyceum::{Blob, agent};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Reads blobs.
struct Clerk;

#[agent]
impl Clerk {
    #[action]
    async fn read(&self, blob: Blob) -> Result<u64, String> {
        let bytes = blob.bytes(u64::MAX).await.map_err(|error| error.to_string())?;
        Ok(bytes.len() as u64)
    }
}

/// A server with a depot in a folder that goes with this.
struct House {
    url: String,
    address: String,
    folder: PathBuf,
    _stop: oneshot::Sender<()>,
    _serving: JoinHandle<()>,
}

impl House {
    async fn open(name: &str) -> Self {
        Self::build(name, None, None).await
    }

    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    async fn build(
        name: &str,
        authenticator: Option<Arc<dyn Authenticator>>,
        certificate: Option<Arc<ServerCertificate>>,
    ) -> Self {
        let folder = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        let depot = DepotSettings { bytes: 3_000_000, ..DepotSettings::at(&folder) };
        let settings = ServerSettings { depot: Some(depot), ..ServerSettings::default() };
        let keeper = Keeper::open(Box::new(Memory::new()), Settings::new(wording)).unwrap();
        let clock = Clock::new(|| Moment::from_millis(1_000_000));
        let address = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(address, keeper, authenticator, clock, settings);
        let mut server = server.await.unwrap();
        let address = server.address().to_string();
        let scheme = if certificate.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{address}");
        if let Some(certificate) = certificate {
            server = server.encrypted(certificate);
        }
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async {
            server.serve(async { drop(stopped.await) }).await.unwrap();
        });
        Self { url, address, folder, _stop: stop, _serving: serving }
    }
}

impl House {
    /// Returns how many files the depot has.
    fn files(&self) -> usize {
        std::fs::read_dir(&self.folder).unwrap().count()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn content() -> Vec<u8> {
    (0..1_000_000_u32).map(|index| (index >> 4) as u8).collect()
}
