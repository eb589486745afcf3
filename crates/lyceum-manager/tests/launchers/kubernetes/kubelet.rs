//! Pods as processes of this machine. An image is the path of a program.

use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::cluster::State;

/// The process of a pod, and what it printed.
#[derive(Default)]
pub(super) struct Process {
    id: Option<u32>,
    pub(super) log: Vec<u8>,
    pub(super) has_ended: bool,
}

impl Process {
    pub(super) fn signal(&self, signal: Signal) {
        let id = self.id.filter(|_| !self.has_ended).and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(id) = id {
            // It may have ended just now.
            let _ = kill_process(id, signal);
        }
    }
}

/// Runs a pod to its end.
pub(super) fn run(state: &Arc<State>, pod: &str) {
    let (state, pod) = (state.clone(), pod.to_owned());
    tokio::runtime::Handle::current().spawn(async move {
        let thing = state.things().all.get(&("pods".to_owned(), pod.clone())).cloned();
        let Some(thing) = thing else { return };
        let started = start(&state, &pod, &thing);
        let child = match started {
            Ok(child) => child,
            Err(why) => {
                let waiting = json!({ "reason": "ImagePullBackOff", "message": why });
                set(&state, &pod, "Pending", json!({ "state": { "waiting": waiting } }));
                return;
            }
        };
        let process = Process { id: child.id(), ..Process::default() };
        state.things().processes.insert(pod.clone(), process);
        set(&state, &pod, "Running", json!({ "state": { "running": {} } }));
        let code = follow(&state, &pod, child).await;
        let ended = json!({ "terminated": { "exitCode": code } });
        if thing["spec"]["restartPolicy"] == "Never" {
            let phase = if code == 0 { "Succeeded" } else { "Failed" };
            set(&state, &pod, phase, json!({ "state": ended, "restartCount": 0 }));
        } else {
            // It would be started again after a while, which is longer than any test.
            let waiting = json!({ "waiting": { "reason": "CrashLoopBackOff" } });
            let status = json!({ "state": waiting, "lastState": ended, "restartCount": 1 });
            set(&state, &pod, "Running", status);
        }
        if let Some(process) = state.things().processes.get_mut(&pod) {
            process.has_ended = true;
        }
        state.changed.notify_waiters();
        if is_unwanted(&state, &pod) {
            state.gone(&pod);
        }
    });
}

/// Kills the process of a pod that did not end within its grace time.
pub(super) fn kill_after(state: &Arc<State>, pod: &str, seconds: u64) {
    let (state, pod): (Weak<_>, _) = (Arc::downgrade(state), pod.to_owned());
    let has_ended = state.upgrade().is_some_and(|state: Arc<State>| {
        state.things().processes.get(&pod).is_none_or(|process| process.has_ended)
    });
    if has_ended {
        if let Some(state) = state.upgrade() {
            state.gone(&pod);
        }
        return;
    }
    tokio::runtime::Handle::current().spawn(async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let Some(state) = state.upgrade() else { return };
        if let Some(process) = state.things().processes.get(&pod) {
            process.signal(Signal::KILL);
        }
    });
}

fn is_unwanted(state: &State, pod: &str) -> bool {
    let things = state.things();
    let thing = things.all.get(&("pods".to_owned(), pod.to_owned()));
    thing.is_some_and(|thing| thing["metadata"]["deletionTimestamp"].is_string())
}

/// Sets the status of a pod and its container.
fn set(state: &State, pod: &str, phase: &str, container: Value) {
    let mut things = state.things();
    if let Some(thing) = things.all.get_mut(&("pods".to_owned(), pod.to_owned())) {
        let mut container = container;
        container["name"] = thing["spec"]["containers"][0]["name"].clone();
        thing["status"] = json!({ "phase": phase, "containerStatuses": [container] });
    }
    drop(things);
    state.changed.notify_waiters();
}

fn start(state: &State, pod: &str, thing: &Value) -> Result<Child, String> {
    let container = &thing["spec"]["containers"][0];
    let image = container["image"].as_str().unwrap_or_default();
    if !Path::new(image).exists() {
        return Err(format!("no image {image}"));
    }
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap_or_default();
    let folder = state.mount(pod);
    if !mount.is_empty() {
        let secret = thing["spec"]["volumes"][0]["secret"]["secretName"].as_str();
        let secret = secret.ok_or("no secret to mount")?;
        let secret = state.things().all.get(&("secrets".into(), secret.into())).cloned();
        let secret = secret.ok_or("the secret is missing")?;
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        for (name, data) in secret["data"].as_object().ok_or("an empty secret")? {
            let data = STANDARD.decode(data.as_str().unwrap_or_default());
            let data = data.map_err(|error| error.to_string())?;
            let mut file = std::fs::OpenOptions::new();
            let file = file.write(true).create_new(true).mode(0o400).open(folder.join(name));
            let mut file = file.map_err(|error| error.to_string())?;
            std::io::Write::write_all(&mut file, &data).map_err(|error| error.to_string())?;
        }
    }
    let words = container["args"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let words =
        words.map(|word| if word == mount { folder.display().to_string() } else { word.into() });
    let mut command = Command::new(image);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let index = &thing["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"];
    if let Some(index) = index.as_str() {
        command.env("JOB_COMPLETION_INDEX", index);
    }
    command.kill_on_drop(true).spawn().map_err(|error| error.to_string())
}

/// Takes what a process prints until its end; returns its exit code, as Kubernetes has it.
async fn follow(state: &Arc<State>, pod: &str, mut child: Child) -> i32 {
    let (printed, errors) = (child.stdout.take(), child.stderr.take());
    tokio::join!(log(state, pod, printed), log(state, pod, errors));
    let status = child.wait().await.expect("it is our child");
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

async fn log(state: &Arc<State>, pod: &str, stream: Option<impl AsyncReadExt + Unpin>) {
    let Some(mut stream) = stream else { return };
    let mut piece = vec![0; 8 << 10];
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        if let Some(process) = state.things().processes.get_mut(pod) {
            process.log.extend_from_slice(&piece[..read]);
        }
        state.changed.notify_waiters();
    }
}
