//! Programs: a project with a command line that runs it and replays what was recorded.

mod arguments;
mod signals;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, LineWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use lyceum_core::BoxError;

use crate::log::{Level, Sink};
use crate::{Line, Project, Recording, Report, Universe, UniverseBuilder};
use arguments::{Arguments, Verb};

/// The exit code where something could not be done at all.
const NOT_DONE: u8 = 2;

/// A project with a command line: it runs the project, records what came from outside, and replays
/// a run, or one session of it.
///
/// ```text
/// tap [run] [--seed NUMBER] [--record FILE] [--trace] [--debug | --quiet]
/// tap replay FILE [--session NUMBER] [--trace] [--debug | --quiet]
/// ```
///
/// A run ends with the exit code of its [report](Report::exit_code), and at Ctrl-C with a report;
/// a second Ctrl-C ends it at once. A replay runs on a simulated node as fast as it goes, and asks
/// nobody; where it takes another course than the log, it says in which session, and ends with 2.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use lyceum::prelude::*;
/// use lyceum::universe::{Program, Project, Step};
///
/// struct Tap;
///
/// #[agent]
/// impl Tap {
///     #[live]
///     fn live(&mut self, cx: &mut Step<'_>) {
///         if cx.session().step() == 10 {
///             cx.session().stop();
///         }
///     }
/// }
///
/// fn main() -> ExitCode {
///     Program::new(|| Project::new("tap").agent("tap", Tap).max_sessions(3)).main()
/// }
/// ```
pub struct Program {
    project: Box<dyn Fn() -> Project>,
    universe: Box<dyn Fn() -> UniverseBuilder>,
    prepare: Box<Prepare>,
    conclude: Box<Conclude>,
}

type Prepare = dyn Fn(&mut Universe) -> Result<(), BoxError>;
type Conclude = dyn Fn(&mut Universe, &Report) -> Result<(), BoxError>;

impl Program {
    /// Makes the program of a project.
    pub fn new(project: impl Fn() -> Project + 'static) -> Self {
        Self {
            project: Box::new(project),
            universe: Box::new(Universe::builder),
            prepare: Box::new(|_| Ok(())),
            conclude: Box::new(|_, _| Ok(())),
        }
    }

    /// Sets how the universe is made; it is called within a runtime, so that the universe may be on
    /// a real node.
    pub fn universe(mut self, builder: impl Fn() -> UniverseBuilder + 'static) -> Self {
        self.universe = Box::new(builder);
        self
    }

    /// Adds agents and data of the application before a run or replay begins.
    pub fn prepare(
        mut self,
        prepare: impl Fn(&mut Universe) -> Result<(), BoxError> + 'static,
    ) -> Self {
        self.prepare = Box::new(prepare);
        self
    }

    /// Looks at the universe and its data after a run or replay, such as to print results.
    pub fn conclude(
        mut self,
        conclude: impl Fn(&mut Universe, &Report) -> Result<(), BoxError> + 'static,
    ) -> Self {
        self.conclude = Box::new(conclude);
        self
    }

