//! The values of a pickle while it is read, which may refer to each other in any way.

use std::sync::Arc;

use super::{Class, PickleError};
use crate::Integer;

/// The place of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(u32);

impl Id {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One value; others in it are places.
#[derive(Debug)]
pub(super) enum Node {
    None,
    Bool(bool),
    Int(Integer),
    Float(f64),
    Text(Arc<str>),
    Bytes(Box<[u8]>),
    Class(Class),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Object(Box<Call>),
}

/// What an object is made of.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) class: Class,
    /// A tuple. Many objects may share one.
    pub(super) args: Id,
    /// A dict.
    pub(super) kwargs: Option<Id>,
    pub(super) state: Option<Id>,
    pub(super) items: Vec<Id>,
    pub(super) pairs: Vec<(Id, Id)>,
}

/// All values of a pickle.
#[derive(Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<Node>,
}

impl Arena {
    /// Adds a value, as long as there are not too many.
    pub(super) fn add(&mut self, node: Node, limit: usize) -> Result<Id, PickleError> {
        let too_many = PickleError::TooMany { limit };
        if self.nodes.len() >= limit {
            return Err(too_many);
        }
        let id = u32::try_from(self.nodes.len()).map_err(|_| too_many)?;
        self.nodes.push(node);
        Ok(Id(id))
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.index()]
    }

    pub(super) fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.index()]
    }
}
