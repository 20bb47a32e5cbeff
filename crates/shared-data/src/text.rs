//! Columns of text that repeats, such as symbols: each different text once, and a number a row.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;

use crate::block::Block;
use crate::error::{ErrorKind, Result};

/// A column of text, dictionary-coded: row `r` holds `dictionary()[codes()[r]]`.
///
/// The dictionary holds each text once, in order of first appearance. A missing text is the empty one.
/// A clone or a slice copies nothing.
///
/// ```
/// use tangency_shared_data::TextColumn;
///
/// let sectors = TextColumn::new(["energy", "banks", "energy"])?;
/// assert_eq!(sectors.dictionary(), ["energy", "banks"]);
/// assert_eq!(sectors.codes(), [0, 1, 0]);
/// assert_eq!(sectors.get(2), Some("energy"));
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Clone)]
pub struct TextColumn {
    codes: ScalarBuffer<u32>,
    dictionary: Arc<[String]>,
}

impl TextColumn {
    /// Codes the texts, one a row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooManyTexts`] for more than 2^32 different ones.
    pub fn new<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut coded = TextBuilder::default();
        for text in texts {
            coded.push(text.as_ref())?;
        }
        Ok(coded.finish())
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The text of a row, `None` after the last.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.codes.get(row).map(|&code| self.dictionary[code as usize].as_str())
    }

    /// The text of each row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.codes.iter().map(|&code| self.dictionary[code as usize].as_str())
    }

    /// For each row the place of its text in the [`dictionary`](Self::dictionary).
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The different texts, in order of first appearance in the whole column; a slice may not use all.
    #[must_use]
    pub fn dictionary(&self) -> &[String] {
        &self.dictionary
    }

    pub(crate) fn shared_codes(&self) -> ScalarBuffer<u32> {
        self.codes.clone()
    }

    pub(crate) fn slice(&self, rows: Range<usize>) -> Self {
        let codes = self.codes.slice(rows.start, rows.len());
        Self { codes, dictionary: Arc::clone(&self.dictionary) }
    }
}

/// Equal where each row holds the same text, however it is coded.
impl PartialEq for TextColumn {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for TextColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextColumn")
            .field("n_rows", &self.len())
            .field("n_texts", &self.dictionary.len())
            .finish_non_exhaustive()
    }
}

/// A column of text while it is being filled.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextBuilder {
    codes: Vec<u32>,
    known: HashMap<Arc<str>, u32>,
    dictionary: Vec<String>,
}

impl TextBuilder {
    /// Adds a row and returns the code of its text.
    pub(crate) fn push(&mut self, text: &str) -> Result<u32> {
        let code = match self.known.get(text) {
            Some(&code) => code,
            None => {
                let n_texts = self.dictionary.len();
                let code =
                    u32::try_from(n_texts).map_err(|_| ErrorKind::TooManyTexts { n_texts })?;
                self.known.insert(text.into(), code);
                self.dictionary.push(text.to_owned());
                code
            }
        };
        self.codes.push(code);
        Ok(code)
    }

    /// Adds a row with a text that is there already, by its code.
    pub(crate) fn repeat(&mut self, code: u32) {
        debug_assert!((code as usize) < self.dictionary.len(), "codes come from `push`");
        self.codes.push(code);
    }

    /// Forgets the rows after so many.
    pub(crate) fn truncate(&mut self, n_rows: usize) {
        self.codes.truncate(n_rows);
    }

    /// The code of the last row.
    pub(crate) fn last_code(&self) -> Option<u32> {
        self.codes.last().copied()
    }

    /// The code and the text of the last row.
    pub(crate) fn last(&self) -> Option<(usize, &str)> {
        let code = self.last_code()? as usize;
        Some((code, &self.dictionary[code]))
    }

    pub(crate) fn finish(self) -> TextColumn {
        TextColumn { codes: self.codes.into(), dictionary: self.dictionary.into() }
    }
}

/// The text columns of a frame, beside its numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextColumns {
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<TextColumn>,
}

impl TextColumns {
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

/// Columns of numbers and text as a reader found them: their dates are not yet known to increase.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) block: Block,
    pub(crate) texts: TextColumns,
}
