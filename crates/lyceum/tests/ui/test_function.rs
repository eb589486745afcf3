#![allow(unused_variables)]

#[lyceum::test]
fn synchronous() {}

#[lyceum::test]
async fn told(n: u64) {}

#[lyceum::test]
async fn generic<T>() {}

#[lyceum::test(threads = 2)]
async fn optional() {}

#[lyceum::test]
struct Test;

fn main() {}
