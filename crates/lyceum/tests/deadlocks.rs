//! Agents that call each other in every way: whoever would wait for ever is refused, and nobody
//! else is.

#[path = "deadlocks/model.rs"]
mod model;

use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, Either, FutureExt, join, join_all, select};
use lyceum::prelude::*;
use tokio::runtime::Builder;

use self::model::{Access, Model};

const SECOND: Duration = Duration::from_secs(1);
const ACCESSES: [Access; 3] = [Access::Exclusive, Access::Shared, Access::Detached];

/// What a turn does, step by step.
type Script = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    /// Sleeps for so many milliseconds.
    Sleep(u64),
    /// Makes a call and waits for its end.
    Call(Order),
    /// Makes two calls at once and waits for both.
    Both(Order, Order),
    /// Makes a call, and gives it up after so many milliseconds.
    Hasty(Order, u64),
    /// Sends a message, for which nobody waits.
    Tell(Order),
}

/// A call to an agent, and what its turn does.
#[derive(Clone, Debug)]
struct Order {
    to: usize,
    access: Access,
    script: Script,
}

impl Order {
    fn new(to: usize, access: Access, script: Script) -> Self {
        Self { to, access, script }
    }
}

/// What all agents of a test share.
struct World {
    peers: Vec<(Node, Handle<Peer>)>,
    /// On one thread, whoever is refused is looked up there.
    model: Option<Mutex<Model>>,
    refused: Mutex<u64>,
}

/// A turn that is to be, with all that it needs.
struct Turn {
    world: Arc<World>,
    id: u64,
    order: Order,
}

struct Peer;

#[agent]
impl Peer {
    #[action(local)]
    async fn exclusive(&mut self, turn: Turn) {
        turn.run().await;
    }

    #[action(local)]
    async fn shared(&self, turn: Turn) {
        turn.run().await;
    }

    #[action(local)]
    async fn detached(_cx: Context<Self>, turn: Turn) {
        turn.run().await;
    }
}

impl World {
    async fn new(nodes: &[Node], peers: usize, model: Option<Model>) -> Arc<Self> {
        let mut launched = Vec::new();
        for node in nodes.iter().cycle().take(peers) {
            launched.push((node.clone(), node.launch(Peer).await.unwrap()));
        }
        let model = model.map(Mutex::new);
        Arc::new(Self { peers: launched, model, refused: Mutex::default() })
    }

    fn note<T: Default>(&self, change: impl FnOnce(&mut Model) -> T) -> T {
        self.model.as_ref().map(|model| change(&mut model.lock().unwrap())).unwrap_or_default()
    }

    async fn sleep(&self, peer: usize, millis: u64) {
        self.peers[peer].0.sleep(Duration::from_millis(millis)).await;
    }

    /// Calls an agent and waits for the end. Sent when it is first polled.
    async fn call(self: &Arc<Self>, caller: Option<u64>, order: Order) {
        let to = self.peers[order.to].1.clone();
        let id = self.note(|model| model.send(caller, order.to, order.access));
        let access = order.access;
        let turn = Turn { world: self.clone(), id, order };
        let end = match access {
            Access::Exclusive => to.exclusive(turn).await,
            Access::Shared => to.shared(turn).await,
            Access::Detached => to.detached(turn).await,
        };
        match end {
            Ok(()) => {}
            Err(CallError::Reentrant(_)) => {
                *self.refused.lock().unwrap() += 1;
                let stuck = self.note(|model| Some(model.is_stuck(id)));
                assert_ne!(stuck, Some(false), "a call was refused that could have ended");
                self.note(|model| model.end(id));
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn tell(self: &Arc<Self>, order: Order) {
        let to = self.peers[order.to].1.clone();
        let id = self.note(|model| model.send(None, order.to, order.access));
        let access = order.access;
        let turn = Turn { world: self.clone(), id, order };
        let sent = match access {
            Access::Exclusive => to.exclusive(turn).tell().await,
            Access::Shared => to.shared(turn).tell().await,
            Access::Detached => to.detached(turn).tell().await,
        };
        sent.unwrap();
    }

    /// Makes a call and gives it up.
    async fn call_hastily(self: &Arc<Self>, caller: u64, order: Order, millis: u64) {
        let peer = order.to;
        // The next number, since the call is sent at once.
        let id = self.note(|model| model.next());
        let call = Box::pin(self.call(Some(caller), order));
        match select(call, Box::pin(self.sleep(peer, millis))).await {
            Either::Left(_) => {}
            Either::Right((_, call)) => {
                drop(call);
                self.note(|model| model.give_up(id));
            }
        }
    }

    fn refused(&self) -> u64 {
        *self.refused.lock().unwrap()
    }
}

impl Turn {
    fn run(self) -> BoxFuture<'static, ()> {
        async move {
            let Self { world, id, order } = self;
            world.note(|model| model.start(id));
            for step in order.script {
                match step {
                    Step::Sleep(millis) => world.sleep(order.to, millis).await,
                    Step::Call(call) => world.call(Some(id), call).await,
                    Step::Both(one, other) => {
                        join(world.call(Some(id), one), world.call(Some(id), other)).await;
                    }
                    Step::Hasty(call, millis) => world.call_hastily(id, call, millis).await,
                    Step::Tell(message) => world.tell(message).await,
                }
            }
            world.note(|model| model.end(id));
        }
        .boxed()
    }
}

/// Draws scripts from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn order(&mut self, peers: u64, depth: u64) -> Order {
        let steps = if depth == 0 { 0 } else { self.below(4) };
        let script = (0..steps).map(|_| self.step(peers, depth - 1)).collect();
        let access = ACCESSES[self.below(5) as usize / 2];
        Order::new(self.below(peers) as usize, access, script)
    }

