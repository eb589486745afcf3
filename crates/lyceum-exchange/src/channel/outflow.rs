//! Streams of results that go out, as fast as their receiver allows.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use lyceum_core::CallError;
use lyceum_core::exchange::ToEncode;
use lyceum_wire::Encoding;
use lyceum_wire::link::{self, FaultKind, Head, Message};
use tokio::sync::Semaphore;

use super::{Channel, faults};

/// The results of an agent.
type Results = BoxStream<'static, Result<Box<dyn ToEncode>, CallError>>;

impl Channel {
    /// Sends a stream of results, until it ends or its receiver gives up.
    pub(super) async fn pour(
        &self,
        id: u64,
        encoding: Encoding,
        results: Results,
        credit: &Semaphore,
    ) {
        let fault = self.pour_all(id, encoding, results, credit).await.err();
        // If the channel has ended, nobody wants to know.
        let _ = self.push(Message::new(Head::ItemsEnd { id, fault })).await;
    }

    async fn pour_all(
        &self,
        id: u64,
        encoding: Encoding,
        mut results: Results,
        credit: &Semaphore,
    ) -> Result<(), link::Fault> {
        while let Some(result) = results.next().await {
            let unreadable = |error: &dyn std::error::Error| {
                link::Fault::new(FaultKind::Codec, error.to_string()).started(true)
            };
            let result = result.map_err(|error| faults::to_link(&error.widen()))?;
            let (encoding, bytes) = result.encode(encoding).map_err(|error| unreadable(&error))?;
            // Dropped here, since it need not live while this waits.
            drop(result);
            match credit.acquire().await {
                Ok(permit) => permit.forget(),
                Err(_) => return Ok(()),
            }
            let item = Message::with_body(Head::Item { id, encoding }, bytes);
            self.push(item).await.map_err(|error| unreadable(&error))?;
        }
        Ok(())
    }
}

/// Who allows more results of a stream.
pub(super) type Credit = Arc<Semaphore>;
