//! Sensors: reads that may block, fail or hang, kept away from the agents' turns.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use lyceum::prelude::*;
use lyceum::{Agent, BlockingError};
use thiserror::Error;

/// How long a read may take. A network disk that is gone can take forever.
const LIMIT: Duration = Duration::from_secs(3);

/// Something of the machine that can be read; opened when it is first read.
pub(crate) struct Sensor<T> {
    open: fn() -> Result<T, sysinfo::Error>,
    limit: Duration,
    /// Locked while a read goes on, and only on the thread that it blocks.
    instrument: Arc<Mutex<Option<T>>>,
}

/// Says why a sensor has nothing to tell.
#[derive(Debug, Error)]
pub(crate) enum Missing {
    #[error("no reading yet")]
    NotYet,
    #[error("its agent does not answer")]
    Silent,
    #[error("this machine shows no {0}")]
    Nothing(&'static str),
    #[error("the system does not tell")]
    Refused(#[from] sysinfo::Error),
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error("the last read still hangs")]
    Hangs,
    #[error(transparent)]
    Blocking(#[from] BlockingError),
}

impl<T: Send + 'static> Sensor<T> {
    /// Makes a sensor that is opened so.
    pub(crate) fn new(open: fn() -> Result<T, sysinfo::Error>) -> Self {
        Self { open, limit: LIMIT, instrument: Arc::default() }
    }

    /// Reads on a thread that may block, for at most so long as [`LIMIT`].
    pub(crate) async fn read<A, F, V>(&self, cx: &Context<A>, look: F) -> Result<V, Missing>
    where
        A: Agent,
        F: FnOnce(&mut T) -> Result<V, Missing> + Send + 'static,
        V: Send + 'static,
    {
        if matches!(self.instrument.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Missing::Hangs);
        }
        let (open, instrument) = (self.open, self.instrument.clone());
        let read = cx.blocking(move || {
            let mut place = instrument.lock().unwrap_or_else(PoisonError::into_inner);
            // It is taken out, so that one that panics is opened anew next time.
            let mut instrument = place.take().map_or_else(open, Ok)?;
            let result = look(&mut instrument);
            *place = Some(instrument);
            result
        });
        cx.timeout(self.limit, read).await.map_err(|_| Missing::Late(self.limit))??
    }
}

impl<T> fmt::Debug for Sensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sensor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Look = Box<dyn FnOnce(&mut u8) -> u8 + Send>;

    /// Reads what it is told to, and answers with text.
    struct Reader {
        sensor: Sensor<u8>,
    }

    #[agent]
    impl Reader {
        #[action(local)]
        async fn read(&mut self, look: Look, cx: &Context<Self>) -> String {
            let found = self.sensor.read(cx, move |sensor| Ok(look(sensor))).await;
            found.map_or_else(|error| error.to_string(), |found| found.to_string())
        }
    }

    async fn reader(open: fn() -> Result<u8, sysinfo::Error>) -> Handle<Reader> {
        let node = Node::local();
        node.launch(Reader { sensor: Sensor::new(open) }).await.unwrap()
    }

    fn value() -> Look {
        Box::new(|sensor| *sensor)
    }

    #[tokio::test]
    async fn sensor_keeps_its_state_between_reads() {
        let reader = reader(|| Ok(40)).await;
        let count = |sensor: &mut u8| std::mem::replace(sensor, *sensor + 1);

        assert_eq!(reader.read(Box::new(count)).await.unwrap(), "40");
        assert_eq!(reader.read(value()).await.unwrap(), "41");
    }

    #[tokio::test]
    async fn sensor_that_panics_is_missing_and_opened_anew() {
        let reader = reader(|| Ok(40)).await;

        let why = reader.read(Box::new(|_| panic!("a bad file"))).await.unwrap();
        assert_eq!(why, "blocking work panicked: a bad file");
        assert_eq!(reader.read(value()).await.unwrap(), "40");
    }

    #[tokio::test]
    async fn sensor_that_cannot_be_opened_is_missing() {
        let reader = reader(|| Err(sysinfo::Error::Unsupported)).await;

        assert_eq!(reader.read(value()).await.unwrap(), "the system does not tell");
    }

    #[tokio::test]
    async fn sensor_that_hangs_is_missing_until_it_answers() {
        let limit = Duration::from_millis(20);
        let sensor = Sensor { limit, ..Sensor::new(|| Ok(40)) };
        let reader = Node::local().launch(Reader { sensor }).await.unwrap();
        let (release, hang) = std::sync::mpsc::sync_channel::<()>(1);

        let hangs: Look = Box::new(move |sensor| hang.recv().map_or(0, |()| *sensor));
        assert_eq!(reader.read(hangs).await.unwrap(), "no answer within 20ms");
        while reader.read(value()).await.unwrap() != "the last read still hangs" {}

        release.send(()).unwrap();
        while reader.read(value()).await.unwrap() != "40" {}
    }
}
