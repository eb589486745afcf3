//! Panics of user code, caught: in polls, in drops, and in the texts of errors.
//!
//! User code may panic wherever it runs, also where a value of a user's is dropped or an error is
//! asked for its text. What the core runs or drops of it goes through this module, so that a panic
//! ends nothing but what it belongs to. The cell keeps its payloads in blocks and drops those with
//! [`dropping`], too.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::{BoxError, full_text};

/// How often what a panic carries is dropped that panics each time anew.
const DROPS: usize = 8;

/// What a panic carries: it may be anything, and its drop may panic again.
pub(crate) type Panic = Box<dyn Any + Send>;

/// Runs code of a user's.
#[inline]
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(run))
}

/// Returns the text of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> Box<str> {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without text")
        .into()
}

/// Drops what a panic carried, and returns its text.
pub(crate) fn into_text(panic: Panic) -> Box<str> {
    let text = panic_text(&*panic);
    forget(panic);
    text
}

/// Drops what a panic carried.
pub(crate) fn forget(mut panic: Panic) {
    for _ in 0..DROPS {
        match catch(move || drop(panic)) {
            Ok(()) => return,
            Err(next) => panic = next,
        }
    }
    std::mem::forget(panic);
}

/// Runs a drop; a panic in it is logged and goes no further.
#[inline]
pub(crate) fn dropping(of: impl fmt::Display, drop: impl FnOnce()) {
    if let Err(panic) = catch(drop) {
        drop_panicked(&of, panic);
    }
}

#[cold]
fn drop_panicked(of: &dyn fmt::Display, panic: Panic) {
    // Outside of the macro, which does nothing where nobody listens.
    let panic = into_text(panic);
    tracing::error!(%of, %panic, "a drop panicked");
}

/// Turns an error into its text, and those of its causes.
pub(crate) fn into_full_text(error: BoxError) -> String {
    let error = Kept::new(error);
    full_text(&**error)
}

/// A value of a user's, whose drop may panic.
pub struct Kept<T>(Option<T>);

impl<T> Kept<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn into_inner(mut self) -> T {
        self.0.take().expect("a kept value is there until it is taken")
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("a kept value is there until it is taken")
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            dropping(std::any::type_name::<T>(), move || drop(value));
        }
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

/// Makes a future of a user's one whose panics are its output, and whose drop may panic.
pub(crate) fn caught<F: Future>(future: F) -> Caught<F> {
    Caught { future: Some(future) }
}

pin_project_lite::pin_project! {
    /// A future of a user's; see [`caught`].
    pub(crate) struct Caught<F> {
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Caught<F> {
        fn drop(this: Pin<&mut Self>) {
            drop_future(this.project().future);
        }
    }
}

fn drop_future<F>(mut future: Pin<&mut Option<F>>) {
    if future.is_some() {
        // The place is empty afterwards, whether or not the drop panics.
        dropping(std::any::type_name::<F>(), || future.set(None));
    }
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.project().future;
        let running = future.as_mut().as_pin_mut().expect("a future is polled until it is ready");
        let output = match catch(|| running.poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(panic),
        };
        drop_future(future);
        Poll::Ready(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics whenever it is dropped, also as what a panic carries.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::panic_any(Self);
        }
    }

    #[test]
    fn drop_that_panics_for_ever_goes_no_further() {
        drop(Kept::new(Bomb));
        assert_eq!(&*into_text(Box::new(Bomb)), "a panic without text");
    }

    #[test]
    fn future_is_dropped_once_whether_it_ends_or_panics() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let bomb = Bomb;
        let mut ends = std::pin::pin!(caught(std::future::poll_fn(move |_| {
            let _ = &bomb;
            Poll::Ready(7)
        })));
        assert!(matches!(ends.as_mut().poll(&mut cx), Poll::Ready(Ok(7))));
        let mut panics = std::pin::pin!(caught(async { panic!("as asked") }));
        let Poll::Ready(Err(panic)) = panics.as_mut().poll(&mut cx) else { panic!("it panicked") };
        assert_eq!(&*into_text(panic), "as asked");
    }
}
