//! Universes: where agents live in steps.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::time::Duration;

use lyceum_core::{Agent, Handle, Node};

use crate::calm::Calm;
use crate::kernel::{Flow, Kernel};
use crate::log::{Level, Line, Log, Sink};
use crate::pace::Pace;
use crate::record::{Recorder, Recording, Script};
use crate::report::{Report, RunOutcome};
use crate::trace::Trace;
use crate::world::{Limits, World};
use crate::{AddError, AgentNumber, Project, RunError, Scope, Sender, Tally, Watch};

/// How many steps in which nothing happens a run without time limit makes before it ends.
const QUIET_STEPS: u32 = 100_000;
/// How many steps a run makes before others of its thread get a turn.
const STEPS_AT_ONCE: u32 = 256;
/// How long a run waits for something to come when nothing happens.
const DOZE: Duration = Duration::from_millis(10);

/// A place where agents live in steps: in each, every active agent gets what was sent in the step
/// before, and then lives.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum::universe::{Event, Project, Step, Universe, events::SessionDone};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Ping(u32);
///
/// #[derive(Default)]
/// struct Player { heard: u32 }
///
/// #[agent]
/// impl Player {
///     #[event(session_start)]
///     fn begin(&mut self, cx: &mut Step<'_>) {
///         cx.send(Ping(1)).expect("an active agent may send");
///     }
///
///     #[event]
///     fn ping(&mut self, ping: &Ping, cx: &mut Step<'_>) {
///         self.heard += ping.0;
///         if self.heard == 2 {
///             cx.project().stop();
///         }
///     }
/// }
///
/// # lyceum::block_on(async {
/// let project = Project::new("game")
///     .agent("left", Player::default())
///     .agent("right", Player::default());
/// let report = Universe::new(7).run(project).await?;
/// // Two pings, and each was heard by both.
/// assert_eq!(report.counts.delivered, 6);
/// # Ok::<(), lyceum::universe::RunError>(()) }).unwrap();
/// ```
pub struct Universe {
    kernel: Kernel,
    pace: Pace,
    calm: Option<Calm>,
    quiet: u32,
}

/// Settings of a universe; made by [`Universe::builder`].
pub struct UniverseBuilder {
    seed: u64,
    node: Option<Node>,
    pace: Pace,
    calm: Option<Calm>,
    limits: Limits,
    on_failure: OnFailure,
    log: Log,
    trace: bool,
    recorder: Option<Recorder>,
    script: Option<Recording>,
    tally: Option<Tally>,
    watch: Option<Watch>,
}

/// What follows when an agent panics or returns an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// It is counted and logged, and the agent goes on.
    GoOn,
    /// The agent is deactivated.
    Deactivate,
    /// The session ends.
    EndSession,
    /// The run ends, with the exit code 1.
    EndRun,
}

impl Universe {
    /// Makes a universe on a simulated node of its own: what happens in it depends on the seed, the
    /// agents and what is sent from outside.
    pub fn new(seed: u64) -> Self {
        Self::builder().seed(seed).build()
    }

    /// Makes a universe with other settings.
    pub fn builder() -> UniverseBuilder {
        UniverseBuilder {
            seed: 0,
            node: None,
            pace: Pace::Free,
            calm: None,
            limits: Limits { agents: 16_777_216, messages: 16_777_216 },
            on_failure: OnFailure::EndRun,
            log: Log { level: Level::Info, levels: BTreeMap::new(), sink: None },
            trace: false,
            recorder: None,
            script: None,
            tally: None,
            watch: None,
        }
    }

    /// Returns the node that the universe's agents live on: for ordinary agents, handles, topics.
    pub fn node(&self) -> &Node {
        self.kernel.world.node()
    }

    /// Returns who sends events into the universe from outside.
    pub fn sender(&self) -> Sender {
        self.kernel.world.sender.clone()
    }

