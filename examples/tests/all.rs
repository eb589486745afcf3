//! Every example runs, and tells what it is expected to tell.

use examples::{
    behaviours, classroom, feeder, hello, large_data, persistent, ping_pong, primes, reading_room,
    relay_race, sensors, state_machine, stream, supervision, trading_day,
};

#[lyceum::test]
async fn hello_greets_by_name() -> lyceum::Result<()> {
    assert_eq!(hello::run().await?, ["Hello, Ada!", "Hello, Grace!", "2 were greeted"]);
    Ok(())
}

#[lyceum::test]
async fn ping_pong_finds_the_callee_and_nobody_else() -> lyceum::Result<()> {
    let expected = [
        "caller: looking for callee",
        "caller: callee answered a ping after 0ns",
        "caller: callee said spamspamspam",
        "caller: nobody goes by that name",
    ];
    assert_eq!(ping_pong::run().await?, expected);
    Ok(())
}

#[lyceum::test]
async fn sensors_of_two_types_answer_alike() -> lyceum::Result<()> {
    let expected = [
        "roof: 18.0 °C",
        "cellar: 1013.0 hPa, high",
        "roof: 20.5 °C",
        "cellar: 988.0 hPa, low",
        "a Barometer offers Sensor",
        "low: true, read: 988",
    ];
    assert_eq!(sensors::run().await?, expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_waits_until_the_shop_is_open_again() -> lyceum::Result<()> {
    let expected = ["sold 2, in delivery 1", "the shop is closed", "sold 3, in delivery 1"];
    assert_eq!(persistent::run().await?, expected);
    Ok(())
}

#[lyceum::test]
async fn streams_run_beside_each_other_and_end_when_dropped() -> lyceum::Result<()> {
    let expected = ["1 and 1000000", "2 and 1000001", "3 and 1000002", "asked 2 times"];
    assert_eq!(stream::run().await?, expected);
    Ok(())
}

#[tokio::test]
async fn large_data_is_moved_once_and_freed_when_it_is_done() -> lyceum::Result<()> {
    let expected = [
        "microscope: an image of 4194304 bytes",
        "archive: passed on, 0 bytes were moved",
        "analyst: 16384 bright pixels, 4194304 bytes were moved",
        "microscope: 0 images are kept",
    ];
    assert_eq!(large_data::run().await?, expected);
    Ok(())
}

#[lyceum::test]
async fn behaviour_takes_one_message_a_run_until_it_is_removed() -> lyceum::Result<()> {
    let expected = [
        "one in run 1",
        "two in run 2",
        "three in run 3",
        "behaviour `ping` is Running",
        "stopped listening: true",
        "0 were reached",
        "5 pongs",
    ];
    assert_eq!(behaviours::run().await?, expected);
    Ok(())
}

#[lyceum::test]
async fn light_goes_from_state_to_state_until_it_is_dark() -> lyceum::Result<()> {
    let expected =
        ["  0s Red", " 30s Green", " 50s Amber", " 53s Red", " 83s Green", "Done in state Dark"];
    assert_eq!(state_machine::run().await?, expected);
    Ok(())
}

#[lyceum::test]
async fn failed_agents_start_anew_within_their_limit() -> lyceum::Result<()> {
    let expected = [
        "3s generation 0: it failed: behaviour `read`: the line broke",
        "it restarts: true",
        "6s generation 1: it failed: behaviour `read`: the line broke",
        "it restarts: true",
        "9s generation 2: it failed too often, at last: \
         it failed: behaviour `read`: the line broke",
        "it restarts: false",
        "gone: true",
        "in the cache: 1",
        "in the cache: 2",
        "3s the cache is down: a sibling failed",
        "in the new cache: 1",
        "read by the new feed: 0",
    ];
    assert_eq!(supervision::run().await?, expected);
    Ok(())
}

/// Who has what at the end depends on the seed; that nothing is lost does not.
#[lyceum::test]
async fn trading_day_depends_on_its_seed_alone_and_loses_nothing() -> lyceum::Result<()> {
    let first = trading_day::run().await?;
    assert_eq!(first, trading_day::run().await?);
    assert_ne!(first, trading_day::day(2031).await?);

    assert_eq!(first.len(), 7);
    assert_eq!(first[..2], ["09:00 the market opens", "17:00 the market closes"]);
    assert_eq!(first[6], "together 1000 pieces and 300000 cents");
    Ok(())
}

#[tokio::test]
async fn classroom_takes_as_many_as_it_has_desks() -> lyceum::Result<()> {
    let expected = [
        "ada sits at desk 1",
        "alan sits at desk 2",
        "3 and 5 pages",
        "cannot launch Pupil as `grace`: all desks are taken",
        "grace sits at desk 1",
        "1 pages",
    ];
    assert_eq!(classroom::run().await?, expected);
    Ok(())
}

#[tokio::test]
async fn reading_room_is_as_its_file_says() -> lyceum::Result<()> {
    let expected = [
        "4 agents are ready",
        "3 are done, 0 failed",
        "12 pages were read",
        "slip.toml:2:8: this program has no type `Raeder`, it has Reader",
    ];
    assert_eq!(reading_room::run().await?, expected);
    Ok(())
}

#[tokio::test]
async fn runners_hand_the_baton_on_over_nodes() -> lyceum::Result<()> {
    let expected = [
        "runner-0 runs on default",
        "runner-1 runs on apart",
        "runner-2 runs on default",
        "runner-3 runs on apart",
        "the baton was in 12 hands",
    ];
    assert_eq!(relay_race::run().await?, expected);
    Ok(())
}

const PRIMES: [&str; 5] = [
    "counter-0 found 367",
    "counter-1 found 302",
    "counter-2 found 281",
    "counter-3 found 279",
    "1229 primes below 10000",
];

#[tokio::test]
async fn primes_are_counted_by_a_batch_on_nodes() -> lyceum::Result<()> {
    assert_eq!(primes::run().await?, PRIMES);
    Ok(())
}

#[test]
fn primes_are_counted_by_a_batch_of_processes() {
    let program = env!("CARGO_BIN_EXE_primes");
    let output = std::process::Command::new(program).arg("--processes").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>(), PRIMES);
}

#[tokio::test]
async fn feeder_stays_under_its_limit() -> lyceum::Result<()> {
    let expected = [
        "300 households, 150 batteries, and a feeder for 450 kW",
        "570 kW were wanted at most",
        "450 kW flowed at most",
        "power from batteries was paid for in 9 quarters of an hour",
    ];
    assert_eq!(feeder::run().await?, expected);
    Ok(())
}
