//! A keeper that is killed in the middle of a campaign. Alone in its program, since it ends the
//! keepers of whoever runs beside it.

use std::fs;
use std::path::Path;

use lyceum_campaign::{Campaign, EndReason, ProjectFile, sandbox};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[path = "machine/refusal.rs"]
mod refusal;

use refusal::has_sandboxes;

/// A program that becomes a keeper.
const KEEPER: &str = env!("CARGO_BIN_EXE_lyceum-keeper");

/// Kills the children of this process.
fn kill_keepers() -> usize {
    let this = std::process::id();
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        let number: i32 = name.to_str()?.parse().ok()?;
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        let parent: u32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        (parent == this).then_some(number)
    });
    children.filter(|number| kill(Pid::from_raw(*number), Signal::SIGKILL).is_ok()).count()
}

/// After its keeper was killed, every further session failed, and the campaign with them.
#[test]
fn campaign_goes_on_with_a_new_keeper() {
    if !has_sandboxes(KEEPER) {
        return;
    }
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loss-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "command = \"/bin/sleep\"\narguments = [\"0.05\"]\ninput = \"stdin\"\nuniverses = 2\n\
         directory = {:?}\nminimize = 0\n[stop]\nsessions = 60\n",
        folder.join("out")
    );
    let project = ProjectFile::parse(&text, &folder.join("project.toml")).unwrap();
    let campaign = Campaign::new(project).unwrap();
    let mut killed = 0;

    let report = campaign
        .keeper_program(KEEPER)
        .run(|_| {
            if killed == 0 {
                killed = kill_keepers();
            }
        })
        .unwrap();

    fs::remove_dir_all(&folder).unwrap();
    assert!(killed > 0);
    assert_eq!((report.summary.ended, report.summary.sessions), (EndReason::Sessions, 60));
}
