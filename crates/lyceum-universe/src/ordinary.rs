//! Ordinary agents in a universe: the node runs them, between the steps.

use std::any::Any;

use lyceum_core::{Agent, AnyHandle, Handle};

use crate::roster::{Inbox, Members};
use crate::world::World;

/// Ordinary agents that were added one after the other.
pub(crate) struct Ordinary {
    members: Vec<AnyHandle>,
    first: u32,
}

impl Ordinary {
    /// Puts an agent into `last` if that has ordinary agents, or makes a new run.
    #[expect(clippy::needless_pass_by_value, reason = "as the columns of all types do it")]
    pub(crate) fn settle<A: Agent>(
        handle: Handle<A>,
        last: Option<&mut dyn Members>,
    ) -> Option<Box<dyn Members>> {
        let last = last.and_then(|last| {
            let any: &mut dyn Any = last;
            any.downcast_mut::<Self>()
        });
        match last {
            Some(run) => run.members.push(handle.any()),
            None => return Some(Box::new(Self { members: vec![handle.any()], first: 0 })),
        }
        None
    }
}

impl Members for Ordinary {
    fn len(&self) -> usize {
        self.members.len()
    }

    fn is_live(&self) -> bool {
        false
    }

    fn has_score(&self) -> bool {
        false
    }

    fn set_first(&mut self, first: u32) {
        self.first = first;
    }

    fn pass(&mut self, _: usize, _: &Inbox, _: &mut World) -> usize {
        self.members.len()
    }

    fn act(&mut self, _: usize, _: &Inbox, _: &mut World) {}

    fn visit(&mut self, _: usize, _: &Inbox, _: &mut World) -> bool {
        false
    }

    fn let_go(&mut self, _: u64) -> bool {
        false
    }

    fn init(&mut self, _: usize, _: &mut World) {}

    fn deinit(&mut self, _: usize, _: &mut World) {}

    fn switch(&mut self, index: usize, on: bool, world: &World) -> bool {
        let handle = self.members[index].clone();
        let switched = async move {
            let switched = if on { handle.activate().await } else { handle.deactivate().await };
            if let Err(error) = switched {
                tracing::warn!(agent = %handle, %error, "an agent of a universe was not switched");
            }
        };
        world.node().spawn(switched).detach();
        false
    }

    fn score(&mut self, _: usize, _: &mut World) -> Option<f64> {
        None
    }

    fn release(&mut self) {}

    fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        let mut slot = self.first;
        self.members.retain(|handle| {
            let stays = keep(slot);
            slot += 1;
            if !stays {
                handle.kill();
            }
            stays
        });
    }
}
