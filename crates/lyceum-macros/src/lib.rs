//! The attribute macros of Lyceum.

mod agent;
mod interface;
mod test;

mod errors;
mod options;
mod owner;

mod helper;
mod member;

mod action;
mod arguments;
mod behaviour;
mod fsm;
mod hook;
mod subscribe;

mod contract;
mod docs;
mod duration;
mod output;
mod owned;
mod pattern;
mod reserved;
mod self_type;
mod signature;

mod expand;

use proc_macro::TokenStream;

/// Makes a type an agent.
#[proc_macro_attribute]
pub fn agent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    agent::expand(arguments.into(), item.into()).into()
}

/// Runs an `async fn` as a test.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments.into(), item.into()).into()
}
