#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

#[agent]
impl Clerk {
    #[action(fast)]
    fn unknown(&self) {}

    #[action(inline, queued)]
    fn both(&self) {}

    #[action(cancel = "stop")]
    fn cancelled(&self) {}

    #[action(timeout = "5 seconds")]
    fn wordy(&self) {}

    #[action(timeout = "0s")]
    fn never(&self) {}

    #[action(timeout = "1s", timeout = "2s")]
    fn twice(&self) {}

    #[action(timeout = 5)]
    fn unitless(&self) {}

    #[action(name = "two words")]
    fn spaced(&self) {}

    #[action(durable, local)]
    fn kept_at_home(&self) {}

    #[action(durable, cancel = "drop")]
    fn taken_back(&self) {}

    #[action(durable, durable)]
    fn kept_twice(&self) {}

    #[action(durable = "yes")]
    fn kept_by_text(&self) {}

    #[action = "local"]
    fn assigned(&self) {}
}

fn main() {}
