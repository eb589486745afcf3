//! Channels: where the messages of one event wait, and who hears them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use serde_json::Value;

use crate::Event;

/// The messages of one event in one step, as a column of its type.
pub(crate) trait Queue: Any + Send {
    /// Returns one as JSON; null where it cannot be written.
    fn json(&self, index: usize) -> Value;
    /// Adds one from JSON; says what is wrong with it.
    fn push_json(&mut self, value: Value) -> Result<(), Box<(Value, String)>>;
    fn len(&self) -> usize;
    fn clear(&mut self);
    /// Makes an empty one of the same type.
    fn fresh(&self) -> Box<dyn Queue>;
}

impl<E: Event> Queue for Vec<E> {
    fn json(&self, index: usize) -> Value {
        serde_json::to_value(&self[index]).unwrap_or_default()
    }

    fn push_json(&mut self, value: Value) -> Result<(), Box<(Value, String)>> {
        match E::deserialize(&value) {
            Ok(event) => self.push(event),
            Err(error) => return Err(Box::new((value, error.to_string()))),
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn fresh(&self) -> Box<dyn Queue> {
        Box::new(Self::new())
    }
}

/// The messages of an event that no type is known for.
#[derive(Default)]
struct Untyped(Vec<Value>);

impl Queue for Untyped {
    fn json(&self, index: usize) -> Value {
        self.0[index].clone()
    }

    fn push_json(&mut self, value: Value) -> Result<(), Box<(Value, String)>> {
        self.0.push(value);
        Ok(())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn fresh(&self) -> Box<dyn Queue> {
        Box::new(Self::default())
    }
}

/// Returns the column of a type; the channel it came from is one of that type.
pub(crate) fn column<E: Event>(queue: &dyn Queue) -> &Vec<E> {
    let any: &dyn Any = queue;
    any.downcast_ref().expect("a channel's queue is of its type")
}

fn column_mut<E: Event>(queue: &mut dyn Queue) -> &mut Vec<E> {
    let any: &mut dyn Any = queue;
    any.downcast_mut().expect("a channel's queue is of its type")
}

/// Who hears an event: an agent, by its slot, with one of its handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) slot: u32,
    pub(crate) handler: u16,
}

/// The messages of one event, and who hears them.
pub(crate) struct Channel {
    pub(crate) name: String,
    ty: Option<TypeId>,
    /// Whether it learnt its type, so that a queue that was made before is of another one.
    pub(crate) has_learnt: bool,
    /// What was sent in this step.
    pub(crate) sent: Box<dyn Queue>,
    /// In the order in which they were made.
    pub(crate) subscribers: Vec<Subscriber>,
}

/// All events that a universe has heard of.
#[derive(Default)]
pub(crate) struct Channels {
    list: Vec<Channel>,
    by_type: HashMap<TypeId, u32, BuildHasherDefault<Own>>,
    /// The type that was asked for last: it mostly is the next one, too.
    recent: Option<(TypeId, u32)>,
    by_name: HashMap<String, u32>,
}

/// Takes the hash that a type's id is already.
#[derive(Default)]
pub(crate) struct Own(u64);

impl Hasher for Own {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_ne_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = self.0.rotate_left(32) ^ word;
    }
}

/// Two types of event have one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameClash(pub(crate) &'static str);

impl Channels {
    /// Returns the channel of a type, making it first.
    #[inline]
    pub(crate) fn typed<E: Event>(&mut self) -> Result<u32, NameClash> {
        let wanted = TypeId::of::<E>();
        match self.recent {
            Some((ty, channel)) if ty == wanted => Ok(channel),
            _ => self.look_up::<E>(),
        }
    }

    fn look_up<E: Event>(&mut self) -> Result<u32, NameClash> {
        let ty = TypeId::of::<E>();
        let channel = match self.by_type.get(&ty) {
            Some(&channel) => channel,
            None => self.enter::<E>()?,
        };
        self.recent = Some((ty, channel));
        Ok(channel)
    }

    #[cold]
    fn enter<E: Event>(&mut self) -> Result<u32, NameClash> {
        let ty = TypeId::of::<E>();
        let channel = match self.by_name.get(E::NAME) {
            None => self.add(E::NAME, Some(ty), Box::new(Vec::<E>::new())),
            Some(&channel) => {
                let known = &mut self.list[channel as usize];
                if known.ty.is_some() {
                    return Err(NameClash(E::NAME));
                }
                // Messages that are under way go on as JSON; those sent in this step are read now.
                let mut typed = Vec::<E>::new();
                for index in 0..known.sent.len() {
                    if typed.push_json(known.sent.json(index)).is_err() {
                        return Err(NameClash(E::NAME));
                    }
                }
                known.ty = Some(ty);
                known.has_learnt = true;
                known.sent = Box::new(typed);
                channel
            }
        };
        self.by_type.insert(ty, channel);
        Ok(channel)
    }

    /// Returns the channel of a name, making it first.
    pub(crate) fn named(&mut self, name: &str) -> u32 {
        match self.by_name.get(name) {
            Some(&channel) => channel,
            None => self.add(name, None, Box::<Untyped>::default()),
        }
    }

    fn add(&mut self, name: &str, ty: Option<TypeId>, sent: Box<dyn Queue>) -> u32 {
        let channel = u32::try_from(self.list.len()).expect("fewer than 2^32 events");
        self.list.push(Channel {
            name: name.into(),
            ty,
            has_learnt: false,
            sent,
            subscribers: Vec::new(),
        });
        self.by_name.insert(name.into(), channel);
        channel
    }

    pub(crate) fn get(&self, channel: u32) -> &Channel {
        &self.list[channel as usize]
    }

    pub(crate) fn get_mut(&mut self, channel: u32) -> &mut Channel {
        &mut self.list[channel as usize]
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Channel> {
        self.list.iter_mut()
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}

impl Channel {
    /// Adds a message; returns its place.
    #[inline]
    pub(crate) fn push<E: Event>(&mut self, event: E) -> usize {
        let column = column_mut::<E>(&mut *self.sent);
        column.push(event);
        column.len() - 1
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).finish_non_exhaustive()
    }
}
