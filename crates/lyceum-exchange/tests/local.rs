//! `local://` passes the suite of exchanges, between runtimes and between simulated nodes.

use lyceum_test::{Bed, exchange_suite};

mod between_runtimes {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    static COUNT: AtomicU32 = AtomicU32::new(0);

    exchange_suite!(Bed::real(fresh()) => every, direct);

    /// Returns a name that no other test uses.
    fn fresh() -> String {
        format!("local://{}", COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

mod in_one_world {
    use super::*;

    exchange_suite!(Bed::world(7, "local://server") => every, direct);
}
