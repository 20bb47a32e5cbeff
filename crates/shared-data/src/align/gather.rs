//! Rows of several frames, put side by side.

use crate::block::BlockMut;
use crate::error::Result;
use crate::frame::Frame;
use crate::names::Names;
use crate::text::{TextColumn, TextColumns};

/// In place of a row: there is none.
pub(crate) const NO_ROW: usize = usize::MAX;

/// A frame of one row a timestamp, and the columns of all parts: each part says which of its rows stand
/// there, or [`NO_ROW`].
pub(crate) fn gather(timestamps: &[i64], parts: &[(&Frame, Vec<usize>)]) -> Result<Frame> {
    let frames = || parts.iter().map(|(frame, _)| frame);
    Names::new(frames().flat_map(|frame| frame.names().iter().chain(frame.text_names())))?;
    let names = Names::new(frames().flat_map(|frame| frame.names()))?;
    let mut block = BlockMut::zeroed(timestamps.len(), names.len())?;
    block.timestamps_mut().copy_from_slice(timestamps);
    let mut texts = TextColumns::default();
    let mut at = 0;
    for (frame, rows) in parts {
        for (_, values) in frame.columns() {
            for (to, &row) in block.column_mut(at).iter_mut().zip(rows) {
                *to = values.get(row).copied().unwrap_or(f64::NAN);
            }
            at += 1;
        }
        for (name, column) in frame.text_columns() {
            let rows = rows.iter().map(|&row| column.get(row).unwrap_or_default());
            texts.columns.push(TextColumn::new(rows)?);
            texts.names.push(name.to_owned());
        }
    }
    Ok(Frame::from_parts(block.freeze(names), texts))
}
