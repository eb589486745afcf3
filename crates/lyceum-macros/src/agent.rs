//! `#[agent]`: which kind of item it is on, and what becomes of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::VisitMut;
use syn::{Attribute, Error, ImplItem, Item, ItemImpl, Result, Type, TypePath, parse_quote};

use crate::errors::Errors;
use crate::member::{self, Member};
use crate::options::Options;
use crate::output::unwrapped;
use crate::owner::{Kind, Owner};
use crate::self_type::ReplaceSelf;
use crate::{annotation, docs, expand, interface};

/// Expands `#[agent(arguments)] item`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(arguments, &mut errors);
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Impl(block)) => expand_impl(&options, block, &mut errors),
        Ok(Item::Trait(item)) => interface::expand(&options, item, &mut errors),
        Ok(_) => {
            let message = "expected `#[agent]` on the `impl` block that has the actions, or \
                           `#[agent(interface)]` on a trait";
            errors.push(Error::new(Span::call_site(), message));
            item
        }
        Err(error) => {
            errors.push(error);
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

fn expand_impl(options: &Options, mut block: ItemImpl, errors: &mut Errors) -> TokenStream {
    let (owner, agent) = match owner(options, &block) {
        Ok(found) => found,
        Err(error) => {
            errors.push(error);
            // On the wrong block, the methods' own mistakes are of no interest.
            take_members(&mut block, &mut Errors::default());
            return block.into_token_stream();
        }
    };
    if let Some(span) = options.interface {
        errors.push(Error::new(span, "expected a trait: an `impl` block is no interface"));
    }
    let mut members = take_members(&mut block, errors);
    for member in &mut members {
        member.replace_self(&agent);
    }
    let generated = expand::agent(&owner, &members, &options.implements);
    quote!(#block #generated)
}

/// Takes the methods with a role out of a block, which keeps them without their attributes.
fn take_members(block: &mut ItemImpl, errors: &mut Errors) -> Vec<Member> {
    let mut members = Vec::new();
    for item in &mut block.items {
        match item {
            ImplItem::Fn(method) => {
                let taken = Member::take(&mut method.attrs, &method.sig);
                if let Some(member) = errors.keep(taken).flatten() {
                    member::add(&mut members, member, errors);
                }
            }
            ImplItem::Const(item) => refuse_annotations(&mut item.attrs, errors),
            ImplItem::Type(item) => refuse_annotations(&mut item.attrs, errors),
            ImplItem::Macro(item) => refuse_annotations(&mut item.attrs, errors),
            _ => {}
        }
    }
    members
}

/// Takes annotations off an item that is no method.
pub(crate) fn refuse_annotations(attributes: &mut Vec<Attribute>, errors: &mut Errors) {
    if let Some((kind, attribute)) = annotation::take(attributes).first() {
        let message = format!("expected `#[{}]` on a method", kind.name());
        errors.push(Error::new_spanned(attribute, message));
    }
}

/// Returns whom the code is for, and the type that `Self` stands for.
fn owner(options: &Options, block: &ItemImpl) -> Result<(Owner, Type)> {
    if let Some((path, _)) = &block.trait_ {
        let message = "expected an `impl` block of a type's own methods, not one of a trait";
        return Err(Error::new_spanned(path, message));
    }
    let agent = unwrapped(&block.self_ty).clone();
    let Type::Path(TypePath { qself: None, path, .. }) = &agent else {
        return Err(Error::new_spanned(agent, "expected a named type"));
    };
    let ident = match path.segments.last() {
        Some(segment) => segment.ident.clone(),
        None => return Err(Error::new_spanned(path, "expected a named type")),
    };
    if let Some(lifetime) = block.generics.lifetimes().next() {
        let message = "expected an agent that owns its state, without lifetimes";
        return Err(Error::new_spanned(lifetime, message));
    }
    let mut generics = block.generics.clone();
    ReplaceSelf(&agent).visit_generics_mut(&mut generics);
    let owner = Owner {
        runtime: options.runtime(),
        name: options.name_or(&ident),
        ident,
        doc: docs::text(&block.attrs),
        cfgs: docs::named(&block.attrs, &["cfg"]),
        visibility: parse_quote!(pub),
        generics,
        kind: Kind::Agent(Box::new(agent.clone())),
    };
    Ok((owner, agent))
}
