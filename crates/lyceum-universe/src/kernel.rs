//! The kernel: what happens in a step, and in which order.
//!
//! A step distributes what was sent in the step before, lets the universe, the application and the
//! project handle theirs, then the agents in the order in which they were made, and the session at
//! last. So what an agent sends is handled in the next step, whoever sends it.

use std::collections::VecDeque;
use std::fmt;

use futures_util::future::FutureExt;
use lyceum_core::wire::AgentName;
use lyceum_core::{Agent, Handle, full_text};

use crate::channel::{NameClash, column};
use crate::error::AddFault;
use crate::log::Level;
use crate::post::{Delivery, Message};
use crate::roster::{Inbox, Roster, Run, species};
use crate::session::SessionRecord;
use crate::world::{KERNEL, Request, World};
use crate::{AddError, AgentNumber, Event, Project, Scope, events};

/// Agents, their world, and what is under way between them.
pub(crate) struct Kernel {
    pub(crate) world: World,
    pub(crate) roster: Roster,
    pub(crate) inbox: Inbox,
    /// What the universe itself has to handle in this step.
    pub(crate) orders: Vec<Order>,
    pub(crate) flow: Flow,
    pub(crate) records: VecDeque<SessionRecord>,
    /// Whether a session is put off until whoever drives this finds the machine quiet.
    pub(crate) is_calm: bool,
    /// Whether a session was put off, and begins with the next step.
    pub(crate) is_due: bool,
    /// Whether a session began in this step.
    pub(crate) began: bool,
    /// Whether anything happened in this step.
    pub(crate) busy: bool,
    /// Whether an agent could not act in this step, since one of its turns is not over.
    pub(crate) missed: bool,
}

/// Whether the run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    GoesOn,
    /// It ends with this step.
    Ends,
}

/// An event that the universe itself handles.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    EndRun,
    Interrupt,
    Error(String),
    Done,
    EndProject,
    SessionDone(f64),
    DestroySession(f64),
    StopSession,
}

/// An agent whose slot is reserved.
pub(crate) struct Ready {
    pub(crate) slot: u32,
    pub(crate) number: AgentNumber,
    pub(crate) settle: Box<dyn FnOnce(&mut Roster) + Send>,
}

/// Reserves a slot for an agent, and launches it on the universe's node, switched off for others
/// once it is settled.
pub(crate) fn prepare<A: Agent>(
    world: &mut World,
    scope: Scope,
    name: Option<&str>,
    weight: f64,
    agent: A,
) -> Result<Ready, AddError> {
    let error = |fault| AddError { name: name.unwrap_or(A::NAME).into(), fault };
    if let Some(Err(bad)) = name.map(str::parse::<AgentName>) {
        return Err(error(AddFault::BadName { detail: bad.to_string() }));
    }
    let (slot, number) = world.register.add(A::NAME, name, scope, weight).map_err(error)?;
    let handle = match launch(world, name, agent) {
        Ok(handle) => handle,
        Err(detail) => {
            world.register.undo();
            return Err(error(AddFault::Launch { detail }));
        }
    };
    if let Some(species) = species::<A>()
        && let Err(NameClash(name)) = (species.subscribe)(&mut world.channels, slot)
    {
        handle.kill();
        world.register.undo();
        return Err(error(AddFault::NameClash { name: name.into() }));
    }
    if let Some(watch) = &world.watch {
        watch.name(slot, world.name(slot));
    }
    let settle = Box::new(move |roster: &mut Roster| roster.settle(handle));
    Ok(Ready { slot, number, settle })
}

/// Launches an agent; it may still be starting.
fn launch<A: Agent>(world: &World, name: Option<&str>, agent: A) -> Result<Handle<A>, String> {
    let node = world.node();
    let starts = const { A::BLUEPRINT.on_start.is_some() };
    if !starts {
        return node.launch_at_once(name, agent).map_err(|error| full_text(&error));
    }
    let own;
    let name = match name {
        Some(name) => name,
        None => {
            own = format!("{}-{}", A::NAME, world.register.len());
            &own
        }
    };
    let reservation = node.reserve::<A>(name).map_err(|error| full_text(&error))?;
    let handle = reservation.handle();
    let mut launching = reservation.launch(agent);
    if (&mut launching).now_or_never().is_none() {
        node.spawn(async move {
            if let Err(error) = launching.await {
                tracing::error!(%error, "an agent of a universe did not start");
            }
        })
        .detach();
    }
    Ok(handle)
}

