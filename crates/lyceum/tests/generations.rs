//! What one generation of an agent begins ends with it, and never reaches the next one.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use lyceum::prelude::*;
use lyceum::{Backoff, DownReason, Mode};

const SECOND: Duration = Duration::from_secs(1);

/// Notes what reaches it and is not of its own generation.
#[derive(Clone, Default)]
struct Fuse {
    generation: Option<u32>,
    strays: Arc<Mutex<Vec<String>>>,
}

impl Fuse {
    fn hear(&mut self, what: &str, generation: u32) {
        if self.generation != Some(generation) {
            let text = format!("{what} of {generation} reached {:?}", self.generation);
            self.strays.lock().unwrap().push(text);
        }
    }

    fn strays(&self) -> Vec<String> {
        self.strays.lock().unwrap().clone()
    }
}

#[agent]
impl Fuse {
    #[on_start]
    async fn start(&mut self, cx: &Context<Self>) {
        step().await;
        self.generation = Some(cx.generation());
    }

    /// Begins one thing after another, one of which fails.
    #[action]
    async fn begin(&self, cx: &Context<Self>) {
        let generation = cx.generation();
        for n in 0..100 {
            drop(cx.job(step(), move |fuse, ()| fuse.hear("a job", generation)));
            let part = Part { generation, fails: n == 2 };
            cx.add_behaviour(&format!("part {n}"), part).unwrap();
            step().await;
        }
    }

    #[action]
    fn blow(&mut self) {
        panic!("as asked");
    }

    #[action(local)]
    fn context(&self, cx: &Context<Self>) -> Context<Self> {
        cx.clone()
    }

    #[behaviour(every = "1s")]
    async fn tick(cx: Context<Self>) -> Result<(), BoxError> {
        let generation = cx.generation();
        Ok(cx.with(move |fuse| fuse.hear("a tick", generation)).await?)
    }
}

struct Part {
    generation: u32,
    fails: bool,
}

impl Behaviour<Fuse> for Part {
    async fn run(&mut self, cx: &mut BehaviourContext<Fuse>) -> Result<(), BoxError> {
        if self.fails {
            return Err("as asked".into());
        }
        let generation = self.generation;
        while !cx.is_stopping() {
            cx.with(move |fuse| fuse.hear("a part", generation)).await?;
            cx.sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// Lets others run for a moment.
async fn step() {
    let mut stepped = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut stepped, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// A turn that went on while the agent restarted began jobs and behaviours after those of its
/// generation had been ended: they lived on in the next one, and ran before its start hook.
#[lyceum::test]
async fn what_a_turn_begins_while_its_agent_restarts_ends_with_its_generation() {
    for seed in 0..100 {
        let node = Node::simulated(seed);
        let state = Fuse::default();
        let fuse = node.launch(state.clone()).restart(Restart::default()).await.unwrap();

        // It is dropped with its generation, or ends while the agent is cleared.
        let _end = fuse.begin().await;
        node.advance(3 * SECOND);

        assert_eq!(state.strays(), [""; 0], "seed {seed}");
        let status = fuse.status().await.unwrap();
        assert_eq!((status.mode, status.generation), (Mode::Active, 1));
        let names: Vec<_> = status.behaviours.iter().map(|behaviour| &behaviour.name).collect();
        assert_eq!(names, ["tick"], "seed {seed}");
    }
}

/// They waited for the state of the next generation, and reached it before its start hook.
#[lyceum::test]
async fn what_is_begun_between_two_generations_belongs_to_none() {
    let node = Node::simulated(1);
    let state = Fuse::default();
    let pause = Backoff { first: 10 * SECOND, most: 10 * SECOND };
    let policy = Restart::default().backoff(pause);
    let fuse = node.launch(state.clone()).restart(policy).await.unwrap();
    let context = fuse.context().await.unwrap();
    fuse.blow().await.unwrap_err();
    node.advance(SECOND);
    assert_eq!(fuse.status().await.unwrap().mode, Mode::Starting);

    assert!(!context.start_behaviour("tick"));
    assert!(context.behaviours().is_empty());
    drop(context.job(step(), |fuse, ()| fuse.hear("a job", 0)));
    assert!(context.add_behaviour("part", Part { generation: 0, fails: false }).unwrap());

    node.advance(15 * SECOND);
    assert_eq!(state.strays(), [""; 0]);
    let behaviours = context.behaviours();
    assert_eq!((behaviours.len(), &*behaviours[0].name), (1, "tick"));
    assert_eq!(behaviours[0].runs, 6, "once a second since the pause was over");
}

/// Fails with its first behaviour, again and again.
#[derive(Clone, Default)]
struct Flicker(Fuse);

impl Flicker {
    async fn hear(cx: &Context<Self>) -> Result<(), BoxError> {
        let generation = cx.generation();
        Ok(cx.with(move |flicker| flicker.0.hear("a behaviour", generation)).await?)
    }
}

#[agent]
impl Flicker {
    #[on_start]
    fn start(&mut self, cx: &Context<Self>) {
        self.0.generation = Some(cx.generation());
    }

    #[behaviour(once)]
    async fn first(_: Context<Self>) -> Result<(), BoxError> {
        Err("as always".into())
    }

    #[behaviour(once)]
    async fn second(cx: Context<Self>) -> Result<(), BoxError> {
        Self::hear(&cx).await
    }

    #[behaviour(once)]
    async fn third(cx: Context<Self>) -> Result<(), BoxError> {
        Self::hear(&cx).await
    }

    #[behaviour(once)]
    async fn fourth(cx: Context<Self>) -> Result<(), BoxError> {
        Self::hear(&cx).await
    }

    #[behaviour(once)]
    async fn fifth(cx: Context<Self>) -> Result<(), BoxError> {
        Self::hear(&cx).await
    }
}

/// A behaviour that failed on another thread while the others were being added had them added to
/// the next generation, before its start hook.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behaviours_are_not_added_to_the_generation_after_theirs() {
    let node = Node::local();
    let state = Flicker::default();
    let policy = Restart::default().limit(3_000, 600 * SECOND);
    let flicker = node.launch(state.clone()).restart(policy).await.unwrap();

    let reason = flicker.ended().await;

    assert!(matches!(reason, DownReason::RestartLimit(_)), "{reason}");
    assert_eq!(state.0.strays(), [""; 0]);
}
