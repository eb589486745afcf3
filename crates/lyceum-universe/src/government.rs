//! What the universe itself does in a step: runs, projects and sessions begin and end.

use lyceum_core::Time;

use crate::kernel::{Flow, Kernel, Order};
use crate::roster::Run;
use crate::score::weighted;
use crate::session::{Session, SessionRecord};
use crate::trace::Deed;
use crate::world::KERNEL;
use crate::{Scope, events};

/// How many records of sessions are kept: the last ones.
const RECORDS: usize = 100_000;

impl Kernel {
    /// Lets the universe, the application and the project handle what is for them.
    pub(crate) fn govern(&mut self) {
        let orders = std::mem::take(&mut self.orders);
        for order in orders {
            match order {
                Order::EndRun => {
                    self.handled("univers_stop");
                    self.flow = Flow::Ends;
                }
                Order::Interrupt => {
                    self.world.interrupted = true;
                    self.world.announce(events::UniversStop {});
                }
                Order::Error(message) => {
                    self.world.failure.get_or_insert(message);
                }
                Order::Done | Order::EndProject => self.world.announce(events::UniversStop {}),
                Order::SessionDone(score) => {
                    self.handled("session_done");
                    self.world.announce(events::ProjectSessionDestroy { score });
                }
                Order::DestroySession(score) => {
                    self.handled("project_session_destroy");
                    self.next_session(score);
                }
                // The session handles it behind all agents.
                Order::StopSession => self.orders.push(Order::StopSession),
            }
        }
        self.watch_time();
    }

    fn handled(&mut self, event: &str) {
        self.world.note(KERNEL, |agent| Deed::Handled { agent, event: event.into() });
    }

    /// Counts the session's step, and ends it if it takes too long.
    fn watch_time(&mut self) {
        if self.began {
            return;
        }
        let late = self.world.is_late();
        let Some(session) = &mut self.world.session else { return };
        session.step += 1;
        if late && !session.stopping {
            session.stopping = true;
            self.world.announce(events::SessionStop {});
        }
    }

    /// Ends the session that is over, and begins the next, unless there were enough.
    fn next_session(&mut self, score: f64) {
        let Some(session) = self.world.session.take() else { return };
        self.record(&session, score);
        self.world.mark(session.number);
        self.world.session = Some(session);
        self.end_activities(Scope::Session);
        self.end_activities(Scope::Project);
        self.world.session = None;
        // What was under way when a session ends does not reach the next one.
        self.world.drop_sent();
        self.remove(Scope::Session);
        let rules = self.world.rules;
        let (sessions, successes) = match &self.world.tally {
            Some(tally) => (tally.sessions(), tally.successes()),
            None => (self.world.sessions, self.world.successes),
        };
        let enough = |limit: Option<u64>, count: u64| limit.is_some_and(|limit| count >= limit);
        if enough(rules.max_successes, successes) || enough(rules.max_sessions, sessions) {
            self.world.announce(events::UniversStop {});
        } else {
            self.arrange_session();
        }
    }

    /// Begins a session at once, or lets the next step begin with it.
    pub(crate) fn arrange_session(&mut self) {
        match self.is_calm {
            true => self.is_due = true,
            false => self.begin_session(),
        }
    }

    /// Begins a session: the project's agents are active again, and act from the next step on.
    pub(crate) fn begin_session(&mut self) {
        self.began = true;
        let number = self.world.sessions + 1;
        self.world.sessions = number;
        self.world.reseed(number);
        self.world.session = Some(Session::new(number, self.world.now()));
        for slot in self.world.register.of_scope(Scope::Project) {
            if self.world.activate(slot) {
                self.serve_requests();
            }
            self.world.register.put_to_sleep(slot);
        }
        if number == 1 {
            self.world.announce(events::ProjectStart {});
        }
        self.world.announce(events::SessionStart {});
    }

    /// Lets the session handle what is for it, behind all agents, and adds up the scores.
    pub(crate) fn judge(&mut self) {
        let stop = self.orders.iter().any(|order| matches!(order, Order::StopSession));
        self.orders.clear();
        let Some(session) = &self.world.session else { return };
        let (done, stopping) = (session.done, session.stopping);
        if done || self.began {
            return;
        }
        let score = self.sum();
        let Some(session) = &mut self.world.session else { return };
        session.score = score;
        let rules = self.world.rules;
        if stop {
            session.done = true;
            session.stopping = true;
            self.handled("session_stop");
            if score >= rules.success_score {
                self.world.announce(events::SessionSuccess {});
            }
            self.world.announce(events::SessionDone { score });
        } else if !stopping && (score >= rules.success_score || score <= rules.error_score) {
            session.stopping = true;
            self.world.announce(events::SessionStop {});
        }
    }

    /// Adds up what the active agents of the project and the session think of it.
    fn sum(&mut self) -> f64 {
        let mut sum = 0.0;
        for run in 0..self.roster.runs() {
            let Run { first, end, has_score, ref mut members, .. } = *self.roster.run(run);
            if !has_score {
                continue;
            }
            for (slot, index) in (first..end).zip(0..) {
                let Some(identity) = self.world.register.identity(slot) else { continue };
                let (weight, scope) = (identity.weight, identity.scope);
                if scope == Scope::Application || !self.world.is_active(slot) {
                    continue;
                }
                let score = members.score(index, &mut self.world);
                sum += weighted(score, weight).unwrap_or(0.0);
            }
        }
        sum
    }

    /// Writes down how a session went.
    pub(crate) fn record(&mut self, session: &Session, score: f64) {
        let success = session.done && score >= self.world.rules.success_score;
        self.world.successes += u64::from(success);
        if self.records.len() == RECORDS {
            self.records.pop_front();
        }
        let now: Time = self.world.now();
        let record = SessionRecord {
            number: session.number,
            steps: session.step,
            score,
            success,
            duration: now - session.started,
        };
        if let Some(tally) = &self.world.tally {
            tally.add(&record);
        }
        self.records.push_back(record);
    }

    /// Deactivates all agents of a scope, the last one first.
    pub(crate) fn end_activities(&mut self, scope: Scope) {
        for slot in self.world.register.of_scope(scope).into_iter().rev() {
            self.world.deactivate(slot);
            self.serve_requests();
        }
    }

    /// Ends all agents of a scope, which are inactive.
    pub(crate) fn remove(&mut self, scope: Scope) {
        // Letters know their agents by slots, which change now.
        let waiting = self.world.register.clear_mail() as u64;
        self.world.drop_mail(waiting);
        let Some(moved) = self.world.register.remove_scope(scope) else { return };
        let place = |slot: u32| moved.get(slot as usize).copied().flatten();
        self.roster.retain(&|slot| place(slot).is_some());
        if let Some(watch) = &self.world.watch {
            (0..self.world.register.len()).for_each(|slot| watch.name(slot, self.world.name(slot)));
        }
        for channel in self.world.channels.iter_mut() {
            channel.subscribers.retain_mut(|subscriber| match place(subscriber.slot) {
                Some(slot) => {
                    subscriber.slot = slot;
                    true
                }
                None => false,
            });
        }
    }
}
