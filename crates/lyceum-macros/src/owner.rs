//! Whom the generated code is for: a type of agent, or an interface.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, GenericParam, Generics, Ident, Type, Visibility};

use crate::signature::{Access, Signature, Slot};

/// Whom the generated code is for.
pub(crate) struct Owner {
    /// Path of the module that generated code goes through.
    pub(crate) runtime: TokenStream,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) generics: Generics,
    pub(crate) kind: Kind,
}

/// Which of the two it is.
pub(crate) enum Kind {
    Agent(Box<Type>),
    Interface,
}

impl Owner {
    /// Returns what handles lead to: `Counter` or `dyn Sensor`.
    pub(crate) fn target(&self) -> TokenStream {
        match &self.kind {
            Kind::Agent(agent) => quote!(#agent),
            Kind::Interface => {
                let interface = &self.ident;
                quote!(dyn #interface)
            }
        }
    }

    /// Returns the type that a message names, so that it is as private as its owner.
    ///
    /// Not `dyn Sensor`: a future with that lifetime inside is not found to be `Send`.
    pub(crate) fn tag(&self) -> TokenStream {
        match &self.kind {
            Kind::Agent(agent) => quote!(#agent),
            Kind::Interface => self.client().into_token_stream(),
        }
    }

    /// Returns the type that runs the messages: `Counter`, or a parameter.
    pub(crate) fn agent(&self) -> TokenStream {
        match &self.kind {
            Kind::Agent(agent) => quote!(#agent),
            Kind::Interface => quote!(Agent__),
        }
    }

    /// Returns the generics of code that needs the owner to be an agent, which is `Send`.
    ///
    /// The compiler takes the bound for granted inside of each such item, and reports it once,
    /// where it does not hold. What has type parameters has its bounds on the block.
    pub(crate) fn bounded(&self) -> Generics {
        let mut generics = self.generics.clone();
        if let (Kind::Agent(agent), true) = (&self.kind, generics.params.is_empty()) {
            let bound = quote_spanned! {located(self.ident.span())=>
                #agent: ::core::marker::Send
            };
            generics.make_where_clause().predicates.push(syn::parse_quote!(#bound));
        }
        generics
    }

    /// Returns the generics of code about the type that runs messages.
    pub(crate) fn agent_generics(&self, needs_sync: bool) -> Generics {
        match &self.kind {
            Kind::Agent(_) => self.bounded(),
            Kind::Interface => {
                let (runtime, interface) = (&self.runtime, &self.ident);
                let sync = needs_sync.then(|| quote!(+ ::core::marker::Sync));
                syn::parse_quote!(<Agent__: #runtime::Agent + #interface #sync>)
            }
        }
    }

    /// Returns the name of the typed client.
    pub(crate) fn client(&self) -> Ident {
        format_ident!("{}Actions", self.ident, span = located(self.ident.span()))
    }

    /// Returns the arguments of the owner's generics, each followed by a comma.
    pub(crate) fn parameters(&self) -> TokenStream {
        let parameters = self.generics.params.iter().map(|parameter| match parameter {
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
            GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
        });
        quote!(#(#parameters,)*)
    }

    /// Returns a type that uses all of the owner's type parameters, and `more`.
    pub(crate) fn marker(&self, more: &TokenStream) -> TokenStream {
        let parameters = self.generics.type_params().map(|parameter| &parameter.ident);
        let marker = quote!(::core::marker::PhantomData);
        quote!(#marker<fn() -> (#(#marker<#parameters>,)* #more)>)
    }

    /// Returns the call of a method, whose agent, arguments and context are in scope.
    pub(crate) fn call(&self, signature: &Signature, context: &TokenStream) -> TokenStream {
        let (agent, method) = (self.agent(), &signature.ident);
        let path = match &self.kind {
            Kind::Agent(_) => quote!(<#agent>::#method),
            Kind::Interface => {
                let interface = &self.ident;
                quote!(<#agent as #interface>::#method)
            }
        };
        let receiver = (signature.access != Access::Detached).then(|| {
            let agent = local("agent");
            quote!(#agent,)
        });
        let mut values = (0..).map(value);
        let slots = signature.slots.iter().map(|slot| match slot {
            Slot::Context => context.clone(),
            Slot::Argument => {
                let value = values.next();
                quote!(#value)
            }
        });
        let awaited = signature.is_async.then(|| quote!(.await));
        quote!(#path(#receiver #(#slots),*) #awaited)
    }
}

/// Returns a place in the user's code with the hygiene of generated code.
pub(crate) fn located(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// Returns the name of a variable that the user's names cannot meet.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Returns the variable of an argument on its way to the method.
pub(crate) fn value(index: usize) -> Ident {
    format_ident!("value{index}", span = Span::mixed_site())
}
