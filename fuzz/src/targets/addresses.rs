//! Addresses of agents, endpoints, names and ids: what is read is written as it was meant.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use lyceum_wire::{Address, AgentId, AgentKey, AgentName, Endpoint, NodeId, TraceContext};

use super::{Target, bytes_of};
use crate::Digest;

pub(super) const TARGET: Target = Target { name: "addresses", run, seeds, budget: 1 << 20 };

fn seeds() -> Vec<Vec<u8>> {
    bytes_of(&[
        "tcp://127.0.0.1:5555/counter",
        "tcp://00000000000000a1@host:5555/7",
        "unix:///run/mesh.sock#counter",
        "tls://[::1]:5555/a.b-c_d",
        "local://market/counter",
        "local://00000000000000a1/7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ])
}

fn run(bytes: &[u8]) -> Digest {
    let Ok(text) = std::str::from_utf8(bytes) else { return Digest::of("no text") };
    Digest::of((
        read::<Address>(text),
        read::<Endpoint>(text),
        read::<AgentName>(text),
        read::<AgentKey>(text),
        (read::<NodeId>(text), read::<AgentId>(text), read::<TraceContext>(text)),
    ))
}

fn read<T: FromStr<Err: Display> + Display + Debug + PartialEq>(text: &str) -> Result<(), String> {
    let value: T = text.parse().map_err(|error: T::Err| error.to_string())?;
    let again = value.to_string().parse::<T>();
    assert!(again.as_ref().is_ok_and(|again| *again == value), "{value} is read as another one");
    Ok(())
}
