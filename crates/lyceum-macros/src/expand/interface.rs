//! Interfaces: a table of actions that each implementing type fills.

use proc_macro2::TokenStream;
use quote::quote;

use super::message::{message_type, needs_sync};
use super::{Parts, client, hidden};
use crate::member::{Member, Role};
use crate::owner::Owner;
use crate::signature::Access;

/// Returns the client, the messages and the table of an interface.
pub(crate) fn expand(owner: &Owner, members: &[Member]) -> TokenStream {
    let parts = Parts::of(owner, members);
    let declaration = client::declaration(owner);
    let implementation = client::implementation(owner, &parts.methods);
    let (table, entry) = (table(owner, members), entry(owner, members, &parts));
    let items = &parts.items;
    let hidden = hidden(owner, &quote!(#items #implementation #table #entry));
    quote!(#declaration #hidden)
}

fn table(owner: &Owner, members: &[Member]) -> TokenStream {
    let runtime = &owner.runtime;
    let fields = members.iter().filter(|member| has_entry(member)).map(|member| {
        let (cfgs, field) = (&member.cfgs, &member.signature().ident);
        let message = message_type(owner, member.signature());
        quote!(#(#cfgs)* #field: #runtime::Entry<#message>,)
    });
    quote! {
        #[doc(hidden)]
        pub struct Table__ {
            #(#fields)*
        }
    }
}

/// Returns what an implementing type lists in its blueprint.
fn entry(owner: &Owner, members: &[Member], parts: &Parts) -> TokenStream {
    let Owner { runtime, name, .. } = owner;
    let (target, client, agent) = (owner.target(), owner.client(), owner.agent());
    let Parts { routes, subscriptions, behaviours, .. } = parts;
    let needs_sync =
        members.iter().any(|member| has_entry(member) && needs_sync(member.signature()));
    let generics = owner.agent_generics(needs_sync);
    let fields = members.iter().filter(|member| has_entry(member)).map(|member| {
        let (cfgs, field) = (&member.cfgs, &member.signature().ident);
        quote!(#(#cfgs)* #field: #runtime::Entry::of::<#agent>(),)
    });
    quote! {
        #[automatically_derived]
        impl #generics #runtime::support::Interface<#agent> for #target {
            const ENTRY: #runtime::InterfaceEntry<#agent> = #runtime::InterfaceEntry {
                id: ::core::any::TypeId::of::<#client>(),
                name: #name,
                table: &Table__ { #(#fields)* },
                routes: &[#routes],
                subscriptions: &[#subscriptions],
                behaviours: &[#behaviours],
            };
        }
    }
}

/// Returns whether the member is run by messages, whose entries are in the table.
fn has_entry(member: &Member) -> bool {
    match &member.role {
        Role::Action(_) | Role::Subscriber(_) => true,
        Role::Behaviour(_) => {
            member.action().is_some() || member.signature().access != Access::Detached
        }
        Role::Hook(_) | Role::Stepped(_) => false,
    }
}
