//! Moving averages of one series, computed once for all who need them.

use tangency_pool::Pool;
use tangency_preprocess::indicators::PrefixSums;

use crate::error::{ErrorKind, Result};

/// Simple moving averages of the same closes over several windows.
///
/// Each distinct window is computed once, however many crossovers use it. Holds one double a bar and
/// window. The values are those of [`sma`](tangency_preprocess::indicators::sma), bit for bit,
/// whatever the number of workers.
#[derive(Debug, Clone)]
pub struct MovingAverages {
    /// Ascending and distinct.
    windows: Vec<usize>,
    /// One after the other, each `n_bars` long.
    values: Vec<f64>,
    n_bars: usize,
}

impl MovingAverages {
    /// Computes the averages of `closes` over each window, in any order, repeated or not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidParameter`] for a window of 0.
    pub fn new(closes: &[f64], windows: impl IntoIterator<Item = usize>) -> Result<Self> {
        let (mut averages, sums) = Self::prepare(closes, windows)?;
        for (window, out) in averages.rows_mut() {
            average_into(&sums, window, out);
        }
        Ok(averages)
    }

    /// As [`new`](Self::new), one window a task on the pool.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and [`ErrorKind::Pool`].
    pub fn on_pool(
        closes: &[f64],
        windows: impl IntoIterator<Item = usize>,
        pool: &Pool,
    ) -> Result<Self> {
        let (mut averages, sums) = Self::prepare(closes, windows)?;
        let rows: Vec<_> = averages.rows_mut().map(std::sync::Mutex::new).collect();
        let report = pool.batch().map(&rows, |row| {
            // Each row is locked once, by the task it belongs to.
            let mut row = row.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let window = row.0;
            average_into(&sums, window, row.1);
        });
        report.into_results().map_err(|error| ErrorKind::Pool { message: error.to_string() })?;
        drop(rows);
        Ok(averages)
    }

    fn prepare(
        closes: &[f64],
        windows: impl IntoIterator<Item = usize>,
    ) -> Result<(Self, PrefixSums)> {
        let mut windows: Vec<usize> = windows.into_iter().collect();
        windows.sort_unstable();
        windows.dedup();
        if windows.first() == Some(&0) {
            let (name, expected) = ("window", "at least 1 bar");
            return Err(ErrorKind::InvalidParameter { name, value: 0.0, expected }.into());
        }
        let n_bars = closes.len();
        let values = vec![f64::NAN; n_bars * windows.len()];
        Ok((Self { windows, values, n_bars }, PrefixSums::new(closes)))
    }

    fn rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut [f64])> {
        let rows = self.values.chunks_exact_mut(self.n_bars.max(1));
        self.windows.iter().copied().zip(rows)
    }

    /// The windows, ascending.
    #[must_use]
    pub fn windows(&self) -> &[usize] {
        &self.windows
    }

    /// Number of bars of each average.
    #[must_use]
    pub fn n_bars(&self) -> usize {
        self.n_bars
    }

    /// The average over `window` bars: as long as the closes, NaN before bar `window - 1`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnpreparedWindow`].
    pub fn get(&self, window: usize) -> Result<&[f64]> {
        match self.windows.binary_search(&window) {
            Ok(at) => Ok(self.row(at)),
            Err(_) => Err(ErrorKind::UnpreparedWindow { window }.into()),
        }
    }

    /// The average over the window of that place.
    pub(super) fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.n_bars..][..self.n_bars]
    }
}

fn average_into(sums: &PrefixSums, window: usize, out: &mut [f64]) {
    sums.sma_into(window, out).expect("`prepare` has checked windows and lengths");
}
