//! The server, with requests as they are on the wire.
#![cfg(feature = "server")]

mod access;
mod ask;
mod authority;
mod delivery;
mod depot;
mod faults;
mod house;
#[cfg(feature = "oidc")]
mod issuer;
mod leaving;
mod limits;
#[cfg(feature = "academy")]
mod nodes;
#[cfg(feature = "oidc")]
mod oidc;
#[cfg(feature = "academy")]
mod pickles;
mod tls;
mod wire;
