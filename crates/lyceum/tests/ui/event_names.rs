use lyceum::prelude::*;
use lyceum::universe::Step;

struct NoEvent;

struct Listener;

#[agent]
impl Listener {
    #[event]
    fn no_event(&mut self, _event: &NoEvent) {}

    #[event]
    fn which(&mut self) {}

    #[event("")]
    fn empty(&mut self) {}

    #[live]
    async fn live(&mut self, _cx: &mut Step<'_>) {}

    #[score]
    fn score(&mut self) -> f64 {
        0.0
    }

    #[init]
    fn init(&mut self) {}

    #[init]
    fn begin(&mut self) {}
}

#[agent(interface)]
trait Alive {
    #[live]
    fn live(&mut self);
}

fn main() {}
