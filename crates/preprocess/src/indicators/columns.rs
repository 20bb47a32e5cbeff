//! The price columns an indicator may read.

use crate::error::{ErrorKind, Result};

/// Borrowed price columns over the same rows: closes always, the others where the caller has them.
///
/// # Examples
///
/// ```
/// use tangency_preprocess::indicators::Columns;
///
/// let columns = Columns::from_closes(&[1.0, 2.0]).with_volume(&[100.0, 90.0])?;
/// assert!(columns.high("atr").is_err(), "no highs were given");
/// # Ok::<(), tangency_preprocess::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    open: Option<&'a [f64]>,
    high: Option<&'a [f64]>,
    low: Option<&'a [f64]>,
    close: &'a [f64],
    volume: Option<&'a [f64]>,
}

macro_rules! optional_column {
    ($column:ident, $with:ident, $what:literal) => {
        #[doc = concat!("Adds the ", $what, " of each row.")]
        ///
        /// # Errors
        ///
        /// [`ErrorKind::ColumnLength`] when the length is not that of the closes.
        pub fn $with(mut self, values: &'a [f64]) -> Result<Self> {
            let (expected, got) = (self.close.len(), values.len());
            if expected != got {
                let column = stringify!($column);
                return Err(ErrorKind::ColumnLength { column, expected, got }.into());
            }
            self.$column = Some(values);
            Ok(self)
        }

        #[doc = concat!("The ", $what, " of each row, for the indicator of that name.")]
        ///
        /// # Errors
        ///
        /// [`ErrorKind::MissingColumn`] naming the indicator and the column.
        pub fn $column(&self, indicator: &'static str) -> Result<&'a [f64]> {
            let column = stringify!($column);
            self.$column.ok_or_else(|| ErrorKind::MissingColumn { indicator, column }.into())
        }
    };
}

impl<'a> Columns<'a> {
    /// Closes only.
    #[must_use]
    pub fn from_closes(close: &'a [f64]) -> Self {
        Self { open: None, high: None, low: None, close, volume: None }
    }

    /// The close of each row.
    #[must_use]
    pub fn close(&self) -> &'a [f64] {
        self.close
    }

    /// Rows of every column.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.close.len()
    }

    optional_column!(open, with_open, "open");
    optional_column!(high, with_high, "high");
    optional_column!(low, with_low, "low");
    optional_column!(volume, with_volume, "volume");
}
