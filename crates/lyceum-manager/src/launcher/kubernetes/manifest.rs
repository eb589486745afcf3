//! What is made in a cluster: secrets, deployments and jobs.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lyceum_core::Value;
use serde_json::json;

use crate::Ticket;
use crate::launcher::CHILD;

/// Where tickets are mounted.
const FOLDER: &str = "/run/lyceum/tickets";
/// The name of the container.
pub(super) const CONTAINER: &str = "agent";
/// The label of everything that we make, with its value.
pub(super) const MANAGED: &str = "app.kubernetes.io/managed-by=lyceum";
/// The label with the name of what was launched together.
pub(super) const LAUNCH: &str = "lyceum.dev/launch";
/// What a secret may hold, in bytes: Kubernetes' own limit, with room for its frame.
const SECRET_LIMIT: usize = 1_000_000;
/// How long a job stays after its end, in seconds, if nobody is left to remove it.
const LEFTOVER: u32 = 24 * 3600;

/// What pods are made of.
#[derive(Clone)]
pub(super) struct Template {
    image: String,
    pub(super) program: Option<String>,
    pub(super) arguments: Vec<String>,
    pub(super) cpus: Option<f64>,
    /// In mebibytes.
    pub(super) memory: Option<u64>,
    pub(super) grace: Duration,
    pub(super) changes: Vec<Change>,
}

/// What changes the specification of a pod.
type Change = Arc<dyn Fn(&mut Value) + Send + Sync>;

impl Template {
    pub(super) fn new(image: String) -> Self {
        Self {
            image,
            program: None,
            arguments: Vec::new(),
            cpus: None,
            memory: None,
            grace: Duration::from_secs(30),
            changes: Vec::new(),
        }
    }

    /// Returns a deployment with one pod.
    pub(super) fn deployment(&self, name: &str) -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": { "name": name, "labels": labels(name) },
            "spec": {
                "replicas": 1,
                // Two pods at once would be two agents of one name.
                "strategy": { "type": "Recreate" },
                "selector": { "matchLabels": { LAUNCH: name } },
                "template": {
                    "metadata": { "labels": labels(name) },
                    "spec": self.pod(name, "Always"),
                },
            },
        })
    }

    /// Returns a job with so many indices.
    pub(super) fn job(&self, name: &str, count: usize) -> Value {
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": { "name": name, "labels": labels(name) },
            "spec": {
                "completions": count,
                "parallelism": count,
                "completionMode": "Indexed",
                // The manager decides on restarts, and the end of one agent is its own.
                "backoffLimitPerIndex": 0,
                "maxFailedIndexes": count,
                "ttlSecondsAfterFinished": LEFTOVER,
                "template": {
                    "metadata": { "labels": labels(name) },
                    "spec": self.pod(name, "Never"),
                },
            },
        })
    }

    fn pod(&self, name: &str, restart: &str) -> Value {
        let arguments = self.arguments.iter().map(String::as_str);
        let arguments: Vec<_> = arguments.chain([CHILD, "--mounted", FOLDER]).collect();
        let mut container = json!({
            "name": CONTAINER,
            "image": self.image,
            "args": arguments,
            "volumeMounts": [{ "name": "tickets", "mountPath": FOLDER, "readOnly": true }],
            "securityContext": { "allowPrivilegeEscalation": false },
        });
        if let Some(program) = &self.program {
            container["command"] = json!([program]);
        }
        if let Some(cpus) = self.cpus {
            container["resources"]["requests"]["cpu"] = json!(format!("{cpus}"));
        }
        if let Some(memory) = self.memory {
            container["resources"]["requests"]["memory"] = json!(format!("{memory}Mi"));
            container["resources"]["limits"]["memory"] = json!(format!("{memory}Mi"));
        }
        let mut pod = json!({
            "restartPolicy": restart,
            "terminationGracePeriodSeconds": self.grace.as_secs(),
            "automountServiceAccountToken": false,
            "containers": [container],
            "volumes": [{
                "name": "tickets",
                "secret": { "secretName": name, "defaultMode": 0o440 },
            }],
        });
        self.changes.iter().for_each(|change| change(&mut pod));
        pod
    }
}

/// Returns the secret with the tickets of a batch. The server gives it a name.
///
/// # Errors
///
/// Says that they are too long for a secret.
pub(super) fn secret(batch: &[Ticket]) -> io::Result<Value> {
    let mut data = serde_json::Map::new();
    let mut length = 0;
    for (index, ticket) in batch.iter().enumerate() {
        let text = serde_json::to_vec(ticket)?;
        length += text.len();
        data.insert(format!("ticket-{index}"), STANDARD.encode(text).into());
    }
    if length > SECRET_LIMIT {
        let text = format!(
            "cannot put {length} bytes of tickets into a secret of Kubernetes: expected at most \
             {SECRET_LIMIT}; launch fewer at once, or with smaller arguments"
        );
        return Err(io::Error::other(text));
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "generateName": "lyceum-",
            "labels": { "app.kubernetes.io/managed-by": "lyceum" },
        },
        "type": "Opaque",
        "data": data,
    }))
}

/// Returns the change by which a secret goes away with its owner.
pub(super) fn owned(owner: &Value) -> Value {
    let of = |field: &str| owner[field].clone();
    json!({ "metadata": { "ownerReferences": [{
        "apiVersion": of("apiVersion"),
        "kind": of("kind"),
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }] } })
}

fn labels(name: &str) -> Value {
    json!({ "app.kubernetes.io/managed-by": "lyceum", LAUNCH: name })
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template(of {})", self.image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pod_has_what_was_asked_for_and_no_ticket() {
        let mut template = Template::new("farm:1".into());
        template.cpus = Some(0.5);
        template.memory = Some(64);
        template.changes.push(Arc::new(|pod| pod["nodeName"] = "one".into()));

        let job = template.job("lyceum-x", 3);

        let pod = &job["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        assert_eq!(container["args"], json!(["child", "--mounted", FOLDER]));
        assert_eq!(container["resources"]["requests"], json!({ "cpu": "0.5", "memory": "64Mi" }));
        assert_eq!((&pod["nodeName"], &pod["restartPolicy"]), (&json!("one"), &json!("Never")));
        assert_eq!(job["spec"]["completions"], 3);
        assert!(container["env"].is_null(), "nothing is told in the environment");
    }
}
