//! The memory of a frame.
//!
//! One allocation holds the timestamps and then the columns, one after the other, each padded to
//! a multiple of 64 bytes:
//!
//! ```text
//! | timestamps, i64 .. pad | column 0, f64 .. pad | column 1, f64 .. pad | ..
//! ^ 64-byte aligned        ^ stride               ^ 2 * stride
//! ```
//!
//! A block may also stand on memory that somebody else laid out: the body of an Arrow file, which
//! looks the same, or the arrays of another library, each column wherever its owner put it.

use std::ops::Range;

use arrow_buffer::{Buffer, MutableBuffer, ScalarBuffer};

use crate::error::{Error, ErrorKind};
use crate::names::Names;

/// Columns start at multiples of this many values (64 bytes: a cache line, and an AVX-512 vector).
pub(crate) const LANE: usize = 8;

/// Immutable timestamps and columns.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) timestamps: ScalarBuffer<i64>,
    pub(crate) values: Values,
    pub(crate) names: Names,
}

/// Where the values of a block lie. A clone shares them.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    /// In one buffer, at equal distances: column `c`, row `r` is at `c * stride + r`; the last
    /// column may end without its padding.
    Matrix { values: ScalarBuffer<f64>, stride: usize },
    /// In a buffer a column, each as long as the timestamps.
    Apart(Box<[ScalarBuffer<f64>]>),
}

impl Values {
    /// These rows of a column, which must be there.
    #[inline]
    pub(crate) fn column(&self, index: usize, rows: Range<usize>) -> &[f64] {
        match self {
            Self::Matrix { values, stride } => {
                let start = index * stride + rows.start;
                &values[start..start + rows.len()]
            }
            Self::Apart(columns) => &columns[index][rows],
        }
    }

    /// These rows of a column, which must be there, as a buffer that keeps the memory alive.
    pub(crate) fn shared(&self, index: usize, rows: Range<usize>) -> ScalarBuffer<f64> {
        match self {
            Self::Matrix { values, stride } => {
                values.slice(index * stride + rows.start, rows.len())
            }
            Self::Apart(columns) => columns[index].slice(rows.start, rows.len()),
        }
    }
}

/// A block while it is being filled.
#[derive(Debug)]
pub(crate) struct BlockMut {
    buffer: MutableBuffer,
    n_rows: usize,
    n_columns: usize,
    stride: usize,
}

impl BlockMut {
    /// Zeros for `n_rows` times `n_columns` values and their timestamps.
    pub(crate) fn zeroed(n_rows: usize, n_columns: usize) -> Result<Self, Error> {
        let too_large = || Error::from(ErrorKind::TooLarge { n_rows, n_columns });
        let stride = n_rows.checked_next_multiple_of(LANE).ok_or_else(too_large)?;
        let bytes = n_columns
            .checked_add(1)
            .and_then(|n| n.checked_mul(stride))
            .and_then(|n| n.checked_mul(size_of::<f64>()))
            // The allocator takes no more than this, less one alignment.
            .filter(|&n| n <= isize::MAX as usize - 1024)
            .ok_or_else(too_large)?;
        Ok(Self { buffer: MutableBuffer::from_len_zeroed(bytes), n_rows, n_columns, stride })
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn timestamps_mut(&mut self) -> &mut [i64] {
        &mut self.buffer.typed_data_mut::<i64>()[..self.n_rows]
    }

    /// All columns with their padding: column `c`, row `r` is at `c * stride + r`.
    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.buffer.typed_data_mut::<f64>()[self.stride..]
    }

    pub(crate) fn column_mut(&mut self, column: usize) -> &mut [f64] {
        let start = column * self.stride;
        let end = start + self.n_rows;
        &mut self.values_mut()[start..end]
    }

    /// Writes whole rows, given row after row, from the row `first` on.
    ///
    /// A few rows at a time, so that what is written to a column is one cache line.
    pub(crate) fn set_rows(&mut self, first: usize, values: &[f64]) {
        let (n_columns, stride) = (self.n_columns, self.stride);
        let columns = self.values_mut();
        for (chunk, rows) in values.chunks(n_columns * LANE).enumerate() {
            let n_rows = rows.len() / n_columns;
            for column in 0..n_columns {
                let to = &mut columns[column * stride + first + chunk * LANE..][..n_rows];
                for (value, row) in to.iter_mut().zip(rows.chunks_exact(n_columns)) {
                    *value = row[column];
                }
            }
        }
    }

    /// Keeps the first `n_rows` rows and moves the columns together.
    pub(crate) fn truncate_rows(&mut self, n_rows: usize) {
        let stride = n_rows.next_multiple_of(LANE);
        let old = self.stride;
        debug_assert!(n_rows <= self.n_rows, "a block never grows");
        let all = self.buffer.typed_data_mut::<f64>();
        for column in 0..=self.n_columns {
            all.copy_within(column * old..column * old + n_rows, column * stride);
            all[column * stride + n_rows..(column + 1) * stride].fill(0.0);
        }
        self.buffer.truncate((self.n_columns + 1) * stride * size_of::<f64>());
        self.n_rows = n_rows;
        self.stride = stride;
    }

    pub(crate) fn freeze(self, names: Names) -> Block {
        debug_assert_eq!(names.len(), self.n_columns, "one name a column");
        let buffer = Buffer::from(self.buffer);
        let timestamps = ScalarBuffer::new(buffer.clone(), 0, self.n_rows);
        let values = ScalarBuffer::new(buffer, self.stride, self.n_columns * self.stride);
        Block { timestamps, values: Values::Matrix { values, stride: self.stride }, names }
    }
}

