//! Fingerprints of actions.

use crate::ActionDescription;

/// A hash of what an action takes and returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Returns the bits.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

/// Returns the fingerprint of an action.
pub fn fingerprint(description: &ActionDescription) -> Fingerprint {
    let text =
        serde_json::to_string(&(&description.parameters, &description.result, &description.error))
            .unwrap_or_default();
    Fingerprint(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }))
}