impl Kernel {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world,
            roster: Roster::default(),
            inbox: Inbox::default(),
            orders: Vec::new(),
            flow: Flow::Ends,
            records: VecDeque::new(),
            is_calm: false,
            is_due: false,
            began: false,
            busy: false,
            missed: false,
        }
    }

    /// Adds an agent between steps.
    pub(crate) fn add<A: Agent>(
        &mut self,
        scope: Scope,
        name: Option<&str>,
        weight: f64,
        agent: A,
    ) -> Result<AgentNumber, AddError> {
        let ready = prepare(&mut self.world, scope, name, weight, agent)?;
        (ready.settle)(&mut self.roster);
        self.switch(ready.slot, false);
        Ok(ready.number)
    }

    /// Begins a run: activates the application's agents, and begins the first session.
    pub(crate) fn begin(&mut self, project: Project) -> Result<(), AddError> {
        self.flow = Flow::GoesOn;
        self.records.clear();
        let world = &mut self.world;
        (world.step, world.sessions, world.successes) = (0, 0, 0);
        world.failure = None;
        world.interrupted = false;
        world.counts = Default::default();
        world.project_name = project.name;
        world.rules = project.rules;
        world.project = project.belongings;
        for slot in world.register.of_scope(Scope::Application) {
            world.activate(slot);
        }
        self.serve_requests();
        for add in project.agents {
            if let Err(error) = add(self) {
                self.end();
                return Err(error);
            }
        }
        self.arrange_session();
        Ok(())
    }

    /// Ends a run: nobody is active any more, and the project's agents are gone.
    pub(crate) fn end(&mut self) {
        self.end_activities(Scope::Session);
        self.remove(Scope::Session);
        if let Some(session) = self.world.session.take() {
            self.record(&session, session.score);
        }
        self.end_activities(Scope::Project);
        self.remove(Scope::Project);
        self.end_activities(Scope::Application);
        self.world.drop_sent();
        self.orders.clear();
        self.is_due = false;
        self.roster.release();
        self.flow = Flow::Ends;
    }

    /// Runs one step.
    pub(crate) fn step(&mut self) {
        if self.is_due {
            self.is_due = false;
            self.begin_session();
        }
        self.world.step += 1;
        let missed = self.world.counts.missed;
        if let Some(watch) = &self.world.watch {
            watch.step(self.world.step);
        }
        self.began = false;
        self.busy = false;
        self.world.register.wake_all();
        self.distribute();
        self.govern();
        match self.world.rules.is_shuffled {
            false => self.walk(),
            true => self.walk_shuffled(),
        }
        self.judge();
        self.roster.let_go(self.world.step);
        self.missed = self.world.counts.missed > missed;
        if self.world.failure.is_some() {
            self.flow = Flow::Ends;
        }
    }

    /// Hands out what was sent in the step before, in the order in which it was sent.
    fn distribute(&mut self) {
        self.take_inputs();
        let world = &mut self.world;
        if world.post.is_empty() {
            return;
        }
        self.busy = true;
        self.inbox.fill(&mut world.channels, &mut world.post);
        for message in &self.inbox.messages {
            let heard = deliver(world, *message);
            match order_of(*message, &self.inbox) {
                Some(order) => self.orders.push(order),
                None if !heard && message.channel >= channels::KNOWN => world.counts.unheard += 1,
                None => {}
            }
        }
    }

    /// Takes what came from outside since the last step.
    fn take_inputs(&mut self) {
        for input in self.world.inputs() {
            if self.world.is_over(input.session) {
                self.world.drop_mail(1);
                continue;
            }
            let to = match input.to.map(|number| (number, self.world.slot(number))) {
                None => None,
                Some((_, Some(slot))) => Some(slot),
                Some((number, None)) => {
                    let event = &input.event;
                    tracing::warn!(event, %number, "an event came for an agent that is gone");
                    self.world.drop_mail(1);
                    continue;
                }
            };
            if let Err(error) = self.world.send_named(KERNEL, to, &input.event, input.arguments) {
                self.world.drop_mail(1);
                self.world.report(KERNEL, Level::Warning, &error.to_string());
            }
        }
    }

    /// Lets all agents act, in the order in which they were made.
    fn walk(&mut self) {
        let mut mailed = self.world.register.take_mailed();
        // Also of those whose letters wait since an earlier step.
        self.busy |= !mailed.is_empty();
        let mut next = 0;
        let mut run = 0;
        while run < self.roster.runs() {
            let mut position = 0;
            loop {
                let Run { first, end, is_live, ref mut members, .. } = *self.roster.run(run);
                if is_live {
                    if position >= (end - first) as usize {
                        break;
                    }
                    self.busy = true;
                    position = members.pass(position, &self.inbox, &mut self.world);
                } else {
                    let Some(slot) = mailed.get(next).copied().filter(|slot| *slot < end) else {
                        break;
                    };
                    next += 1;
                    if slot >= first && self.world.is_awake(slot) {
                        self.roster.visit(run, slot, &self.inbox, &mut self.world);
                    }
                }
                if self.world.has_requests() {
                    self.serve_requests();
                }
            }
            run += 1;
        }
        mailed.clear();
        self.world.register.give_back_mailed(mailed);
    }

    /// Does what agents asked for while they acted.
    pub(crate) fn serve_requests(&mut self) {
        while self.world.has_requests() {
            for request in std::mem::take(&mut self.world.requests) {
                match request {
                    Request::Settle { slot, settle } => {
                        settle(&mut self.roster);
                        self.switch(slot, false);
                    }
                    Request::Init(slot) => {
                        self.switch(slot, true);
                        let (members, index) = self.roster.member(slot);
                        members.init(index, &mut self.world);
                    }
                    Request::Deinit(slot) => {
                        let (members, index) = self.roster.member(slot);
                        members.deinit(index, &mut self.world);
                        self.switch(slot, false);
                    }
                }
            }
        }
    }

    fn switch(&mut self, slot: u32, on: bool) {
        self.roster.switch(slot, on, &self.world);
    }
}