    fn step(&mut self, peers: u64, depth: u64) -> Step {
        match self.below(10) {
            0..3 => Step::Sleep(self.below(4)),
            3..7 => Step::Call(self.order(peers, depth)),
            7 => Step::Both(self.order(peers, depth), self.order(peers, depth)),
            8 => Step::Hasty(self.order(peers, depth), self.below(4)),
            _ => Step::Tell(self.order(peers, depth)),
        }
    }
}

/// Lets agents call each other as a seed says; returns how many calls were refused.
async fn storm(nodes: &[Node], model: Option<Model>, seed: u64) -> u64 {
    let mut draw = Draw(seed);
    let peers = 2 + draw.below(3);
    let world = World::new(nodes, peers as usize, model).await;
    let orders: Vec<_> = (0..2 + draw.below(5)).map(|_| draw.order(peers, 4)).collect();
    join_all(orders.into_iter().map(|order| world.call(None, order))).await;
    world.refused()
}

/// Nobody who was refused could have ended: see [`World::call`]. Nobody waited for a deadline:
/// nothing here takes a second of the node's time.
#[test]
fn only_calls_that_would_wait_for_ever_are_refused() {
    let (mut refused, mut quiet) = (0, 0);
    for seed in 0..3_000 {
        lyceum::block_on(async {
            let node = Node::simulated(seed);
            let count = storm(std::slice::from_ref(&node), Some(Model::default()), seed).await;
            assert!(node.now().since_start() < SECOND, "seed {seed}");
            // Lets turns end that nobody waits for.
            node.advance(SECOND);
            refused += count;
            quiet += u64::from(count == 0);
        });
    }
    assert!(refused > 3_000 && quiet > 300, "{refused} refused, {quiet} runs without");
}

/// An agent in a ring: it is held by a turn, which then calls the next one. An exclusive message
/// may wait for that turn.
#[derive(Clone, Copy, Debug)]
struct Link {
    held: Access,
    calls: Access,
    waiting: bool,
}

impl Link {
    fn all() -> impl Iterator<Item = Self> + Clone {
        let kinds = [Access::Exclusive, Access::Shared];
        kinds.into_iter().flat_map(move |held| {
            let calls = kinds.into_iter();
            calls.flat_map(move |calls| [true, false].map(|waiting| Self { held, calls, waiting }))
        })
    }

    /// Returns whether a call of that access waits for the turn that holds this agent.
    fn blocks(self, call: Access) -> bool {
        self.held == Access::Exclusive || call == Access::Exclusive || self.waiting
    }
}

/// Sends the first calls, then the second ones behind them; returns how many were refused, and when
/// all had ended.
async fn play(seed: u64, peers: usize, first: Vec<Order>, second: Vec<Order>) -> (u64, Duration) {
    let node = Node::simulated(seed);
    let world = World::new(std::slice::from_ref(&node), peers, Some(Model::default())).await;
    let send =
        |orders: Vec<Order>| join_all(orders.into_iter().map(|order| world.call(None, order)));
    let (mut first, mut second) = (send(first), send(second));
    // Once is enough to send them.
    let _ = (&mut first).now_or_never();
    node.run_until_idle();
    let _ = (&mut second).now_or_never();
    join(first, second).await;
    let played = (world.refused(), node.now().since_start());
    // Lets turns end that nobody waits for: each has the world, and so the node that has the turn.
    node.advance(SECOND);
    played
}