    /// Does what the command line says.
    pub fn main(self) -> ExitCode {
        let mut words = std::env::args_os();
        let name = words.next().unwrap_or_default();
        let name = Path::new(&name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        match self.execute(&name, words) {
            Ok(code) => code.into(),
            Err(error) => {
                say(&format!("error: {}", with_causes(&*error)));
                NOT_DONE.into()
            }
        }
    }

    fn execute(&self, name: &str, words: impl Iterator<Item = OsString>) -> Result<u8, BoxError> {
        let arguments = Arguments::parse(words)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            // One for signals, beside this thread.
            .worker_threads(1)
            .enable_all()
            .build()?;
        let _within = runtime.enter();
        let report = match &arguments.verb {
            Verb::Help => {
                print(&arguments::help(name));
                return Ok(0);
            }
            Verb::Run { seed, record } => {
                let mut builder = arguments.builder((self.universe)(), None);
                if let Some(seed) = seed {
                    builder = builder.seed(*seed);
                }
                if let Some(path) = record {
                    let file = File::create(path).map_err(|error| at(path, &error))?;
                    builder = builder.record(LineWriter::new(file));
                }
                let mut universe = builder.build();
                (self.prepare)(&mut universe)?;
                let signals = signals::heed(&runtime, universe.sender())?;
                let report = runtime.block_on(universe.run((self.project)()));
                signals.abort();
                let report = report?;
                (self.conclude)(&mut universe, &report)?;
                if arguments.is_traced {
                    print_trace(&universe, 0);
                }
                report
            }
            Verb::Replay { log, session } => self.replay(&arguments, log, *session)?,
        };
        print(&format!("{report}\n"));
        Ok(report.exit_code())
    }

    /// Replays a log, up to the end of a session if one is named.
    fn replay(
        &self,
        arguments: &Arguments,
        log: &Path,
        session: Option<u64>,
    ) -> Result<Report, BoxError> {
        let file = File::open(log).map_err(|error| at(log, &error))?;
        let recording = Recording::read(BufReader::new(file))
            .map_err(|error| format!("{}: {error}", log.display()))?;
        let project = (self.project)();
        if recording.project() != project.name {
            let (log, other, name) = (log.display(), recording.project(), &project.name);
            return Err(format!("{log} is of the project `{other}`, and this is `{name}`").into());
        }
        let builder = arguments.builder((self.universe)(), session);
        let mut universe = builder.off_line().replay(&recording).build();
        (self.prepare)(&mut universe)?;
        universe.begin(project)?;
        let mut first_step = None;
        loop {
            if universe.place().0 == session {
                first_step.get_or_insert(universe.place().1);
            }
            if !universe.step() {
                break;
            }
            if session.is_some_and(|session| universe.sessions_over() >= session) {
                universe.leave_log();
                break;
            }
        }
        if let Some(session) = session.filter(|session| universe.sessions_over() < *session) {
            let last = universe.sessions_over();
            return Err(format!("there is no session {session}: the last one is {last}").into());
        }
        let mut report = universe.finish()?;
        if let Some(session) = session {
            // The next one began in the step in which this one ended.
            report.records.retain(|record| record.number <= session);
            report.sessions = session;
        }
        (self.conclude)(&mut universe, &report)?;
        if arguments.is_traced {
            print_trace(&universe, first_step.filter(|_| session.is_some()).unwrap_or(0));
        }
        Ok(report)
    }
}

impl Arguments {
    /// Sets in a builder what the command line says; lines are those of one session, if there is one.
    fn builder(&self, mut builder: UniverseBuilder, session: Option<u64>) -> UniverseBuilder {
        if let Some(level) = self.level {
            builder = builder.log_level(level);
        }
        if self.is_traced {
            builder = builder.trace();
        }
        let mut sink = builder.take_sink().unwrap_or_else(shown);
        builder.log_to(move |line| {
            if session.is_none() || line.session == session {
                sink(line);
            }
        })
    }
}

/// Shows lines on standard error.
fn shown() -> Sink {
    Box::new(|line: &Line| {
        let level = match line.level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        say(&format!("{level:<7} {line}"));
    })
}

/// Prints what happened, from a step on.
fn print_trace(universe: &Universe, from: u64) {
    let Some(trace) = universe.trace() else { return };
    let events = trace.events().filter(|event| event.step >= from);
    let kept = trace.events().len() as u64;
    let mut text = String::new();
    if kept < trace.count() {
        text += &format!("the last {kept} of {} events\n", trace.count());
    }
    events.for_each(|event| text += &format!("{event}\n"));
    print(&text);
}

fn at(path: &Path, error: &io::Error) -> BoxError {
    format!("{}: {error}", path.display()).into()
}

/// Returns the texts of an error and its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// Prints a result.
fn print(text: &str) {
    // A reader that goes away has seen enough.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Prints what is no result.
fn say(line: &str) {
    // Nobody can be told that nobody can be told.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}