    /// Adds an agent of the application: it is active in each run from its beginning to its end.
    ///
    /// # Errors
    ///
    /// The name is taken or bad, or the agent listens to an event whose name is another type's.
    pub fn add<A: Agent>(&mut self, name: &str, agent: A) -> Result<AgentNumber, AddError> {
        self.kernel.add(Scope::Application, Some(name), 1.0, agent)
    }

    /// Gives the application a value, which agents find by its type in `cx.application()`; returns
    /// the former one of its type.
    pub fn put<T: Send + 'static>(&mut self, value: T) -> Option<T> {
        self.kernel.world.application.put(value)
    }

    /// Returns the application's value of a type.
    pub fn get<T: Send + 'static>(&self) -> Option<&T> {
        self.kernel.world.application.get()
    }

    /// Returns the project's value of a type: of the last run, until the next one begins.
    pub fn project_data<T: Send + 'static>(&self) -> Option<&T> {
        self.kernel.world.project.get()
    }

    /// Takes the project's value of a type out of the last run.
    pub fn take_project_data<T: Send + 'static>(&mut self) -> Option<T> {
        self.kernel.world.project.take()
    }

    /// Returns a handle of an agent by its name, if its type or interface is `A`.
    pub fn handle<A: Agent>(&self, name: &str) -> Option<Handle<A>> {
        self.node().find().name(name)
    }

    /// Returns what happened in the last run, if [`trace`](UniverseBuilder::trace) was set.
    pub fn trace(&self) -> Option<&Trace> {
        self.kernel.world.trace.as_ref()
    }

    /// Runs a project to its end.
    ///
    /// On a simulated node this needs no runtime, and returns at its first poll.
    ///
    /// # Errors
    ///
    /// An agent cannot be added, the machine does not become quiet, or the log of events cannot be
    /// written, or was not followed. That an agent failed is in the report.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped, the run has ended for the agents when the next one begins.
    pub async fn run(&mut self, project: Project) -> Result<Report, RunError> {
        self.begin(project)?;
        let mut steps = 0;
        loop {
            if self.kernel.is_due
                && let Some(calm) = self.calm
            {
                self.kernel.roster.release();
                let quiet = calm.wait(self.node(), &self.kernel.world.project_name).await;
                if let Err(restless) = quiet {
                    self.kernel.end();
                    return Err(restless);
                }
            }
            let started = self.kernel.world.now();
            if !self.step() {
                break;
            }
            steps += 1;
            self.wait(started, steps).await;
        }
        self.finish()
    }

    /// Ends a replay before its log does.
    pub(crate) fn leave_log(&mut self) {
        if let Some(script) = &mut self.kernel.world.script {
            script.leave();
        }
    }

    /// Returns how many sessions have come to their end in this run.
    pub(crate) fn sessions_over(&self) -> u64 {
        self.kernel.records.back().map_or(0, |record| record.number)
    }

    /// Returns the number of the session that runs, and the step; none between sessions.
    pub(crate) fn place(&self) -> (Option<u64>, u64) {
        let world = &self.kernel.world;
        (world.session.as_ref().map(|session| session.number), world.step)
    }

    /// Begins to run a project, for who makes the steps by himself; see [`step`](Self::step).
    ///
    /// # Errors
    ///
    /// An agent cannot be added.
    pub fn begin(&mut self, project: Project) -> Result<(), RunError> {
        if self.kernel.flow == Flow::GoesOn {
            self.kernel.end();
        }
        let world = &mut self.kernel.world;
        if world.trace.is_some() {
            world.trace = Some(Trace::new());
        }
        let (seed, name) = (world.seed, project.name.clone());
        if let Some(recorder) = &mut world.recorder {
            recorder.begin(seed, &name);
        }
        self.quiet = 0;
        self.kernel.begin(project).map_err(|cause| RunError::Add { project: name, cause })
    }

    /// Makes one step; false if the run has ended with it.
    ///
    /// On a simulated node, what its agents have to do besides is done, too, and its time moves.
    pub fn step(&mut self) -> bool {
        if self.kernel.flow == Flow::Ends {
            return false;
        }
        self.kernel.step();
        if self.script().is_some_and(|script| script.is_left(self.kernel.world.step)) {
            self.kernel.flow = Flow::Ends;
        }
        let time = self.pace.simulated();
        let turns = self.node().run_round(time);
        self.quiet = if self.kernel.busy || turns > 0 { 0 } else { self.quiet.saturating_add(1) };
        self.kernel.flow == Flow::GoesOn && !self.is_stuck()
    }

    /// Returns what a replay follows.
    fn script(&self) -> Option<&Script> {
        self.kernel.world.script.as_ref()
    }

    /// Returns whether nothing can happen any more.
    fn is_stuck(&self) -> bool {
        let world = &self.kernel.world;
        let goes_on = self.script().is_some_and(|script| script.goes_on(world.step));
        let waits = world.rules.session_timeout.is_some() || goes_on;
        self.node().is_simulated() && !waits && self.quiet >= QUIET_STEPS
    }

    /// Waits for the next step.
    async fn wait(&mut self, started: lyceum_core::Time, steps: u32) {
        if self.node().is_simulated() {
            if steps.is_multiple_of(STEPS_AT_ONCE) {
                yield_once().await;
            }
            return;
        }
        match self.pace {
            // What comes in a replay is there already.
            Pace::Free if self.quiet > 0 && self.script().is_none() => {
                self.kernel.roster.release();
                let node = self.node().clone();
                let sender = self.sender();
                let _ = futures_util::future::select(
                    std::pin::pin!(sender.arrived()),
                    std::pin::pin!(node.sleep(DOZE)),
                )
                .await;
            }
            // Whose turn is not over needs the node to go on.
            Pace::Free if self.kernel.missed || steps.is_multiple_of(STEPS_AT_ONCE) => {
                yield_once().await;
            }
            Pace::Free => {}
            Pace::Step(time) => {
                self.kernel.roster.release();
                self.node().sleep(time).await;
            }
            Pace::Clock(time) => {
                self.kernel.roster.release();
                let passed = self.node().now() - started;
                self.node().sleep(time.saturating_sub(passed)).await;
            }
        }
    }

    /// Ends the run, and says how it went: when [`step`](Self::step) returned false, or before.
    ///
    /// # Errors
    ///
    /// The log of events could not be written, or a replay did not follow its log.
    pub fn finish(&mut self) -> Result<Report, RunError> {
        let stuck = self.is_stuck();
        self.kernel.end();
        let world = &mut self.kernel.world;
        let outcome = match world.failure.take() {
            Some(failure) => RunOutcome::Failed(failure),
            None if world.interrupted => RunOutcome::Interrupted,
            None if stuck => RunOutcome::Quiet,
            None => RunOutcome::Finished,
        };
        let hash = world.trace.as_ref().map_or(0, Trace::hash);
        if let Some(recorder) = &mut world.recorder {
            recorder.end(world.step, hash)?;
        }
        if let Some(script) = &world.script {
            script.check(world.step, hash)?;
        }
        Ok(Report {
            project: world.project_name.clone(),
            steps: world.step,
            sessions: world.sessions,
            successes: world.successes,
            records: self.kernel.records.iter().cloned().collect(),
            counts: world.counts,
            outcome,
        })
    }
}

