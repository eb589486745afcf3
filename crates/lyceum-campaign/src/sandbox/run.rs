//! One program from its order to its end.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use wait4::{ResUse, Wait4};

use crate::process::{Ending, Exit, Limit, Limits, Output, Overflow, Processes};
use crate::sandbox::bounds::Bounds;
use crate::sandbox::carry::Scales;
use crate::sandbox::fault::{AtStep, Fault, Step};
use crate::sandbox::inner::Keeping;
use crate::sandbox::job::Job;
use crate::sandbox::message::Reply;
use crate::sandbox::pump::Pump;
use crate::sandbox::scratch::path_of;
use crate::sandbox::terminal::{Terminal, Typist};
use crate::sandbox::watch::{self, Watch};
use crate::sandbox::{outer, remains, stub};
use crate::stopwatch::Stopwatch;

/// A program that was started.
#[derive(Debug)]
struct Started {
    child: Child,
    since: Stopwatch,
    pumps: Vec<Pump>,
    typist: Option<Typist>,
}

/// Runs a program and waits for its end.
pub(super) fn run(keeping: &mut Keeping, job: &Job) -> Result<Exit, Fault> {
    let carried = keeping.enter(job).at(Step::Directory);
    let exit = carried.and_then(|carried| {
        let mut exit = attend(keeping, job)?;
        keeping.bring_out(job, carried.as_ref(), &mut exit);
        Ok(exit)
    });
    keeping.leave().at(Step::Directory)?;
    exit
}

fn attend(keeping: &mut Keeping, job: &Job) -> Result<Exit, Fault> {
    let is_enclosed = keeping.is_enclosed();
    let limits = &job.order.limits;
    let bounds = Bounds::new(limits, is_enclosed, keeping.own_memory)?;
    let mut started = start(job, &bounds)?;
    let program = Pid::from_child(&started.child);
    bounds.pin(program);
    // To yield more is always allowed; the program may be gone already.
    let _gone = rustix::process::setpriority_process(Some(program), limits.niceness.into());
    let watched = pidfd_open(program, PidfdFlags::empty()).at(Step::Watch).and_then(|end| {
        outer::tell(&keeping.socket, &Reply::Started, &[end.as_fd()]);
        let mut watch = Watch {
            socket: &keeping.socket,
            program,
            end,
            since: started.since,
            pumps: &mut started.pumps,
            typist: started.typist.as_mut(),
            buffer: &mut keeping.buffer,
            limits,
            overflow: job.order.overflow,
            scales: (!is_enclosed).then(|| Scales::new(path_of(&job.directory), &job.kept())),
            looks: 0,
        };
        watch.until_end()
    });
    let ended = end(started.child, program, started.since, is_enclosed).at(Step::Watch)?;
    for pump in &mut started.pumps {
        pump.drain(&mut keeping.buffer);
    }
    // What was still in the streams counts, too.
    let cut = watch::cut(&started.pumps).filter(|_| job.order.overflow == Overflow::End);
    let outputs: Vec<Output> = started.pumps.iter().map(Pump::output).collect();
    Ok(ended.exit(watched?.or(cut), limits, &outputs))
}

fn start(job: &Job, bounds: &Bounds) -> Result<Started, Fault> {
    let order = &job.order;
    let mut command = match order.terminal {
        None => Command::new(job.executable()),
        Some(_) => Command::new("/proc/self/exe"),
    };
    if order.terminal.is_some() {
        let path = job.executable_later().at(Step::Terminal)?;
        command.arg(stub::TERMINAL).arg(path).arg(&order.path);
    } else {
        command.arg0(&order.path);
        // On a terminal it leads a session of its own, which needs that it leads no group yet.
        command.process_group(0);
    }
    let environment = order.environment.iter().map(|(name, value)| (name, value));
    command.args(&order.arguments).env_clear().envs(environment).current_dir(&order.directory);
    let (pumps, typist) = match order.terminal {
        None => (pipes(&mut command, job).at(Step::Start)?, None),
        Some(size) => {
            let terminal = Terminal::open(size).at(Step::Terminal)?;
            let (pump, typist) =
                terminal_streams(&mut command, job, terminal).at(Step::Terminal)?;
            (vec![pump], Some(typist))
        }
    };
    let since = Stopwatch::start();
    let child = bounds.around(|| command.spawn()).at(Step::Limits)?.at(Step::Start)?;
    Ok(Started { child, since, pumps, typist })
}

