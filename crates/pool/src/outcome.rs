//! What became of one item.

/// What became of one item of a batch.
///
/// `R` is what the item computes, `E` its own error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<R, E> {
    /// It ran and returned a value.
    Done(R),
    /// It ran and returned an error.
    Failed(E),
    /// It panicked, with this message. The others went on.
    Panicked(String),
    /// It was not started, because the batch was stopped first.
    Cancelled,
}

impl<R, E> Outcome<R, E> {
    /// Whether the item returned a value.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// Whether the item returned an error.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Whether the item panicked.
    #[must_use]
    pub fn is_panicked(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }

    /// Whether the item was not started.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The value, if there is one.
    #[must_use]
    pub fn done(self) -> Option<R> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }

    /// A look at the value, if there is one.
    #[must_use]
    pub fn as_done(&self) -> Option<&R> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }

    /// A look at the error, if there is one.
    #[must_use]
    pub fn as_failed(&self) -> Option<&E> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }
}
