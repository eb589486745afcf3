//! Arguments, results and states of any size and alignment.

use lyceum::prelude::*;

/// Vector units want their data like this.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
struct Lane([u8; 64]);

struct Unit(Lane);

#[agent]
impl Unit {
    #[action(local)]
    async fn swap(&mut self, lane: Lane, cx: &Context<Self>) -> Lane {
        assert_eq!((&raw const lane).addr() % 64, 0, "the argument is aligned");
        assert_eq!((&raw const self.0).addr() % 64, 0, "the state is aligned");
        cx.sleep(Duration::from_millis(1)).await;
        assert_eq!((&raw const lane).addr() % 64, 0, "it is aligned across awaits");
        std::mem::replace(&mut self.0, lane)
    }

    #[action(local)]
    async fn large(&self, data: [u8; 10_000]) -> [u8; 10_000] {
        data
    }
}

/// It was undefined behaviour: blocks were aligned to 16 whatever they held.
#[lyceum::test]
async fn arguments_of_large_alignment_are_aligned() {
    let node = Node::simulated(1);
    let unit = node.launch(Unit(Lane([0; 64]))).await.unwrap();
    for n in 1..20 {
        let pad: Vec<_> = (0..n).map(|_| unit.swap(Lane([n - 1; 64])).send()).collect();
        drop(pad);
        assert_eq!(unit.swap(Lane([n; 64])).await.unwrap(), Lane([n - 1; 64]));
    }
}

#[lyceum::test]
async fn large_arguments_and_results_go_through() {
    let node = Node::simulated(1);
    let unit = node.launch(Unit(Lane([0; 64]))).await.unwrap();
    assert_eq!(unit.large([3; 10_000]).await.unwrap()[9_999], 3);
}
