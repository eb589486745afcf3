//! Columns: agents of one type that were added one after the other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lyceum_core::{Handle, Hold};

use crate::inhabitant::Inhabitant;
use crate::roster::{Inbox, Members};
use crate::world::{Doing, World};
use crate::{Letter, Step};

/// For how many steps the state of an agent that only listens is kept after its last message: to
/// take it costs more than to handle one.
const KEPT_STEPS: u64 = 64;

/// Agents of one type that were added one after the other.
pub(crate) struct Column<A: Inhabitant> {
    first: u32,
    members: Vec<Member<A>>,
    /// Those that only listen, and whose state is kept.
    kept: Vec<u32>,
}

struct Member<A: Inhabitant> {
    handle: Handle<A>,
    /// Kept over steps while it is not wanted elsewhere.
    hold: Option<Hold<A>>,
    /// The step in which it acted last; of those that only listen.
    acted: u64,
}

impl<A: Inhabitant> Column<A> {
    /// Puts an agent into `last` if that is a column of its type, or makes a new one.
    pub(crate) fn settle(
        handle: Handle<A>,
        last: Option<&mut dyn Members>,
    ) -> Option<Box<dyn Members>> {
        let member = Member { handle, hold: None, acted: 0 };
        let last = last.and_then(|last| {
            let any: &mut dyn Any = last;
            any.downcast_mut::<Self>()
        });
        match last {
            Some(column) => column.members.push(member),
            None => {
                return Some(Box::new(Self { first: 0, members: vec![member], kept: Vec::new() }));
            }
        }
        None
    }

    /// Lets members live from `index` on, until the end or until one asks the kernel for something.
    fn pass(&mut self, index: &mut usize, inbox: &Inbox, world: &mut World) {
        world.doing = Doing::Live;
        while let Some(member) = self.members.get_mut(*index) {
            let slot = self.first + u32::try_from(*index).expect("slots are 32 bits");
            member.act(slot, inbox, world);
            *index += 1;
            if world.has_requests() {
                return;
            }
        }
    }

    /// Runs `work` on the state of a member, if it can be had; a panic is a failure of the agent.
    fn with(
        &mut self,
        index: usize,
        world: &mut World,
        what: &'static str,
        work: impl FnOnce(&mut A, &mut Step<'_>),
    ) {
        let member = &mut self.members[index];
        let slot = self.first + u32::try_from(index).expect("slots are 32 bits");
        let mut taken = None;
        let kept = member.hold.as_mut();
        let hold = kept.or_else(|| {
            taken = Hold::take(&member.handle);
            taken.as_mut()
        });
        let Some(hold) = hold else { return world.miss_turn(slot, what) };
        world.doing = Doing::Other(what);
        world.turn(slot);
        let worked = catch_unwind(AssertUnwindSafe(|| {
            work(hold.state(), &mut Step::of(world, slot));
        }));
        if let Err(panic) = worked {
            world.panicked(slot, &*panic);
        }
    }
}

impl<A: Inhabitant> Member<A> {
    /// Takes the state, unless it is kept; none if one of the agent's turns is not over.
    #[inline]
    fn hold(&mut self) -> Option<&mut Hold<A>> {
        if self.hold.is_none() {
            self.hold = Hold::take(&self.handle);
        }
        self.hold.as_mut()
    }

    /// Lets an agent that is active handle what has come, and live; it is noted already that it
    /// lives.
    #[inline]
    fn act(&mut self, slot: u32, inbox: &Inbox, world: &mut World) {
        let standing = world.register.standing(slot);
        if !standing.is_awake() {
            return;
        }
        if standing.has_mail() {
            self.read(slot, inbox, world);
            world.doing = Doing::Live;
            // One of its handlers may have switched it off.
            if !world.is_active(slot) {
                return;
            }
        }
        self.live(slot, inbox, world);
    }

    /// Does what the agent does in each step.
    #[inline]
    fn live(&mut self, slot: u32, inbox: &Inbox, world: &mut World) {
        let Some(hold) = self.hold() else { return self.miss(slot, inbox, world) };
        world.turn(slot);
        if let Err(error) = A::live(hold.state(), &mut Step::of(world, slot)) {
            world.failed(slot, &error);
        }
        if hold.is_wanted() {
            self.hold = None;
        }
    }

    /// Lets the agent handle what has come, if its state can be had.
    fn read(&mut self, slot: u32, inbox: &Inbox, world: &mut World) {
        match self.hold() {
            Some(hold) => read(hold.state(), slot, inbox, world),
            // Who lives, too, misses both at once.
            None if A::LIVE => {}
            None => self.miss(slot, inbox, world),
        }
    }

    /// Notes that the state cannot be had: one of the agent's turns is not over, or it has ended.
    #[cold]
    fn miss(&self, slot: u32, inbox: &Inbox, world: &mut World) {
        match Hold::end_of(&self.handle) {
            Some(end) => world.lose(slot, &end),
            None => world.miss(slot, inbox),
        }
    }