/// Checks that each timestamp comes after the one before.
///
/// This is what opening a mapped frame spends its time on, so it runs over runs of timestamps
/// without a branch, and looks for the row only where one of them fails.
pub(crate) fn check_increasing(timestamps: &[i64]) -> Result<(), Error> {
    const RUN: usize = 512;
    let mut start = 0;
    while start + 1 < timestamps.len() {
        let end = (start + RUN + 1).min(timestamps.len());
        if !surely_increasing(&timestamps[start..end]) {
            find_not_increasing(&timestamps[start..end], start)?;
        }
        start = end - 1;
    }
    Ok(())
}

/// Whether a run of timestamps increases, in arithmetic that every processor has for vectors
/// (comparing 64-bit integers is not); `false` may also mean that the steps are too long to tell.
///
/// Each timestamp is `e + 1` forward from the one before, modulo 2^64, with `e` from 0 to 2^64 - 1.
/// No `e` exceeds `m`, the bits found in any of them. If `m + 1` times the number of steps stays below
/// 2^63, then all steps together go around the 64-bit numbers less than once; had they passed from
/// the greatest to the least on the way, the last timestamp would be below the first.
fn surely_increasing(run: &[i64]) -> bool {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return true };
    let steps = run.iter().zip(&run[1..]);
    let bits = steps.fold(0, |bits, (a, b)| bits | (b.wrapping_sub(*a).wrapping_sub(1) as u64));
    let bound = (u128::from(bits) + 1) * (run.len() as u128 - 1);
    bound < 1 << 63 && (run.len() == 1 || first < last)
}

fn find_not_increasing(timestamps: &[i64], first_row: usize) -> Result<(), Error> {
    match timestamps.windows(2).position(|pair| pair[0] >= pair[1]) {
        None => Ok(()),
        Some(at) => Err(not_increasing(first_row + at + 1, timestamps[at], timestamps[at + 1])),
    }
}

/// The error for a row whose timestamp does not come after the one before.
pub(crate) fn not_increasing(row: usize, previous: i64, timestamp: i64) -> Error {
    if previous == timestamp {
        ErrorKind::Repeated { row, timestamp }.into()
    } else {
        ErrorKind::Unordered { row, timestamp, previous }.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_starts_on_a_cache_line() {
        for n_rows in [1, 7, 8, 9, 100] {
            let mut block = BlockMut::zeroed(n_rows, 3).unwrap();
            for column in 0..3 {
                block.column_mut(column).fill(column as f64);
            }
            let block = block.freeze(Names::new(["a", "b", "c"]).unwrap());
            assert_eq!(block.timestamps.as_ptr().align_offset(64), 0);
            for column in 0..3 {
                let values = block.values.column(column, 0..n_rows);
                assert_eq!(values.as_ptr().align_offset(64), 0);
                assert!(values.iter().all(|&v| v == column as f64));
            }
        }
    }

    #[test]
    fn truncation_moves_the_columns_together() {
        let mut block = BlockMut::zeroed(20, 2).unwrap();
        for (row, t) in block.timestamps_mut().iter_mut().enumerate() {
            *t = row as i64;
        }
        for column in 0..2 {
            for (row, value) in block.column_mut(column).iter_mut().enumerate() {
                *value = (100 * column + row) as f64;
            }
        }
        block.truncate_rows(3);
        assert_eq!(block.stride(), 8);
        assert_eq!(block.timestamps_mut(), [0, 1, 2]);
        assert_eq!(block.column_mut(0), [0.0, 1.0, 2.0]);
        assert_eq!(block.column_mut(1), [100.0, 101.0, 102.0]);
        assert_eq!(block.values_mut()[3..8], [0.0; 5]);
    }

    #[test]
    fn sizes_that_overflow_are_errors() {
        for (n_rows, n_columns) in [(usize::MAX, 1), (1 << 40, 1 << 40), (1 << 59, 3)] {
            let error = BlockMut::zeroed(n_rows, n_columns).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::TooLarge { n_rows, n_columns });
        }
    }

    #[test]
    fn the_row_out_of_order_is_found_wherever_it_is() {
        let n = 1200;
        let daily: Vec<i64> = (0..n).map(|day| day * 86_400_000_000_000).collect();
        let rows = [1, 2, 511, 512, 513, 1023, 1024, 1025, 1199];
        assert_eq!(check_increasing(&daily), Ok(()));
        for row in rows {
            let mut repeated = daily.clone();
            repeated[row] = repeated[row - 1];
            let kind = ErrorKind::Repeated { row, timestamp: daily[row - 1] };
            assert_eq!(check_increasing(&repeated), Err(kind.into()));
            let mut back = daily.clone();
            back[row] = i64::MIN;
            let kind = ErrorKind::Unordered { row, timestamp: i64::MIN, previous: daily[row - 1] };
            assert_eq!(check_increasing(&back), Err(kind.into()));
        }
    }

    #[test]
    fn steps_as_long_as_there_are_and_sums_that_go_around() {
        let increasing: [&[i64]; 6] = [
            &[],
            &[i64::MAX],
            &[i64::MIN, i64::MAX],
            &[i64::MIN, -1, 0, i64::MAX],
            &[i64::MAX - 2, i64::MAX - 1, i64::MAX],
            &[i64::MIN, i64::MIN + 1],
        ];
        for run in increasing {
            assert_eq!(check_increasing(run), Ok(()), "{run:?}");
        }
        // Steps of one in arithmetic modulo 2^64, and back to the start.
        let around: [&[i64]; 4] = [
            &[i64::MAX, i64::MIN],
            &[i64::MAX - 1, i64::MAX, i64::MIN, i64::MIN + 1],
            &[0, i64::MAX, -2, -1, 1],
            &[3, 3],
        ];
        for run in around {
            assert!(check_increasing(run).is_err(), "{run:?}");
        }
    }
}
