//! Unix sockets pass the suite of exchanges.

use std::sync::atomic::{AtomicU32, Ordering};

use lyceum_test::{Bed, exchange_suite};

exchange_suite!(Bed::real(fresh()) => every, direct);

/// Returns a socket in the tests' own folder that no other test uses.
fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("unix://{}/{}-{count}", env!("CARGO_TARGET_TMPDIR"), std::process::id())
}
