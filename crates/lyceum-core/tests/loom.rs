//! Models of the cell's word, standing, phase, mailbox and list of woken turns, and of the run
//! queue, checked by loom in all orders of their steps.
//!
//! The sources are the real ones, on loom's primitives. What surrounds them in the models (blocks
//! without a payload, pumps without agents) follows `header.rs`, `turn.rs` and `run_queue.rs`, with
//! the same orderings.
//!
//! `cargo test --release -p lyceum-core --test loom`
#![expect(unsafe_code, reason = "the models reach what the real holders reach")]

#[path = "loom/block.rs"]
mod block;
#[expect(dead_code, reason = "the models do not need all of it")]
#[path = "../src/cell/mailbox.rs"]
mod lanes;
#[expect(dead_code, reason = "the models do not need all of it")]
#[path = "../src/cell/list.rs"]
mod list;
#[path = "loom/lock.rs"]
mod lock;
#[expect(dead_code, reason = "the models do not need all of it")]
#[path = "../src/cell/phase.rs"]
mod phase;
#[expect(dead_code, reason = "the models do not need all of it")]
#[path = "../src/cell/standing.rs"]
mod standing;
#[path = "loom/sync.rs"]
mod sync;
#[path = "../src/cell/woken.rs"]
mod woken;
#[path = "../src/cell/word.rs"]
#[expect(dead_code, reason = "the models need a part of it")]
mod word;

#[expect(dead_code, reason = "the models do not need all of it")]
#[path = "../src/node/ready.rs"]
mod ready;

#[path = "loom/agent.rs"]
mod agent;
#[path = "loom/call.rs"]
mod call;
#[path = "loom/pumps.rs"]
mod pumps;

/// Where the run queue finds its lock.
mod cell {
    pub(crate) use crate::lock::{Guard, Lock};
}

/// Where the mailbox finds its policies.
mod mailbox {
    #[derive(Clone, Copy, Debug)]
    #[expect(dead_code, reason = "the models do not need all of them")]
    pub(crate) enum Overflow {
        Wait,
        Fail,
        DropOldest,
        DropNewest,
    }
}

use loom::model::Builder;
use loom::sync::{Arc, Mutex};
use loom::thread;

use self::agent::Agent;
use self::block::Turn;
use self::call::{Call, Fate, Flag};
use self::phase::Verdict;
use self::standing::{Gate, Stage, Standing};
use self::word::{CLOSED, SHARING, SUSPENDED};

/// Checks a model in all orders with at most so many preemptions.
fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// The gate was closed first, and then the modes were tried one by one. A restart that ended in
/// between left the gate closed and the agent active, for ever, and the stop was forgotten.
#[test]
fn stop_during_a_restart_is_never_forgotten() {
    check(3, || {
        let standing = Arc::new(Standing::new(Stage::Running));
        let restarting = {
            let standing = standing.clone();
            thread::spawn(move || standing.close() && standing.open())
        };
        let other = {
            let standing = standing.clone();
            thread::spawn(move || standing.stop())
        };
        let stopped = standing.stop();
        let _ = restarting.join().unwrap();

        assert_ne!(stopped, other.join().unwrap(), "one of two stops is the one that stops it");
        assert_eq!(standing.read(), (Stage::Stopping, false));
        assert_eq!(standing.gate(), Gate::Stopping);
        assert!(!standing.close() && !standing.open(), "nothing comes after a stop");
    });
}

/// Mode and gate were changed one after the other: see the stress test on threads.
#[test]
fn gate_is_open_exactly_while_an_agent_that_runs_is_on() {
    check(3, || {
        let standing = Arc::new(Standing::new(Stage::Running));
        let off = {
            let standing = standing.clone();
            thread::spawn(move || standing.switch_off())
        };
        let restarting = {
            let standing = standing.clone();
            thread::spawn(move || standing.close() && standing.open())
        };
        let on = standing.switch_on();
        let off = off.join().unwrap();
        assert!(restarting.join().unwrap(), "nothing else starts or stops it");

        assert_eq!(standing.read(), (Stage::Running, off && !on), "a restart changes no switch");
        let expected = if off && !on { Gate::Inactive } else { Gate::Open };
        assert_eq!(standing.gate(), expected);
    });
}

