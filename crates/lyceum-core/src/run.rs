//! Running a program's future to its end.

use std::future::Future;

/// Runs a future to its end on a runtime of its own, on this thread.
///
/// For tests and small programs; larger ones use `#[tokio::main]`.
///
/// # Panics
///
/// If called within a runtime, or if the system refuses the runtime's resources.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("the system gives a runtime its resources").block_on(future)
}
