//! Following what a pod prints.

use std::io;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use super::client::{Client, Stream as Answer};
use super::desk::{label, pods};
use super::manifest::CONTAINER;
use super::status::Key;
use crate::launcher::clerk::Follow;
use crate::launcher::output::Lines;
use crate::launcher::{Output, Stream};

/// How long to wait for a pod that prints, and after a stream broke off.
const PAUSE: Duration = Duration::from_secs(1);

/// What a pod prints. Kubernetes does not tell its two streams apart.
#[derive(Debug)]
pub(super) struct Logs {
    client: Client,
    key: Key,
    lines: Lines,
    stream: Option<Answer>,
    /// How many bytes were taken.
    taken: u64,
    /// How many bytes the stream repeats.
    repeated: u64,
    /// Whether what was printed before is left out.
    from_now: bool,
    is_over: bool,
}

impl Logs {
    pub(super) fn of(client: Client, job: &str) -> Self {
        Self {
            client,
            key: Key::of_job(job),
            lines: Lines::new(Stream::Output),
            stream: None,
            taken: 0,
            repeated: 0,
            from_now: false,
            is_over: false,
        }
    }

    /// Leaves out what was printed before.
    pub(super) fn from_now(client: Client, job: &str) -> Self {
        Self { from_now: true, ..Self::of(client, job) }
    }

    /// Takes what comes, until the end of the pod's container.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    async fn take(&mut self, output: &Output) -> io::Result<()> {
        while !self.is_over {
            if self.stream.is_none() {
                self.stream = open(&self.client, &self.key, self.from_now).await?;
                // One that leaves out the past repeats nothing.
                self.repeated = if self.from_now { 0 } else { self.taken };
            }
            let Some(stream) = &mut self.stream else { return Ok(()) };
            match stream.next().await {
                Ok(Some(piece)) => {
                    let old = usize::try_from(self.repeated).unwrap_or(usize::MAX).min(piece.len());
                    self.repeated -= old as u64;
                    self.taken += (piece.len() - old) as u64;
                    self.lines.take(&piece[old..], output);
                }
                Ok(None) => self.is_over = true,
                Err(error) => {
                    // It is asked for once more, and begins anew.
                    self.stream = None;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

/// Asks for what the pod of a job prints; nothing if there is no pod that does.
async fn open(client: &Client, key: &Key, from_now: bool) -> io::Result<Option<Answer>> {
    let pods = pods(client, &label(key)).await?;
    let pod = pods.iter().find(|pod| Key::of_pod(pod).as_ref() == Some(key));
    let Some(pod) = pod.filter(|pod| pod["status"]["phase"] != "Pending") else {
        return Ok(None);
    };
    let Some(name) = pod["metadata"]["name"].as_str() else { return Ok(None) };
    let path = client.path("api/v1", "pods");
    let tail = if from_now { "&tailLines=0" } else { "" };
    client.stream(&format!("{path}/{name}/log?follow=true&container={CONTAINER}{tail}")).await
}

impl Follow for Logs {
    fn follow<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()> {
        async {
            loop {
                if let Err(error) = self.take(output).await {
                    tracing::debug!(%error, "what a pod prints is not to be had now");
                }
                sleep(PAUSE).await;
            }
        }
        .boxed()
    }

    fn finish<'f>(&'f mut self, output: &'f Output) -> BoxFuture<'f, ()> {
        async {
            if let Err(error) = self.take(output).await {
                tracing::debug!(%error, "what a pod printed last is lost");
            }
            self.lines.end(output);
        }
        .boxed()
    }
}
