//! A small cluster: an API server of our own, whose pods are processes of this machine.
//!
//! It is no Kubernetes, but what it has goes as there: names and identities, labels, pages, the
//! pods of deployments and indexed jobs, mounted secrets, statuses, grace times and logs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use super::guard::Guard;
use super::kubelet::{self, Process};
use super::routes;
use crate::machine::Folder;

/// The cluster; its pods end with it.
///
/// It has threads of its own: a manager that is dropped waits until its pods are deleted.
pub(crate) struct Cluster {
    state: Arc<State>,
    pub(crate) url: String,
    runtime: Option<Runtime>,
}

/// What the cluster has.
pub(super) struct State {
    things: Mutex<Things>,
    /// Told of each change.
    pub(super) changed: Notify,
    folder: Folder,
}

#[derive(Default)]
pub(super) struct Things {
    /// By kind and name.
    pub(super) all: BTreeMap<(String, String), Value>,
    pub(super) processes: BTreeMap<String, Process>,
    made: u64,
    /// Kinds that may not be made.
    forbidden: Vec<String>,
}

/// The kinds that there are, with what their lists are called.
pub(super) const KINDS: &[(&str, &str, &str)] = &[
    ("v1", "pods", "Pod"),
    ("v1", "secrets", "Secret"),
    ("v1", "namespaces", "Namespace"),
    ("apps/v1", "deployments", "Deployment"),
    ("batch/v1", "jobs", "Job"),
    // What only kubectl makes here, of our manifests.
    ("v1", "serviceaccounts", "ServiceAccount"),
    ("v1", "services", "Service"),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "roles", "Role"),
    ("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
];

impl Cluster {
    pub(crate) fn start(name: &str) -> Self {
        Self::guarded(name, None)
    }

