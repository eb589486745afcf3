//! Order: who acts first, where that is drawn by lot.

use rand::seq::SliceRandom;

use crate::kernel::Kernel;
use crate::roster::Run;

impl Kernel {
    /// Lets all agents act: groups of one type in the order in which they were made, and within
    /// each in an order that is drawn anew.
    pub(crate) fn walk_shuffled(&mut self) {
        let mailed = self.world.register.take_mailed();
        self.busy |= !mailed.is_empty();
        let mut order = Vec::new();
        let mut next = 0;
        let mut run = 0;
        while run < self.roster.runs() {
            let Run { first, end, is_live, .. } = *self.roster.run(run);
            let mail_end = mailed.partition_point(|slot| *slot < end);
            order.clear();
            if is_live {
                self.busy = true;
                order.extend(first..end);
            } else {
                order.extend_from_slice(&mailed[next..mail_end]);
            }
            next = mail_end;
            order.shuffle(&mut self.world.lots);
            for slot in order.drain(..) {
                self.let_act(run, is_live, slot);
            }
            // Those that were added meanwhile, who are also added themselves by such.
            let mut slot = end;
            while is_live && slot < self.roster.run(run).end {
                self.let_act(run, is_live, slot);
                slot += 1;
            }
            run += 1;
        }
        self.world.register.give_back_mailed(mailed);
    }

    /// Lets one agent act, and does what it asks for.
    fn let_act(&mut self, run: usize, is_live: bool, slot: u32) {
        if is_live {
            let Run { first, ref mut members, .. } = *self.roster.run(run);
            members.act((slot - first) as usize, &self.inbox, &mut self.world);
        } else if self.world.is_awake(slot) {
            self.roster.visit(run, slot, &self.inbox, &mut self.world);
        }
        if self.world.has_requests() {
            self.serve_requests();
        }
    }
}
