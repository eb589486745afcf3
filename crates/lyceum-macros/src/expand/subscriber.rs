//! Subscribers: a message that holds a publication, and an entry for each pattern.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::Parts;
use super::message::{Message, context_in_turn, message_type};
use crate::action::Options;
use crate::member::Member;
use crate::owner::{Owner, local, located, value};
use crate::subscribe::{Subscriber, is_publication};

impl Parts {
    pub(super) fn add_subscriber(
        &mut self,
        owner: &Owner,
        member: &Member,
        subscriber: &Subscriber,
    ) {
        self.items.extend(message(owner, member, subscriber));
        self.items.extend(topic_message(owner, member, subscriber));
        self.subscriptions.extend(subscriptions(owner, member, subscriber));
    }
}

fn message(owner: &Owner, member: &Member, subscriber: &Subscriber) -> TokenStream {
    let runtime = &owner.runtime;
    let signature = &subscriber.signature;
    let publication = local("publication");
    // The payload is read before the publication itself is given away.
    let (mut payload, mut whole) = (TokenStream::new(), TokenStream::new());
    for (index, argument) in signature.arguments.iter().enumerate() {
        let (variable, ty) = (value(index), &argument.ty);
        if is_publication(ty) {
            whole = quote!(let #variable = #publication;);
        } else {
            let place = located(ty.span());
            let decode = quote_spanned!(place=> #runtime::support::payload::<#ty>(&#publication));
            payload = quote!(let #variable: #ty = #decode?;);
        }
    }
    let call = owner.call(signature, &context_in_turn(signature));
    let finish = super::behaviour::finish(owner, &subscriber.output, &call);
    let first = value(0);
    let message = Message {
        owner,
        member,
        name: signature.ident.unraw().to_string(),
        options: &Options::default(),
        fields: vec![quote!(#runtime::Publication)],
        place: subscriber.output.place(&signature.ident),
        output: quote!(()),
        error: quote!(#runtime::BoxError),
        wire: None,
        body: quote!(let #publication = #first; #payload #whole #finish),
    };
    message.expand()
}

fn topic_message(owner: &Owner, member: &Member, subscriber: &Subscriber) -> TokenStream {
    let runtime = &owner.runtime;
    let generics = owner.bounded();
    let (generics, _, clause) = generics.split_for_impl();
    let (ty, cfgs) = (message_type(owner, &subscriber.signature), &member.cfgs);
    let publication = local("publication");
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #generics #runtime::TopicMessage for #ty #clause {
            fn published(#publication: #runtime::Publication) -> Self {
                Self(#publication, ::core::marker::PhantomData)
            }
        }
    }
}

fn subscriptions(owner: &Owner, member: &Member, subscriber: &Subscriber) -> TokenStream {
    let runtime = &owner.runtime;
    let (message, cfgs) = (message_type(owner, &subscriber.signature), &member.cfgs);
    let entries = subscriber.topics.iter().map(|topic| {
        let pattern = &topic.pattern;
        let group = match &topic.group {
            Some(group) => quote!(::core::option::Option::Some(#group)),
            None => quote!(::core::option::Option::None),
        };
        quote!(#(#cfgs)* #runtime::Subscription::of::<#message>(#pattern, #group),)
    });
    entries.collect()
}
