//! What every exchange promises, as one suite of tests.

mod bed;
mod calls;
mod ends;
mod others;
mod probe;
mod traffic;

pub use bed::{Bed, Member};
#[doc(hidden)]
pub use probe::{Probe, Refused};

/// Makes the tests of an exchange from a [`Bed`].
///
/// ```
/// use lyceum_test::{Bed, exchange_suite};
///
/// exchange_suite!(Bed::simulated(7));
/// ```
#[macro_export]
macro_rules! exchange_suite {
    ($bed:expr) => {
        $crate::exchange_suite! { $bed =>
            calls_tells_and_errors_are_delivered
            messages_of_one_sender_keep_their_order
            deadlines_end_calls_and_are_inherited
            queued_call_that_is_given_up_never_runs
            full_mailbox_gives_the_message_back
            chain_that_comes_back_is_found
            agents_are_described_and_found
            agent_is_switched_off_and_on
            stopped_agent_ends_its_monitors_and_calls
            links_spread_failures
            lost_node_ends_everything_that_waits_for_it
            restarted_node_is_found_by_name
            handles_are_passed_on
            topics_reach_both_ways
            streams_are_paced_and_stopped
            large_bodies_travel_beside_small_ones
        }
    };
    ($bed:expr => $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                let bed = $bed;
                $crate::conformance::run(async { $crate::conformance::$case(&bed).await });
            }
        )*
    };
}

#[doc(hidden)]
pub use calls::{
    agents_are_described_and_found, calls_tells_and_errors_are_delivered,
    chain_that_comes_back_is_found, deadlines_end_calls_and_are_inherited,
    full_mailbox_gives_the_message_back, messages_of_one_sender_keep_their_order,
    queued_call_that_is_given_up_never_runs,
};
#[doc(hidden)]
pub use ends::{
    agent_is_switched_off_and_on, links_spread_failures,
    lost_node_ends_everything_that_waits_for_it, restarted_node_is_found_by_name,
    stopped_agent_ends_its_monitors_and_calls,
};
#[doc(hidden)]
pub use lyceum::block_on as run;
#[doc(hidden)]
pub use others::{handles_are_passed_on, topics_reach_both_ways};
#[doc(hidden)]
pub use traffic::{large_bodies_travel_beside_small_ones, streams_are_paced_and_stopped};