    /// Lets an agent handle what has come that only listens; true if its state is kept anew.
    fn listen(&mut self, slot: u32, inbox: &Inbox, world: &mut World) -> bool {
        let fresh = self.hold.is_none();
        self.read(slot, inbox, world);
        self.acted = world.step;
        if self.hold.as_ref().is_some_and(Hold::is_wanted) {
            self.hold = None;
        }
        fresh && self.hold.is_some()
    }
}

/// Lets an agent handle the messages of this step.
fn read<A: Inhabitant>(agent: &mut A, slot: u32, inbox: &Inbox, world: &mut World) {
    for late in world.register.take_late(slot) {
        let letter = Letter { queue: &*late.queue, index: 0 };
        hand_over(agent, slot, late.channel, late.handler, letter, world);
    }
    let mut mail = world.register.take_mail(slot);
    for delivery in &mail {
        let letter =
            Letter { queue: inbox.queue(delivery.channel), index: delivery.index as usize };
        hand_over(agent, slot, delivery.channel, delivery.handler, letter, world);
    }
    mail.clear();
    world.register.give_back(slot, mail);
}

#[inline]
fn hand_over<A: Inhabitant>(
    agent: &mut A,
    slot: u32,
    channel: u32,
    handler: u16,
    letter: Letter<'_>,
    world: &mut World,
) {
    if !world.is_active(slot) {
        // It was switched off by one of the messages before.
        return world.drop_mail(1);
    }
    world.handles(slot, channel);
    let entry = &A::EVENTS[usize::from(handler)];
    if let Err(error) = (entry.handle)(agent, letter, &mut Step::of(world, slot)) {
        world.failed(slot, &error);
    }
}

impl<A: Inhabitant> Members for Column<A> {
    fn len(&self) -> usize {
        self.members.len()
    }

    fn is_live(&self) -> bool {
        A::LIVE
    }

    fn has_score(&self) -> bool {
        A::SCORE
    }

    fn set_first(&mut self, first: u32) {
        self.first = first;
    }

    fn pass(&mut self, from: usize, inbox: &Inbox, world: &mut World) -> usize {
        let mut index = from;
        while index < self.members.len() {
            let passed =
                catch_unwind(AssertUnwindSafe(|| Self::pass(self, &mut index, inbox, world)));
            if let Err(panic) = passed {
                let slot = self.first + u32::try_from(index).expect("slots are 32 bits");
                self.members[index].hold = None;
                world.panicked(slot, &*panic);
                index += 1;
            }
            if world.has_requests() {
                break;
            }
        }
        index
    }

    fn act(&mut self, index: usize, inbox: &Inbox, world: &mut World) {
        let slot = self.first + u32::try_from(index).expect("slots are 32 bits");
        let member = &mut self.members[index];
        world.doing = Doing::Live;
        let acted = catch_unwind(AssertUnwindSafe(|| member.act(slot, inbox, world)));
        if let Err(panic) = acted {
            member.hold = None;
            world.panicked(slot, &*panic);
        }
    }

    fn visit(&mut self, index: usize, inbox: &Inbox, world: &mut World) -> bool {
        let slot = self.first + u32::try_from(index).expect("slots are 32 bits");
        let member = &mut self.members[index];
        let listened = catch_unwind(AssertUnwindSafe(|| member.listen(slot, inbox, world)));
        match listened {
            Ok(false) => return false,
            Ok(true) => {}
            Err(panic) => {
                member.hold = None;
                world.panicked(slot, &*panic);
                return false;
            }
        }
        self.kept.push(u32::try_from(index).expect("slots are 32 bits"));
        self.kept.len() == 1
    }

    fn let_go(&mut self, step: u64) -> bool {
        let members = &mut self.members;
        self.kept.retain(|&index| {
            let Some(member) = members.get_mut(index as usize) else { return false };
            let Some(hold) = &member.hold else { return false };
            let stays = !hold.is_wanted() && step < member.acted + KEPT_STEPS;
            if !stays {
                member.hold = None;
            }
            stays
        });
        !self.kept.is_empty()
    }

    fn init(&mut self, index: usize, world: &mut World) {
        self.with(index, world, "init", |agent, cx| {
            if let Err(error) = A::init(agent, cx) {
                cx.fail(&error);
            }
        });
    }

    fn deinit(&mut self, index: usize, world: &mut World) {
        self.with(index, world, "deinit", |agent, cx| {
            if let Err(error) = A::deinit(agent, cx) {
                cx.fail(&error);
            }
        });
    }

    fn switch(&mut self, index: usize, on: bool, world: &World) -> bool {
        let member = &mut self.members[index];
        let fresh = member.hold.is_none();
        let Some(hold) = member.hold() else { return false };
        hold.switch(on);
        if !on {
            member.hold = None;
            return false;
        }
        member.acted = world.step;
        if A::LIVE || !fresh {
            return false;
        }
        self.kept.push(u32::try_from(index).expect("slots are 32 bits"));
        self.kept.len() == 1
    }

    fn score(&mut self, index: usize, world: &mut World) -> Option<f64> {
        let mut score = None;
        self.with(index, world, "score", |agent, _| score = A::score(agent));
        score
    }

    fn release(&mut self) {
        if A::LIVE {
            self.members.iter_mut().for_each(|member| member.hold = None);
        }
        for index in self.kept.drain(..) {
            if let Some(member) = self.members.get_mut(index as usize) {
                member.hold = None;
            }
        }
    }

    fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        self.release();
        let mut slot = self.first;
        self.members.retain_mut(|member| {
            let stays = keep(slot);
            slot += 1;
            if !stays {
                member.handle.any().kill();
            }
            stays
        });
    }
}
