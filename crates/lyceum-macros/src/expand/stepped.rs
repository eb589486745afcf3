//! An agent's life in a universe: the trait that the universe drives it by.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::behaviour::finish;
use crate::member::{Member, Role};
use crate::output::unwrapped;
use crate::owner::{Owner, local, located};
use crate::stepped::{Listened, Part, Slot, Stepped};

/// Returns what the blueprint says of the agent's life in steps.
pub(super) fn species(owner: &Owner, members: &[Member]) -> TokenStream {
    if stepped(members).next().is_none() {
        return quote!(::core::option::Option::None);
    }
    let runtime = &owner.runtime;
    quote! {
        ::core::option::Option::Some(&<Self as #runtime::universe::Inhabitant>::SPECIES)
    }
}

/// Returns the implementation of the trait that the universe drives the agent by, if it has one.
pub(super) fn inhabitant(owner: &Owner, members: &[Member]) -> TokenStream {
    if stepped(members).next().is_none() {
        return TokenStream::new();
    }
    let runtime = &owner.runtime;
    let agent = owner.agent();
    let generics = owner.bounded();
    let (generics, _, clause) = generics.split_for_impl();
    let outcome = quote!(#runtime::universe::Outcome);
    let step = quote!(&mut #runtime::universe::Step<'_>);
    let (this, context) = (local("agent"), local("cx"));
    let has = |part: fn(&Part) -> bool| {
        let cfgs = stepped(members).filter(move |(_, stepped)| part(&stepped.part));
        let cfgs = cfgs.map(|(member, _)| &member.cfgs);
        quote!({ let has = false; #(#(#cfgs)* let has = true;)* has })
    };
    let routine = |part: fn(&Part) -> bool| {
        let runs = stepped(members).filter(move |(_, stepped)| part(&stepped.part));
        let runs = runs.map(|(member, stepped)| {
            let cfgs = &member.cfgs;
            let finish = finish(owner, &stepped.output, &call(owner, stepped));
            quote!(#(#cfgs)* { return { #finish }; })
        });
        quote! {
            #(#runs)*
            ::core::result::Result::Ok(())
        }
    };
    let (is_live, lives) = (has(is_live), routine(is_live));
    let (inits, deinits) = (routine(is_init), routine(is_deinit));
    let has_score = has(is_score);
    let scores = stepped(members).filter(|(_, stepped)| is_score(&stepped.part));
    let scores = scores.map(|(member, stepped)| {
        let cfgs = &member.cfgs;
        let call = call(owner, stepped);
        quote!(#(#cfgs)* { return ::core::convert::Into::into(#call); })
    });
    let events = stepped(members).filter_map(|(member, stepped)| event(owner, member, stepped));
    quote! {
        #[automatically_derived]
        impl #generics #runtime::universe::Inhabitant for #agent #clause {
            const LIVE: bool = #is_live;
            const SCORE: bool = #has_score;
            const EVENTS: &'static [#runtime::universe::EventEntry<Self>] = &[#(#events)*];

            #[inline]
            fn live(#this: &mut Self, #context: #step) -> #outcome { #lives }
            fn init(#this: &mut Self, #context: #step) -> #outcome { #inits }
            fn deinit(#this: &mut Self, #context: #step) -> #outcome { #deinits }
            fn score(#this: &Self) -> ::core::option::Option<f64> {
                #(#scores)*
                ::core::option::Option::None
            }
        }
    }
}

fn stepped(members: &[Member]) -> impl Iterator<Item = (&Member, &Stepped)> {
    members.iter().filter_map(|member| match &member.role {
        Role::Stepped(stepped) => Some((member, stepped)),
        _ => None,
    })
}

fn is_live(part: &Part) -> bool {
    matches!(part, Part::Live)
}

fn is_init(part: &Part) -> bool {
    matches!(part, Part::Init)
}

fn is_deinit(part: &Part) -> bool {
    matches!(part, Part::Deinit)
}

fn is_score(part: &Part) -> bool {
    matches!(part, Part::Score)
}

/// Returns the entry of a method that listens to an event.
fn event(owner: &Owner, member: &Member, stepped: &Stepped) -> Option<TokenStream> {
    let Part::Event(listened) = &stepped.part else { return None };
    let runtime = &owner.runtime;
    let (this, context, letter) = (local("agent"), local("cx"), local("letter"));
    let value = local("event");
    let argument = stepped.slots.iter().find_map(|slot| match slot {
        Slot::Event(ty) => Some(&**ty),
        Slot::Step => None,
    });
    let (source, read) = match listened {
        Listened::Named(name) => {
            let read = argument.map(|ty| match unwrapped(ty) {
                Type::Reference(_) => quote!(let #value = &#letter.json();),
                _ => quote!(let #value = #letter.json();),
            });
            (quote!(#runtime::universe::Source::named(#name)), read)
        }
        Listened::Typed(event) => {
            let place = located(event.span());
            let read = argument.map(|ty| read_typed(&quote!(#event), ty));
            (quote_spanned!(place=> #runtime::universe::Source::of::<#event>()), read)
        }
        Listened::Known(name) => {
            let event = quote!(#runtime::universe::events::#name);
            let read = argument.map(|ty| read_typed(&event, ty));
            (quote!(#runtime::universe::Source::of::<#event>()), read)
        }
    };
    let finish = finish(owner, &stepped.output, &call(owner, stepped));
    let cfgs = &member.cfgs;
    Some(quote! {
        #(#cfgs)*
        #runtime::universe::EventEntry::new(
            #source,
            |#this, #letter, #context| { #read #finish },
        ),
    })
}

/// Returns what reads the event of a letter as the argument wants it.
fn read_typed(event: &TokenStream, argument: &Type) -> TokenStream {
    let (letter, value) = (local("letter"), local("event"));
    let place = located(argument.span());
    match unwrapped(argument) {
        Type::Reference(_) => quote_spanned!(place=> let #value = #letter.event::<#event>();),
        _ => quote_spanned! {place=>
            let #value = ::core::clone::Clone::clone(#letter.event::<#event>());
        },
    }
}

/// Returns the call of a method, whose agent, event and step are in scope.
fn call(owner: &Owner, stepped: &Stepped) -> TokenStream {
    let (agent, method) = (owner.agent(), &stepped.ident);
    let (this, context, value) = (local("agent"), local("cx"), local("event"));
    let slots = stepped.slots.iter().map(|slot| match slot {
        Slot::Step => quote!(#context),
        Slot::Event(_) => quote!(#value),
    });
    quote!(<#agent>::#method(#this, #(#slots),*))
}
