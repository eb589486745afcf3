//! Behaviours: an entry with a body that takes turns, or runs beside them.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::message::{Message, argument_types, context_in_turn, duration, message_value};
use super::{Parts, machine};
use crate::action::Options;
use crate::behaviour::{Behaviour, Kind, Routine, Timing};
use crate::member::Member;
use crate::output::Output;
use crate::owner::{Owner, local, located};
use crate::signature::Access;

impl Parts {
    pub(super) fn add_behaviour(&mut self, owner: &Owner, member: &Member, behaviour: &Behaviour) {
        let runtime = &owner.runtime;
        let name = &behaviour.name;
        let (kind, body) = match &behaviour.kind {
            Kind::Manual(action) => {
                self.add_call(owner, member, action, Some(name));
                (quote!(Manual), quote!(::core::result::Result::Ok(())))
            }
            Kind::Timed(timing, routine) => {
                self.items.extend(turn(owner, member, name, routine, None));
                (timed(timing, owner), body(owner, routine))
            }
            Kind::Machine(machine) => {
                self.items.extend(turn(
                    owner,
                    member,
                    name,
                    &machine.routine,
                    Some(&machine.event),
                ));
                let states = &machine.machine.states;
                let states = states.iter().map(|state| state.name.unraw().to_string());
                (quote!(Fsm { states: &[#(#states),*] }), machine::body(owner, name, machine))
            }
        };
        let (cfgs, doc, context) = (&member.cfgs, &member.doc, local("cx"));
        self.behaviours.extend(quote! {
            #(#cfgs)*
            #runtime::BehaviourEntry {
                name: #name,
                doc: #doc,
                kind: #runtime::Kind::#kind,
                body: |#context| ::std::boxed::Box::pin(async move { #body }),
            },
        });
    }
}

/// Returns the kind of a behaviour that nobody calls.
fn timed(timing: &Timing, owner: &Owner) -> TokenStream {
    let runtime = &owner.runtime;
    match timing {
        Timing::Once => quote!(Once),
        Timing::Cyclic => quote!(Cyclic),
        Timing::Run => quote!(Run),
        Timing::On(flag) => quote!(On { flag: #flag }),
        Timing::Every { period, at_start } => {
            let period = duration(*period);
            let first = if *at_start { quote!(Now) } else { quote!(Interval) };
            quote!(Every { period: #period, first: #runtime::First::#first })
        }
    }
}

/// Returns the message that makes the agent run the method in a turn; none if it takes no turn.
fn turn(
    owner: &Owner,
    member: &Member,
    name: &str,
    routine: &Routine,
    event: Option<&Type>,
) -> TokenStream {
    let (runtime, signature) = (&owner.runtime, &routine.signature);
    if signature.access == Access::Detached {
        return TokenStream::new();
    }
    let call = owner.call(signature, &context_in_turn(signature));
    let output = event.map_or_else(|| quote!(()), |event| quote!(#event));
    let message = Message {
        owner,
        member,
        name: name.to_owned(),
        options: &Options::default(),
        fields: argument_types(signature).map(|ty| quote!(#ty)).collect(),
        place: routine.output.place(&signature.ident),
        output,
        error: quote!(#runtime::BoxError),
        wire: None,
        body: finish(owner, &routine.output, &call),
    };
    message.expand()
}

/// Returns the body of a behaviour that nobody calls.
fn body(owner: &Owner, routine: &Routine) -> TokenStream {
    let context = local("cx");
    if routine.signature.access == Access::Detached {
        let call = owner.call(&routine.signature, &quote!(#context));
        return finish(owner, &routine.output, &call);
    }
    let (runtime, message) = (&owner.runtime, message_value(owner, &routine.signature, &[]));
    quote!(#runtime::Context::turn(&#context, #message).await)
}

/// Returns the result of a call, with whatever error it has in a box.
pub(super) fn finish(owner: &Owner, output: &Output, call: &TokenStream) -> TokenStream {
    let runtime = &owner.runtime;
    match output {
        Output::Nothing => quote!(#call; ::core::result::Result::Ok(())),
        Output::Value(_) | Output::Stream(_) => quote!(::core::result::Result::Ok(#call)),
        Output::Fallible(ty) => quote_spanned! {located(ty.span())=>
            ::core::result::Result::map_err(
                #runtime::TryParts::into_parts(#call),
                ::core::convert::Into::into,
            )
        },
    }
}
