//! Sessions of a campaign, of a program that runs ten milliseconds.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs, process};

use lyceum::campaign::{Campaign, ProjectFile};
use lyceum::full_text;
use lyceum_bench_figures::child::Said;

/// What runs in each session. It needs no processor meanwhile, which so is free for what is
/// measured.
const PROGRAM: [&str; 2] = ["/bin/sleep", "0.01"];

/// Returns the milliseconds of a session, all that the campaign does around it included.
pub fn sessions(count: u32) -> Said {
    let folder = env::temp_dir().join(format!("lyceum-bench-campaign-{}", process::id()));
    let took = campaign(count, &folder);
    // There is none where nothing could begin.
    let _ = fs::remove_dir_all(&folder);
    took.map_or_else(|error| Said::not_run(full_text(&*error)), |took| Said::figures([took]))
}

fn campaign(count: u32, folder: &Path) -> Result<f64, Box<dyn Error>> {
    let [command, argument] = PROGRAM;
    let directory: PathBuf = folder.join("out");
    let text = format!(
        "command = {command:?}\narguments = [{argument:?}]\ninput = \"stdin\"\nuniverses = 1\n\
         directory = {directory:?}\n[stop]\nsessions = {count}\n"
    );
    fs::create_dir_all(folder)?;
    let project = ProjectFile::parse(&text, &folder.join("project.toml"))?;
    let report = Campaign::new(project)?.run(|_| {})?;
    let summary = &report.summary;
    // A program that does not run takes no time.
    let all_ran = summary.sessions == u64::from(count) && report.finds.is_empty();
    assert!(all_ran && summary.refusals == 0, "{}", report.to_text());
    Ok(summary.duration.as_secs_f64() * 1e3 / f64::from(count))
}

/// Returns the milliseconds of the same program where nothing is around it.
pub fn plain(count: u32) -> Said {
    let [command, argument] = PROGRAM;
    let start = Instant::now();
    for _ in 0..count {
        match Command::new(command).arg(argument).status() {
            Ok(status) => assert!(status.success(), "{command}: {status}"),
            Err(error) => return Said::not_run(format!("{command} does not start: {error}")),
        }
    }
    Said::figures([start.elapsed().as_secs_f64() * 1e3 / f64::from(count)])
}
