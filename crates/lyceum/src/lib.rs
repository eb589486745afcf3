//! Multi-agent systems: one definition of an agent, every way to run it.
//!
//! ```
//! use lyceum::prelude::*;
//!
//! /// Counts.
//! #[derive(Default)]
//! struct Counter {
//!     value: u64,
//! }
//!
//! #[agent]
//! impl Counter {
//!     /// Adds `n` and returns the new value.
//!     #[action]
//!     async fn add(&mut self, n: u64) -> u64 {
//!         self.value += n;
//!         self.value
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> lyceum::Result<()> {
//!     let node = Node::local();
//!     let counter = node.launch(Counter::default()).await?;
//!     assert_eq!(counter.add(2).await?, 2);
//!     Ok(())
//! }
//! ```
//!
//! - Agents: [`agent`], [`Context`], [`Behaviour`].
//! - Reaching them: [`Handle`], [`AnyHandle`], [`Call`], [`CallError`].
//! - Hosting them: [`Node`], [`Launch`], [`Restart`], [`Supervisor`], [`Topics`].
//! - Other processes, with the feature `network`: `Node::listen`, `Node::connect`.
//! - Large data by reference, with the feature `blobs`: `Blob`, `Node::blobs`.
//! - Agents of aiomas, with the feature `aiomas`: `Node::listen_aiomas`, `Node::connect`.
//! - Agents of Academy, with the feature `academy`: `Node::register_mailbox`, `Node::connect`.
//! - Mailboxes that outlive programs, with the feature `server`: `lyceum::network::server`.
//! - Agents that live in steps, with the feature `universe`: `lyceum::universe`.
//! - Test campaigns, with the feature `campaign`: `lyceum::campaign`.
//! - Scenarios of mosaik, with the feature `mosaik`: `lyceum::network::mosaik`.
//! - Child processes and command lines, with the feature `manager`: `lyceum::manager`.
//! - Certificates on both sides, with the feature `tls`: `lyceum::network::Certificates`.
//! - Time: [`Time`], [`ClockDriver`], [`Node::simulated`].
//!
//! The guide in `docs/` starts from zero; `docs/src/semantics.md` has the guarantees on one page.

#[cfg(feature = "blobs")]
pub use lyceum_blob::{
    Blob, BlobError, BlobReader, BlobSettings, BlobUse, BlobWriter, Blobs, BlobsExt, Digest, Large,
    ParseDigestError, PutError,
};
#[cfg(feature = "depot")]
pub use lyceum_blob::{Depot, DepotAccess, DepotError};
#[cfg(feature = "campaign")]
pub use lyceum_campaign as campaign;
pub use lyceum_core::*;
#[cfg(feature = "network")]
pub use lyceum_exchange as network;
pub use lyceum_macros::{agent, test};
#[cfg(feature = "manager")]
pub use lyceum_manager::{self as manager, main};

/// The crate that draws lots, whose traits `cx.random()` of universes needs.
#[cfg(feature = "universe")]
pub use lyceum_universe::rand;

/// Agents that live in steps: universes, projects, sessions, scores.
#[cfg(feature = "universe")]
pub mod universe {
    pub use lyceum_macros::Event;
    pub use lyceum_universe::*;
}

/// What most programs need: `use lyceum::prelude::*`.
pub mod prelude {
    pub use std::time::Duration;

    #[cfg(feature = "blobs")]
    pub use lyceum_blob::{Blob, BlobSettings, BlobsExt};
    pub use lyceum_core::{
        AnyHandle, Behaviour, BehaviourContext, BoxError, CallError, Context, Handle, Inbox, Node,
        Publication, Restart, Results, Strategy, TellError,
    };
    #[cfg(feature = "network")]
    pub use lyceum_exchange::NetworkExt;
    #[cfg(feature = "academy")]
    pub use lyceum_exchange::academy::AcademyExt;
    #[cfg(feature = "aiomas")]
    pub use lyceum_exchange::aiomas::AiomasExt;
    pub use lyceum_macros::agent;
}

/// What the code of the macros needs. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod macros {
    pub use futures_util::future::BoxFuture;
    pub use lyceum_core::probe;
    pub use lyceum_core::wire::AccessKind;
    pub use lyceum_core::*;
    pub use lyceum_core::{Schema, SchemaGenerator, Value};
    #[cfg(feature = "universe")]
    pub use lyceum_universe as universe;
}

/// The README and the guide: their programs are tests.
#[cfg(doctest)]
mod guide {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/src/introduction.md")]
    struct Introduction;
    #[doc = include_str!("../../../docs/src/tutorial.md")]
    struct Tutorial;
    #[doc = include_str!("../../../docs/src/semantics.md")]
    struct Semantics;
    #[doc = include_str!("../../../docs/src/agents.md")]
    struct Agents;
    #[doc = include_str!("../../../docs/src/handles.md")]
    struct Handles;
    #[doc = include_str!("../../../docs/src/supervision.md")]
    struct Supervision;
    #[doc = include_str!("../../../docs/src/time.md")]
    struct Time;
    #[cfg(feature = "manager")]
    #[doc = include_str!("../../../docs/src/processes.md")]
    struct Processes;
    #[cfg(feature = "manager")]
    #[doc = include_str!("../../../docs/src/fleets.md")]
    struct Fleets;
    #[cfg(all(feature = "ssh", feature = "kubernetes"))]
    #[doc = include_str!("../../../docs/src/launchers.md")]
    struct Launchers;
    #[cfg(feature = "slurm")]
    #[doc = include_str!("../../../docs/src/slurm.md")]
    struct Slurm;
    #[cfg(all(feature = "academy", feature = "depot"))]
    #[doc = include_str!("../../../docs/src/large-data.md")]
    struct LargeData;
    #[doc = include_str!("../../../docs/src/performance.md")]
    struct Performance;
    #[doc = include_str!("../../../docs/src/mosaik.md")]
    struct Mosaik;
    #[doc = include_str!("../../../docs/src/coming-from-aiomas.md")]
    struct ComingFromAiomas;
    #[cfg(feature = "academy")]
    #[doc = include_str!("../../../docs/src/coming-from-academy.md")]
    struct ComingFromAcademy;
    #[cfg(feature = "universe")]
    #[doc = include_str!("../../../docs/src/universes.md")]
    struct Universes;
    #[cfg(feature = "universe")]
    #[doc = include_str!("../../../docs/src/studies.md")]
    struct Studies;
    #[cfg(feature = "universe")]
    #[doc = include_str!("../../../docs/src/coming-from-fusil.md")]
    struct ComingFromFusil;
    #[cfg(feature = "campaign")]
    #[doc = include_str!("../../../docs/src/campaigns.md")]
    struct Campaigns;
    #[cfg(feature = "academy")]
    #[doc = include_str!("../../../docs/src/redis.md")]
    struct Redis;
}
