// None of the errors told what makes a type an agent. That the launch is no future follows.
#![allow(unused_variables)]

use lyceum::prelude::*;

struct Clerk;

async fn launch(node: Node) {
    node.launch(Clerk).await.unwrap();
}

fn keep(clerk: Handle<Clerk>) {}

fn main() {}