impl UniverseBuilder {
    /// Sets the seed of all randomness; 0 unless set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Lets the universe's agents live on this node, with its clock and its exchanges, instead of
    /// on a simulated one. What its runtime does beside the steps is not repeatable.
    pub fn on(mut self, node: Node) -> Self {
        self.node = Some(node);
        self
    }

    /// Sets how fast steps follow each other; as fast as they go unless set.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Lets [`run`](Universe::run) wait before each session until the machine is quiet; the
    /// session's time begins after that. Not on a simulated node.
    pub fn calm(mut self, calm: Calm) -> Self {
        self.calm = Some(calm);
        self
    }

    /// Sets how many agents there may be; 16,777,216 unless set.
    pub fn agents(mut self, agents: u32) -> Self {
        self.limits.agents = agents.max(1) as usize;
        self
    }

    /// Sets how many messages, and how many deliveries of messages, a step may have; 16,777,216
    /// unless set. One message passes however many listen.
    pub fn limit(mut self, messages: usize) -> Self {
        self.limits.messages = messages.max(1);
        self
    }

    /// Says what follows when an agent panics or returns an error; the run ends unless set.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Sets from which level on lines of agents' loggers are written; from `Info` on unless set.
    pub fn log_level(mut self, level: Level) -> Self {
        self.log.level = level;
        self
    }

