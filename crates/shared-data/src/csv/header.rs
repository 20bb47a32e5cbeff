//! The line of column names.

use csv::StringRecord;

use super::cell::{Cell, classify};
use crate::error::{ErrorKind, Result, excerpt};
use crate::names::{self, Names};
use crate::time;

/// Where the dates are and how the other columns are called.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) n_cells: usize,
    pub(crate) date_cell: usize,
    pub(crate) date_name: String,
    pub(crate) names: Names,
}

impl Header {
    /// Reads the first record; dates are in the first column or in the one named.
    pub(crate) fn new(record: &StringRecord, date_column: Option<&str>) -> Result<Self> {
        let date_cell = match date_column {
            Some(wanted) => find_dates(record, wanted.trim())?,
            None if looks_like_data(record) => {
                let first = excerpt(&record.iter().collect::<Vec<_>>().join(","));
                return Err(ErrorKind::NoHeader { first }.into());
            }
            None => 0,
        };
        let cells = record.iter().enumerate();
        let values = cells.filter(|&(at, _)| at != date_cell).map(|(_, name)| name);
        let names = Names::new(values).map_err(|error| error.after_dates(date_cell))?;
        let date_name = record.get(date_cell).unwrap_or_default().trim().to_owned();
        Ok(Self { n_cells: record.len(), date_cell, date_name, names })
    }

    /// The name of the column in a cell, for messages.
    pub(crate) fn column_name(&self, cell: usize) -> &str {
        match cell.cmp(&self.date_cell) {
            std::cmp::Ordering::Less => &self.names.as_slice()[cell],
            std::cmp::Ordering::Equal => &self.date_name,
            std::cmp::Ordering::Greater => &self.names.as_slice()[cell - 1],
        }
    }
}

fn find_dates(record: &StringRecord, wanted: &str) -> Result<usize> {
    let list: Vec<String> = record.iter().map(|n| n.trim().to_owned()).collect();
    let mut found = list.iter().enumerate().filter(|(_, name)| *name == wanted);
    match (found.next(), found.next()) {
        (None, _) => Err(names::unknown(wanted, &list)),
        (Some((at, _)), None) => Ok(at),
        (Some((first, _)), Some((second, _))) => {
            let name = excerpt(wanted);
            let (first, second) = (first + 1, second + 1);
            Err(ErrorKind::DuplicateColumn { name, first, second }.into())
        }
    }
}

/// Whether the first line is a row of data: a date, then numbers.
///
/// Columns may well be called `2019` and `2020`; they are taken for data only after a date.
fn looks_like_data(record: &StringRecord) -> bool {
    let number = |cell| matches!(classify(cell), Cell::Number(_));
    let empty = |cell| matches!(classify(cell), Cell::Missing | Cell::Nan);
    let mut cells = record.iter();
    cells.next().is_some_and(|first| time::try_parse(first).is_ok())
        && cells.clone().any(number)
        && cells.all(|cell| number(cell) || empty(cell))
}