    /// Starts a cluster that asks for certificates and a token, if it has a guard.
    pub(crate) fn guarded(name: &str, guard: Option<Guard>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there are ports");
        let scheme = if guard.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().expect("it is bound"));
        listener.set_nonblocking(true).expect("it is ours");
        let state = Arc::new(State {
            things: Mutex::default(),
            changed: Notify::new(),
            folder: Folder::new(name),
        });
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("there are threads");
        let routes = routes::of(&state);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("it is a socket");
            match guard {
                None => axum::serve(listener, routes).await,
                Some(guard) => {
                    let routes = guard.before(routes);
                    axum::serve(guard.listen(listener), routes).await
                }
            }
        });
        Self { state, url, runtime: Some(runtime) }
    }

    /// Returns the names of what there is of a kind.
    pub(crate) fn names(&self, kind: &str) -> Vec<String> {
        let things = self.state.things();
        let of_kind = things.all.keys().filter(|(of, _)| of == kind);
        of_kind.map(|(_, name)| name.clone()).collect()
    }

    /// Returns something as the server has it.
    pub(crate) fn thing(&self, kind: &str, name: &str) -> Value {
        let things = self.state.things();
        things.all.get(&(kind.into(), name.into())).cloned().unwrap_or_default()
    }

    /// Refuses to make anything of a kind from now on.
    pub(crate) fn forbid(&self, kind: &str) {
        self.state.things().forbidden.push(kind.into());
    }

    /// Takes a pod away, as the cluster does when it wants its machine for others.
    pub(crate) fn evict(&self, pod: &str) {
        self.state.remove("pods", pod, None);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    pub(super) fn things(&self) -> MutexGuard<'_, Things> {
        self.things.lock().expect("no handler panics")
    }

    /// Returns where the secret of a pod is mounted.
    pub(super) fn mount(&self, pod: &str) -> PathBuf {
        self.folder.0.join(pod)
    }

    /// Makes something, with what belongs to it.
    pub(super) fn make(self: &Arc<Self>, kind: &str, mut thing: Value) -> Result<Value, Refusal> {
        let mut things = self.things();
        if things.forbidden.iter().any(|one| one == kind) {
            let text = format!("{kind} is forbidden: the user may not make any");
            return Err(Refusal(403, "Forbidden", text));
        }
        things.made += 1;
        let made = things.made;
        let metadata = &mut thing["metadata"];
        if let Some(prefix) = metadata["generateName"].as_str() {
            metadata["name"] = json!(format!("{prefix}{made:05}"));
        }
        let Some(name) = metadata["name"].as_str().map(str::to_owned) else {
            return Err(Refusal(422, "Invalid", "expected a name".into()));
        };
        metadata["uid"] = json!(format!("00000000-0000-0000-0000-{made:012}"));
        metadata["resourceVersion"] = json!(made.to_string());
        metadata["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        metadata["namespace"] = json!("default");
        let (version, _, singular) = KINDS.iter().find(|(_, one, _)| *one == kind).expect("known");
        thing["apiVersion"] = json!(version);
        thing["kind"] = json!(singular);
        let key = (kind.to_owned(), name.clone());
        if things.all.contains_key(&key) {
            return Err(Refusal(409, "AlreadyExists", format!("{kind} \"{name}\" already exists")));
        }
        things.all.insert(key, thing.clone());
        drop(things);
        match kind {
            "deployments" => self.pod_of(&thing, "ReplicaSet", None),
            "jobs" => {
                for index in 0..thing["spec"]["completions"].as_u64().unwrap_or(1) {
                    self.pod_of(&thing, "Job", Some(index));
                }
            }
            "pods" => kubelet::run(self, &name),
            _ => {}
        }
        self.changed.notify_waiters();
        Ok(thing)
    }

    /// Makes a pod of a template.
    fn pod_of(self: &Arc<Self>, owner: &Value, kind: &str, index: Option<u64>) {
        let template = &owner["spec"]["template"];
        let name = owner["metadata"]["name"].as_str().unwrap_or_default();
        let mut metadata = template["metadata"].clone();
        metadata["generateName"] = json!(format!("{name}-"));
        metadata["ownerReferences"] = json!([{ "kind": kind, "name": name }]);
        if let Some(index) = index {
            metadata["annotations"]["batch.kubernetes.io/job-completion-index"] =
                json!(index.to_string());
        }
        let pod = json!({
            "metadata": metadata, "spec": template["spec"], "status": { "phase": "Pending" },
        });
        // Whoever forbids pods gets none.
        let _ = self.make("pods", pod);
    }

    /// Removes something, with what belongs to it; a pod after its grace time at the latest.
    pub(super) fn remove(self: &Arc<Self>, kind: &str, name: &str, grace: Option<u64>) -> bool {
        let key = (kind.to_owned(), name.to_owned());
        let mut things = self.things();
        let Some(thing) = things.all.get_mut(&key) else { return false };
        if kind == "pods" {
            thing["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            let usual = thing["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
            let grace = grace.unwrap_or(usual);
            let signal = if grace == 0 { Signal::KILL } else { Signal::TERM };
            match things.processes.get(name) {
                Some(process) => process.signal(signal),
                None => drop(things.all.remove(&key)),
            }
            drop(things);
            if grace > 0 {
                kubelet::kill_after(self, name, grace);
            }
        } else {
            things.all.remove(&key);
            let is_its = |thing: &Value| thing["metadata"]["ownerReferences"][0]["name"] == name;
            let its = things.all.iter().filter(|(_, thing)| is_its(thing));
            let its: Vec<_> = its.map(|(key, _)| key.clone()).collect();
            drop(things);
            for (kind, name) in its {
                self.remove(&kind, &name, None);
            }
        }
        self.changed.notify_waiters();
        true
    }

    /// Notes that a pod's process is gone; a deployment makes another pod if it was removed.
    pub(super) fn gone(self: &Arc<Self>, pod: &str) {
        let mut things = self.things();
        let Some(thing) = things.all.remove(&("pods".to_owned(), pod.to_owned())) else { return };
        let owner = &thing["metadata"]["ownerReferences"][0];
        let owner = match owner["kind"].as_str() {
            Some("ReplicaSet") => owner["name"].as_str().map(str::to_owned),
            _ => None,
        };
        let owner = owner.and_then(|name| things.all.get(&("deployments".into(), name)).cloned());
        drop(things);
        if let Some(deployment) = owner {
            self.pod_of(&deployment, "ReplicaSet", None);
        }
        self.changed.notify_waiters();
    }
}

/// Why something is refused: code, reason and text.
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str, pub(super) String);
