//! Who is told of each result as it comes.

use std::fmt;

use crate::outcome::Outcome;

mod sealed {
    pub trait Sealed {}
}

/// What a batch does with each outcome as it comes: nothing, or [`Batch::on_result`].
///
/// Closed: the two implementations are here.
///
/// [`Batch::on_result`]: crate::Batch::on_result
pub trait ResultSink<R, E>: sealed::Sealed {
    #[doc(hidden)]
    const LISTENS: bool;

    #[doc(hidden)]
    fn receive(&mut self, index: usize, outcome: &Outcome<R, E>);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved(pub(crate) ());

impl sealed::Sealed for Unobserved {}

impl<R, E> ResultSink<R, E> for Unobserved {
    const LISTENS: bool = false;

    fn receive(&mut self, _: usize, _: &Outcome<R, E>) {}
}

/// A callback is told.
pub struct OnResult<'a, R, E> {
    pub(crate) callback: Callback<'a, R, E>,
}

type Callback<'a, R, E> = Box<dyn FnMut(usize, &Outcome<R, E>) + 'a>;

impl<R, E> sealed::Sealed for OnResult<'_, R, E> {}

impl<R, E> ResultSink<R, E> for OnResult<'_, R, E> {
    const LISTENS: bool = true;

    fn receive(&mut self, index: usize, outcome: &Outcome<R, E>) {
        (self.callback)(index, outcome);
    }
}

impl<R, E> fmt::Debug for OnResult<'_, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnResult").finish_non_exhaustive()
    }
}
