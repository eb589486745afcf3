//! The world: everything in a universe that an agent can reach while it acts.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use lyceum_core::{Node, Time};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::Value;

use crate::channel::{Channels, Queue};
use crate::error::SendFault;
use crate::log::{Level, Line, Log};
use crate::post::{Delivery, Post};
use crate::project::Rules;
use crate::record::{Entry, Recorder, Script};
use crate::register::{Identity, Register};
use crate::roster::{Inbox, Roster};
use crate::scope::{Belongings, Scope};
use crate::sender::Input;
use crate::session::Session;
use crate::trace::{Deed, Trace};
use crate::{AgentNumber, Event, OnFailure, SendError, Sender, Tally, Watch, events};

/// What an agent is doing, for who reports a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Live,
    Handle(u32),
    Other(&'static str),
}

/// What an agent asks the kernel to do once its turn is over.
pub(crate) enum Request {
    /// Put an agent into its slot, which is reserved.
    Settle { slot: u32, settle: Box<dyn FnOnce(&mut Roster) + Send> },
    /// Run `init` of an agent that has become active.
    Init(u32),
    /// Run `deinit` of an agent that has become inactive.
    Deinit(u32),
}

/// Everything in a universe that an agent can reach while it acts.
pub(crate) struct World {
    pub(crate) step: u64,
    pub(crate) channels: Channels,
    pub(crate) register: Register,
    pub(crate) post: Post,
    pub(crate) requests: Vec<Request>,
    pub(crate) log: Log,
    pub(crate) trace: Option<Trace>,
    pub(crate) random: SmallRng,
    /// Draws the order of agents, where that is not the one in which they were made.
    pub(crate) lots: SmallRng,
    pub(crate) seed: u64,
    pub(crate) application: Belongings,
    pub(crate) project: Belongings,
    pub(crate) project_name: String,
    pub(crate) rules: Rules,
    pub(crate) session: Option<Session>,
    pub(crate) successes: u64,
    pub(crate) sessions: u64,
    pub(crate) sender: Sender,
    pub(crate) counts: Counts,
    pub(crate) on_failure: OnFailure,
    /// Whether somebody pressed Ctrl-C.
    pub(crate) interrupted: bool,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) script: Option<Script>,
    /// What is shared with other universes that run the project.
    pub(crate) tally: Option<Tally>,
    pub(crate) watch: Option<Watch>,
    /// The first failure, which ends the run where failures do.
    pub(crate) failure: Option<String>,
    node: Node,
    /// What the agent does whose turn it is.
    pub(crate) doing: Doing,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many events were sent.
    pub sent: u64,
    /// How many times an agent got one.
    pub delivered: u64,
    /// How many times an agent missed one, because it was not active.
    pub dropped: u64,
    /// How many events nobody listens to.
    pub unheard: u64,
    /// How many times an agent did not act in a step, because one of its turns was not over.
    pub missed: u64,
    /// How many times an agent failed.
    pub failures: u64,
}

impl World {
    pub(crate) fn new(node: Node, seed: u64, limits: Limits, sender: Sender, log: Log) -> Self {
        let mut world = Self {
            step: 0,
            channels: Channels::default(),
            register: Register::new(limits.agents),
            post: Post::new(limits.messages),
            requests: Vec::new(),
            log,
            trace: None,
            random: SmallRng::seed_from_u64(seed),
            lots: SmallRng::seed_from_u64(seed),
            seed,
            application: Belongings::default(),
            project: Belongings::default(),
            project_name: String::new(),
            rules: Rules::default(),
            session: None,
            successes: 0,
            sessions: 0,
            sender,
            counts: Counts::default(),
            on_failure: OnFailure::EndRun,
            interrupted: false,
            recorder: None,
            script: None,
            tally: None,
            watch: None,
            failure: None,
            node,
            doing: Doing::Other("nothing"),
        };
        crate::kernel::enter_channels(&mut world);
        world
    }

    /// Takes what comes from outside in this step: what has come, or what the script says.
    pub(crate) fn inputs(&mut self) -> Vec<Input> {
        let inputs = match &mut self.script {
            Some(script) => script.inputs(self.step),
            None => self.sender.take().into(),
        };
        if let Some(recorder) = &mut self.recorder {
            inputs.iter().for_each(|input| recorder.note(self.step, Entry::Input(input.clone())));
        }
        inputs
    }

