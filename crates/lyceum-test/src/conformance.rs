//! What exchanges promise, as one suite of tests in chapters.
//!
//! - `every`: what each exchange must pass.
//! - `mailboxes`: what those must pass besides whose mailboxes outlive programs.
//! - `direct`: what those must pass besides that connect nodes with each other.
//! - `academy`: what those have instead whose messages are Academy's.
//!
//! Who writes an exchange says which chapters it has. Nothing in a chapter is left out.

mod academy;
mod bed;
mod calls;
mod direct;
mod ends;
mod kept;
mod member;
mod office;
mod others;
mod probe;
mod traffic;

pub use bed::Bed;
pub use member::Member;
pub use office::{Desk, Office, Plan};
#[doc(hidden)]
pub use probe::{Notes, Probe, Refused};

/// Makes the tests of an exchange from a [`Bed`] and the chapters that the exchange has: `every`,
/// `mailboxes`, and `direct` or `academy`.
///
/// Where the bed is an `Option`, `None` runs nothing: whoever makes it says why.
///
/// ```
/// use lyceum_test::{Bed, exchange_suite};
///
/// exchange_suite!(Bed::simulated(7) => every, direct);
/// ```
#[macro_export]
macro_rules! exchange_suite {
    ($bed:expr => $($chapter:ident),+) => {
        $( $crate::exchange_suite! { @$chapter $bed } )+
    };
    (@every $bed:expr) => {
        $crate::exchange_suite! { @cases $bed =>
            calls_tells_and_errors_are_delivered
            messages_of_one_sender_keep_their_order
            deadlines_end_calls_and_are_inherited
            queued_call_that_is_given_up_never_runs
            full_mailbox_gives_the_message_back
            agents_are_described_and_found
            agent_that_is_switched_off_gives_messages_back
            stopped_agent_ends_its_calls
            lost_node_ends_the_calls_that_it_had
            restarted_node_is_found_by_the_same_handle
            handles_are_passed_on
            large_bodies_travel_beside_small_ones
        }
    };
    (@mailboxes $bed:expr) => {
        $crate::exchange_suite! { @cases $bed =>
            messages_wait_for_an_agent_that_is_away
            exchange_that_is_restarted_keeps_what_is_durable
            terminated_mailbox_ends_its_calls_and_takes_no_more
            terminated_mailbox_ends_its_monitors
            former_holder_is_told_and_gets_nothing
            durable_call_outlives_the_program_that_had_it
            durable_action_is_durable_for_who_calls_it_by_name
        }
    };
    (@academy $bed:expr) => {
        $crate::exchange_suite! { @cases $bed =>
            what_has_no_place_in_a_message_is_refused
            stream_is_one_list
            agent_without_a_mailbox_is_not_passed_on
        }
    };
    (@direct $bed:expr) => {
        $crate::exchange_suite! { @cases $bed =>
            chain_that_comes_back_is_found
            agents_are_found_by_their_attributes
            agent_is_switched_off_and_on_from_afar
            stopped_agent_ends_its_monitors
            links_spread_failures
            lost_node_ends_monitors_and_links
            handle_by_id_does_not_outlive_its_node
            durable_call_is_refused_with_its_message
            topics_reach_both_ways
            streams_are_paced_and_stopped
        }
    };
    (@cases $bed:expr => $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                if let Some(bed) = Option::<$crate::Bed>::from($bed) {
                    $crate::conformance::run(async { $crate::conformance::$case(&bed).await });
                }
            }
        )*
    };
}

#[doc(hidden)]
pub use academy::{
    agent_without_a_mailbox_is_not_passed_on, stream_is_one_list,
    what_has_no_place_in_a_message_is_refused,
};
#[doc(hidden)]
pub use calls::{
    agents_are_described_and_found, calls_tells_and_errors_are_delivered,
    deadlines_end_calls_and_are_inherited, full_mailbox_gives_the_message_back,
    messages_of_one_sender_keep_their_order, queued_call_that_is_given_up_never_runs,
};
#[doc(hidden)]
pub use direct::{
    agent_is_switched_off_and_on_from_afar, agents_are_found_by_their_attributes,
    chain_that_comes_back_is_found, durable_call_is_refused_with_its_message,
    handle_by_id_does_not_outlive_its_node, links_spread_failures,
    lost_node_ends_monitors_and_links, stopped_agent_ends_its_monitors,
};
#[doc(hidden)]
pub use ends::{
    agent_that_is_switched_off_gives_messages_back, lost_node_ends_the_calls_that_it_had,
    restarted_node_is_found_by_the_same_handle, stopped_agent_ends_its_calls,
};
#[doc(hidden)]
pub use kept::{
    durable_action_is_durable_for_who_calls_it_by_name,
    durable_call_outlives_the_program_that_had_it,
    exchange_that_is_restarted_keeps_what_is_durable, former_holder_is_told_and_gets_nothing,
    messages_wait_for_an_agent_that_is_away, terminated_mailbox_ends_its_calls_and_takes_no_more,
    terminated_mailbox_ends_its_monitors,
};
#[doc(hidden)]
pub use lyceum::block_on as run;
#[doc(hidden)]
pub use others::{handles_are_passed_on, topics_reach_both_ways};
#[doc(hidden)]
pub use traffic::{large_bodies_travel_beside_small_ones, streams_are_paced_and_stopped};