fn check_ring(ring: &[Link], seeds: u64) {
    let next = ring.iter().cycle().skip(1);
    let is_deadlock = ring.iter().zip(next).all(|(link, next)| next.blocks(link.calls));
    let turns = ring.iter().enumerate().map(|(index, link)| {
        let call = Order::new((index + 1) % ring.len(), link.calls, Vec::new());
        Order::new(index, link.held, vec![Step::Sleep(10), Step::Call(call)])
    });
    let waiting = ring.iter().enumerate().filter(|(_, link)| link.waiting);
    let waiting = waiting.map(|(index, _)| Order::new(index, Access::Exclusive, Vec::new()));
    for seed in 0..seeds {
        let turns = play(seed, ring.len(), turns.clone().collect(), waiting.clone().collect());
        let expected = (u64::from(is_deadlock), Duration::from_millis(10));
        assert_eq!(lyceum::block_on(turns), expected, "{ring:?}, seed {seed}");
    }
}

/// Of two shared turns neither was thought to be in the other's way, though an exclusive message
/// was that waited between them.
#[test]
fn ring_of_two_is_refused_once_if_each_call_waits_for_the_next_turn() {
    for one in Link::all() {
        for two in Link::all() {
            check_ring(&[one, two], 20);
        }
    }
}

#[test]
fn ring_of_three_is_refused_once_if_each_call_waits_for_the_next_turn() {
    for one in Link::all() {
        for two in Link::all() {
            for three in Link::all() {
                check_ring(&[one, two, three], 4);
            }
        }
    }
}

fn exclusive(to: usize, script: Script) -> Order {
    Order::new(to, Access::Exclusive, script)
}

fn shared(to: usize, script: Script) -> Order {
    Order::new(to, Access::Shared, script)
}

fn detached(to: usize, script: Script) -> Order {
    Order::new(to, Access::Detached, script)
}

fn check(first: &[Order], second: &[Order], refused: u64, millis: u64) {
    for seed in 0..50 {
        let played = lyceum::block_on(play(seed, 3, first.to_vec(), second.to_vec()));
        assert_eq!(played, (refused, Duration::from_millis(millis)), "seed {seed}");
    }
}

/// A turn that answers a call was not followed unless it kept others out.
#[test]
fn ring_through_a_turn_that_keeps_nobody_out_is_refused() {
    for through in [shared, detached] {
        let next = through(1, vec![Step::Sleep(1), Step::Call(exclusive(2, vec![]))]);
        let one = exclusive(0, vec![Step::Call(next)]);
        let other = exclusive(2, vec![Step::Sleep(3), Step::Call(shared(0, vec![]))]);
        check(&[one, other], &[], 1, 3);
    }
}

/// An agent that waits was taken for one that is waited for, whatever its turns keep out.
#[test]
fn call_that_waits_for_a_turn_which_waits_for_one_that_runs_is_let_in() {
    let one = shared(0, vec![Step::Call(shared(1, vec![Step::Sleep(5)]))]);
    let other = shared(1, vec![Step::Sleep(1), Step::Call(exclusive(0, vec![]))]);
    check(&[one, other], &[], 0, 5);
}

/// The chain was followed past a caller that had given up.
#[test]
fn turn_whose_caller_gave_up_may_call_the_agent_of_its_caller() {
    let call = shared(1, vec![Step::Sleep(2), Step::Call(shared(0, vec![]))]);
    let caller = exclusive(0, vec![Step::Hasty(call, 1), Step::Sleep(3)]);
    check(&[caller], &[], 0, 4);
}

/// It was refused, or waited in the mailbox behind messages that waited for its caller.
#[test]
fn detached_call_of_the_agent_that_makes_it_starts_whatever_waits() {
    for caller in [exclusive, shared] {
        let call = detached(0, vec![Step::Sleep(1)]);
        let turn = caller(0, vec![Step::Sleep(1), Step::Call(call)]);
        check(&[turn], &[exclusive(0, vec![])], 0, 2);
    }
}

/// Whoever waits in a ring that is missed hears of a deadline, which fails the test.
#[test]
fn no_call_between_two_nodes_on_threads_waits_for_its_deadline() {
    let runtime = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (here, there) = (runtime(), runtime());
    let nodes = [&here, &there]
        .map(|runtime| Node::builder().runtime(runtime.handle().clone()).build().unwrap());
    let mut refused = 0;
    for seed in 0..300 {
        refused += here.block_on(storm(&nodes, None, seed));
    }
    assert!(refused > 50, "{refused} refused");
}
