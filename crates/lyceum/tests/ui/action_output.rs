#![allow(unused_variables)]

use std::borrow::Cow;
use std::fmt::Display;

use futures_util::Stream;
use futures_util::stream::empty;
use lyceum::prelude::*;

struct Clerk(String);

#[agent]
impl Clerk {
    #[action]
    fn borrowed(&self) -> &str {
        &self.0
    }

    #[action]
    fn deep(&self) -> Option<Cow<'_, str>> {
        None
    }

    #[action]
    fn opaque(&self) -> impl Display {
        1
    }

    #[action]
    fn stays(&self) -> impl Stream<Item = u64> + Send {
        empty()
    }

    #[action]
    fn unsendable(&self) -> impl Stream<Item = u64> + 'static {
        empty()
    }
}

fn main() {}
