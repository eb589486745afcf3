//! What Slurm says of jobs.

use std::collections::BTreeMap;

use crate::command::exit::TERMINATED;
use crate::launcher::Exit;
use crate::launcher::clerk::Standing;

/// The fields that `squeue` is asked for, with what ends each.
pub(super) const FORMAT: &str = "JobArrayID:|,State:|,exit_code:|,Reason:|";
/// Reads what `squeue` printed; lines of another form are left out.
pub(super) fn read(printed: &str) -> BTreeMap<String, Standing> {
    printed.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, Standing)> {
    let mut fields = line.split('|').map(str::trim);
    let (job, state, code) = (fields.next()?, fields.next()?, fields.next()?);
    let reason = fields.next().unwrap_or_default();
    Some((job.into(), standing(state, code, reason)))
}

/// Returns what a state means. States that are not known to us are those of jobs that live.
fn standing(state: &str, code: &str, reason: &str) -> Standing {
    let evicted = |why: &str| {
        let reason = if matches!(reason, "" | "None") { "" } else { reason };
        let colon = if reason.is_empty() { "" } else { ": " };
        Standing::Ended(Exit::Evicted(format!("{why}{colon}{reason}")))
    };
    match state {
        "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_HOLD" => Standing::Waiting,
        "COMPLETING" => Standing::Ending,
        "COMPLETED" => Standing::Ended(Exit::Done),
        "FAILED" => match self::code(code) {
            Some(Exit::Code(code)) if code == i32::from(TERMINATED) => Standing::Obeyed,
            Some(exit) => Standing::Ended(exit),
            None => Standing::Ended(Exit::Failed(format!("Slurm says `{code}` of its end"))),
        },
        "CANCELLED" => evicted("its job was cancelled"),
        "TIMEOUT" | "DEADLINE" => evicted("the time of its job was up"),
        "PREEMPTED" => evicted("its job was preempted"),
        "NODE_FAIL" | "BOOT_FAIL" => evicted("its node was lost"),
        "OUT_OF_MEMORY" => evicted("its job used more memory than it had asked for"),
        "REVOKED" | "SPECIAL_EXIT" => evicted("its job was revoked"),
        _ => Standing::Running,
    }
}

/// Reads an exit code: what `wait` returned, or code and signal.
fn code(text: &str) -> Option<Exit> {
    let (code, signal) = match text.split_once(':') {
        Some((code, signal)) => (code.parse().ok()?, signal.parse().ok()?),
        None => {
            let status: i32 = text.parse().ok()?;
            (status >> 8 & 0xff, status & 0x7f)
        }
    };
    Some(match (code, signal) {
        (0, 0) => Exit::Done,
        (code, 0) => Exit::Code(code),
        (_, signal) => Exit::Signal(signal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Standing {
        let mut found = read(line);
        assert_eq!(found.len(), 1, "{line}");
        found.pop_first().unwrap().1
    }

    #[test]
    fn states_of_jobs_are_understood() {
        assert_eq!(of("7|PENDING|0|Resources|"), Standing::Waiting);
        assert_eq!(of("7_3|RUNNING|0|None|"), Standing::Running);
        assert_eq!(of("7|COMPLETED|0|None|"), Standing::Ended(Exit::Done));
        assert_eq!(of("7|FAILED|256|NonZeroExitCode|"), Standing::Ended(Exit::Code(1)));
        assert_eq!(of("7|FAILED|0:9|None|"), Standing::Ended(Exit::Signal(9)));
        assert_eq!(of("7|FAILED|9|None|"), Standing::Ended(Exit::Signal(9)));
        assert_eq!(of("7|FAILED|36608|NonZeroExitCode|"), Standing::Obeyed);
        let lost = Exit::Evicted("its node was lost: NodeDown".into());
        assert_eq!(of("7|NODE_FAIL|1|NodeDown|"), Standing::Ended(lost));
        assert_eq!(of("7|STAGE_OUT|0|None|"), Standing::Running);
    }

    #[test]
    fn what_is_no_line_of_a_job_is_left_out() {
        assert!(read("slurm_load_jobs error\n\n7|RUNNING").is_empty());
        let strange = of("7|FAILED|what|None|");
        assert!(matches!(strange, Standing::Ended(Exit::Failed(_))), "{strange:?}");
    }
}
