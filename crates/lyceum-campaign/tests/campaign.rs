//! Whole campaigns, by universes side by side, against the programs with planted bugs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lyceum_campaign::agents::TimeProbe;
use lyceum_campaign::sandbox::{self, Keeper, Sandbox};
use lyceum_campaign::{
    Campaign, CampaignError, EndReason, ProjectFile, Replay, ReplayVerdict, Report,
};
use lyceum_universe::Project;

#[path = "machine/marked.rs"]
mod marked;
#[path = "machine/refusal.rs"]
mod refusal;

use marked::marked;
use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// A folder of a test, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("campaign-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Makes the project of a campaign against a target, with its three seeds.
    fn project(&self, target: &str, seeds: &str, more: &str) -> ProjectFile {
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
        let text = format!(
            "command = {target:?}\naccept = [0, 1]\nseeds = {:?}\ndirectory = {:?}\nseed = 1\n\
             {more}",
            targets.join("corpus").join(seeds),
            self.0.join("out"),
        );
        ProjectFile::parse(&text, &self.0.join("project.toml")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(project: ProjectFile) -> Report {
    let campaign = Campaign::new(project).unwrap();
    campaign.keeper_program(KEEPER).run(|_| {}).unwrap()
}

fn keeper() -> Keeper {
    Keeper::of_program(KEEPER, Sandbox::On).unwrap()
}

#[test]
fn bug_is_found_minimized_reported_and_replayed() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("utf8");
    let stop = "universes = 2\n[stop]\nfinds = 1\nsessions = 10000\n[limits]\ntime = \"1s\"\n";
    let report = run(folder.project(env!("CARGO_BIN_EXE_target-utf8"), "utf8", stop));

    assert_eq!(report.summary.ended, EndReason::Finds);
    let find = &report.finds[0];
    assert!(find.find.key().starts_with("exitcode101 at targets/utf8.rs:"), "{}", find.find);
    let minimized = find.minimized.as_ref().unwrap();
    assert!(minimized.bytes.len() <= 2, "{minimized:?}");
    let out = folder.0.join("out");
    let directory = out.join(&find.name);
    assert_eq!(fs::read(directory.join("minimized")).unwrap(), minimized.bytes);
    assert_eq!(fs::read(directory.join("input")).unwrap().len(), find.input_size);
    assert_eq!(find.replay[..3], ["lyceum", "campaign", "replay"]);
    assert_eq!(Path::new(&find.replay[3]), directory);
    assert!(!out.join("universe-0").exists(), "what is of no use is gone");
    let written = fs::read(out.join("report.json")).unwrap();
    assert_eq!(Report::from_json(&String::from_utf8(written).unwrap()).unwrap(), report);

    let replay = Replay::read(&directory).unwrap();
    let replayed = replay.run_by(keeper()).unwrap();
    assert!(replayed.is_same(), "{:?} instead of {:?}", replayed.find, replay.find());
    // Another input shows nothing, and is told from it.
    fs::write(directory.join("input"), b"plain").unwrap();
    assert!(!replay.run_by(keeper()).unwrap().is_same());
}

#[test]
fn find_by_its_pattern_and_by_its_files_is_replayed() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    for (target, seeds) in [
        (env!("CARGO_BIN_EXE_target-exit-code"), "exit_code"),
        (env!("CARGO_BIN_EXE_target-leak"), "leak"),
    ] {
        let folder = Folder::new(seeds);
        let report = run(folder.project(target, seeds, "minimize = 0\n[stop]\nfinds = 1\n"));
        let directory = folder.0.join("out").join(&report.finds[0].name);

        let replay = Replay::read(&directory).unwrap();
        let replayed = replay.run_by(keeper()).unwrap();

        assert!(replayed.is_same(), "{:?} instead of {:?}", replayed.find, replay.find());
        fs::write(directory.join("input"), b"").unwrap();
        assert!(!replay.run_by(keeper()).unwrap().is_same(), "{}", report.finds[0].name);
    }
}

/// Thinks that every program takes too long.
fn with_impatience(project: Project, _directory: &Path) -> Project {
    project.agent("time", TimeProbe::new(Duration::ZERO, Duration::ZERO))
}

/// What agents alone had found was "not the same" when it was run again without them.
#[test]
fn opinion_of_agents_is_told_again_by_them_alone() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("opinion");
    let more = "universes = 1\nminimize = 0\n[stop]\nfinds = 1\n";
    let project = folder.project("/bin/true", "utf8", more);
    let campaign = Campaign::new(project.clone()).unwrap();
    let report = campaign.keeper_program(KEEPER).agents(with_impatience).run(|_| {}).unwrap();
    let find = &report.finds[0];
    assert_eq!(find.find.key(), "opinion");
    let replay = Replay::read(&folder.0.join("out").join(&find.name)).unwrap();

    let without = replay.run_by(keeper()).unwrap();
    let with = replay.run_with_by(keeper(), &project, with_impatience).unwrap();
    let calm = replay.run_with_by(keeper(), &project, |project, _| project).unwrap();

    assert_eq!((without.verdict, without.find), (ReplayVerdict::Unjudged, None));
    assert!(with.is_same() && with.exit.unwrap().is_success(), "{:?}", with.find);
    assert_eq!((calm.verdict, calm.find), (ReplayVerdict::Other, None));
}

