//! Measures what a campaign costs per session, beyond a program that runs ten milliseconds:
//! `cargo run --release --example overhead -p lyceum-campaign -- [SESSIONS]`.
//!
//! The same program is started plainly, by a keeper alone, and in the sessions of a campaign; in
//! rounds, one after the other, so that what else the machine does strikes all of them.

use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::Duration;

use lyceum_campaign::process::Program;
use lyceum_campaign::sandbox::{Keeper, Sandbox, main_if_stub};
use lyceum_campaign::{Campaign, ProjectFile};
use lyceum_core::Node;

/// The middle one of them is told.
const ROUNDS: u32 = 7;

fn main() -> Result<(), Box<dyn Error>> {
    main_if_stub();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    let node = Node::local();
    let sessions: u32 = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("overhead-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut times: [Vec<Duration>; 3] = Default::default();
    for round in 0..ROUNDS {
        times[0].push(plain(&node, sessions)?);
        times[1].push(kept(&node, sessions, &folder)?);
        times[2].push(campaign(sessions, &folder, round)?);
    }
    let times = times.map(|mut rounds| {
        rounds.sort();
        rounds[rounds.len() / 2]
    });
    fs::remove_dir_all(&folder)?;
    for (name, time) in ["plain", "keeper", "campaign"].iter().zip(times) {
        let more = (time.as_secs_f64() / times[0].as_secs_f64() - 1.0) * 100.0;
        println!("{name:9} {:7.3} ms per program, {more:+.1} %", time.as_secs_f64() * 1e3);
    }
    Ok(())
}

fn measured(
    node: &Node,
    count: u32,
    work: impl FnOnce() -> Result<(), Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let started = node.now();
    work()?;
    Ok((node.now() - started) / count)
}

fn plain(node: &Node, count: u32) -> Result<Duration, Box<dyn Error>> {
    measured(node, count, || {
        for _ in 0..count {
            Command::new("/bin/sleep").arg("0.01").status()?;
        }
        Ok(())
    })
}

fn kept(node: &Node, count: u32, folder: &std::path::Path) -> Result<Duration, Box<dyn Error>> {
    let mut keeper = Keeper::new(Sandbox::On)?;
    let program = Program::new("/bin/sleep", folder).argument("0.01");
    measured(node, count, || {
        for _ in 0..count {
            keeper.start(&program)?;
            keeper.wait()?;
        }
        Ok(())
    })
}

fn campaign(count: u32, folder: &std::path::Path, round: u32) -> Result<Duration, Box<dyn Error>> {
    let text = format!(
        "command = \"/bin/sleep\"\narguments = [\"0.01\"]\ninput = \"stdin\"\nuniverses = 1\n\
         directory = {:?}\n[stop]\nsessions = {count}\n",
        folder.join(format!("out-{round}"))
    );
    let project = ProjectFile::parse(&text, &folder.join("project.toml"))?;
    let report = Campaign::new(project)?.run(|_| {})?;
    let summary = &report.summary;
    // A program that does not run takes no time.
    let all_ran = summary.sessions == u64::from(count) && report.finds.is_empty();
    assert!(all_ran && summary.refusals == 0, "{}", report.to_text());
    Ok(summary.duration / count)
}
