//! Names in a blueprint: each stands for one action or behaviour, which the compiler checks.

use std::str;

use crate::{Agent, BehaviourEntry, Blueprint, Route};

/// What has names.
#[derive(Clone, Copy)]
enum Kind {
    Action,
    Behaviour,
}

/// A name, and who declares it.
#[derive(Clone, Copy)]
struct Name {
    text: &'static str,
    /// The interface; none for the agent's own block.
    interface: Option<&'static str>,
}

/// The tables of one block, and the name of the interface that it belongs to.
type Block<A> = (&'static [Route], &'static [BehaviourEntry<A>], Option<&'static str>);

impl<A: Agent> Blueprint<A> {
    /// Checks that each name stands for one action and one behaviour.
    ///
    /// # Panics
    ///
    /// If a name stands for two, says which name it is, and who declares it.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check_names(&self) {
        self.check(Kind::Action);
        self.check(Kind::Behaviour);
    }

    #[track_caller]
    const fn check(&self, kind: Kind) {
        let mut index = 0;
        while let Some(name) = self.nth(kind, index) {
            let mut other = index + 1;
            while let Some(twin) = self.nth(kind, other) {
                if is_same(name.text, twin.text) {
                    refuse(kind, name, twin);
                }
                other += 1;
            }
            index += 1;
        }
    }

    /// Returns the nth name, the agent's own before those of its interfaces.
    const fn nth(&self, kind: Kind, mut index: usize) -> Option<Name> {
        let mut number = 0;
        while number <= self.interfaces.len() {
            let (routes, behaviours, interface) = self.block(number);
            let length = match kind {
                Kind::Action => routes.len(),
                Kind::Behaviour => behaviours.len(),
            };
            if index < length {
                let text = match kind {
                    Kind::Action => routes[index].name,
                    Kind::Behaviour => behaviours[index].name,
                };
                return Some(Name { text, interface });
            }
            index -= length;
            number += 1;
        }
        None
    }

    /// Returns the agent's own block, or that of an interface, counted from one.
    const fn block(&self, number: usize) -> Block<A> {
        if number == 0 {
            return (self.routes, self.behaviours, None);
        }
        let entry = &self.interfaces[number - 1];
        (entry.routes, entry.behaviours, Some(entry.name))
    }
}

const fn is_same(one: &str, two: &str) -> bool {
    let (one, two) = (one.as_bytes(), two.as_bytes());
    let mut index = 0;
    while index < one.len() && index < two.len() && one[index] == two[index] {
        index += 1;
    }
    index == one.len() && index == two.len()
}

#[track_caller]
const fn refuse(kind: Kind, name: Name, twin: Name) -> ! {
    let (what, attribute) = match kind {
        Kind::Action => ("action", "#[action(name = \"..\")]"),
        Kind::Behaviour => ("behaviour", "#[behaviour(.., name = \"..\")]"),
    };
    let text = Text::new().and("two ").and(what).and("s of the agent are named `").and(name.text);
    let text = text.and("`: one of ").owner(name).and(", one of ").owner(twin);
    let text = text.and("; give one of them another name, as in `").and(attribute).and("`");
    panic!("{}", text.as_str())
}

/// A text that the compiler can put together. What is too long for it is cut off.
struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl Text {
    const fn new() -> Self {
        Self { bytes: [0; 512], length: 0 }
    }

    const fn and(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut index = 0;
        while index < bytes.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = bytes[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    const fn owner(self, name: Name) -> Self {
        match name.interface {
            Some(interface) => self.and("the interface `").and(interface).and("`"),
            None => self.and("its own block"),
        }
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "two actions or behaviours of the agent have the same name",
        }
    }
}