    /// Sets from which level on lines of one agent's logger are written, whatever holds for the
    /// others.
    pub fn log_level_of(mut self, agent: impl Into<String>, level: Level) -> Self {
        self.log.levels.insert(agent.into(), level);
        self
    }

    /// Hands the lines of agents' loggers to this function, besides to `tracing`.
    pub fn log_to(mut self, sink: impl FnMut(&Line) + Send + 'static) -> Self {
        self.log.sink = Some(Box::new(sink));
        self
    }

    /// Keeps what happens, for [`Universe::trace`].
    pub fn trace(mut self) -> Self {
        self.trace = true;
        self
    }

    /// Writes what comes from outside into a log, so that the run can be replayed.
    pub fn record(mut self, out: impl Write + Send + 'static) -> Self {
        self.trace = true;
        self.recorder = Some(Recorder::new(Box::new(out)));
        self
    }

    /// Replays a log: its seed, and what came from outside in the steps in which it came. What else
    /// comes from outside is left out, and [`Step::ask`](crate::Step::ask) asks nobody.
    pub fn replay(mut self, recording: &Recording) -> Self {
        self.trace = true;
        self.seed = recording.seed();
        self.script = Some(recording.clone());
        self
    }

    /// Shares what the sessions come to with other universes that run the same project, whose
    /// limits then count for all of them together.
    pub fn tally(mut self, tally: &Tally) -> Self {
        self.tally = Some(tally.clone());
        self
    }

    /// Shows where the universe is to who [watches](crate::Universes::patience) it.
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Takes what lines of loggers are handed to.
    pub(crate) fn take_sink(&mut self) -> Option<Sink> {
        self.log.sink.take()
    }

    /// Lets the universe be on a simulated node and wait for nothing, as for a replay.
    pub(crate) fn off_line(mut self) -> Self {
        self.tally = None;
        if self.node.as_ref().is_some_and(|node| !node.is_simulated()) {
            (self.node, self.calm, self.pace) = (None, None, Pace::Free);
        }
        self
    }

    /// Makes the universe.
    pub fn build(self) -> Universe {
        let node = self.node.unwrap_or_else(|| Node::simulated(self.seed));
        let sender = Sender::new(&node);
        sender.set_scripted(self.script.is_some());
        let mut world = World::new(node, self.seed, self.limits, sender, self.log);
        world.on_failure = self.on_failure;
        world.trace = self.trace.then(Trace::new);
        world.recorder = self.recorder;
        world.tally = self.tally;
        world.watch = self.watch;
        world.script = self.script.map(|recording| recording.script());
        let mut kernel = Kernel::new(world);
        kernel.is_calm = self.calm.is_some() && !kernel.world.node().is_simulated();
        Universe { kernel, pace: self.pace, calm: self.calm, quiet: 0 }
    }
}

/// Lets others of the thread go on.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

impl Drop for Universe {
    fn drop(&mut self) {
        if self.kernel.flow == Flow::GoesOn {
            self.kernel.end();
        }
        let world = &self.kernel.world;
        world.sender.close(world.node());
    }
}

impl fmt::Debug for Universe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Universe").field("kernel", &self.kernel).finish_non_exhaustive()
    }
}

impl fmt::Debug for UniverseBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UniverseBuilder").field("seed", &self.seed).finish_non_exhaustive()
    }
}
