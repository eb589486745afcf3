//! The code that the macros write.

mod action;
mod agent;
mod behaviour;
mod client;
mod hook;
mod interface;
mod machine;
mod message;
mod stepped;
mod subscriber;

pub(crate) use agent::expand as agent;
pub(crate) use interface::expand as interface;

use proc_macro2::TokenStream;
use quote::quote;

use crate::member::{Member, Role};
use crate::owner::Owner;

/// What a block's members come to.
#[derive(Default)]
struct Parts {
    /// Items: messages and what they implement.
    items: TokenStream,
    /// Methods of the client.
    methods: TokenStream,
    /// Elements of the tables in a blueprint.
    routes: TokenStream,
    subscriptions: TokenStream,
    behaviours: TokenStream,
}

impl Parts {
    fn of(owner: &Owner, members: &[Member]) -> Self {
        let mut parts = Self::default();
        for member in members {
            match &member.role {
                Role::Action(action) => parts.add_action(owner, member, action),
                Role::Behaviour(behaviour) => parts.add_behaviour(owner, member, behaviour),
                Role::Subscriber(subscriber) => parts.add_subscriber(owner, member, subscriber),
                Role::Hook(_) | Role::Stepped(_) => {}
            }
        }
        parts
    }
}

/// Wraps items that users need not see.
fn hidden(owner: &Owner, items: &TokenStream) -> TokenStream {
    let cfgs = &owner.cfgs;
    quote! {
        #(#cfgs)*
        #[allow(
            dead_code,
            deprecated,
            private_bounds,
            private_interfaces,
            trivial_bounds,
            unreachable_code,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            reason = "the lints have looked at the methods that this is made from"
        )]
        const _: () = {
            #items
        };
    }
}
