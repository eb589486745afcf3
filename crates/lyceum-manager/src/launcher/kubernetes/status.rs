//! What the status of a pod means.

use lyceum_core::Value;

use super::manifest::LAUNCH;
use crate::command::exit::TERMINATED;
use crate::launcher::Exit;
use crate::launcher::clerk::Standing;

/// The annotation with a pod's place in its batch.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// Why an image never comes.
const NO_IMAGE: &[&str] = &["ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName"];
/// What a shell adds to the number of a signal that ended a program.
const BY_SIGNAL: i64 = 128;

/// Which job of ours a pod is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The name of the deployment or job.
    pub(super) name: String,
    /// The place in the batch; none for the one pod of a deployment.
    pub(super) index: Option<usize>,
}

impl Key {
    /// Returns it as what the clerk calls a job.
    pub(super) fn job(&self) -> String {
        match self.index {
            Some(index) => format!("{}/{index}", self.name),
            None => self.name.clone(),
        }
    }

    /// Reads what the clerk calls a job.
    pub(super) fn of_job(job: &str) -> Self {
        match job.split_once('/') {
            Some((name, index)) => Self { name: name.into(), index: index.parse().ok() },
            None => Self { name: job.into(), index: None },
        }
    }

    /// Returns whose pod that is; none if it is not one of ours.
    pub(super) fn of_pod(pod: &Value) -> Option<Self> {
        let metadata = &pod["metadata"];
        let name = metadata["labels"][LAUNCH].as_str()?.to_owned();
        let index = metadata["annotations"][INDEX].as_str().or(metadata["labels"][INDEX].as_str());
        Some(Self { name, index: index.and_then(|index| index.parse().ok()) })
    }

    /// Returns the kind of what has the pod, and its API.
    pub(super) fn owner(&self) -> (&'static str, &'static str) {
        match self.index {
            Some(_) => ("apis/batch/v1", "jobs"),
            None => ("apis/apps/v1", "deployments"),
        }
    }
}

/// Returns what has become of a pod.
pub(super) fn standing(pod: &Value) -> Standing {
    let status = &pod["status"];
    if let Some(reason @ ("Evicted" | "NodeLost" | "Preempting" | "NodeShutdown" | "Terminated")) =
        status["reason"].as_str()
    {
        let message = status["message"].as_str().unwrap_or(reason);
        return Standing::Ended(Exit::Evicted(message.into()));
    }
    let container = &status["containerStatuses"][0];
    for state in [&container["state"], &container["lastState"]] {
        // One that the cluster started again counts as ended: that is for the manager to decide.
        if state["terminated"].is_object() {
            return terminated(&state["terminated"]);
        }
    }
    let waiting = &container["state"]["waiting"];
    if let Some(reason) = waiting["reason"].as_str().filter(|reason| NO_IMAGE.contains(reason)) {
        let message = waiting["message"].as_str().unwrap_or(reason);
        return Standing::Ended(Exit::Failed(format!("its image cannot be had: {message}")));
    }
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return Standing::Ending;
    }
    match status["phase"].as_str() {
        Some("Running") => Standing::Running,
        Some("Succeeded") => Standing::Ended(Exit::Done),
        Some("Failed") => {
            let message = status["message"].as_str().unwrap_or("the cluster does not say why");
            Standing::Ended(Exit::Evicted(message.into()))
        }
        _ => Standing::Waiting,
    }
}

fn terminated(end: &Value) -> Standing {
    if end["reason"] == "OOMKilled" {
        let why = "it used more memory than its pod may";
        return Standing::Ended(Exit::Evicted(why.into()));
    }
    let signal = end["signal"].as_i64().filter(|signal| *signal > 0);
    let Some(code) = end["exitCode"].as_i64() else {
        return Standing::Ended(Exit::Failed("the cluster does not say how it ended".into()));
    };
    if code == i64::from(TERMINATED) {
        return Standing::Obeyed;
    }
    let signal = signal.or((code > BY_SIGNAL && code < 2 * BY_SIGNAL).then(|| code - BY_SIGNAL));
    let number = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    Standing::Ended(match (signal, code) {
        (Some(signal), _) => Exit::Signal(number(signal)),
        (None, 0) => Exit::Done,
        (None, code) => Exit::Code(number(code)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(state: &Value) -> Standing {
        standing(&json!({ "status": { "phase": "Running", "containerStatuses": [state] } }))
    }

    #[test]
    fn ends_of_containers_are_understood() {
        let ended = |end: Value| of(&json!({ "state": { "terminated": end } }));

        assert_eq!(ended(json!({ "exitCode": 0 })), Standing::Ended(Exit::Done));
        assert_eq!(ended(json!({ "exitCode": 3 })), Standing::Ended(Exit::Code(3)));
        assert_eq!(ended(json!({ "exitCode": 137 })), Standing::Ended(Exit::Signal(9)));
        assert_eq!(ended(json!({ "exitCode": 143 })), Standing::Obeyed);
        let full = ended(json!({ "exitCode": 137, "reason": "OOMKilled" }));
        assert!(matches!(full, Standing::Ended(Exit::Evicted(_))), "{full:?}");
        let unknown = ended(json!({}));
        assert!(matches!(unknown, Standing::Ended(Exit::Failed(_))), "{unknown:?}");
    }

    #[test]
    fn container_that_was_started_again_has_ended() {
        let again = json!({
            "state": { "running": {} },
            "lastState": { "terminated": { "exitCode": 1 } },
        });
        assert_eq!(of(&again), Standing::Ended(Exit::Code(1)));
    }

    #[test]
    fn pod_without_an_image_does_not_wait_for_ever() {
        let waiting = json!({ "reason": "ImagePullBackOff", "message": "no such image" });
        let waiting = of(&json!({ "state": { "waiting": waiting } }));
        let why = "its image cannot be had: no such image".into();
        assert_eq!(waiting, Standing::Ended(Exit::Failed(why)));
    }

    #[test]
    fn pods_of_the_cluster_s_own_end_are_told_apart() {
        let pod = |status: Value| standing(&json!({ "status": status }));

        assert_eq!(pod(json!({ "phase": "Pending" })), Standing::Waiting);
        assert_eq!(pod(json!({ "phase": "Running" })), Standing::Running);
        let full = pod(json!({ "phase": "Failed", "reason": "Evicted", "message": "disk" }));
        assert_eq!(full, Standing::Ended(Exit::Evicted("disk".into())));
        let leaving = json!({
            "metadata": { "deletionTimestamp": "2026-01-01T00:00:00Z" },
            "status": { "phase": "Running" },
        });
        assert_eq!(standing(&leaving), Standing::Ending);
        // Whatever a server sends instead of a pod.
        assert_eq!(standing(&json!([1])), Standing::Waiting);
    }

    #[test]
    fn jobs_are_named_by_launch_and_index() {
        for job in ["lyceum-x", "lyceum-x/7"] {
            assert_eq!(Key::of_job(job).job(), job);
        }
        let pod = json!({ "metadata": {
            "labels": { LAUNCH: "lyceum-x" }, "annotations": { INDEX: "7" },
        } });
        assert_eq!(Key::of_pod(&pod).unwrap().job(), "lyceum-x/7");
        assert!(Key::of_pod(&json!({})).is_none());
    }
}
