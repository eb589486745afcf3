//! State machines: a loop over the states, with a turn in each.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::behaviour::finish;
use super::message::message_value;
use crate::behaviour::StateMachine;
use crate::fsm::State;
use crate::owner::{Owner, local, located, value};
use crate::signature::Access;

/// Returns the body of a behaviour that goes through states.
pub(super) fn body(owner: &Owner, name: &str, machine: &StateMachine) -> TokenStream {
    let (runtime, context, current) = (&owner.runtime, local("cx"), local("current"));
    let arms = machine.machine.states.iter().enumerate().map(|(index, state)| {
        let label = state.name.unraw().to_string();
        let (ty, variant) = (&machine.state, &state.name);
        let next = match state.is_final() {
            // The state is named, so that it exists and is not reported as unused.
            true => quote!(let _ = <#ty>::#variant; return ::core::result::Result::Ok(());),
            false => leave(name, state, machine, &event(owner, state, machine)),
        };
        quote!(#index => { #runtime::Context::note_state(&#context, #name, #label); #next })
    });
    quote! {
        let mut #current = 0_usize;
        loop {
            #current = match #current {
                #(#arms)*
                _ => ::core::unreachable!("a state machine stays in its states"),
            };
        }
    }
}

/// Returns the expression that runs the method in a state and gives the event.
fn event(owner: &Owner, state: &State, machine: &StateMachine) -> TokenStream {
    let (runtime, context) = (&owner.runtime, local("cx"));
    let (ty, variant, routine) = (&machine.state, &state.name, &machine.routine);
    let state = quote!(<#ty>::#variant);
    if routine.signature.access != Access::Detached {
        let message = message_value(owner, &routine.signature, &[state]);
        return quote!(#runtime::Context::turn(&#context, #message).await?);
    }
    let first = value(0);
    let call = owner.call(&routine.signature, &quote!(::core::clone::Clone::clone(&#context)));
    let (finish, error) = (finish(owner, &routine.output, &call), quote!(#runtime::BoxError));
    quote! {{
        let #first = #state;
        let event: ::core::result::Result<_, #error> = { #finish };
        event?
    }}
}

/// Returns the expression that finds the next state from the event.
fn leave(name: &str, state: &State, machine: &StateMachine, event: &TokenStream) -> TokenStream {
    let ty = &machine.event;
    let arms = state.exits.iter().map(|exit| {
        let (event, next) = (&exit.event, exit.next);
        quote_spanned!(located(event.span())=> <#ty>::#event => #next,)
    });
    let expected: Vec<_> = state.exits.iter().map(|exit| format!("`{}`", exit.event)).collect();
    let text = format!(
        "unexpected event in state `{}` of behaviour `{name}`: expected {}",
        state.name,
        expected.join(" or "),
    );
    quote! {
        match #event {
            #(#arms)*
            #[allow(unreachable_patterns, reason = "every event may be expected")]
            _ => return ::core::result::Result::Err(::core::convert::From::from(#text)),
        }
    }
}
