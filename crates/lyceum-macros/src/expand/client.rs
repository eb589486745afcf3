//! The typed client: a reference to an agent, with its actions as methods.

use proc_macro2::TokenStream;
use quote::quote;

use crate::owner::{Kind, Owner, local};

/// Returns the client's type.
pub(super) fn declaration(owner: &Owner) -> TokenStream {
    let Owner { runtime, visibility, cfgs, .. } = owner;
    let (client, generics) = (owner.client(), &owner.generics);
    let (clause, params) = (&generics.where_clause, &generics.params);
    let doc = format!("Typed client of [`{}`].", owner.ident);
    let marker = has_marker(owner).then(|| {
        let marker = owner.marker(&TokenStream::new());
        quote!(marker: #marker,)
    });
    let angled = (!params.is_empty()).then(|| quote!(<#params>));
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #[allow(
            private_bounds,
            rustdoc::private_intra_doc_links,
            reason = "the client is as public as its users need it"
        )]
        #visibility struct #client #angled #clause {
            target: #runtime::Recipient,
            #marker
        }
    }
}

/// Returns the client's methods and what makes it the client of its owner.
pub(super) fn implementation(owner: &Owner, methods: &TokenStream) -> TokenStream {
    let Owner { runtime, name, .. } = owner;
    let (client, reached) = (owner.client(), owner.target());
    let (generics, arguments, clause) = owner.generics.split_for_impl();
    let bounded = owner.bounded();
    let (_, _, bounds) = bounded.split_for_impl();
    let head = match owner.kind {
        Kind::Agent(_) => quote!(impl #generics #runtime::Target for #reached),
        // Of any lifetime, so that futures which hold handles are found to be `Send`.
        Kind::Interface => quote!(impl<'__a> #runtime::Target for #reached + '__a),
    };
    let marker = has_marker(owner).then(|| quote!(marker: ::core::marker::PhantomData,));
    let target = local("target");
    quote! {
        #[automatically_derived]
        impl #generics #client #arguments #bounds {
            #methods
        }

        #[automatically_derived]
        impl #generics #runtime::Client for #client #arguments #clause {
            fn wrap(#target: #runtime::Recipient) -> Self {
                Self { target: #target, #marker }
            }

            fn target(&self) -> &#runtime::Recipient {
                &self.target
            }
        }

        #[automatically_derived]
        #head #clause {
            type Actions = #client #arguments;
            const NAME: &'static str = #name;
        }
    }
}

fn has_marker(owner: &Owner) -> bool {
    owner.generics.type_params().next().is_some()
}
