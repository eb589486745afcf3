//! Who may be in an agent at the same moment: each pairing of exclusive, shared and detached turns.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use futures_util::future::{BoxFuture, FutureExt, join_all};
use lyceum::prelude::*;

/// Counts who is in it.
#[derive(Default)]
struct Room {
    exclusive: AtomicU32,
    shared: AtomicU32,
    most_shared: AtomicU32,
    /// How often somebody was met who must not be there.
    clashes: AtomicU32,
}

#[agent]
impl Room {
    #[action]
    async fn hold(&mut self, stay: u64, cx: &Context<Self>) {
        self.exclusive.fetch_add(1, SeqCst);
        self.look();
        cx.sleep(Duration::from_micros(stay)).await;
        self.look();
        self.exclusive.fetch_sub(1, SeqCst);
    }

    #[action]
    async fn share(&self, stay: u64, cx: &Context<Self>) {
        let shared = self.shared.fetch_add(1, SeqCst) + 1;
        self.most_shared.fetch_max(shared, SeqCst);
        self.look();
        cx.sleep(Duration::from_micros(stay)).await;
        self.look();
        self.shared.fetch_sub(1, SeqCst);
    }

    /// Goes in for a moment, as an exclusive turn.
    #[action]
    async fn detach(cx: Context<Self>, stay: u64) {
        cx.sleep(Duration::from_micros(stay)).await;
        let visit = |room: &mut Self| {
            room.exclusive.fetch_add(1, SeqCst);
            room.look();
            room.exclusive.fetch_sub(1, SeqCst);
        };
        cx.with(visit).await.expect("it waits its turn");
    }

    #[action]
    fn counts(&self) -> (u32, u32) {
        (self.clashes.load(SeqCst), self.most_shared.load(SeqCst))
    }
}

impl Room {
    fn look(&self) {
        let (exclusive, shared) = (self.exclusive.load(SeqCst), self.shared.load(SeqCst));
        let alone = exclusive == 0 || (exclusive == 1 && shared == 0);
        self.clashes.fetch_add(u32::from(!alone), SeqCst);
    }
}

type Visit = fn(&Handle<Room>, u64) -> BoxFuture<'static, Result<(), CallError>>;

const VISITS: [(&str, Visit); 3] = [
    ("hold", |room, stay| room.hold(stay).send().boxed()),
    ("share", |room, stay| room.share(stay).send().boxed()),
    ("detach", |room, stay| room.detach(stay).send().boxed()),
];

/// Lets many visits of two kinds come at once; returns how many shared the room at most.
async fn visit(node: &Node, one: (&str, Visit), two: (&str, Visit)) -> u32 {
    let room = node.launch(Room::default()).await.unwrap();
    let visits = (0..40).flat_map(|n| [(one.1)(&room, 1 + n % 3), (two.1)(&room, 1 + n % 5)]);
    for end in join_all(visits).await {
        end.unwrap();
    }
    let (clashes, most_shared) = room.counts().await.unwrap();
    assert_eq!(clashes, 0, "{} and {}", one.0, two.0);
    most_shared
}

#[lyceum::test]
async fn exclusive_turn_is_alone_and_shared_turns_share_in_each_pairing() {
    for seed in 0..20 {
        let node = Node::simulated(seed);
        for (index, one) in VISITS.into_iter().enumerate() {
            for two in VISITS.into_iter().skip(index) {
                let most_shared = visit(&node, one, two).await;
                let expects_many = [one.0, two.0] == ["share", "share"];
                assert!(!expects_many || most_shared == 80, "{most_shared} at once, seed {seed}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exclusive_turn_is_alone_in_each_pairing_on_threads() {
    let node = Node::local();
    for one in VISITS {
        for two in VISITS {
            visit(&node, one, two).await;
        }
    }
}
