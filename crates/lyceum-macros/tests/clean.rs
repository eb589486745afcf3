//! What the macros write passes the lints that users turn on.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unnameable_types,
    private_interfaces,
    private_bounds,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason
)]
#![expect(clippy::unused_async, reason = "examples of async methods need not await")]

use std::io;

use futures_util::{Stream, stream};
use lyceum::prelude::*;

/// A public agent with private types in its block.
#[derive(Default)]
pub struct Clerk {
    value: u64,
}

struct Secret(u64);

#[agent(implements(Sensor))]
impl Clerk {
    #[action]
    async fn add(&mut self, n: u64, cx: &Context<Self>) -> u64 {
        cx.publish("added", &n).await;
        self.value += n;
        self.value
    }

    #[action(local)]
    fn take(&mut self, secret: Secret) {
        self.value = secret.0;
    }

    #[deprecated]
    #[action]
    fn old(&self, _unused: u64) -> io::Result<u8> {
        u8::try_from(self.value).map_err(io::Error::other)
    }

    #[action]
    fn up_to(&self, to: u64) -> impl Stream<Item = u64> + Send + 'static {
        stream::iter(self.value..to)
    }

    #[behaviour(once)]
    async fn begin(&mut self) {
        self.value = 1;
    }

    #[subscribe("a.#")]
    async fn heard(&mut self, n: u64) {
        self.value = n;
    }
}

struct Private;

#[agent]
impl Private {
    #[action(local)]
    fn secret(&self) -> Secret {
        let Self = self;
        Secret(1)
    }
}

/// A public interface.
#[agent(interface)]
pub trait Sensor {
    /// Reads.
    #[action]
    async fn read(&self) -> u64 {
        1
    }

    /// Sets.
    #[action]
    fn set(&mut self, n: u64);
}

impl Sensor for Clerk {
    fn set(&mut self, n: u64) {
        self.value = n;
    }
}

#[lyceum::test]
async fn what_the_macros_write_is_clean() {
    let node = Node::simulated(1);
    let secret = node.launch(Private).await.unwrap().secret().await.unwrap();
    let clerk = node.launch(Clerk::default()).await.unwrap();

    clerk.take(secret).await.unwrap();
    assert_eq!(clerk.add(1).await.unwrap(), 2);
}
