//! Long tables: one row a date and symbol, such as bars of many assets in one file.
//!
//! | date | symbol | open | high | low | close | volume |
//! |---|---|---|---|---|---|---|
//! | 2020-01-02 | AAPL | .. | .. | .. | .. | .. |
//! | 2020-01-02 | MSFT | .. | .. | .. | .. | .. |
//! | 2020-01-03 | AAPL | .. | .. | .. | .. | .. |

mod order;
mod turn;

use std::fmt;

use crate::align::gather;
use crate::block::BlockMut;
use crate::error::{Error, ErrorKind, Result, excerpt};
use crate::frame::Frame;
use crate::names::{self, Names};
use crate::text::{Table, TextColumn};
use crate::time;

pub(crate) use order::SymbolOrder;

/// The name of the column of symbols, unless a reader is told another.
pub(crate) const SYMBOL: &str = "symbol";

/// Rows of a date, a symbol and named numbers, immutable, in the order in which they came.
///
/// The dates of each symbol increase; symbols may follow each other in any way, so that a table sorted
/// by date and one sorted by symbol are both fine, and neither is sorted again. A clone copies nothing.
///
/// [`wide`](Self::wide) makes a frame of one field, a column a symbol; [`symbol`](Self::symbol) one of a
/// symbol's rows, a column a field; [`from_wide`](Self::from_wide) goes the other way.
///
/// ```
/// use tangency_shared_data::csv::CsvReader;
/// use tangency_shared_data::NanPolicy;
///
/// let text = "date,symbol,close,volume\n\
///             2020-01-02,AAPL,75.1,135\n2020-01-02,MSFT,160.6,22\n\
///             2020-01-03,AAPL,74.4,146\n2020-01-03,MSFT,158.6,21\n";
/// let bars = CsvReader::new().read_long_bytes(text, "bars.csv")?;
/// let closes = bars.wide("close", NanPolicy::Reject)?;
/// assert_eq!(closes.names(), ["AAPL", "MSFT"]);
/// assert_eq!(closes.column("AAPL")?, [75.1, 74.4]);
/// assert_eq!(bars.symbol("MSFT")?.column("volume")?, [22.0, 21.0]);
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Clone)]
pub struct LongFrame {
    /// A frame in all but the order of its dates, so it is never handed out.
    rows: Frame,
    symbols: TextColumn,
}

impl LongFrame {
    /// Puts a table together: a date (Unix nanoseconds UTC), a symbol and one value of each column a row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ColumnLength`] unless everything is equally long; [`ErrorKind::SymbolUnordered`]
    /// unless the dates of each symbol increase; [`ErrorKind::MissingSymbol`];
    /// [`ErrorKind::NoColumns`], [`ErrorKind::EmptyColumnName`], [`ErrorKind::DuplicateColumn`] for the
    /// names; [`ErrorKind::TooLarge`].
    pub fn new(
        timestamps: &[i64],
        symbols: TextColumn,
        columns: &[(&str, &[f64])],
    ) -> Result<Self> {
        let names = Names::new(columns.iter().map(|(name, _)| name))?;
        let needed = timestamps.len();
        let symbol_length = std::iter::once((SYMBOL, symbols.len()));
        for (name, got) in columns.iter().map(|(n, v)| (*n, v.len())).chain(symbol_length) {
            if got != needed {
                return Err(Error::from(ErrorKind::ColumnLength { needed, got }).in_column(name));
            }
        }
        order::check(timestamps, &symbols)?;
        let mut block = BlockMut::zeroed(needed, columns.len())?;
        block.timestamps_mut().copy_from_slice(timestamps);
        for (at, (_, values)) in columns.iter().enumerate() {
            block.column_mut(at).copy_from_slice(values);
        }
        Ok(Self { rows: Frame::from_block(block.freeze(names)), symbols })
    }

    /// A table whose first text column holds the symbols, and whose order has been checked.
    pub(crate) fn from_table(table: Table) -> Self {
        let Table { block, mut texts } = table;
        texts.names.remove(0);
        let symbols = texts.columns.remove(0);
        Self { rows: Frame::from_parts(block, texts), symbols }
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.rows.n_rows()
    }

    /// Number of columns of numbers, at least 1.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.rows.n_columns()
    }

    /// Names of the columns of numbers, in column order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        self.rows.names()
    }

    /// The date of each row, in Unix nanoseconds UTC; increasing for each symbol.
    #[must_use]
    pub fn timestamps(&self) -> &[i64] {
        self.rows.timestamps()
    }

    /// The symbol of each row.
    #[must_use]
    pub fn symbols(&self) -> &TextColumn {
        &self.symbols
    }

    /// The values of a column, one a row. Nothing is copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`], with the nearest name, when there is none of that name.
    pub fn column(&self, name: &str) -> Result<&[f64]> {
        self.rows.column(name)
    }

    /// Names and values of all columns of numbers, in column order. Nothing is copied.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&str, &[f64])> + Clone {
        self.rows.columns()
    }

    /// Names and rows of the text columns beside the symbols. Nothing is copied.
    pub fn text_columns(&self) -> impl ExactSizeIterator<Item = (&str, TextColumn)> {
        self.rows.text_columns()
    }

    /// The name that written files give the symbols: the first of `symbol`, `ticker`, `instrument`,
    /// `symbol2` and so on that no column has, in any case.
    pub(crate) fn symbol_name(&self) -> String {
        let taken = |name: &str| {
            let mut all = self.names().iter().chain(self.rows.text_names());
            all.any(|known| known.eq_ignore_ascii_case(name))
        };
        names::free(&[SYMBOL, "ticker", "instrument"], taken)
    }

    /// The rows without their symbols: dates do not increase.
    pub(crate) fn rows(&self) -> &Frame {
        &self.rows
    }

    /// The rows of one symbol as a frame, a column a field. Values are copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownSymbol`] when no row has that symbol.
    pub fn symbol(&self, symbol: &str) -> Result<Frame> {
        let rows: Vec<usize> = (self.symbols.iter().enumerate())
            .filter(|&(_, known)| known == symbol)
            .map(|(row, _)| row)
            .collect();
        if rows.is_empty() {
            let n_symbols = self.symbols.dictionary().len();
            return Err(ErrorKind::UnknownSymbol { symbol: excerpt(symbol), n_symbols }.into());
        }
        let timestamps: Vec<i64> = rows.iter().map(|&row| self.timestamps()[row]).collect();
        gather(&timestamps, &[(&self.rows, rows)])
    }

    /// Whether both tables hold the same names, rows, symbols, text and values, bit for bit.
    #[must_use]
    pub fn same_bits(&self, other: &Self) -> bool {
        self.symbols == other.symbols && self.rows.same_bits(&other.rows)
    }
}

impl fmt::Debug for LongFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dates = self.timestamps().iter();
        let span = match (dates.clone().min(), dates.max()) {
            (Some(&a), Some(&b)) => format!("{}..={}", time::format_date(a), time::format_date(b)),
            _ => "empty".to_owned(),
        };
        f.debug_struct("LongFrame")
            .field("n_rows", &self.n_rows())
            .field("n_symbols", &self.symbols.dictionary().len())
            .field("dates", &format_args!("{span}"))
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}
