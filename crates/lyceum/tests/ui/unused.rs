// A call that was sent ahead was cancelled at once, without a warning; that an agent which was
// stopped does nothing unless that is awaited was no truth.
#![deny(unused_must_use)]

use lyceum::prelude::*;
use serde_json::json;

struct Clerk;

#[agent]
impl Clerk {
    #[action]
    fn add(&mut self) {}
}

fn use_none(clerk: &Handle<Clerk>, any: &AnyHandle, node: &Node) {
    clerk.add();
    clerk.add().send();
    clerk.add().tell();
    any.call("add", json!([])).send();
    clerk.ended();
    node.launch(Clerk);

    // These act at once.
    clerk.stop();
    any.kill();
}

fn main() {}
