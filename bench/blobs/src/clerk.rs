//! The agent of each process in a chain.

use lyceum::prelude::*;
use lyceum::{PutError, agent};

/// One mebibyte.
pub const MEBIBYTE: u64 = 1 << 20;

#[derive(Default)]
pub struct Clerk;

#[agent]
impl Clerk {
    /// Makes a blob of so many mebibytes, and sends it down the chain; returns how many bytes were
    /// read at its end.
    #[action(timeout = "1h")]
    pub async fn begin(
        &self,
        mebibytes: u64,
        chain: Vec<Handle<Self>>,
        cx: &Context<Self>,
    ) -> Result<u64, String> {
        let blob = fill(mebibytes, cx).await.map_err(|error| error.to_string())?;
        pass(blob, chain).await
    }

    /// Passes a blob to the first of the chain, or reads it at its end.
    #[action(timeout = "1h")]
    pub async fn pass(&self, blob: Blob, chain: Vec<Handle<Self>>) -> Result<u64, String> {
        pass(blob, chain).await
    }

    /// Returns how much memory the process had at most, in bytes, and how many bytes of blobs it
    /// handed out.
    #[action]
    pub fn figures(&self, cx: &Context<Self>) -> (u64, u64) {
        (peak(), cx.blobs().usage().served)
    }
}

async fn fill(mebibytes: u64, cx: &Context<Clerk>) -> Result<Blob, PutError> {
    let mut writer = cx.blobs().writer().await?;
    let mut block = vec![0; MEBIBYTE as usize];
    for index in 0..mebibytes {
        block.fill(index as u8);
        writer.write(&block).await?;
    }
    writer.finish().await
}

async fn pass(blob: Blob, mut chain: Vec<Handle<Clerk>>) -> Result<u64, String> {
    if chain.is_empty() {
        let mut reader = blob.read();
        let mut size = 0;
        while let Some(chunk) = reader.next().await.map_err(|error| error.to_string())? {
            size += chunk.len() as u64;
        }
        return Ok(size);
    }
    let next = chain.remove(0);
    next.pass(blob, chain).await.map_err(|error| error.to_string())
}

/// Returns how much memory the process had at most.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.map_or(u64::MAX, |kibibytes| kibibytes * 1024)
}
