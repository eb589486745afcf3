//! What a clerk asks of an API server.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::Method;
use lyceum_core::Value;
use serde_json::json;

use super::client::Client;
use super::manifest::{self, LAUNCH, MANAGED, Template};
use super::status::{Key, standing};
use crate::Ticket;
use crate::launcher::Exit;
use crate::launcher::clerk::{Desk, Manner, Standing};

/// How many pods are listed at once.
const PAGE: usize = 500;

/// An API server, and what was made there.
#[derive(Debug)]
pub(super) struct KubernetesDesk {
    client: Client,
    template: Template,
    /// The first pod of each job. Another one is not its own any more.
    pods: BTreeMap<String, String>,
    /// How many jobs of a launch are not cleared.
    launches: BTreeMap<String, usize>,
}

impl KubernetesDesk {
    pub(super) fn new(client: Client, template: Template) -> Self {
        Self { client, template, pods: BTreeMap::new(), launches: BTreeMap::new() }
    }

    async fn hand_in(&mut self, batch: &[Ticket]) -> io::Result<Vec<String>> {
        let secret = self.client.make("api/v1", "secrets", &manifest::secret(batch)?).await?;
        let name = secret["metadata"]["name"].as_str();
        let name = name.ok_or_else(|| io::Error::other("the API server gave a secret no name"))?;
        let made = self.run(name, batch.len()).await;
        if made.is_err() {
            // Why it failed says more.
            let _ = self.delete("api/v1", "secrets", name, None).await;
        }
        made
    }

    /// Makes what runs the agents whose tickets are in a secret of that name.
    async fn run(&mut self, name: &str, count: usize) -> io::Result<Vec<String>> {
        let keys: Vec<_> = match count {
            1 => vec![Key { name: name.into(), index: None }],
            _ => (0..count).map(|index| Key { name: name.into(), index: Some(index) }).collect(),
        };
        let (api, kind) = keys[0].owner();
        let owner = match count {
            1 => self.template.deployment(name),
            _ => self.template.job(name, count),
        };
        let owner = self.client.make(api, kind, &owner).await?;
        let secret = format!("{}/{name}", self.client.path("api/v1", "secrets"));
        let owned = manifest::owned(&owner);
        if let Err(error) = self.client.ask(Method::PATCH, &secret, Some(&owned)).await {
            tracing::debug!(%error, "a secret is not removed with what it is for, but by us");
        }
        self.launches.insert(name.into(), count);
        Ok(keys.iter().map(Key::job).collect())
    }

    /// Deletes something; that it is not there is no error.
    async fn delete(
        &self,
        api: &str,
        kind: &str,
        name: &str,
        grace: Option<u32>,
    ) -> io::Result<()> {
        let path = format!("{}/{name}", self.client.path(api, kind));
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
        });
        if let Some(seconds) = grace {
            options["gracePeriodSeconds"] = seconds.into();
        }
        self.client.ask(Method::DELETE, &path, Some(&options)).await.map(drop)
    }

    /// Returns whether what makes the pod of a job makes no more.
    async fn is_over(&self, key: &Key) -> io::Result<bool> {
        let (api, kind) = key.owner();
        let path = format!("{}/{}", self.client.path(api, kind), key.name);
        let owner = self.client.ask(Method::GET, &path, None).await?;
        let conditions = owner.as_ref().map(|owner| &owner["status"]["conditions"]);
        let is_final = |one: &Value| {
            one["status"] == "True" && (one["type"] == "Failed" || one["type"] == "Complete")
        };
        Ok(conditions.is_none_or(|all| all.as_array().is_some_and(|all| all.iter().any(is_final))))
    }

    /// Returns whether others that were launched with a job are still there.
    async fn is_needed(&self, key: &Key) -> io::Result<bool> {
        let pods = pods(&self.client, &label(key)).await?;
        let is_other = |pod: &&Value| Key::of_pod(pod).is_some_and(|other| other != *key);
        let mut others = pods.iter().filter(is_other);
        Ok(others.any(|pod| !matches!(standing(pod), Standing::Ended(_) | Standing::Obeyed)))
    }

    /// Returns all pods of ours.
    async fn list(&self) -> io::Result<Vec<Value>> {
        pods(&self.client, MANAGED).await
    }
}