/// Puts a message into the mail of those that listen and are active; false if nobody listens.
fn deliver(world: &mut World, message: Message) -> bool {
    let subscribers = &world.channels.get(message.channel).subscribers;
    let Message { channel, index, to } = message;
    let mut dropped = 0;
    for subscriber in subscribers {
        if to.is_some_and(|to| to != subscriber.slot) {
            continue;
        }
        let delivery = Delivery { channel, index, handler: subscriber.handler };
        dropped += u64::from(!world.register.deliver(subscriber.slot, delivery));
    }
    let heard = !subscribers.is_empty();
    world.drop_mail(dropped);
    heard
}

/// Returns what the universe itself has to do about a message.
fn order_of(message: Message, inbox: &Inbox) -> Option<Order> {
    /// Reads an event of the universe's own.
    fn read<E: Event>(message: Message, inbox: &Inbox) -> &E {
        &column::<E>(inbox.queue(message.channel))[message.index as usize]
    }
    Some(match message.channel {
        channels::UNIVERS_STOP => Order::EndRun,
        channels::INTERRUPT => Order::Interrupt,
        channels::ERROR => {
            Order::Error(read::<events::ApplicationError>(message, inbox).message.clone())
        }
        channels::DONE => Order::Done,
        channels::PROJECT_STOP => Order::EndProject,
        channels::SESSION_DONE => {
            Order::SessionDone(read::<events::SessionDone>(message, inbox).score)
        }
        channels::DESTROY => {
            Order::DestroySession(read::<events::ProjectSessionDestroy>(message, inbox).score)
        }
        channels::SESSION_STOP => Order::StopSession,
        _ => return None,
    })
}

/// The channels that the universe itself listens to, as [`World`] makes them first.
mod channels {
    pub(super) const UNIVERS_STOP: u32 = 0;
    pub(super) const INTERRUPT: u32 = 1;
    pub(super) const ERROR: u32 = 2;
    pub(super) const DONE: u32 = 3;
    pub(super) const PROJECT_STOP: u32 = 4;
    pub(super) const SESSION_DONE: u32 = 5;
    pub(super) const DESTROY: u32 = 6;
    pub(super) const SESSION_STOP: u32 = 7;
    /// The universe itself sends these and those before, whether or not anybody listens.
    pub(super) const KNOWN: u32 = 12;
}

/// Makes the channels that the universe itself listens to.
pub(crate) fn enter_channels(world: &mut World) {
    let typed = [
        world.channels.typed::<events::UniversStop>(),
        world.channels.typed::<events::ApplicationInterrupt>(),
        world.channels.typed::<events::ApplicationError>(),
        world.channels.typed::<events::ApplicationDone>(),
        world.channels.typed::<events::ProjectStop>(),
        world.channels.typed::<events::SessionDone>(),
        world.channels.typed::<events::ProjectSessionDestroy>(),
        world.channels.typed::<events::SessionStop>(),
        world.channels.typed::<events::ProjectStart>(),
        world.channels.typed::<events::SessionStart>(),
        world.channels.typed::<events::SessionSuccess>(),
        world.channels.typed::<events::SessionRename>(),
    ];
    debug_assert!((0..).zip(typed).all(|(index, channel)| channel == Ok(index)));
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("step", &self.world.step).finish_non_exhaustive()
    }
}