/// As `mailbox.rs` and `turn.rs` do it.
#[test]
fn nothing_gets_into_the_mailbox_of_an_agent_that_was_buried() {
    check(3, || {
        let standing = Arc::new(Standing::new(Stage::Running));
        let mailbox = Arc::new(Mutex::new(0));
        let sender = {
            let (standing, mailbox) = (standing.clone(), mailbox.clone());
            thread::spawn(move || {
                let mut waiting = mailbox.lock().unwrap();
                let is_open = standing.gate() == Gate::Open;
                *waiting += u32::from(is_open);
                is_open
            })
        };
        standing.end();
        let returned = std::mem::take(&mut *mailbox.lock().unwrap());

        let got_in = sender.join().unwrap();
        assert_eq!(u32::from(got_in), returned, "what got in comes back");
        assert_eq!(*mailbox.lock().unwrap(), 0);
    });
}

#[test]
fn message_is_handled_once_while_callers_run_the_agent_themselves() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let caller = {
            let agent = agent.clone();
            thread::spawn(move || agent.call_inline(1))
        };
        let pusher = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell(2))
        };
        agent.pump();
        let inline = caller.join().unwrap();
        pusher.join().unwrap();
        agent.pump_all();

        let mut expected = vec![2];
        if inline {
            expected.push(1);
        }
        assert_eq!(agent.handled(), expected, "each is handled once");
        assert!(agent.word.is_quiet(), "nobody holds the agent");
    });
}

#[test]
fn messages_of_one_sender_are_handled_in_order_and_never_overtaken_inline() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let sender = {
            let agent = agent.clone();
            thread::spawn(move || {
                agent.tell(1);
                if !agent.call_inline(2) {
                    agent.tell(2);
                }
            })
        };
        agent.pump();
        sender.join().unwrap();
        agent.pump_all();

        assert_eq!(agent.handled_in_order(), [1, 2]);
    });
}

#[test]
fn wake_up_during_the_first_poll_is_not_lost() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let turn = Turn::new();
        agent.hold(SUSPENDED);
        let waker = {
            let (agent, turn) = (agent.clone(), turn.clone());
            thread::spawn(move || agent.wake(&turn))
        };
        let other = {
            let agent = agent.clone();
            thread::spawn(move || agent.call_inline(7) || agent.tell(7))
        };
        agent.first_poll(&turn, SUSPENDED);
        agent.pump();
        waker.join().unwrap();
        other.join().unwrap();
        agent.pump_all();

        assert!(turn.is_over(), "a turn whose waker fired is polled again");
        assert_eq!(agent.handled(), [7], "what waited for it is handled");
        assert!(agent.word.is_quiet());
    });
}

#[test]
fn wake_ups_of_several_turns_are_not_lost_in_the_list() {
    check(2, || {
        let agent = Arc::new(Agent::idle());
        let turns = [(); 2].map(|()| Turn::new());
        for turn in &turns {
            agent.hold(SHARING);
            agent.first_poll(turn, SHARING);
        }
        let wakers = turns.clone().map(|turn| {
            let agent = agent.clone();
            thread::spawn(move || agent.wake(&turn))
        });
        agent.pump();
        for waker in wakers {
            waker.join().unwrap();
        }
        agent.pump_all();

        assert!(turns.iter().all(Turn::is_over));
        assert!(agent.word.is_quiet());
    });
}

#[test]
fn turn_that_wakes_itself_again_is_polled_again() {
    check(2, || {
        let agent = Arc::new(Agent::idle());
        let turn = Turn::needing(2);
        agent.hold(SUSPENDED);
        agent.first_poll(&turn, SUSPENDED);
        let wakers = [(); 2].map(|()| {
            let (agent, turn) = (agent.clone(), turn.clone());
            thread::spawn(move || agent.wake(&turn))
        });
        agent.pump();
        for waker in wakers {
            waker.join().unwrap();
        }
        agent.pump_all();

        assert!(turn.is_over(), "each wake-up is followed by a poll that sees its cause");
    });
}