/// Returns the pods with a label.
pub(super) async fn pods(client: &Client, label: &str) -> io::Result<Vec<Value>> {
    let path = client.path("api/v1", "pods");
    let first = format!("{path}?labelSelector={}&limit={PAGE}", encoded(label));
    let mut pods = Vec::new();
    let mut path = first.clone();
    loop {
        let Some(mut list) = client.ask(Method::GET, &path, None).await? else { return Ok(pods) };
        if let Value::Array(items) = list["items"].take() {
            pods.extend(items);
        }
        match list["metadata"]["continue"].as_str() {
            Some(more) if !more.is_empty() => path = format!("{first}&continue={}", encoded(more)),
            _ => return Ok(pods),
        }
    }
}

/// Returns a text as a value within a URL.
fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(letter).collect()
}

impl Desk for KubernetesDesk {
    fn submit(&mut self, batch: Vec<Ticket>) -> BoxFuture<'_, io::Result<Vec<String>>> {
        async move { self.hand_in(&batch).await }.boxed()
    }

    fn end(&mut self, jobs: Vec<String>, manner: Manner) -> BoxFuture<'_, io::Result<()>> {
        async move {
            let grace = (manner == Manner::Kill).then_some(0);
            for job in &jobs {
                let key = Key::of_job(job);
                if key.index.is_none() {
                    // It would make another pod.
                    let (api, kind) = key.owner();
                    self.delete(api, kind, &key.name, None).await?;
                }
            }
            for pod in self.list().await? {
                let job = Key::of_pod(&pod).map(|key| key.job()).filter(|job| jobs.contains(job));
                if let (Some(job), Some(name)) = (job, pod["metadata"]["name"].as_str()) {
                    // It may be gone before anybody looks.
                    self.pods.entry(job).or_insert_with(|| name.into());
                    self.delete("api/v1", "pods", name, grace).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn look(&mut self, jobs: Vec<String>) -> BoxFuture<'_, io::Result<BTreeMap<String, Standing>>> {
        async move {
            let wanted: BTreeSet<_> = jobs.into_iter().collect();
            let mut found = BTreeMap::new();
            for pod in self.list().await? {
                let Some(job) = Key::of_pod(&pod).map(|key| key.job()) else { continue };
                let Some(name) = pod["metadata"]["name"].as_str() else { continue };
                if !wanted.contains(&job) {
                    continue;
                }
                let first = self.pods.entry(job.clone()).or_insert_with(|| name.into());
                if first == name {
                    found.insert(job, standing(&pod));
                }
            }
            let mut owners = BTreeMap::new();
            for job in wanted {
                if found.contains_key(&job) {
                    continue;
                }
                // Whose pod is gone had it taken away. What has none yet waits for one, if there is
                // still something to make it.
                let key = Key::of_job(&job);
                let is_lost = self.pods.contains_key(&job)
                    || match owners.get(&key.name) {
                        Some(is_over) => *is_over,
                        None => {
                            let is_over = self.is_over(&key).await?;
                            owners.insert(key.name, is_over);
                            is_over
                        }
                    };
                let gone = || Standing::Ended(Exit::Evicted("its pod was deleted".into()));
                found.insert(job, if is_lost { gone() } else { Standing::Waiting });
            }
            Ok(found)
        }
        .boxed()
    }

    fn clear(&mut self, job: String) -> BoxFuture<'_, io::Result<()>> {
        async move {
            self.pods.remove(&job);
            let key = Key::of_job(&job);
            let is_needed = match self.launches.get_mut(&key.name) {
                Some(left) => {
                    *left = left.saturating_sub(1);
                    *left > 0
                }
                // Another desk made it.
                None => self.is_needed(&key).await?,
            };
            if is_needed {
                return Ok(());
            }
            self.launches.remove(&key.name);
            let (api, kind) = key.owner();
            let deleted = self.delete(api, kind, &key.name, None).await;
            self.delete("api/v1", "secrets", &key.name, None).await.and(deleted)
        }
        .boxed()
    }
}

/// Returns the label of what was launched together.
pub(super) fn label(key: &Key) -> String {
    format!("{LAUNCH}={}", key.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_server_gives_for_the_next_page_is_one_value() {
        assert_eq!(encoded("a-1.~_Z"), "a-1.~_Z");
        assert_eq!(encoded("x/y=1&limit=0 ä"), "x%2Fy%3D1%26limit%3D0%20%C3%A4");
    }
}
