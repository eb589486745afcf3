//! The link between two Lyceum nodes: frames as values, without a socket.
//!
//! A channel between two nodes carries, in both directions, the [`PREFACE`] and then frames. A
//! frame has a [`Head`], which says what it is for, and a body, the encoded value. The layout in
//! bytes is in `docs/src/wire.md`.
//!
//! [`Hello`] says what a node can, and [`agree`] makes [`Terms`] of two of them. [`Encoder`] makes
//! bytes of heads and bodies, [`Decoder`] cuts what came in into [`Frame`]s, and [`Reassembly`] puts
//! large bodies together again, and gives whole [`Message`]s.
//!
//! None of it reads a clock or waits. All that comes from outside is bounded; the limits are
//! constants of this module.

mod answer;
mod bounds;
mod call;
mod decoder;
mod encoder;
mod error;
mod frame;
mod head;
mod hello;
mod limits;
mod question;
mod reassembly;
mod terms;
mod text;
mod trace;

pub use answer::{Answer, Fault, FaultKind, Outcome};
pub use call::{ActionKey, Call, Hop, Reply};
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::LinkError;
pub use frame::{Frame, Message, Opening, Part};
pub use head::{GoodbyeReason, Head};
pub use hello::{Hello, Refusal, RefusalReason, Token, VersionRange};
pub use limits::*;
pub use question::{AgentFilter, ClockQuestion, Question};
pub use reassembly::Reassembly;
pub use terms::{Terms, agree};
pub use text::Text;
pub use trace::{ParseTraceError, TraceContext};