    /// Returns whether the session takes longer than it may, by the clock or as the script says.
    pub(crate) fn is_late(&mut self) -> bool {
        let late = match &mut self.script {
            Some(script) => script.is_late(self.step),
            None => match (&self.session, self.rules.session_timeout) {
                (Some(session), Some(limit)) => {
                    !session.stopping && self.now() - session.started >= limit
                }
                _ => false,
            },
        };
        if late && let Some(recorder) = &mut self.recorder {
            recorder.note(self.step, Entry::Timeout);
        }
        late
    }

    /// Lets an agent read nanoseconds from the clock: the node's, or what the script says.
    pub(crate) fn read_clock(&mut self, read: impl FnOnce(&Self) -> u64) -> u64 {
        let said = self.script.as_mut().and_then(|script| script.clock(self.step));
        let nanos = said.unwrap_or_else(|| read(self));
        if !self.node.is_simulated()
            && let Some(recorder) = &mut self.recorder
        {
            recorder.note(self.step, Entry::Clock(nanos));
        }
        nanos
    }

    /// Notes in the log that a session is over, or looks whether it went as the log says.
    pub(crate) fn mark(&mut self, session: u64) {
        let hash = self.trace.as_ref().map_or(0, Trace::hash);
        if let Some(recorder) = &mut self.recorder {
            recorder.mark(session, self.step, hash);
        }
        if let Some(script) = &mut self.script {
            script.compare(session, self.step, hash);
        }
    }

