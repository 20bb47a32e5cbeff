//! The rows read so far: dates, numbers and text, on their way into a frame.

use crate::block::{BlockMut, LANE};
use crate::error::Result;
use crate::names::Names;
use crate::text::{Table, TextBuilder, TextColumns};

/// Takes the cells of one row after the other.
///
/// Numbers are kept for a few rows and then laid out column by column: with thousands of columns, each
/// number written to its own column at once would miss the cache.
#[derive(Debug)]
pub(crate) struct Sink {
    timestamps: Vec<i64>,
    texts: Vec<TextBuilder>,
    block: BlockMut,
    n_columns: usize,
    /// Up to [`LANE`] rows, row after row.
    tile: Vec<f64>,
    /// Where the current row begins in the tile.
    tile_at: usize,
    date: i64,
}

impl Sink {
    pub(crate) fn new(most_rows: usize, n_columns: usize, n_texts: usize) -> Result<Self> {
        let block = BlockMut::zeroed(most_rows, n_columns)?;
        let timestamps = Vec::with_capacity(most_rows);
        let texts = vec![TextBuilder::default(); n_texts];
        let tile = vec![0.0; LANE * n_columns];
        Ok(Self { timestamps, texts, block, n_columns, tile, tile_at: 0, date: 0 })
    }

    /// Number of finished rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.timestamps.len()
    }

    /// The date of the current row.
    pub(crate) fn date(&self) -> i64 {
        self.date
    }

    pub(crate) fn set_date(&mut self, timestamp: i64) {
        self.date = timestamp;
    }

    pub(crate) fn set_number(&mut self, column: usize, value: f64) {
        self.tile[self.tile_at + column] = value;
    }

    /// Sets a text of the current row; its code is returned.
    pub(crate) fn set_text(&mut self, column: usize, text: &str) -> Result<u32> {
        let text_column = &mut self.texts[column];
        text_column.truncate(self.timestamps.len());
        text_column.push(text)
    }

    /// The code and the text of the current row, which must have been set.
    pub(crate) fn text(&self, column: usize) -> Option<(usize, &str)> {
        self.texts[column].last()
    }

    /// Finishes the current row.
    pub(crate) fn finish_row(&mut self) {
        self.timestamps.push(self.date);
        self.tile_at += self.n_columns;
        if self.tile_at == self.tile.len() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let n_rows = self.tile_at / self.n_columns;
        let first = self.timestamps.len() - n_rows;
        self.block.set_rows(first, &self.tile[..self.tile_at]);
        self.tile_at = 0;
    }

    pub(crate) fn finish(mut self, names: Names, text_names: Vec<String>) -> Table {
        if self.tile_at > 0 {
            self.flush();
        }
        if self.timestamps.len() < self.block.n_rows() {
            self.block.truncate_rows(self.timestamps.len());
        }
        self.block.timestamps_mut().copy_from_slice(&self.timestamps);
        let columns = self.texts.into_iter().map(TextBuilder::finish).collect();
        let texts = TextColumns { names: text_names, columns };
        Table { block: self.block.freeze(names), texts }
    }
}
