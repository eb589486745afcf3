#![allow(unused_variables)]

use lyceum::prelude::*;

struct Unknown;
#[agent(fast)]
impl Unknown {}

struct Nameless;
#[agent(name = "")]
impl Nameless {}

struct Twice;
#[agent(name = "a", name = "b")]
impl Twice {}

struct Empty;
#[agent(implements())]
impl Empty {}

struct Rootless;
#[agent(crate = "no path")]
impl Rootless {}

#[agent(interface, implements(Iterator))]
trait Both {}

fn main() {}
