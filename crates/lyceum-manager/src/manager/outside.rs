//! What agents on other machines are told of the agents of the manager's own node.

use lyceum_core::Value;
use lyceum_wire::Address;

use super::Children;

impl Children {
    /// Returns arguments for an agent on another machine: handles of agents of this node lead to
    /// where that machine reaches it.
    pub(super) fn for_outside(&self, mut arguments: Value) -> Value {
        self.turn_outside(&mut arguments);
        arguments
    }

    fn turn_outside(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(address) = self.own(text) {
                    let endpoint = self.outside.as_ref().and_then(|own| own.endpoint.clone());
                    *text = Address { endpoint, ..address }.to_string();
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.turn_outside(value)),
            Value::Object(values) => {
                values.values_mut().for_each(|value| self.turn_outside(value));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Returns what a text says if it is the address of an agent of this very node.
    fn own(&self, text: &str) -> Option<Address> {
        let address: Address = text.parse().ok()?;
        (address.node == Some(self.node.id())).then_some(address)
    }
}
