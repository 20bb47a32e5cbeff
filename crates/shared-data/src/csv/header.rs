//! The line of column names.

use super::cell::{Cell, Words};
use crate::error::{Error, ErrorKind, Result, excerpt};
use crate::names::{self, Names};
use crate::time;

/// What a cell of every line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The date.
    Date,
    /// The number of a column, by its place among the columns of numbers.
    Number(usize),
    /// The text of a column, by its place among the text columns.
    Text(usize),
}

/// What a reader was told about the columns.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) delimiter: u8,
    pub(crate) date_column: Option<&'a str>,
    /// The column of symbols, for long tables: then it is the first of the text columns, and dates are
    /// in the first column that is not it.
    pub(crate) symbol_column: Option<&'a str>,
    pub(crate) text_columns: &'a [String],
    pub(crate) words: &'a Words,
}

/// Where the dates are and how the other columns are called.
#[derive(Debug)]
pub(crate) struct Header {
    /// One a cell.
    pub(crate) roles: Vec<Role>,
    /// Columns of numbers.
    pub(crate) names: Names,
    /// Text columns.
    pub(crate) text_names: Vec<String>,
    cell_names: Vec<String>,
}

impl Header {
    /// Reads the first record.
    pub(crate) fn new(record: &[&str], wanted: &Wanted<'_>) -> Result<Self> {
        let cell_names: Vec<String> = record.iter().map(|n| n.trim().to_owned()).collect();
        if let [only] = record {
            check_delimiter(only, wanted.delimiter)?;
        }
        // Cells that are no numbers, and what they are instead.
        let mut taken: Vec<(usize, &'static str)> = Vec::new();
        let mut take = |cell: usize, kind| match taken.iter().find(|&&(other, _)| other == cell) {
            None => {
                taken.push((cell, kind));
                Ok(cell)
            }
            Some(&(_, first)) => {
                let name = excerpt(&cell_names[cell]);
                Err(Error::from(ErrorKind::AskedTwice { name, first, second: kind }))
            }
        };
        let mut text_cells = Vec::new();
        if let Some(symbol) = wanted.symbol_column {
            text_cells.push(take(find_symbols(&cell_names, symbol)?, "symbols")?);
        }
        let date_cell = match wanted.date_column {
            Some(wanted) => find(&cell_names, wanted.trim())?,
            None if looks_like_data(record, wanted.words) => {
                let first = excerpt(&record.join(","));
                return Err(ErrorKind::NoHeader { first }.into());
            }
            None => usize::from(text_cells.first() == Some(&0)),
        };
        take(date_cell, "dates")?;
        for name in wanted.text_columns {
            text_cells.push(take(find(&cell_names, name.trim())?, "text")?);
        }
        let values = || (0..record.len()).filter(|&cell| cell != date_cell);
        Names::new(values().map(|cell| &cell_names[cell]))
            .map_err(|error| error.after_dates(date_cell))?;
        let mut numbers = Vec::new();
        let roles = (0..record.len())
            .map(|cell| match text_cells.iter().position(|&text| text == cell) {
                _ if cell == date_cell => Role::Date,
                Some(column) => Role::Text(column),
                None => {
                    numbers.push(&cell_names[cell]);
                    Role::Number(numbers.len() - 1)
                }
            })
            .collect();
        let names = Names::new(numbers)?;
        let text_names = text_cells.iter().map(|&cell| cell_names[cell].clone()).collect();
        Ok(Self { roles, names, text_names, cell_names })
    }

    /// The name of the column in a cell, for messages.
    pub(crate) fn column_name(&self, cell: usize) -> &str {
        &self.cell_names[cell]
    }

    /// The cell that holds the date.
    pub(crate) fn date_cell(&self) -> usize {
        self.roles.iter().position(|role| *role == Role::Date).unwrap_or(0)
    }

    pub(crate) fn n_cells(&self) -> usize {
        self.roles.len()
    }
}

fn find(list: &[String], wanted: &str) -> Result<usize> {
    let mut found = list.iter().enumerate().filter(|(_, name)| *name == wanted);
    match (found.next(), found.next()) {
        (None, _) => Err(names::unknown(wanted, list)),
        (Some((at, _)), None) => Ok(at),
        (Some((first, _)), Some((second, _))) => {
            let name = excerpt(wanted);
            let (first, second) = (first + 1, second + 1);
            Err(ErrorKind::DuplicateColumn { name, first, second }.into())
        }
    }
}

/// The column of symbols: of that very name, or else of that name in other letters.
fn find_symbols(list: &[String], wanted: &str) -> Result<usize> {
    find(list, wanted).or_else(|error| {
        let alike = list.iter().position(|name| name.eq_ignore_ascii_case(wanted));
        alike.ok_or(error)
    })
}

/// A line of one cell that holds other delimiters was most likely meant to be several.
fn check_delimiter(line: &str, delimiter: u8) -> Result<()> {
    let count = |c: char| line.matches(c).count();
    let expected = char::from(delimiter);
    let others = [',', ';', '\t', '|'].into_iter().filter(|&c| c != expected);
    // The first of equally frequent ones.
    let most = others.map(|c| (count(c), c)).rev().max_by_key(|&(n, _)| n);
    match most {
        Some((n_found, found)) if n_found > 0 => {
            Err(Error::from(ErrorKind::OtherDelimiter { expected, found, n_found }))
        }
        _ => Ok(()),
    }
}

/// Whether the first line is a row of data: a date, then numbers.
///
/// Columns may well be called `2019` and `2020`; they are taken for data only after a date.
fn looks_like_data(record: &[&str], words: &Words) -> bool {
    let number = |cell: &&str| matches!(words.classify(cell), Cell::Number(_));
    let empty = |cell: &&str| matches!(words.classify(cell), Cell::Missing | Cell::Nan);
    let Some((first, cells)) = record.split_first() else { return false };
    time::try_parse(first).is_ok()
        && cells.iter().any(number)
        && cells.iter().all(|cell| number(cell) || empty(cell))
}