fn pipes(command: &mut Command, job: &Job) -> io::Result<Vec<Pump>> {
    let limits = &job.order.limits;
    let (output, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    command.stdin(Stdio::from(job.input.try_clone()?)).stdout(Stdio::from(theirs));
    let (error_output, theirs) = pipe_with(PipeFlags::CLOEXEC)?;
    command.stderr(Stdio::from(theirs));
    Ok(vec![
        Pump::new(output, job.output.try_clone()?, limits.output)?,
        Pump::new(error_output, job.error_output.try_clone()?, limits.error_output)?,
    ])
}

fn terminal_streams(
    command: &mut Command,
    job: &Job,
    terminal: Terminal,
) -> io::Result<(Pump, Typist)> {
    let again = || terminal.theirs.try_clone();
    command.stdin(again()?).stdout(again()?).stderr(again()?);
    let typist = Typist::new(job.input.try_clone()?, terminal.ours.as_fd())?;
    let pump = Pump::new(terminal.ours, job.output.try_clone()?, job.order.limits.output)?;
    Ok((pump, typist))
}

/// What the system says of a program that has ended.
#[derive(Debug)]
struct Ended {
    used: ResUse,
    wall: Duration,
    processes: Processes,
}

/// Ends a program, if it still runs, and everything that it started.
fn end(mut child: Child, program: Pid, since: Stopwatch, is_enclosed: bool) -> io::Result<Ended> {
    // Until it is waited for, its number is not given to another one.
    child.kill()?;
    if !is_enclosed {
        let _none = kill_process_group(program, Signal::KILL);
    }
    let used = child.wait4()?;
    let wall = since.elapsed();
    let processes = if is_enclosed { remains::end_all() } else { remains::end_children() };
    Ok(Ended { used, wall, processes })
}

impl Ended {
    fn exit(self, limit: Option<Limit>, limits: &Limits, outputs: &[Output]) -> Exit {
        let ResUse { status, rusage } = self.used;
        let ending = match status.signal() {
            Some(number) => Ending::Signal { number },
            None => Ending::Code(status.code().unwrap_or(-1)),
        };
        let processor = rusage.utime + rusage.stime;
        Exit {
            ending,
            limit: limit.or_else(|| limit_by_signal(ending, processor, limits)),
            wall: self.wall,
            user: rusage.utime,
            system: rusage.stime,
            peak_memory: rusage.maxrss,
            output: outputs.first().copied().unwrap_or_default(),
            error_output: outputs.get(1).copied().unwrap_or_default(),
            processes: self.processes,
            directory_full: false,
            files_left_out: 0,
        }
    }
}

/// Returns the limit that the system enforced by a signal.
fn limit_by_signal(ending: Ending, processor: Duration, limits: &Limits) -> Option<Limit> {
    let Ending::Signal { number } = ending else { return None };
    if number == Signal::XFSZ.as_raw() {
        return Some(Limit::FileSize);
    }
    // A program that catches the first signal is killed. What it used is counted in another way
    // than for the limit, so half of it is taken as proof that nobody else sent that.
    let is_killed = number == Signal::KILL.as_raw();
    let is_used_up = limits.processor.is_some_and(|limit| processor >= limit / 2);
    let is_limit = number == Signal::XCPU.as_raw() && limits.processor.is_some();
    (is_limit || (is_killed && is_used_up)).then_some(Limit::Processor)
}
