//! Agents that a file describes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lyceum::manager::{Fleet, FleetError, Manager, OnNode, Registry};
use lyceum::prelude::*;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Counter {
    value: u64,
    other: Option<Handle<Counter>>,
}

#[agent]
impl Counter {
    #[action]
    fn add(&mut self, n: u64) -> u64 {
        self.value += n;
        self.value
    }

    #[action]
    async fn add_there(&self, n: u64) -> Result<u64, String> {
        let other = self.other.as_ref().ok_or("it knows nobody")?;
        other.add(n).await.map_err(|error| error.to_string())
    }
}

fn registry() -> Registry {
    Registry::default().with::<Counter>()
}

/// Returns what is wrong with a text, with its places.
fn faults(text: &str) -> String {
    match Fleet::parse(text, "agents.toml", &registry()) {
        Err(error @ FleetError::Wrong { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn agents_of_a_file_start_together_and_know_each_other() {
    let text = r#"
        restart = { limit = 5, within = "1m", first = "100ms", most = "5s" }

        [[agents]]
        type = "Counter"
        name = "left"
        arguments = { value = 3, other = { "$agent" = "right" } }

        [[agents]]
        type = "Counter"
        name = "right"
        arguments = { value = 10, other = { "$agent" = "left" } }

        [[agents]]
        type = "Counter"
        count = 3
        arguments = { value = 0 }
    "#;
    let fleet = Fleet::parse(text, "agents.toml", &registry()).unwrap();
    let builder = fleet.manager(Manager::builder(&Node::local()), &registry()).unwrap();
    let manager = builder.start(OnNode::new(registry())).await.unwrap();

    let agents = fleet.start(&manager).await.unwrap();

    let names: Vec<_> = fleet.agents().map(|(name, _)| name).collect();
    assert_eq!(names, ["left", "right", "counter-1", "counter-2", "counter-3"]);
    assert_eq!(agents.len(), 5);
    let left: Handle<Counter> = manager.find("left").unwrap();
    assert_eq!(left.add_there(1).await.unwrap(), 11);
    assert_eq!(fleet.start(&manager).await.unwrap().len(), 5, "those that are there go on");
    assert_eq!(left.add_there(1).await.unwrap(), 12);
    manager.shutdown().await;
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let text = r#"
[[agents]]
type = "Mole"

[[agents]]
type = "Counter"
arguments = { valeu = 3 }

[[agents]]
type = "Counter"
name = "a b"
arguments = { value = 3 }
launcher = "moon"
restart = { limit = 3, within = "soon" }

[[agents]]
type = "Counter"
name = "counter"
arguments = { value = 1, other = { "$agent" = "nobody" } }

[[agents]]
type = "Counter"
name = "none"
count = 0
arguments = { value = 1 }
mailbox = "00112233-4455-6677-8899-aabbccddeeff"
"#;
    let expected = [
        "agents.toml:3:8: this program has no type `Mole`, it has Counter",
        "agents.toml:7:13: no `Counter` can be made from this: unknown field `valeu`, expected \
         `value` or `other`",
        "agents.toml:11:8: cannot use `a b` as an agent's name: expected 1 to 128 letters, \
         digits, `_`, `-` \
         or `.`, and not a number alone",
        "agents.toml:13:12: there is no launcher `moon`, there is default",
        "agents.toml:14:33: expected a number above 0 and one of `ms`, `s`, `m`, `h`, such as \
         500ms, 1.5s or 1m30s",
        "agents.toml:18:8: another agent is called `counter`; `name` gives this one another",
        "agents.toml:19:13: there is no agent `nobody` in this file",
        "agents.toml:24:9: expected a count from 1 to 100000",
        "agents.toml:26:11: expected an `exchange` for this mailbox",
    ];
    assert_eq!(faults(text), expected.join("\n"));
}

#[test]
fn file_that_is_no_toml_is_told_with_its_place() {
    assert!(faults("agents = [").starts_with("agents.toml:1:1"), "{}", faults("agents = ["));
    let unknown = faults("[[agents]]\ntype = \"Counter\"\ncuont = 3\n");
    assert!(unknown.starts_with("agents.toml:3:1: unknown field `cuont`"), "{unknown}");
    let missing = faults("[[agents]]\nname = \"counter\"\n");
    assert!(missing.starts_with("agents.toml:1:1: missing field `type`"), "{missing}");
    let kind = faults("[launchers.moon]\nkind = \"rocket\"\n");
    assert!(kind.contains("unknown variant `rocket`"), "{kind}");
}

#[test]
fn file_that_is_not_there_is_told() {
    let error = Fleet::read(Path::new("nowhere/agents.toml"), &registry()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `nowhere/agents.toml`");
}

/// A folder with a file of agents, which is removed at last.
struct Folder(PathBuf);

impl Folder {
    fn of(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lyceum-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("agents.toml"), text).unwrap();
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let test = std::env::current_exe().unwrap();
        let farm = test.ancestors().nth(2).unwrap().join("examples/farm");
        let mut command = Command::new(farm);
        command.current_dir(&self.0).args(arguments).env_remove("LYCEUM_LOG");
        let Output { status, stdout, stderr } = command.output().expect("it starts");
        let text = |bytes| String::from_utf8(bytes).expect("it prints text");
        (status.code(), text(stdout), text(stderr))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It was made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn program_checks_a_file_and_starts_nothing() {
    let folder = Folder::of("check", "[[agents]]\ntype = \"Counter\"\ncount = 2\n");

    let (code, output, errors) = folder.run(&["run", "agents.toml", "--check"]);

    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(output, "counter-1: Counter\ncounter-2: Counter\n");
    std::fs::write(folder.0.join("agents.toml"), "[[agents]]\ntype = \"Mole\"\n").unwrap();
    let (code, _, errors) = folder.run(&["run", "agents.toml", "--check"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("agents.toml:2:8: this program has no type `Mole`"), "{errors}");
}

#[test]
fn program_runs_a_file_until_its_agents_are_gone_and_keeps_their_logs() {
    // Each says that it has come, and ends.
    let text = "[[agents]]\ntype = \"Passer\"\ncount = 2\n";
    let folder = Folder::of("run", text);

    let (code, output, errors) = folder.run(&["run", "agents.toml", "--logs", "logs"]);

    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert!(lines[0].starts_with("passer-1 unix://") && lines[1].starts_with("passer-2 unix://"));
    let (code, log, _) = folder.run(&["logs", "passer-2"]);
    assert_eq!(code, Some(0));
    assert!(log.contains(" output I come and go"), "{log}");
    let (code, _, errors) = folder.run(&["logs", "nobody"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("cannot read a log of `nobody` in `logs`"), "{errors}");
}
