//! What agents on other machines are told of the agents of the manager's own node.

use std::path::Path;

use lyceum_core::Value;
use lyceum_wire::{Address, Endpoint};

use super::Children;
use crate::siblings::SCHEME;

impl Children {
    /// Returns arguments for an agent on another machine: handles of agents of this node lead to
    /// where that machine reaches it, and those of others of its machine are asked for there.
    pub(super) fn for_outside(&self, mut arguments: Value) -> Value {
        self.turn_outside(&mut arguments);
        arguments
    }

    fn turn_outside(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let Ok(address) = text.parse::<Address>() else { return };
                if address.node == Some(self.node.id()) {
                    let endpoint = self.outside.as_ref().and_then(|own| own.endpoint.clone());
                    *text = Address { endpoint, ..address }.to_string();
                } else if let Some(number) = self.number_at(&address) {
                    let endpoint = Endpoint::new(SCHEME, number);
                    *text = Address { node: None, endpoint, ..address }.to_string();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.turn_outside(value)),
            Value::Object(values) => {
                values.values_mut().for_each(|value| self.turn_outside(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Returns the number of the child that listens at a socket.
    fn number_at<'a>(&self, address: &'a Address) -> Option<&'a str> {
        let endpoint = address.endpoint.as_ref().filter(|one| one.scheme() == "unix")?;
        let socket = Path::new(endpoint.location());
        let number = socket.file_name()?.to_str()?;
        let is_child = socket.parent() == Some(&*self.directory) && number.parse::<u64>().is_ok();
        is_child.then_some(number)
    }
}
