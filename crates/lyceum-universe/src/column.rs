//! Columns: agents of one type that were added one after the other.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lyceum_core::{Handle, Hold};

use crate::inhabitant::Inhabitant;
use crate::roster::{Inbox, Members};
use crate::world::{Doing, World};
use crate::{Letter, Step};

/// Agents of one type that were added one after the other.
pub(crate) struct Column<A: Inhabitant> {
    first: u32,
    members: Vec<Member<A>>,
}

struct Member<A: Inhabitant> {
    handle: Handle<A>,
    /// Kept over steps by agents that do something in each.
    hold: Option<Hold<A>>,
}

impl<A: Inhabitant> Column<A> {
    /// Puts an agent into `last` if that is a column of its type, or makes a new one.
    pub(crate) fn settle(
        handle: Handle<A>,
        last: Option<&mut dyn Members>,
    ) -> Option<Box<dyn Members>> {
        let member = Member { handle, hold: None };
        let last = last.and_then(|last| {
            let any: &mut dyn Any = last;
            any.downcast_mut::<Self>()
        });
        match last {
            Some(column) => column.members.push(member),
            None => return Some(Box::new(Self { first: 0, members: vec![member] })),
        }
        None
    }

    /// Lets members act from `index` on, until the end or until one asks the kernel for something.
    fn pass(&mut self, index: &mut usize, inbox: &Inbox, world: &mut World) {
        while let Some(member) = self.members.get_mut(*index) {
            let slot = self.first + u32::try_from(*index).expect("slots are 32 bits");
            if world.is_awake(slot) {
                member.act(slot, inbox, world, A::LIVE);
            }
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
        world.begin(slot, Doing::Other(what));
        let worked = catch_unwind(AssertUnwindSafe(|| {
            work(hold.state(), &mut Step::of(world, slot));
        }));
        if let Err(panic) = worked {
            world.panicked(slot, &*panic);
        }
    }
}

impl<A: Inhabitant> Member<A> {
    /// Handles what has come, and then lives, if there is more than letters to do.
    #[inline]
    fn act(&mut self, slot: u32, inbox: &Inbox, world: &mut World, lives: bool) {
        let hold = match &mut self.hold {
            Some(hold) => hold,
            None => match Hold::take(&self.handle) {
                Some(hold) => self.hold.insert(hold),
                None => return world.miss(slot, inbox),
            },
        };
        if world.has_mail(slot) {
            read(hold.state(), slot, inbox, world);
        }
        if lives && world.is_active(slot) {
            world.begin(slot, Doing::Live);
            if let Err(error) = A::live(hold.state(), &mut Step::of(world, slot)) {
                world.failed(slot, &error);
            }
        }
        if hold.is_wanted() || !lives {
            self.hold = None;
        }
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
    world.counts.delivered += 1;
    world.begin(slot, Doing::Handle(channel));
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

    fn visit(&mut self, index: usize, inbox: &Inbox, world: &mut World) {
        let slot = self.first + u32::try_from(index).expect("slots are 32 bits");
        let member = &mut self.members[index];
        let acted = catch_unwind(AssertUnwindSafe(|| member.act(slot, inbox, world, A::LIVE)));
        if let Err(panic) = acted {
            member.hold = None;
            world.panicked(slot, &*panic);
        }
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

    fn switch(&mut self, index: usize, on: bool, _: &World) {
        let member = &mut self.members[index];
        if let Some(mut hold) = member.hold.take().or_else(|| Hold::take(&member.handle)) {
            hold.switch(on);
        }
    }

    fn score(&mut self, index: usize, world: &mut World) -> Option<f64> {
        let mut score = None;
        self.with(index, world, "score", |agent, _| score = A::score(agent));
        score
    }

    fn release(&mut self) {
        for member in &mut self.members {
            member.hold = None;
        }
    }

    fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        let mut slot = self.first;
        self.members.retain_mut(|member| {
            let stays = keep(slot);
            slot += 1;
            if !stays {
                member.hold = None;
                member.handle.any().kill();
            }
            stays
        });
    }
}
