//! Values of users that panic when they are dropped or asked for their text: that ends nothing but
//! what they belong to.
//!
//! A drop that panicked in a cancelled job aborted the process, and one in the copy that a restart
//! policy keeps took the node along; both got out of the futures that the node runs.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use lyceum::prelude::*;
use lyceum::{DownReason, Mode, block_on};

const SECOND: Duration = Duration::from_secs(1);

/// Panics when it is dropped, and counts that.
#[derive(Clone, Default)]
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
        if !std::thread::panicking() {
            panic!("a bomb went off");
        }
    }
}

/// Holds bombs in all places where an agent keeps values.
#[derive(Clone, Default)]
struct Holder {
    bomb: Bomb,
}

#[agent]
impl Holder {
    #[action]
    fn ok(&self) -> bool {
        true
    }

    #[action]
    fn job(&mut self, cx: &Context<Self>) {
        let (bomb, sleep) = (self.bomb.clone(), cx.sleep(100 * SECOND));
        let work = async move {
            sleep.await;
            drop(bomb);
        };
        drop(cx.job(work, |_, ()| ()));
    }

    #[action]
    fn panicking_job(&mut self, cx: &Context<Self>) {
        let bomb = self.bomb.clone();
        drop(cx.job(async move { std::panic::panic_any(bomb) }, |_, ()| ()));
    }

    #[action]
    fn value(&mut self, cx: &Context<Self>) -> bool {
        cx.add_behaviour("value", Value { _bomb: self.bomb.clone() }).expect("it has no pattern")
    }

    #[behaviour(run)]
    async fn run(cx: Context<Self>) {
        let bomb = cx.with(|holder| holder.bomb.clone()).await;
        std::future::pending::<()>().await;
        drop(bomb);
    }
}

struct Value {
    _bomb: Bomb,
}

impl Behaviour<Holder> for Value {
    async fn run(&mut self, _: &mut BehaviourContext<Holder>) -> Result<(), BoxError> {
        std::future::pending().await
    }
}

/// An agent that has nothing to do with any of it.
struct Bystander;

#[agent]
impl Bystander {
    #[action]
    fn ok(&self) -> bool {
        true
    }
}

/// Ends an agent that holds bombs while another one looks on, on a simulated and on a local node;
/// `bombs` is how many there are.
fn end_holder(bombs: u32, kill: bool, arm: &impl AsyncFn(&Handle<Holder>)) {
    for node in [Node::simulated, |_| Node::local()] {
        block_on(async {
            let node = node(1);
            let bystander = node.launch(Bystander).await.unwrap();
            let state = Holder::default();
            let went_off = state.bomb.0.clone();
            let restart = Restart::default();
            let launch = node.launch(state).restart(restart).grace(Duration::ZERO);
            let holder = launch.await.unwrap();
            arm(&holder).await;

            let reason = if kill { holder.kill().await } else { holder.stop().await };

            let asked = if kill { DownReason::Killed } else { DownReason::Stopped };
            assert_eq!(reason, asked, "a drop that panics is not why it ended");
            assert!(bystander.ok().await.unwrap(), "the node lives on");
            assert_eq!(node.agent_count(), 1);
            node.shutdown().await;
            assert_eq!(went_off.load(SeqCst), bombs, "everything is dropped once");
        });
    }
}

#[test]
fn state_and_the_copy_for_restarts_that_panic_in_drop_end_alone() {
    for kill in [false, true] {
        // The state, the copy, and what the behaviour holds.
        end_holder(3, kill, &async |holder| assert!(holder.ok().await.unwrap()));
    }
}

#[test]
fn job_that_panics_in_drop_ends_alone() {
    for kill in [false, true] {
        end_holder(4, kill, &async |holder| holder.job().await.unwrap());
    }
}

#[test]
fn behaviour_that_panics_in_drop_ends_alone() {
    for kill in [false, true] {
        end_holder(4, kill, &async |holder| assert!(holder.value().await.unwrap()));
    }
}

