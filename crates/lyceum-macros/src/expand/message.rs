//! Messages: the arguments of a method on their way to the agent.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Type};

use crate::action::{Cancel, Dispatch, Options};
use crate::member::Member;
use crate::owner::{Kind, Owner, local, located, value};
use crate::signature::{Access, Signature};

/// A message type with all that makes an agent run it.
pub(super) struct Message<'a> {
    pub(super) owner: &'a Owner,
    pub(super) member: &'a Member,
    /// The name by which it is called.
    pub(super) name: String,
    pub(super) options: &'a Options,
    pub(super) fields: Vec<TokenStream>,
    /// Where the method's return type stands, or its name.
    pub(super) place: Span,
    pub(super) output: TokenStream,
    pub(super) error: TokenStream,
    /// How the message leaves the process, where it can.
    pub(super) wire: Option<TokenStream>,
    /// Makes the result, from variables that hold the fields, the agent and the context.
    pub(super) body: TokenStream,
}

impl Message<'_> {
    /// Returns the type, its handler, and where it is found.
    pub(super) fn expand(&self) -> TokenStream {
        let declaration = self.declaration();
        let message = self.message();
        let action = self.action();
        quote!(#declaration #message #action)
    }

    fn signature(&self) -> &Signature {
        self.member.signature()
    }

    fn declaration(&self) -> TokenStream {
        let Self { owner, fields, .. } = self;
        let ident = message_ident(self.signature());
        let (cfgs, generics) = (&self.member.cfgs, &owner.generics.params);
        let clause = &owner.generics.where_clause;
        let separator = (!generics.is_empty() && !generics.trailing_punct()).then(|| quote!(,));
        let marker = owner.marker(&quote!(::core::marker::PhantomData<Owner__>));
        quote! {
            #(#cfgs)*
            #[doc(hidden)]
            pub struct #ident<#generics #separator Owner__>(
                #(#fields,)*
                #marker,
            ) #clause;
        }
    }

    fn message(&self) -> TokenStream {
        let Self { owner, output, error, .. } = self;
        let runtime = &owner.runtime;
        let place = located(self.place);
        let output = quote_spanned!(place=> type Output = #output;);
        let error = quote_spanned!(place=> type Error = #error;);
        let generics = owner.bounded();
        let (generics, _, clause) = generics.split_for_impl();
        let (ty, cfgs) = (message_type(owner, self.signature()), &self.member.cfgs);
        let (info, entry, wire) = (self.info(), self.entry(), self.wire());
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #generics #runtime::Message for #ty #clause {
                #output
                #error
                const INFO: &'static #runtime::ActionInfo = &#info;

                fn profile() -> &'static #runtime::Profile {
                    static PROFILE: #runtime::Profile = #runtime::Profile::new();
                    &PROFILE
                }

                #entry

                #wire
            }
        }
    }

    fn wire(&self) -> Option<TokenStream> {
        let (runtime, wire) = (&self.owner.runtime, self.wire.as_ref()?);
        Some(quote! {
            fn wire() -> ::core::option::Option<#runtime::exchange::Wire<Self>> {
                ::core::option::Option::Some(#wire)
            }
        })
    }

    fn info(&self) -> TokenStream {
        let Self { owner, options, name, .. } = self;
        let (runtime, owner, doc) = (&owner.runtime, &owner.name, &self.member.doc);
        let access = access_ident(self.signature().access);
        let dispatch = match options.dispatch {
            Dispatch::Measured => quote!(Measured),
            Dispatch::Inline => quote!(Inline),
            Dispatch::Queued => quote!(Queued),
        };
        let on_cancel = match options.cancel {
            Cancel::Finish => quote!(Finish),
            Cancel::Drop => quote!(Drop),
        };
        let timeout = match options.timeout.map(duration) {
            Some(timeout) => quote!(::core::option::Option::Some(#timeout)),
            None => quote!(::core::option::Option::None),
        };
        let durable = options.durable.is_some();
        quote! {
            #runtime::ActionInfo {
                owner: #owner,
                name: #name,
                doc: #doc,
                access: #runtime::AccessKind::#access,
                dispatch: #runtime::Dispatch::#dispatch,
                on_cancel: #runtime::OnCancel::#on_cancel,
                timeout: #timeout,
                durable: #durable,
            }
        }
    }

    fn entry(&self) -> TokenStream {
        let runtime = &self.owner.runtime;
        let target = local("target");
        let found = match &self.owner.kind {
            Kind::Agent(agent) => {
                quote!(::core::option::Option::Some(#runtime::Entry::of::<#agent>()))
            }
            Kind::Interface => {
                let (client, field) = (self.owner.client(), &self.signature().ident);
                let id = quote!(::core::any::TypeId::of::<#client>());
                quote! {
                    #runtime::Recipient::interface::<Table__>(#target, #id)
                        .map(|table| table.#field)
                }
            }
        };
        quote! {
            fn entry(
                #target: &#runtime::Recipient,
            ) -> ::core::option::Option<#runtime::Entry<Self>> {
                #found
            }
        }
    }

    fn action(&self) -> TokenStream {
        let Self { owner, body, .. } = self;
        let signature = self.signature();
        let (runtime, agent) = (&owner.runtime, owner.agent());
        let generics = owner.agent_generics(needs_sync(signature));
        let (generics, _, clause) = generics.split_for_impl();
        let (ty, cfgs) = (message_type(owner, signature), &self.member.cfgs);
        let access = access_ident(signature.access);
        let borrow = match signature.access {
            Access::Exclusive => quote!(&'__a mut #agent),
            Access::Shared => quote!(&'__a #agent),
            Access::Detached => quote!(()),
        };
        let (agent_variable, context) = (local("agent"), local("cx"));
        let values = (0..self.fields.len()).map(value);
        let result = quote! {
            ::core::result::Result<
                <Self as #runtime::Message>::Output,
                <Self as #runtime::Message>::Error,
            >
        };
        let place = located(signature.receiver);
        let future = quote_spanned! {place=>
            impl ::core::future::Future<Output = #result> + ::core::marker::Send + '__a
        };
        let run = match signature.is_async {
            true => quote_spanned!(place=> async move { #body }),
            // Where nothing is awaited, the future need not hold the agent.
            false => {
                let closure = quote!(move || -> #result { #body });
                quote_spanned!(place=> ::core::future::ready((#closure)()))
            }
        };
        quote! {
            #(#cfgs)*
            #[automatically_derived]
            impl #generics #runtime::Action<#agent> for #ty #clause {
                type Access = #runtime::#access;

                fn run<'__a>(
                    self,
                    #agent_variable: #borrow,
                    #context: &'__a #runtime::Context<#agent>,
                ) -> #future {
                    let Self(#(#values,)* _) = self;
                    #run
                }
            }
        }
    }
}

/// Returns whether a future that runs the method holds a shared borrow of the agent.
pub(super) fn needs_sync(signature: &Signature) -> bool {
    signature.is_async && signature.access == Access::Shared
}

/// Returns the message type of a method.
pub(super) fn message_type(owner: &Owner, signature: &Signature) -> TokenStream {
    message_type_at(signature.ident.span(), owner, signature)
}

/// Returns the message type of a method, for errors that belong to a place.
pub(super) fn message_type_at(place: Span, owner: &Owner, signature: &Signature) -> TokenStream {
    let mut ident = message_ident(signature);
    ident.set_span(located(place));
    let (parameters, tag) = (owner.parameters(), owner.tag());
    quote!(#ident<#parameters #tag>)
}

/// Returns the expression that makes the message from its fields.
pub(super) fn message_value(
    owner: &Owner,
    signature: &Signature,
    fields: &[TokenStream],
) -> TokenStream {
    let (ident, parameters, tag) = (message_ident(signature), owner.parameters(), owner.tag());
    quote!(#ident::<#parameters #tag>(#(#fields,)* ::core::marker::PhantomData))
}

/// Returns the types of the fields that hold a method's arguments.
pub(super) fn argument_types(signature: &Signature) -> impl Iterator<Item = &Type> {
    signature.arguments.iter().map(|argument| &argument.ty)
}

/// Returns the context as the method takes it, inside of a turn.
pub(super) fn context_in_turn(signature: &Signature) -> TokenStream {
    let context = local("cx");
    match signature.access {
        Access::Detached => quote!(::core::clone::Clone::clone(#context)),
        Access::Exclusive | Access::Shared => quote!(#context),
    }
}

/// Returns the expression of a constant duration.
pub(super) fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

/// Names the message type so that no type of the user's is hidden by it.
fn message_ident(signature: &Signature) -> Ident {
    let mut camel = String::new();
    for word in signature.ident.unraw().to_string().split('_') {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        camel.extend(first.chars().flat_map(char::to_uppercase));
        camel.push_str(rest);
    }
    format_ident!("__{camel}", span = located(signature.ident.span()))
}

fn access_ident(access: Access) -> TokenStream {
    match access {
        Access::Exclusive => quote!(Exclusive),
        Access::Shared => quote!(Shared),
        Access::Detached => quote!(Detached),
    }
}