#[test]
fn message_that_waits_for_a_suspended_turn_is_handled_after_it() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let turn = Turn::new();
        agent.hold(SUSPENDED);
        agent.first_poll(&turn, SUSPENDED);
        agent.tell(1);
        agent.pump_all();
        assert!(agent.handled().is_empty(), "it waits");
        let waker = {
            let (agent, turn) = (agent.clone(), turn.clone());
            thread::spawn(move || agent.wake(&turn))
        };
        let caller = {
            let agent = agent.clone();
            thread::spawn(move || agent.call_inline(2) || agent.tell(2))
        };
        agent.pump();
        waker.join().unwrap();
        caller.join().unwrap();
        agent.pump_all();

        assert_eq!(agent.handled_in_order(), [1, 2]);
        assert!(agent.word.is_quiet());
    });
}

#[test]
fn message_to_an_agent_that_ends_is_handled_or_refused() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let killer = {
            let agent = agent.clone();
            thread::spawn(move || agent.end())
        };
        let teller = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell(1))
        };
        agent.pump();
        killer.join().unwrap();
        let accepted = teller.join().unwrap();
        agent.pump_all();

        assert!(agent.is_buried(), "the request to end is heard");
        let (handled, returned) = (agent.handled().len(), agent.returned());
        assert_eq!(handled + returned, usize::from(accepted), "the message is not stuck");
    });
}

#[test]
fn request_to_end_is_heard_by_whoever_holds_the_agent() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let killer = {
            let agent = agent.clone();
            thread::spawn(move || agent.end())
        };
        let caller = {
            let agent = agent.clone();
            thread::spawn(move || agent.call_inline(1))
        };
        agent.tell(2);
        agent.pump();
        killer.join().unwrap();
        caller.join().unwrap();
        agent.pump_all();

        assert!(agent.is_buried());
    });
}

#[test]
fn message_that_is_taken_back_goes_to_one_of_sender_and_agent() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let sender = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell_and_take_back(1))
        };
        let teller = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell(2))
        };
        agent.pump();
        let taken_back = sender.join().unwrap();
        teller.join().unwrap();
        agent.pump_all();

        let expected: &[u32] = if taken_back { &[2] } else { &[2, 1] };
        assert_eq!(agent.handled(), expected, "each goes one way");
        assert!(agent.word.is_quiet());
    });
}

/// Where room came between two looks, the message got in as one that is waited for: its sender
/// heard of it when the turn was over, or not before its deadline.
#[test]
fn message_at_the_door_gets_in_or_expires() {
    check(3, || {
        let agent = Arc::new(Agent::with_room_for(1));
        agent.tell(1);
        let sender = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell_patiently(2))
        };
        let timer = {
            let agent = agent.clone();
            thread::spawn(move || agent.expire())
        };
        agent.pump();
        sender.join().unwrap();
        let expired = timer.join().unwrap();
        agent.pump_all();

        let expected: &[u32] = if expired { &[1] } else { &[1, 2] };
        assert_eq!(agent.handled_in_order(), expected, "room that there is is given");
        assert!(agent.word.is_quiet());
    });
}

#[test]
fn agent_that_opens_handles_what_waited() {
    check(3, || {
        let agent = Arc::new(Agent::closed());
        agent.tell(1);
        let starter = {
            let agent = agent.clone();
            thread::spawn(move || agent.open())
        };
        let teller = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell(2))
        };
        agent.pump();
        starter.join().unwrap();
        teller.join().unwrap();
        agent.pump_all();

        assert_eq!(agent.handled_in_order(), [1, 2]);
        assert!(!agent.word.is_occupied() && agent.parked() & CLOSED == 0);
    });
}

#[test]
fn agent_that_a_hold_opens_handles_what_waited_and_what_comes() {
    check(3, || {
        let agent = Arc::new(Agent::closed());
        agent.tell(1);
        let sender = {
            let agent = agent.clone();
            thread::spawn(move || agent.tell(2))
        };
        agent.pump();
        let mut opened = agent.open_by_hold();
        sender.join().unwrap();
        agent.pump_all();
        // Whoever found it taken tries again later.
        while !opened {
            opened = agent.open_by_hold();
            agent.pump_all();
        }

        assert_eq!(agent.handled_in_order(), [1, 2]);
        assert!(agent.word.is_quiet(), "nobody holds the agent");
    });
}

