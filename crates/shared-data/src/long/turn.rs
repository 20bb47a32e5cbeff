//! Between long tables and wide frames.

use crate::block::BlockMut;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::long::LongFrame;
use crate::names::Names;
use crate::options::{Gaps, NanPolicy};
use crate::text::{TextBuilder, TextColumn};

impl LongFrame {
    /// One field as a frame with a column a symbol, in order of their first rows, over all dates that any
    /// symbol has. Text columns beside the symbols stay behind.
    ///
    /// A symbol without a row at a date gets NaN there with [`NanPolicy::Keep`]; nothing is carried over
    /// from other dates. Values of the table that are NaN stay so under either policy.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`]; [`ErrorKind::MissingPair`] for the first symbol and date without a
    /// row, with [`NanPolicy::Reject`]; [`ErrorKind::NoColumns`] of a table without rows;
    /// [`ErrorKind::TooLarge`].
    pub fn wide(&self, field: &str, missing: NanPolicy) -> Result<Frame> {
        let values = self.column(field)?;
        let mut dates = self.timestamps().to_vec();
        dates.sort_unstable();
        dates.dedup();
        let (columns, names) = self.used_symbols();
        let names = Names::new(names)?;
        let mut block = BlockMut::zeroed(dates.len(), names.len())?;
        let stride = block.stride();
        block.timestamps_mut().copy_from_slice(&dates);
        let matrix = block.values_mut();
        matrix.fill(f64::NAN);
        // Whether a pair has a row shows by counting: no pair can have two.
        let mut n_rows = vec![0; names.len()];
        // A table sorted by date asks for the same date again and again, one by symbol for the next.
        let mut at = 0;
        for (row, &timestamp) in self.timestamps().iter().enumerate() {
            if dates[at] != timestamp {
                at = match dates.get(at + 1) {
                    Some(&next) if next == timestamp => at + 1,
                    _ => dates.partition_point(|&date| date < timestamp),
                };
            }
            let column = columns[self.symbols().codes()[row] as usize];
            matrix[column * stride + at] = values[row];
            n_rows[column] += 1;
        }
        // The padding is zero in every block.
        for column in matrix.chunks_exact_mut(stride) {
            column[dates.len()..].fill(0.0);
        }
        if missing == NanPolicy::Reject
            && let Some(short) = n_rows.iter().position(|&n| n < dates.len())
        {
            return Err(self.missing_pair(&names.as_slice()[short], &dates));
        }
        Ok(Frame::from_block(block.freeze(names)))
    }

    /// For each code of the dictionary its place among the symbols that have rows, and their names.
    fn used_symbols(&self) -> (Vec<usize>, Vec<&str>) {
        let dictionary = self.symbols().dictionary();
        let mut places = vec![usize::MAX; dictionary.len()];
        let mut names = Vec::new();
        for &code in self.symbols().codes() {
            let place = &mut places[code as usize];
            if *place == usize::MAX {
                *place = names.len();
                names.push(dictionary[code as usize].as_str());
            }
        }
        (places, names)
    }

    fn missing_pair(&self, symbol: &str, dates: &[i64]) -> Error {
        let rows = self.timestamps().iter().zip(self.symbols().iter());
        let mut own = rows.filter(|&(_, known)| known == symbol).map(|(&date, _)| date);
        let missing = dates.iter().find(|&&date| own.next() != Some(date));
        let timestamp = missing.copied().unwrap_or_default();
        ErrorKind::MissingPair { symbol: symbol.to_owned(), timestamp }.into()
    }

    /// A long table of wide frames, one a field, such as `close` and `volume`: by date, and for each date
    /// the symbols in the order of the columns.
    ///
    /// All frames have the same dates and columns. `gaps` says what happens to pairs of a date and a
    /// symbol that lack values: with [`Gaps::Drop`] a pair that lacks all of them is left out (that is
    /// how a long table says that there is none), and one that lacks some stays.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoFrames`]; [`ErrorKind::UnknownColumn`] or [`ErrorKind::NotAlike`] for a frame
    /// that differs from the first in columns or dates (align them first); [`ErrorKind::MissingValue`]
    /// with [`Gaps::Reject`]; the errors of [`new`](Self::new) for the names of the fields.
    pub fn from_wide(fields: &[(&str, &Frame)], gaps: Gaps) -> Result<Self> {
        let Some(&(_, first)) = fields.first() else { return Err(ErrorKind::NoFrames.into()) };
        for &(name, frame) in fields {
            check_alike(first, frame).map_err(|error| error.in_column(name))?;
            if gaps == Gaps::Reject {
                frame.validate_complete()?;
            }
        }
        let mut timestamps = Vec::new();
        let mut symbols = TextBuilder::default();
        let mut columns = vec![Vec::new(); fields.len()];
        let wide: Vec<Vec<&[f64]>> =
            fields.iter().map(|(_, frame)| frame.columns().map(|(_, v)| v).collect()).collect();
        for (row, &timestamp) in first.timestamps().iter().enumerate() {
            for (at, symbol) in first.names().iter().enumerate() {
                let missing = || wide.iter().all(|field| field[at][row].is_nan());
                if gaps == Gaps::Drop && missing() {
                    continue;
                }
                timestamps.push(timestamp);
                symbols.push(symbol)?;
                for (column, field) in columns.iter_mut().zip(&wide) {
                    column.push(field[at][row]);
                }
            }
        }
        let named: Vec<(&str, &[f64])> =
            fields.iter().zip(&columns).map(|(&(name, _), column)| (name, &column[..])).collect();
        let symbols: TextColumn = symbols.finish();
        Self::new(&timestamps, symbols, &named)
    }
}

fn check_alike(first: &Frame, other: &Frame) -> Result<()> {
    if let Some(name) = first.names().iter().find(|&name| other.position(name).is_err()) {
        other.position(name)?;
    }
    if first.names() != other.names() || first.timestamps() != other.timestamps() {
        let (needed, got) = (first.n_rows(), other.n_rows());
        return Err(ErrorKind::NotAlike { needed, got }.into());
    }
    Ok(())
}
