//! Agents: everything that `#[agent]` adds to an `impl` block.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

use super::{Parts, client, hidden, hook, stepped};
use crate::hook::Moment;
use crate::member::Member;
use crate::owner::{Owner, located};

/// Returns the client, the messages and the blueprint of a type of agent.
pub(crate) fn expand(owner: &Owner, members: &[Member], implements: &[Path]) -> TokenStream {
    let parts = Parts::of(owner, members);
    let declaration = client::declaration(owner);
    let implementation = client::implementation(owner, &parts.methods);
    let blueprint = blueprint(owner, members, &parts, implements);
    let items = &parts.items;
    let inhabitant = stepped::inhabitant(owner, members);
    let hidden = hidden(owner, &quote!(#items #implementation #blueprint #inhabitant));
    quote!(#declaration #hidden)
}

fn blueprint(owner: &Owner, members: &[Member], parts: &Parts, implements: &[Path]) -> TokenStream {
    let Owner { runtime, doc, .. } = owner;
    let agent = owner.agent();
    let generics = owner.bounded();
    let (generics, _, clause) = generics.split_for_impl();
    let Parts { routes, subscriptions, behaviours, .. } = parts;
    let interfaces = implements.iter().map(|interface| {
        quote_spanned! {located(interface.span())=>
            <dyn #interface as #runtime::support::Interface<Self>>::ENTRY
        }
    });
    let on_start = hook::expand(owner, members, Moment::Start);
    let on_stop = hook::expand(owner, members, Moment::Stop);
    let stepped = stepped::species(owner, members);
    // The names of one block have been looked at. What depends on type parameters is checked where
    // the agent is launched.
    let check = (owner.generics.params.is_empty() && !implements.is_empty()).then(|| {
        quote_spanned! {located(owner.ident.span())=>
            const _: () = <#agent as #runtime::Agent>::BLUEPRINT.check_names();
        }
    });
    quote! {
        #[automatically_derived]
        impl #generics #runtime::Agent for #agent #clause {
            const BLUEPRINT: #runtime::Blueprint<Self> = #runtime::Blueprint {
                doc: #doc,
                routes: &[#routes],
                subscriptions: &[#subscriptions],
                behaviours: &[#behaviours],
                interfaces: &[#(#interfaces),*],
                on_start: #on_start,
                on_stop: #on_stop,
                stepped: #stepped,
            };
        }

        #check
    }
}