/// Too many lines were an opinion that nobody could tell again.
#[test]
fn too_many_lines_are_found_and_replayed() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("lines");
    let more = "arguments = [\"{input}\"]\nminimize = 0\n[patterns]\nlines = 9\n[stop]\n\
                finds = 1\n";
    let report = run(folder.project("/bin/cat", "division", more));
    let find = &report.finds[0];
    assert_eq!((find.find.key().as_str(), find.name.as_str()), ("line_limit", "line_limit"));
    let directory = folder.0.join("out").join(&find.name);
    let replay = Replay::read(&directory).unwrap();

    for (lines, is_same) in [(10, true), (9, false)] {
        fs::write(directory.join("input"), "x\n".repeat(lines)).unwrap();
        assert_eq!(replay.run_by(keeper()).unwrap().is_same(), is_same, "{lines} lines");
    }
}

#[test]
fn campaign_that_is_stopped_has_a_complete_report_and_leaves_no_process() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("stopped");
    let project = folder.project(
        env!("CARGO_BIN_EXE_target-endless"),
        "endless",
        &format!("universes = 2\nenvironment = {{ MARK = {:?} }}\n", folder.0),
    );
    let campaign = Campaign::new(project).unwrap();
    let stopper = campaign.stopper();
    let mut told = 0;

    let report = campaign
        .keeper_program(KEEPER)
        .run(|_| {
            told += 1;
            stopper.stop();
        })
        .unwrap();

    assert_eq!(report.summary.ended, EndReason::Interrupted);
    assert!(told > 0);
    assert_eq!(report.history.sessions(), report.summary.sessions);
    assert!(folder.0.join("out/report.html").exists());
    // Others may run the same target at the same time.
    assert_eq!(marked(&folder.0.display().to_string()), 0);
}

#[test]
fn sessions_are_counted_over_all_universes_and_seeds_run_as_they_are() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder = Folder::new("counted");
    let more = "universes = 3\nkeep = \"all\"\nminimize = 0\n[stop]\nsessions = 25\n";
    let report = run(folder.project(env!("CARGO_BIN_EXE_target-division"), "division", more));

    assert_eq!(report.summary.ended, EndReason::Sessions);
    assert_eq!((report.summary.sessions, report.history.sessions()), (25, 25));
    let kept = fs::read_dir(folder.0.join("out")).unwrap().filter_map(Result::ok);
    let kept: Vec<_> = kept.filter(|entry| entry.path().is_dir()).collect();
    assert_eq!(kept.len(), 25, "one folder for each session");
    let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/corpus/division");
    for seed in fs::read_dir(targets).unwrap() {
        let seed = fs::read(seed.unwrap().path()).unwrap();
        let is_run = |input: &PathBuf| fs::read(input.join("input")).unwrap() == seed;
        assert!(kept.iter().any(|entry| is_run(&entry.path())));
    }
}

/// Nearly every input of a program that tells what it was given was kept.
#[test]
fn inputs_that_teach_nothing_are_not_kept() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    for (program, arguments, most) in
        [("/bin/cat", "", 5), ("/usr/bin/tr", "\"a-z\", \"A-Z\"", 200)]
    {
        let folder = Folder::new("echo");
        let more = format!("arguments = [{arguments}]\nuniverses = 1\n[stop]\nsessions = 400\n");
        let report = run(folder.project(program, "exit_code", &more));

        assert_eq!(report.summary.sessions, 400);
        let kept = report.summary.kept_inputs;
        assert!(kept <= most, "{program}: {kept} of 400");
    }
}

#[test]
fn what_cannot_begin_says_why() {
    let folder = Folder::new("missing");
    let project = folder.project("./no/such/program", "utf8", "");
    let error = Campaign::new(project).unwrap_err();
    assert!(matches!(error, CampaignError::Command(_)));
    assert!(error.to_string().ends_with("build it first, or mend `command`"), "{error}");
    let project = folder.project("no-such-program", "utf8", "");
    let error = Campaign::new(project).unwrap_err().to_string();
    assert!(error.contains("no program `no-such-program` that can be executed"), "{error}");
}

#[test]
fn folder_of_a_former_campaign_is_left_alone() {
    let folder = Folder::new("twice");
    let project = || {
        let more = "minimize = 0\n[stop]\nsessions = 3\n";
        folder.project(env!("CARGO_BIN_EXE_target-division"), "division", more)
    };
    let first = Campaign::new(project()).unwrap();
    let second = Campaign::new(project()).unwrap();

    assert_eq!(first.directory(), folder.0.join("out"));
    assert_eq!(second.directory(), folder.0.join("out-2"));
}
