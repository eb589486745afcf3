//! Actions: a message, a method of the client, and a route for callers without the type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Index, Type};

use super::Parts;
use super::message::{
    Message, argument_types, context_in_turn, message_type, message_type_at, message_value,
};
use crate::action::Action;
use crate::member::Member;
use crate::output::Output;
use crate::owner::{Owner, local, located, value};

/// The longest tuple that serde knows.
const TUPLE_LIMIT: usize = 16;

impl Parts {
    pub(super) fn add_action(&mut self, owner: &Owner, member: &Member, action: &Action) {
        self.add_call(owner, member, action, None);
    }

    /// Adds an action; each of its runs is one of the behaviour that is named, if any is.
    pub(super) fn add_call(
        &mut self,
        owner: &Owner,
        member: &Member,
        action: &Action,
        behaviour: Option<&str>,
    ) {
        self.items.extend(message(owner, member, action, behaviour));
        if let (Output::Value(ty), true) = (&action.output, owner.generics.params.is_empty()) {
            let (check, cfgs) = (check_value(owner, ty), &member.cfgs);
            self.items.extend(quote!(#(#cfgs)* const _: () = #check;));
        }
        self.methods.extend(client_method(owner, member, action));
        if !action.options.local {
            self.items.extend(wire_message(owner, member, action));
            self.routes.extend(route(owner, member, action));
        }
    }
}

fn message(
    owner: &Owner,
    member: &Member,
    action: &Action,
    behaviour: Option<&str>,
) -> TokenStream {
    let runtime = &owner.runtime;
    let signature = &action.signature;
    let call = owner.call(signature, &context_in_turn(signature));
    let never = quote!(#runtime::NoError);
    let (output, error, body) = match &action.output {
        Output::Nothing => (quote!(()), never, quote!(::core::result::Result::Ok(#call))),
        Output::Value(ty) => {
            // What depends on type parameters is checked where the action is used.
            let check = (!owner.generics.params.is_empty()).then(|| check_value(owner, ty));
            let check = check.map(|check| quote!(const #check;));
            (quote!(#ty), never, quote!({ #check ::core::result::Result::Ok(#call) }))
        }
        Output::Fallible(ty) => (
            quote!(<#ty as #runtime::TryParts>::Output),
            quote!(<#ty as #runtime::TryParts>::Error),
            quote!(#runtime::TryParts::into_parts(#call)),
        ),
        Output::Stream(item) => {
            let context = local("cx");
            let results = quote!(#runtime::Context::stream(#context, #call));
            (quote!(#runtime::Results<#item>), never, quote!(::core::result::Result::Ok(#results)))
        }
    };
    let body = match behaviour {
        Some(name) => {
            let context = local("cx");
            quote!(#runtime::Context::begin_run(#context, #name).end(#body))
        }
        None => body,
    };
    let message = Message {
        owner,
        member,
        name: action.name.unraw().to_string(),
        options: &action.options,
        fields: argument_types(signature).map(|ty| quote!(#ty)).collect(),
        place: action.output.place(&signature.ident),
        output,
        error,
        wire: (!action.options.local).then(|| quote!(<Self as #runtime::WireMessage>::ENDS.wire)),
        body,
    };
    message.expand()
}

/// Returns a check that a value is no `Result` under a name that tells nothing.
fn check_value(owner: &Owner, ty: &Type) -> TokenStream {
    let runtime = &owner.runtime;
    quote_spanned! {located(ty.span())=>
        {
            use #runtime::support::{Value as _, ValueOf, check_value};
            check_value(ValueOf::<#ty>::IS_VALUE);
        }
    }
}

/// Returns both ends of the action's way.
fn ends(owner: &Owner, action: &Action) -> TokenStream {
    let runtime = &owner.runtime;
    let place = action.output.place(&action.signature.ident);
    let message = message_type_at(place, owner, &action.signature);
    let place = located(place);
    match &action.output {
        Output::Stream(item) => {
            quote_spanned!(place=> #runtime::many_values::<#message, #item>())
        }
        _ => quote_spanned!(place=> #runtime::one_value::<#message>()),
    }
}

fn client_method(owner: &Owner, member: &Member, action: &Action) -> TokenStream {
    let runtime = &owner.runtime;
    let signature = &action.signature;
    let mut name = action.name.clone();
    name.set_span(located(name.span()));
    let names: Vec<_> = signature
        .arguments
        .iter()
        .map(|argument| {
            let mut name = argument.ident.clone();
            name.set_span(located(name.span()));
            name
        })
        .collect();
    let types = argument_types(signature);
    let fields: Vec<_> = names.iter().map(|name| quote!(#name)).collect();
    let (message, ty) = (message_value(owner, signature, &fields), message_type(owner, signature));
    let (cfgs, shown) = (&member.cfgs, &member.shown);
    let doc = member.doc.is_empty().then(|| {
        let text = format!("Calls `{}::{}`.", owner.name, signature.ident.unraw());
        quote!(#[doc = #text])
    });
    quote! {
        #(#cfgs)*
        #doc
        #(#shown)*
        pub fn #name(&self, #(#names: #types),*) -> #runtime::Call<'_, #ty> {
            #runtime::Call::new(&self.target, #message)
        }
    }
}

fn wire_message(owner: &Owner, member: &Member, action: &Action) -> TokenStream {
    let runtime = &owner.runtime;
    let generics = owner.bounded();
    let (generics, _, clause) = generics.split_for_impl();
    let (ty, cfgs) = (message_type(owner, &action.signature), &member.cfgs);
    let mut parameters = TokenStream::new();
    let mut fields = TokenStream::new();
    let mut visits = TokenStream::new();
    let (arguments, visit) = (local("arguments"), local("visit"));
    for (index, argument) in action.signature.arguments.iter().enumerate() {
        let (name, ty) = (argument.ident.unraw().to_string(), &argument.ty);
        let place = located(ty.span());
        let field = Index::from(index);
        // The same call each time, so that a type that cannot be an argument is reported once.
        let argument = quote_spanned!(place=> #runtime::support::argument::<#ty>(#name));
        parameters.extend(quote!(#argument.parameter(),));
        fields.extend(quote!(#argument.take(#arguments)?,));
        visits.extend(quote!(#argument.visit(&self.#field, #visit);));
    }
    let at_once = at_once(runtime, action);
    let ends = ends(owner, action);
    let own_error = matches!(action.output, Output::Fallible(_)).then(|| own_error(runtime));
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #generics #runtime::WireMessage for #ty #clause {
            const ENDS: #runtime::Ends<Self> = #ends;
            const PARAMETERS: &'static [#runtime::Parameter] = &[#parameters];

            fn from_arguments(
                #arguments: &mut dyn #runtime::ArgumentSource,
            ) -> ::core::result::Result<Self, #runtime::BadArguments> {
                ::core::result::Result::Ok(Self(#fields ::core::marker::PhantomData))
            }

            fn visit(&self, #visit: #runtime::VisitArgument<'_>) {
                #visits
            }

            #at_once

            #own_error
        }
    }
}

/// Returns how all arguments are encoded and decoded at once, where there is a tuple of so many.
fn at_once(runtime: &TokenStream, action: &Action) -> Option<TokenStream> {
    let count = action.signature.arguments.len();
    if count > TUPLE_LIMIT {
        return None;
    }
    let (arguments, encoding) = (local("arguments"), local("encoding"));
    let types: Vec<_> = argument_types(&action.signature).collect();
    let values: Vec<_> = (0..count).map(value).collect();
    let fields = (0..count).map(Index::from);
    Some(quote! {
        fn decode(
            #arguments: #runtime::exchange::EncodedBytes<'_>,
        ) -> ::core::option::Option<
            ::core::result::Result<Self, #runtime::exchange::Unreadable>,
        > {
            use #runtime::probe::traits::*;
            let decoded =
                (&&#runtime::probe::Probe::<(#(#types,)*)>::of_type()).decode(#arguments)?;
            ::core::option::Option::Some(
                decoded.map(|(#(#values,)*)| Self(#(#values,)* ::core::marker::PhantomData)),
            )
        }

        fn encode(
            &self,
            #encoding: #runtime::wire::Encoding,
        ) -> ::core::option::Option<
            ::core::result::Result<
                (#runtime::wire::Encoding, ::std::vec::Vec<u8>),
                #runtime::wire::CodecError,
            >,
        > {
            use #runtime::probe::traits::*;
            (&&#runtime::probe::Probe::of(&(#(&self.#fields,)*))).encode(#encoding)
        }
    })
}

/// Returns what callers without the type learn of an action's own error.
fn own_error(runtime: &TokenStream) -> TokenStream {
    let (error, schemas) = (local("error"), local("schemas"));
    let ty = quote!(<Self as #runtime::Message>::Error);
    let (probe, traits) = (quote!(#runtime::probe::Probe), quote!(use #runtime::probe::traits::*;));
    quote! {
        fn error_schema(
            #schemas: &mut #runtime::SchemaGenerator,
        ) -> ::core::option::Option<#runtime::Schema> {
            #traits
            (&&#probe::<#ty>::of_type()).schema(#schemas)
        }

        fn error_text(#error: &#ty) -> ::std::string::String {
            #traits
            (&&&#probe::of(#error)).text()
        }

        fn error_value(#error: &#ty) -> #runtime::Value {
            #traits
            (&&#probe::of(#error)).value()
        }

        fn read_error(
            #error: &dyn #runtime::exchange::Encoded,
        ) -> ::core::option::Option<#ty> {
            #traits
            (&&#probe::<#ty>::of_type()).read(#error)
        }
    }
}

fn route(owner: &Owner, member: &Member, action: &Action) -> TokenStream {
    let (runtime, cfgs) = (&owner.runtime, &member.cfgs);
    let message = message_type(owner, &action.signature);
    quote!(#(#cfgs)* <#message as #runtime::WireMessage>::ENDS.route,)
}
