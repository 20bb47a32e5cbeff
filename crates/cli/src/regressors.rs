//! The regressor file of `tangency forecast --exog`: known rows beside the input, future rows after.

use std::ops::Range;
use std::path::Path;

use tangency::forecast::NamedMatrix;
use tangency::shared_data::{Frame, time};

use crate::exit::{Failure, Outcome};
use crate::input::{self, Gaps};

/// Regressors over the rows of the input and the horizon after them.
#[derive(Debug)]
pub(crate) struct Regressors {
    frame: Frame,
    known: Range<usize>,
    future: Range<usize>,
}

impl Regressors {
    /// Reads a file that holds every date of the input, and `horizon` more rows after them.
    pub(crate) fn read(path: &Path, dates: &[i64], horizon: usize) -> Outcome<Self> {
        let frame = input::read(path, Gaps::Reject)?;
        let name = path.display();
        let missing =
            |date: i64| Failure::input(format!("{name}: no row for {}", time::format_date(date)));
        let first = dates[0];
        let start = frame.timestamps().binary_search(&first).map_err(|_| missing(first))?;
        let known = start..start + dates.len();
        let own = &frame.timestamps()[start..];
        if let Some(at) = (0..dates.len()).find(|&at| own.get(at) != Some(&dates[at])) {
            return Err(match own.get(at) {
                Some(&extra) if extra < dates[at] => Failure::input(format!(
                    "{name}: {} is no date of the input",
                    time::format_date(extra)
                )),
                _ => missing(dates[at]),
            });
        }
        let future = known.end..known.end + horizon;
        if future.end > frame.n_rows() {
            return Err(Failure::input(format!(
                "{name}: needs {horizon} rows after {}, got {}",
                time::format_date(dates[dates.len() - 1]),
                frame.n_rows() - known.end
            )));
        }
        Ok(Self { frame, known, future })
    }

    /// Rows beside the input.
    pub(crate) fn known(&self) -> Outcome<NamedMatrix<'_>> {
        self.rows(&self.known)
    }

    /// Rows after the input.
    pub(crate) fn future(&self) -> Outcome<NamedMatrix<'_>> {
        self.rows(&self.future)
    }

    fn rows(&self, rows: &Range<usize>) -> Outcome<NamedMatrix<'_>> {
        let values = self.frame.matrix().map_err(Failure::input)?;
        let named = NamedMatrix::new(values, self.frame.names().iter().cloned());
        Ok(named.map_err(Failure::input)?.rows(rows.clone()))
    }
}
