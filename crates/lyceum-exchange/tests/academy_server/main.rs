//! The server, with unmodified academy-py 1.0.0 at the other end.
#![cfg(feature = "server")]

#[path = "../python/academy.rs"]
mod academy;
#[path = "../server/authority.rs"]
mod authority;
#[path = "../python/environment.rs"]
mod environment;
#[path = "../server/house.rs"]
#[expect(dead_code, reason = "the clock of this house stands still")]
mod house;

#[cfg(feature = "oidc")]
#[path = "../server/issuer.rs"]
#[expect(dead_code, reason = "keys of Python sign here")]
mod issuer;

use std::path::Path;
use std::sync::Arc;

use house::{House, Plan};
use lyceum_exchange::mailbox::Delivery;
use lyceum_exchange::server::{Clock, NewToken, Rights, ServerCertificate, Tokens, Which};

/// Runs a scenario, which fails unless all of its assertions hold.
async fn play(house: &House, scenario: &str, arguments: &[&str]) {
    play_at(&format!("http://{}", house.address), &[], scenario, arguments).await;
}

async fn play_at(url: &str, environment: &[(&str, &Path)], scenario: &str, arguments: &[&str]) {
    let Some(mut script) = academy::script("academy_server/scenarios.py") else { return };
    script.arg(url).arg(scenario).args(arguments).envs(environment.iter().copied());
    academy::check(&script.output().await.unwrap());
}

/// A server whose clock goes, since Python's does.
async fn open(change: impl FnOnce(&mut Plan)) -> House {
    let mut plan = Plan::default();
    change(&mut plan);
    House::build(plan).await
}

macro_rules! scenarios {
    ($($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
        async fn $name() {
            let house = open(|_| ()).await;
            play(&house, stringify!($name), &[]).await;
            house.close().await.unwrap();
        }
    )*};
}

scenarios! {
    managers_launch_agents_and_users_call_them
    exceptions_come_back_as_they_were_raised
    actions_are_cancelled
    agents_are_found_with_subclasses_and_nested_classes
    status_and_statistics_follow_an_agent
    terminated_mailboxes_refuse_and_fail_their_callers
    messages_wait_for_an_agent_that_starts_later
    batches_know_each_other
    agents_call_agents
    long_poll_works_as_the_stream_does
    a_stream_that_ends_is_taken_up_without_a_pause
    answers_that_are_too_long_fail_their_caller
    an_agent_that_is_killed_leaves_no_caller_hanging
    many_calls_at_once_are_all_answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_durable_action_of_a_killed_agent_runs_again() {
    let house = open(|plan| plan.server.delivery = Delivery::Durable).await;
    play(&house, "a_durable_action_of_a_killed_agent_runs_again", &[]).await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn tokens_let_in_and_keep_out() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("academy-tokens");
    // What another run left.
    let _ = std::fs::remove_file(&path);
    let tokens = Tokens::at(&path);
    let own = || Rights { read: Which::Own, write: Which::Own, administer: Which::Own };
    let make = |subject: &str| {
        let groups = ["9f1f4cd6-7e3c-4c0c-8b4b-0d1f3ed2ab6e".to_owned()].into();
        let new = NewToken { subject: subject.into(), groups, rights: own(), expires: None };
        tokens.make(new, lyceum_exchange::mailbox::Moment::from_millis(1)).unwrap()
    };
    let (ada, bob) = (make("ada"), make("bob"));
    let house = open(|plan| plan.authenticator = Some(Arc::new(Tokens::at(&path)))).await;
    play(&house, "tokens_let_in_and_keep_out", &[&ada, &bob]).await;
    house.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_clock_of_a_node_says_what_time_it_is() {
    let node = lyceum_core::Node::local();
    let clock = Clock::of(&node);
    assert!(format!("{clock:?}").contains("Moment(1"), "milliseconds since 1970: {clock:?}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn clients_talk_tls_with_a_server_whose_authority_they_believe() {
    let authority = authority::Authority::new("python");
    let (certificate, key) = authority.sign("server", &["localhost", "127.0.0.1"]);
    let certificate = ServerCertificate::from_files(certificate, key, None).unwrap();
    let house = open(|plan| plan.certificate = Some(Arc::new(certificate))).await;
    let url = format!("https://{}", house.address);
    let believed = authority.file();

    let environment = [("SSL_CERT_FILE", believed.as_path())];
    for scenario in [
        "managers_launch_agents_and_users_call_them",
        "a_stream_that_ends_is_taken_up_without_a_pause",
        "messages_wait_for_an_agent_that_starts_later",
    ] {
        play_at(&url, &environment, scenario, &[]).await;
    }
    play_at(&url, &[], "a_certificate_of_strangers_is_refused", &[]).await;
    house.close().await.unwrap();
}

#[cfg(feature = "oidc")]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn tokens_of_an_issuer_let_in_and_keep_out() {
    let issuer = issuer::Issuer::open().await;
    let house = open(|plan| plan.authenticator = Some(issuer.authenticator())).await;
    play(&house, "tokens_of_an_issuer_let_in_and_keep_out", &[&issuer.url]).await;
    house.close().await.unwrap();
}
