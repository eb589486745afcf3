//! The link between two Lyceum nodes: frames as values, without a socket.
//!
//! A channel between two nodes carries, in both directions, the [`PREFACE`] and then frames. A
//! frame has a [`Head`], which says what it is for, and a body, the encoded value. The layout in
//! bytes is in `docs/src/wire.md`.
//!
//! The modules in the order in which a channel needs them:
//!
//! 1. [`Hello`] says what a node can; [`agree`] makes [`Terms`] of two of them.
//! 2. [`Decoder`] cuts what came in into [`Frame`]s, [`Reassembly`] puts large bodies together
//!    again, and both give whole [`Message`]s.
//! 3. [`Outbox`] takes messages that are to go out, and fills one [`Burst`] after the other with
//!    them, so that a small one never waits for more than one chunk of a large one.
//!
//! None of it reads a clock or waits. All that comes from outside is bounded; the limits are
//! constants of this module.
//!
//! ```
//! use bytes::{Buf, BytesMut};
//! use lyceum_wire::link::{
//!     Burst, Decoder, Head, Message, Outbox, OutboxLimits, PREFACE, Reassembly,
//! };
//!
//! // One side writes.
//! let mut outbox = Outbox::new(OutboxLimits::default());
//! outbox.push(Message::new(Head::Ping { number: 7 }))?;
//! let mut burst = Burst::default();
//! let mut wire = BytesMut::from(&PREFACE[..]);
//! while outbox.fill(&mut burst) {
//!     wire.extend_from_slice(&burst.copy_to_bytes(burst.remaining()));
//! }
//!
//! // The other one reads.
//! let (mut decoder, mut reassembly) = (Decoder::new(), Reassembly::default());
//! let frame = decoder.decode(&mut wire)?.expect("a whole frame is there");
//! let message = reassembly.accept(frame)?.expect("its body is small");
//! assert_eq!(message.head, Head::Ping { number: 7 });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod bounds;
mod burst;
mod call;
mod decoder;
mod encoder;
mod error;
mod frame;
mod head;
mod hello;
mod limits;
mod outbox;
mod question;
mod reassembly;
mod terms;
mod text;

pub use answer::{Answer, Fault, FaultKind, Outcome};
pub use burst::Burst;
pub use call::{ActionKey, Call, Hop, Reply};
pub use decoder::Decoder;
#[cfg(feature = "exchange-link")]
pub(crate) use encoder::Appended;
pub use encoder::Encoder;
pub use error::LinkError;
pub use frame::{Frame, Message, Opening, Part};
pub use head::{GoodbyeReason, Head};
pub use hello::{Hello, Refusal, RefusalReason, Token, VersionRange};
pub use limits::*;
pub use outbox::{Outbox, OutboxLimits, PushError, Withdrawal};
pub use question::{AgentFilter, ClockQuestion, Question};
pub use reassembly::Reassembly;
pub use terms::{Terms, agree};
pub use text::Text;