    /// Begins randomness anew for a session, so that it does not depend on the ones before.
    pub(crate) fn reseed(&mut self, session: u64) {
        // An odd factor, so that neighbours get seeds that differ in many bits.
        let seed = self.seed ^ session.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.random = SmallRng::seed_from_u64(seed);
        // Another stream, so that agents do not draw the numbers that their order comes from.
        self.lots = SmallRng::seed_from_u64(!seed);
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn now(&self) -> Time {
        self.node.now()
    }

    #[inline]
    pub(crate) fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Returns whether an agent is active, and may act in this step.
    #[inline]
    pub(crate) fn is_awake(&self, slot: u32) -> bool {
        self.register.standing(slot).is_awake()
    }

    #[inline]
    pub(crate) fn is_active(&self, slot: u32) -> bool {
        self.register.is_active(slot)
    }

    /// Notes whose turn it is, if somebody watches.
    #[inline]
    pub(crate) fn turn(&self, slot: u32) {
        if let Some(watch) = &self.watch {
            watch.turn(slot);
        }
    }

    /// Notes that an agent begins to handle an event.
    #[inline]
    pub(crate) fn handles(&mut self, slot: u32, channel: u32) {
        self.turn(slot);
        self.counts.delivered += 1;
        self.doing = Doing::Handle(channel);
        if self.trace.is_some() {
            let event = self.channels.get(channel).name.clone();
            self.note(slot, |agent| Deed::Handled { agent, event });
        }
    }

    /// Notes what an agent did in the trace, if there is one.
    pub(crate) fn note(&mut self, slot: u32, deed: impl FnOnce(String) -> Deed) {
        if let Some(trace) = &mut self.trace {
            let agent = self.register.identity(slot).map_or_else(kernel, Identity::name);
            trace.note(self.step, deed(agent));
        }
    }

    /// Sends an event of an agent to all that listen, or to one.
    #[inline]
    pub(crate) fn send<E: Event>(
        &mut self,
        from: u32,
        to: Option<u32>,
        event: E,
    ) -> Result<(), SendError<E>> {
        match self.check_sender(from).and_then(|()| self.room_for::<E>(to)) {
            Ok(channel) => {
                let index = self.channels.get_mut(channel).push(event);
                self.sent(from, channel, index, to);
                Ok(())
            }
            Err(fault) => Err(SendError { event, name: E::NAME.into(), fault }),
        }
    }

    #[inline]
    fn check_sender(&self, from: u32) -> Result<(), SendFault> {
        if from == KERNEL || self.is_active(from) {
            return Ok(());
        }
        Err(SendFault::Inactive { agent: self.name(from) })
    }

    #[inline]
    fn room_for<E: Event>(&mut self, to: Option<u32>) -> Result<u32, SendFault> {
        let clash =
            |clash: crate::channel::NameClash| SendFault::NameClash { name: clash.0.into() };
        let channel = self.channels.typed::<E>().map_err(clash)?;
        self.post.check(self.channels.get(channel), to)?;
        Ok(channel)
    }

    /// Sends a dynamic event.
    pub(crate) fn send_named(
        &mut self,
        from: u32,
        to: Option<u32>,
        name: &str,
        arguments: Value,
    ) -> Result<(), SendError<Value>> {
        let error = |event, fault| Err(SendError { event, name: name.into(), fault });
        if let Err(fault) = self.check_sender(from) {
            return error(arguments, fault);
        }
        let channel = self.channels.named(name);
        if let Err(fault) = self.post.check(self.channels.get(channel), to) {
            return error(arguments, fault);
        }
        let sent = &mut self.channels.get_mut(channel).sent;
        if let Err(refused) = sent.push_json(arguments) {
            let (value, detail) = *refused;
            return error(value, SendFault::Arguments { detail });
        }
        let index = sent.len() - 1;
        self.sent(from, channel, index, to);
        Ok(())
    }

    #[inline]
    fn sent(&mut self, from: u32, channel: u32, index: usize, to: Option<u32>) {
        self.counts.sent += 1;
        let listening = self.channels.get(channel).subscribers.len();
        self.post.add(channel, index, to, if to.is_some() { 1 } else { listening });
        if self.trace.is_some() {
            let channel = self.channels.get(channel);
            let (event, arguments) = (channel.name.clone(), channel.sent.json(index));
            self.note(from, |agent| Deed::Sent { agent, event, arguments });
        }
    }

    /// Sends an event of the universe itself.
    pub(crate) fn announce<E: Event>(&mut self, event: E) {
        if let Err(error) = self.send(KERNEL, None, event) {
            // The limit is for agents: what ends a session must get through.
            let SendError { event, fault, .. } = error;
            match self.channels.typed::<E>() {
                Ok(channel) => {
                    let index = self.channels.get_mut(channel).push(event);
                    self.sent(KERNEL, channel, index, None);
                }
                Err(_) => self.report(KERNEL, Level::Error, &fault.to_string()),
            }
        }
    }

    /// Drops what was sent in this step, as at the end of a session.
    pub(crate) fn drop_sent(&mut self) {
        self.counts.dropped += self.post.clear() as u64;
        self.channels.iter_mut().for_each(|channel| channel.sent.clear());
    }

    /// Counts messages that an agent did not get.
    pub(crate) fn drop_mail(&mut self, count: u64) {
        self.counts.dropped += count;
    }

    /// Notes that an agent could not act, since one of its turns is not over; its mail waits.
    #[cold]
    pub(crate) fn miss(&mut self, slot: u32, inbox: &Inbox) {
        self.counts.missed += 1;
        let mut mail = self.register.take_mail(slot);
        let letters: Vec<_> = mail.iter().filter_map(|delivery| late(*delivery, inbox)).collect();
        let kept = letters.len();
        let lost = self.register.keep_late(slot, letters);
        self.counts.dropped += (mail.len() - kept + lost) as u64;
        mail.clear();
        self.register.give_back(slot, mail);
    }

    /// Notes that an agent could not be switched, since one of its turns is not over.
    #[cold]
    pub(crate) fn miss_turn(&mut self, slot: u32, what: &str) {
        self.counts.missed += 1;
        let text = format!("`{what}` did not run: one of the agent's turns is not over");
        self.report(slot, Level::Warning, &text);
    }

    #[cold]
    pub(crate) fn panicked(&mut self, slot: u32, panic: &(dyn Any + Send)) {
        let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        self.fail(slot, &format!("panicked: {}", text.unwrap_or_default()));
    }

    #[cold]
    pub(crate) fn failed(&mut self, slot: u32, error: &lyceum_core::BoxError) {
        self.fail(slot, &format!("failed: {error}"));
    }

    /// Notes that an agent has ended by what was done to it outside of its steps.
    #[cold]
    pub(crate) fn lose(&mut self, slot: u32, end: &lyceum_core::DownReason) {
        // There is no state left that a `deinit` could run on.
        if let Some(missed) = self.register.deactivate(slot) {
            self.drop_mail(missed as u64);
            self.note(slot, |agent| Deed::Deactivated { agent });
        }
        self.follow(slot, &format!("ended outside of its steps: {end}"));
    }

    fn fail(&mut self, slot: u32, what: &str) {
        let doing = match self.doing {
            Doing::Live => "`live`".to_owned(),
            Doing::Handle(channel) => {
                format!("the handler of `{}`", self.channels.get(channel).name)
            }
            Doing::Other(what) => format!("`{what}`"),
        };
        self.follow(slot, &format!("{doing} {what}"));
    }

    /// Does what follows when an agent has failed.
    fn follow(&mut self, slot: u32, text: &str) {
        self.counts.failures += 1;
        self.report(slot, Level::Error, text);
        let failure = || format!("agent `{}`: {text}", self.name(slot));
        match self.on_failure {
            OnFailure::GoOn => {}
            OnFailure::Deactivate => self.deactivate(slot),
            OnFailure::EndSession => self.announce(events::SessionStop {}),
            OnFailure::EndRun => {
                let failure = failure();
                self.failure.get_or_insert(failure);
            }
        }
    }

    /// Writes a line of an agent's logger.
    pub(crate) fn report(&mut self, slot: u32, level: Level, text: &str) {
        if !self.log.takes(level, || self.name(slot)) {
            return;
        }
        let line = Line {
            level,
            step: self.step,
            session: self.session.as_ref().map(|session| session.number),
            successes: self.successes,
            agent: self.name(slot),
            text: text.into(),
        };
        self.log.write(&line);
    }

    pub(crate) fn name(&self, slot: u32) -> String {
        self.register.identity(slot).map_or_else(kernel, Identity::name)
    }

    /// Makes an agent active; false if it is already.
    pub(crate) fn activate(&mut self, slot: u32) -> bool {
        if !self.register.activate(slot) {
            return false;
        }
        self.note(slot, |agent| Deed::Activated { agent });
        self.requests.push(Request::Init(slot));
        true
    }

    /// Makes an agent inactive, unless it is.
    pub(crate) fn deactivate(&mut self, slot: u32) {
        if let Some(missed) = self.register.deactivate(slot) {
            self.drop_mail(missed as u64);
            self.note(slot, |agent| Deed::Deactivated { agent });
            self.requests.push(Request::Deinit(slot));
        }
    }

    /// Returns the session that what an agent does belongs to; none for one of the application.
    pub(crate) fn session_of(&self, slot: u32) -> Option<u64> {
        let of_application =
            self.register.identity(slot).is_none_or(|agent| agent.scope == Scope::Application);
        self.session.as_ref().filter(|_| !of_application).map(|session| session.number)
    }

    /// Returns whether a session is over, if that is one.
    pub(crate) fn is_over(&self, session: Option<u64>) -> bool {
        let now = self.session.as_ref().map(|session| session.number);
        session.is_some() && session != now
    }

    /// Returns the slot of an agent.
    pub(crate) fn slot(&self, number: AgentNumber) -> Option<u32> {
        self.register.slot(number)
    }
}

/// The slot of the universe itself, as a sender.
pub(crate) const KERNEL: u32 = u32::MAX;

fn kernel() -> String {
    "universe".into()
}

/// How much there may be of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) agents: usize,
    pub(crate) messages: usize,
}

/// Letters that wait since the step in which their agent could not act.
pub(crate) struct Late {
    pub(crate) handler: u16,
    pub(crate) channel: u32,
    pub(crate) queue: Box<dyn Queue>,
}

/// Makes a letter that outlives the step's columns; none if it cannot be written as JSON.
fn late(delivery: Delivery, inbox: &Inbox) -> Option<Late> {
    let sent = inbox.queue(delivery.channel);
    let mut queue = sent.fresh();
    queue.push_json(sent.json(delivery.index as usize)).ok()?;
    Some(Late { handler: delivery.handler, channel: delivery.channel, queue })
}

/// The letters that wait, by slot.
pub(crate) type LateMail = HashMap<u32, Vec<Late>>;

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("step", &self.step).finish_non_exhaustive()
    }
}
