//! `#[agent(interface)]`: a trait of actions that several types of agent implement.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, Generics, ItemTrait, Result, TraitItem};

use crate::agent::refuse_annotations;
use crate::errors::Errors;
use crate::member::{self, Member, Role};
use crate::options::Options;
use crate::owner::{Kind, Owner};
use crate::{contract, docs, expand, self_type};

/// Expands `#[agent(interface)] trait`.
pub(crate) fn expand(options: &Options, mut item: ItemTrait, errors: &mut Errors) -> TokenStream {
    if options.interface.is_none() {
        let message = "expected `#[agent(interface)]` on a trait";
        errors.push(Error::new(item.trait_token.span(), message));
    }
    let runtime = options.runtime();
    if let Err(error) = check(&item) {
        errors.push(error);
        take_members(&mut item, &runtime, &mut Errors::default());
        return quote!(#item);
    }
    let members = take_members(&mut item, &runtime, errors);
    let owner = Owner {
        runtime,
        ident: item.ident.clone(),
        name: options.name_or(&item.ident),
        doc: docs::text(&item.attrs),
        cfgs: docs::named(&item.attrs, &["cfg"]),
        visibility: item.vis.clone(),
        generics: Generics::default(),
        kind: Kind::Interface,
    };
    let generated = expand::interface(&owner, &members);
    quote!(#item #generated)
}

/// Takes the methods with a role out of a trait, and makes all of its methods fit an interface.
fn take_members(item: &mut ItemTrait, runtime: &TokenStream, errors: &mut Errors) -> Vec<Member> {
    let mut members = Vec::new();
    for part in &mut item.items {
        match part {
            TraitItem::Fn(method) => {
                let taken = Member::take(&mut method.attrs, &method.sig).and_then(checked);
                contract::rewrite(method, runtime);
                if let Some(member) = errors.keep(taken).flatten() {
                    member::add(&mut members, member, errors);
                }
            }
            TraitItem::Const(part) => refuse_annotations(&mut part.attrs, errors),
            TraitItem::Type(part) => refuse_annotations(&mut part.attrs, errors),
            TraitItem::Macro(part) => refuse_annotations(&mut part.attrs, errors),
            _ => {}
        }
    }
    members
}

/// Checks that a method can be called by who does not know the type of the agent.
fn checked(member: Option<Member>) -> Result<Option<Member>> {
    let Some(mut member) = member else { return Ok(None) };
    if let Role::Hook(hook) = &member.role {
        let message = "expected hooks in the agent's own block: an interface has none";
        return Err(Error::new(hook.signature.ident.span(), message));
    }
    if let Role::Stepped(stepped) = &member.role {
        let message = "expected what happens in steps in the agent's own block: an interface has \
                       none of it";
        return Err(Error::new(stepped.ident.span(), message));
    }
    match member.types_mut().into_iter().find_map(|ty| self_type::find(ty)) {
        Some(span) => {
            let message = "expected a type that callers of the interface know, not `Self`";
            Err(Error::new(span, message))
        }
        None => Ok(Some(member)),
    }
}

/// Checks that handles can lead to `dyn Trait`.
fn check(item: &ItemTrait) -> Result<()> {
    if let Some(unsafety) = &item.unsafety {
        return Err(Error::new(unsafety.span(), "expected an interface to be a plain `trait`"));
    }
    if !item.generics.params.is_empty() {
        let message = "expected an interface without parameters: handles lead to one type";
        return Err(Error::new_spanned(&item.generics, message));
    }
    if let Some(clause) = &item.generics.where_clause {
        let message = "expected an interface without a `where` clause: name the traits that it \
                       builds on after its colon";
        return Err(Error::new_spanned(clause, message));
    }
    let of_type = item.items.iter().find_map(|part| match part {
        TraitItem::Const(part) => Some(part.ident.span()),
        TraitItem::Type(part) => Some(part.ident.span()),
        _ => None,
    });
    match of_type {
        None => Ok(()),
        Some(span) => {
            let message = "expected methods only: callers of an interface do not know the type";
            Err(Error::new(span, message))
        }
    }
}
