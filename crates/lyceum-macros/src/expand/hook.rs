//! Hooks: what an agent runs before its first and after its last message.

use proc_macro2::TokenStream;
use quote::quote;

use super::behaviour::finish;
use crate::hook::{Hook, Moment};
use crate::member::{Member, Role};
use crate::owner::{Owner, local};

/// Returns the hook of a moment, or `None` where there is none.
pub(super) fn expand(owner: &Owner, members: &[Member], moment: Moment) -> TokenStream {
    let runtime = &owner.runtime;
    let (agent, context) = (local("agent"), local("cx"));
    let ty = quote!(::core::option::Option<#runtime::StartHook<Self>>);
    let settings = members.iter().filter_map(|member| {
        let hook = hook_at(member, moment)?;
        let call = owner.call(&hook.signature, &quote!(#context));
        let (cfgs, finish) = (&member.cfgs, finish(owner, &hook.output, &call));
        Some(quote! {
            #(#cfgs)*
            let hook: #ty = ::core::option::Option::Some(
                |#agent, #context| ::std::boxed::Box::pin(async move { #finish }),
            );
        })
    });
    let settings: Vec<_> = settings.collect();
    if settings.is_empty() {
        return quote!(::core::option::Option::None);
    }
    quote! {{
        let hook: #ty = ::core::option::Option::None;
        #(#settings)*
        hook
    }}
}

fn hook_at(member: &Member, moment: Moment) -> Option<&Hook> {
    match &member.role {
        Role::Hook(hook) if hook.moment == moment => Some(hook),
        _ => None,
    }
}
