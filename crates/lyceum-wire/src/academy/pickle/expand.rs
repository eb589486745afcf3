//! From values that refer to each other to one value: each reference is followed.

use super::arena::{Arena, Call, Id, Node};
use super::known::simplified;
use super::{Object, PickleError, Value};
use crate::aiomas::Limits;

/// Follows references, and counts what that costs.
pub(super) struct Expansion<'a> {
    arena: &'a Arena,
    limits: Limits,
    /// The values that are being followed, by place.
    open: Vec<bool>,
    depth: u8,
    values: usize,
    bytes: usize,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(arena: &'a Arena, limits: Limits) -> Self {
        Self { arena, limits, open: vec![false; arena.len()], depth: 0, values: 0, bytes: 0 }
    }

    pub(super) fn value(&mut self, id: Id) -> Result<Value, PickleError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Err(PickleError::TooMany { limit: self.limits.values });
        }
        Ok(match self.arena.node(id) {
            Node::None => Value::None,
            Node::Bool(truth) => Value::Bool(*truth),
            Node::Int(integer) => {
                self.count(integer.length())?;
                Value::Int(integer.clone())
            }
            Node::Float(float) => Value::Float(*float),
            Node::Text(text) => {
                self.count(text.len())?;
                Value::Text(text.as_ref().to_owned())
            }
            Node::Bytes(bytes) => {
                self.count(bytes.len())?;
                Value::Bytes(bytes.to_vec())
            }
            Node::Class(class) => Value::Class(class.clone()),
            Node::List(items) => Value::List(self.inside(id, |own| own.values(items))?),
            Node::Tuple(items) => Value::Tuple(self.inside(id, |own| own.values(items))?),
            Node::Set(items) => Value::Set(self.inside(id, |own| own.values(items))?),
            Node::Dict(pairs) => Value::Dict(self.inside(id, |own| own.pairs(pairs))?),
            Node::Object(call) => simplified(self.inside(id, |own| own.object(call))?),
        })
    }

    /// Follows what is inside of a value.
    fn inside<T>(
        &mut self,
        id: Id,
        follow: impl FnOnce(&mut Self) -> Result<T, PickleError>,
    ) -> Result<T, PickleError> {
        if self.depth == self.limits.nesting {
            return Err(PickleError::TooDeep { limit: self.limits.nesting });
        }
        if std::mem::replace(&mut self.open[id.index()], true) {
            return Err(PickleError::Cycle);
        }
        self.depth += 1;
        let followed = follow(self)?;
        self.depth -= 1;
        self.open[id.index()] = false;
        Ok(followed)
    }

    fn values(&mut self, items: &[Id]) -> Result<Vec<Value>, PickleError> {
        items.iter().map(|item| self.value(*item)).collect()
    }

    fn pairs(&mut self, pairs: &[(Id, Id)]) -> Result<Vec<(Value, Value)>, PickleError> {
        pairs.iter().map(|(key, value)| Ok((self.value(*key)?, self.value(*value)?))).collect()
    }

    fn object(&mut self, call: &Call) -> Result<Object, PickleError> {
        Ok(Object {
            class: call.class.clone(),
            args: self.args(call.args)?,
            kwargs: call.kwargs.map_or(Ok(Vec::new()), |kwargs| self.kwargs(kwargs))?,
            state: call.state.map(|state| self.value(state)).transpose()?,
            items: self.values(&call.items)?,
            pairs: self.pairs(&call.pairs)?,
        })
    }

    fn args(&mut self, args: Id) -> Result<Vec<Value>, PickleError> {
        let Node::Tuple(args) = self.arena.node(args) else { return Ok(Vec::new()) };
        self.values(args)
    }

    fn kwargs(&mut self, kwargs: Id) -> Result<Vec<(Value, Value)>, PickleError> {
        let Node::Dict(kwargs) = self.arena.node(kwargs) else { return Ok(Vec::new()) };
        self.pairs(kwargs)
    }

    /// Counts the bytes of a value before they are copied.
    fn count(&mut self, bytes: usize) -> Result<(), PickleError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.payload {
            return Err(PickleError::TooLarge { limit: self.limits.payload });
        }
        Ok(())
    }
}