#[lyceum::test]
async fn panic_that_carries_what_panics_in_drop_is_an_ordinary_panic() {
    let node = Node::simulated(1);
    let holder = node.launch(Holder::default()).await.unwrap();
    holder.panicking_job().await.unwrap();
    node.run_until_idle();
    assert!(holder.ok().await.unwrap());
    assert_eq!(holder.status().await.unwrap().mode, Mode::Active);
}

#[lyceum::test]
async fn task_that_panics_in_drop_ends_alone() {
    let node = Node::simulated(1);
    let bystander = node.launch(Bystander).await.unwrap();
    let (bomb, sleep) = (Bomb::default(), node.sleep(100 * SECOND));
    let went_off = bomb.0.clone();
    let waits = node.spawn({
        let bomb = bomb.clone();
        async move {
            sleep.await;
            drop(bomb);
        }
    });
    let answers = node.spawn(async move { bomb });
    node.run_until_idle();
    drop(waits);
    drop(answers);
    node.run_until_idle();
    assert_eq!(went_off.load(SeqCst), 2, "the future's local and the output");
    assert!(bystander.ok().await.unwrap());
}

#[lyceum::test]
async fn state_that_is_not_launched_and_panics_in_drop_is_an_error_of_the_launch_alone() {
    let node = Node::simulated(1);
    let bystander = node.launch(Bystander).named("a").await.unwrap();
    let error = node.launch(Holder::default()).named("a").await.unwrap_err();
    assert!(matches!(error, lyceum::LaunchError::Name { .. }), "{error}");
    let constructor = || Ok::<_, BoxError>(Holder::default());
    let error = node.launch_with(constructor).named("a").await.unwrap_err();
    assert!(matches!(error, lyceum::LaunchError::Name { .. }), "{error}");
    assert!(bystander.ok().await.unwrap());
}

/// An error that panics whatever is done with it.
struct Unspeakable(#[expect(dead_code, reason = "it is dropped")] Bomb);

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

impl fmt::Debug for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Unspeakable {}

/// Fails where it is told to.
struct Failing {
    at: &'static str,
}

impl Failing {
    fn fail(&self, here: &str) -> Result<(), Unspeakable> {
        if self.at == here { Err(Unspeakable(Bomb::default())) } else { Ok(()) }
    }
}

#[agent]
impl Failing {
    #[on_start]
    fn start(&mut self, cx: &Context<Self>) -> Result<(), Unspeakable> {
        self.fail(if cx.generation() > 0 { "restart" } else { "launch" })
    }

    #[on_stop]
    fn close(&mut self) -> Result<(), Unspeakable> {
        self.fail("stop")
    }

    #[behaviour(every = "1s")]
    fn tick(&mut self) -> Result<(), Unspeakable> {
        self.fail("behaviour")
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }
}

/// The text of an error was asked for in the task that restarts or stops the agent.
#[lyceum::test]
async fn error_whose_text_panics_is_an_ordinary_failure() {
    let node = Node::simulated(1);
    let bystander = node.launch(Bystander).await.unwrap();
    let error = node.launch(Failing { at: "launch" }).await.unwrap_err();
    let dropped = catch_unwind(AssertUnwindSafe(move || drop(error)));
    assert!(dropped.is_err(), "the error is the test's own, and goes off here");

    let failing = node.launch(Failing { at: "behaviour" }).await.unwrap();
    let reason = failing.ended().await;
    assert!(matches!(&reason, DownReason::Failed(text) if text.contains("no words")), "{reason}");

    let failing = node.launch(Failing { at: "stop" }).await.unwrap();
    assert_eq!(failing.stop().await, DownReason::Stopped);

    for at in ["restart", "constructor"] {
        let policy = Restart::default().limit(1, SECOND);
        let count = Arc::new(AtomicU32::new(0));
        let constructor = move || match count.fetch_add(1, SeqCst) {
            1.. if at == "constructor" => Err(Unspeakable(Bomb::default())),
            _ => Ok(Failing { at }),
        };
        let failing = node.launch_with(constructor).restart(policy).await.unwrap();
        failing.blow().await.unwrap_err();
        let reason = failing.ended().await;
        let told = matches!(&reason, DownReason::StartFailed(text) if text.contains("no words"));
        assert!(told, "{at}: {reason}");
    }
    assert!(bystander.ok().await.unwrap());
}
