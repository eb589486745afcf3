//! The frames of direct connections of the hybrid exchange, and the messages in them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use lyceum_exchange::academy::direct_messages;
use lyceum_wire::academy::{Body, EntityId, Message, Unread, Uuid};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use super::Target;
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "hybrid_frames", run, seeds, budget: 1 << 20 };

/// The longest message that is taken.
const LIMIT: usize = 1 << 16;

/// A stream of which a byte comes at a time.
struct Drops<'b>(&'b [u8]);

impl AsyncRead for Drops<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some((first, rest)) = self.0.split_first() {
            buffer.put_slice(&[*first]);
            self.0 = rest;
        }
        Poll::Ready(Ok(()))
    }
}

thread_local! {
    static RUNTIME: Runtime =
        Builder::new_current_thread().build().expect("a runtime without drivers needs nothing");
}

fn frame(json: &str) -> Vec<u8> {
    let length = u32::try_from(json.len()).expect("it is short").to_be_bytes();
    [&length, json.as_bytes()].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let id = EntityId::agent(Uuid::from_u128(7), Some("clerk".into()));
    let bodies = [
        Body::PingRequest,
        Body::CancelRequest { target_tag: Uuid::from_u128(9) },
        Body::ShutdownRequest { terminate: Some(true) },
        Body::SuccessResponse,
    ];
    let message = |body| Message::request(id.clone(), id.clone(), Uuid::from_u128(8), body);
    let mut all: Vec<_> = bodies.map(|body| frame(&message(body).to_json())).into();
    all.push([frame("{}"), all.concat(), vec![0, 0, 0]].concat());
    all.push(vec![255; 4]);
    all
}

/// Reads all frames, at once and byte by byte, and those that are messages once more after they
/// were written.
fn run(bytes: &[u8]) -> Digest {
    let (found, end) = read(&mut &*bytes);
    let (again, same_end) = read(&mut Drops(bytes));
    assert_eq!(written(&found), written(&again), "the pieces in which bytes come do not matter");
    assert_eq!(kind(&end), kind(&same_end));
    let messages = found.iter().flatten();
    let rewritten: Vec<u8> = messages.flat_map(|message| frame(&message.to_json())).collect();
    let whole: Vec<_> = found.iter().filter(|message| message.is_some()).cloned().collect();
    let (back, _) = read_to(&mut &*rewritten, usize::MAX);
    assert_eq!(written(&back), written(&whole), "what is written can be read");
    let bodies = whole.into_iter().flatten().map(|message| message.body().is_ok());
    Digest::of((found.len(), bodies.collect::<Vec<_>>(), kind(&end)))
}

fn read(stream: &mut (impl AsyncRead + Unpin)) -> (Vec<Option<Message<Unread>>>, io::Result<()>) {
    read_to(stream, LIMIT)
}

fn read_to(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> (Vec<Option<Message<Unread>>>, io::Result<()>) {
    RUNTIME.with(|runtime| runtime.block_on(direct_messages(stream, limit)))
}

fn written(found: &[Option<Message<Unread>>]) -> Vec<Option<String>> {
    found.iter().map(|message| message.as_ref().map(Message::<Unread>::to_json)).collect()
}

fn kind(end: &io::Result<()>) -> Option<io::ErrorKind> {
    end.as_ref().err().map(io::Error::kind)
}
