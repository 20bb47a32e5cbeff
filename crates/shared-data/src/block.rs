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
//! A block may also stand on memory that somebody else laid out, such as the body of an Arrow file,
//! which looks the same.

use arrow_buffer::{Buffer, MutableBuffer, ScalarBuffer};

use crate::error::{Error, ErrorKind};
use crate::names::Names;

/// Columns start at multiples of this many values (64 bytes: a cache line, and an AVX-512 vector).
pub(crate) const LANE: usize = 8;

/// Immutable timestamps and columns.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) timestamps: ScalarBuffer<i64>,
    /// Column `c`, row `r` is at `c * stride + r`; the last column may end without its padding.
    pub(crate) values: ScalarBuffer<f64>,
    pub(crate) stride: usize,
    pub(crate) names: Names,
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
        Block { timestamps, values, stride: self.stride, names }
    }
}

/// Checks that each timestamp comes after the one before.
pub(crate) fn check_increasing(timestamps: &[i64]) -> Result<(), Error> {
    match timestamps.windows(2).position(|pair| pair[0] >= pair[1]) {
        None => Ok(()),
        Some(at) => Err(not_increasing(at + 1, timestamps[at], timestamps[at + 1])),
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
                let values = &block.values[column * block.stride..][..n_rows];
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
}