#[test]
fn answer_reaches_the_caller_or_is_dropped_by_the_agent() {
    check(3, || {
        let call = Arc::new(Call::new());
        let caller = {
            let call = call.clone();
            thread::spawn(move || call.wait_or_give_up())
        };
        let given = call.answer();
        let fate = caller.join().unwrap();

        match fate {
            Fate::Ended(ending) => {
                assert!(given && ending.given);
                assert_eq!(ending.verdict, Verdict::Ran);
            }
            Fate::GaveUp => assert!(!given, "nobody takes what is given"),
        }
        assert!(call.is_content_gone());
    });
}

#[test]
fn waker_of_the_last_poll_is_woken() {
    check(3, || {
        let call = Arc::new(Call::new());
        let agent = {
            let call = call.clone();
            thread::spawn(move || call.answer())
        };
        let (first, second) = (Flag::new(), Flag::new());
        let early = call.poll(&first);
        let late = if early.is_none() { call.poll(&second) } else { None };
        assert!(agent.join().unwrap(), "the caller waits");

        if early.is_none() && late.is_none() {
            assert!(second.is_woken());
        }
        assert!(call.poll(&second).is_some_and(|ending| ending.given));
        call.take_content();
    });
}

#[test]
fn answer_and_timeout_come_to_one_outcome() {
    check(3, || {
        let call = Arc::new(Call::new());
        let agent = {
            let call = call.clone();
            thread::spawn(move || call.answer())
        };
        let timer = {
            let call = call.clone();
            thread::spawn(move || call.time_out())
        };
        let flag = Flag::new();
        let early = call.poll(&flag);
        let (answered, timed_out) = (agent.join().unwrap(), timer.join().unwrap());

        assert!(answered ^ timed_out, "one of the two ends the call");
        assert!(early.is_some() || flag.is_woken(), "the caller hears of it");
        let ending = call.poll(&flag).expect("it has ended");
        assert!(early.is_none_or(|early| early == ending), "the outcome stays");
        let verdict = if answered { Verdict::Ran } else { Verdict::Timeout };
        assert_eq!((ending.verdict, ending.given), (verdict, answered));
        if ending.given {
            call.take_content();
        }
        assert!(call.is_content_gone());
    });
}

#[test]
fn message_that_never_started_goes_to_one_of_timer_and_caller() {
    check(3, || {
        let call = Arc::new(Call::queued());
        let timer = {
            let call = call.clone();
            thread::spawn(move || call.expire())
        };
        let fate = call.wait_or_give_up();
        timer.join().unwrap();

        if let Fate::Ended(ending) = fate {
            assert_eq!((ending.verdict, ending.given), (Verdict::Timeout, true));
        }
        assert!(call.is_content_gone());
    });
}

#[test]
fn message_that_is_given_up_goes_to_one_of_caller_and_agent() {
    check(3, || {
        let call = Arc::new(Call::queued());
        let agent = {
            let call = call.clone();
            thread::spawn(move || call.start_and_answer())
        };
        let fate = call.wait_or_give_up();
        agent.join().unwrap();

        if let Fate::Ended(ending) = fate {
            assert!(ending.given);
        }
        assert!(call.is_content_gone());
    });
}

#[test]
fn wake_up_of_an_agent_that_ends_is_heard_or_dropped() {
    check(3, || {
        let agent = Arc::new(Agent::idle());
        let turn = Turn::new();
        agent.hold(SUSPENDED);
        agent.first_poll(&turn, SUSPENDED);
        let killer = {
            let agent = agent.clone();
            thread::spawn(move || agent.end())
        };
        let waker = {
            let (agent, turn) = (agent.clone(), turn.clone());
            thread::spawn(move || agent.wake(&turn))
        };
        agent.pump();
        killer.join().unwrap();
        waker.join().unwrap();
        agent.pump_all();

        assert!(agent.is_buried() && !agent.has_woken(), "nobody keeps the turn");
    });
}
