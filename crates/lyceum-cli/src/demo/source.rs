//! Sources: what the agents that read the machine have in common.

use lyceum::prelude::*;

use super::reading::Reading;

/// An agent that reads one part of the machine.
///
/// Who looks for `dyn Source` finds them all, whatever their types.
#[agent(interface)]
pub(crate) trait Source {
    /// Returns the last reading.
    #[action]
    async fn latest(&self) -> Reading;
}
