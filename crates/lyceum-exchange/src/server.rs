//! The exchange as a server: mailboxes reached by HTTP, as Academy's programs reach them.
//!
//! - [`Server`] listens, and [`ServerSettings`] bound what it takes.
//! - [`ServerCertificate`] is what it shows to clients that talk TLS.
//! - [`Authenticator`] says who a request is from; [`Tokens`] does it by a file of bearer tokens,
//!   and `Oidc`, behind the feature `oidc`, by tokens of an OpenID Connect issuer.
//! - [`Principal`] is who that is, and [`Rights`] what he may do.
//! - [`wording`] tells callers of failures in the words of Academy.
//!
//! Inside, a `hub` has what all requests share, and `routes` has a function for each of them. A
//! program holds a mailbox as long as the connection on which it listens is open. A node of Lyceum
//! has one connection for all of its mailboxes, which is an `upgrade` of HTTP to a `link`.

mod accept;
mod access;
mod authenticator;
mod certificate;
mod console;
mod depot;
mod guesses;
mod holding;
mod hub;
mod input;
mod leaving;
mod link;
mod listening;
mod metrics;
#[cfg(feature = "oidc")]
mod oidc;
mod openapi;
mod patience;
mod rate;
mod reply;
mod routes;
mod sending;
mod settings;
mod token;
mod upgrade;
mod verbs;
mod words;

pub use accept::{ServeError, Server};
pub use access::{Principal, Rights, Which};
pub use authenticator::{AuthenticateError, Authenticator};
pub use certificate::ServerCertificate;
pub use depot::DepotSettings;
pub use hub::Clock;
#[cfg(feature = "oidc")]
pub use oidc::{Oidc, OidcError, OidcSettings};
pub use settings::ServerSettings;
pub use token::{NewToken, Token, TokenError, Tokens};
pub use words::wording;
