//! Arrow tables of a date, a symbol and numbers a row.

use arrow_array::RecordBatch;
use arrow_schema::{Fields, Schema};

use super::import::TableOptions;
use super::texts::{self, is_text};
use super::{dates, numbers};
use crate::block::BlockMut;
use crate::error::{Error, ErrorKind, Result, excerpt};
use crate::long::{LongFrame, SymbolOrder};
use crate::names::{self, Names};
use crate::options::NanPolicy;
use crate::text::{Table, TextColumns};

/// One long table of all batches, in their order.
pub(crate) fn assemble_long(
    schema: &Schema,
    batches: &[RecordBatch],
    options: &TableOptions,
    symbol_column: &str,
) -> Result<LongFrame> {
    let fields = schema.fields();
    let (date_at, symbol_at) = find_long(fields, options.date_column.as_deref(), symbol_column)?;
    let (mut text_at, mut number_at) = (vec![symbol_at], Vec::new());
    for at in (0..fields.len()).filter(|&at| at != date_at && at != symbol_at) {
        let kind = if is_text(fields[at].data_type()) { &mut text_at } else { &mut number_at };
        kind.push(at);
    }
    let values = (0..fields.len()).filter(|&at| at != date_at);
    Names::new(values.map(|at| fields[at].name())).map_err(|e| e.after_dates(date_at))?;
    let names = Names::new(number_at.iter().map(|&at| fields[at].name()))?;

    let n_rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut block = BlockMut::zeroed(n_rows, names.len())?;
    let mut first_row = 0;
    for batch in batches {
        let rows = first_row..first_row + batch.num_rows();
        let dates = &mut block.timestamps_mut()[rows.clone()];
        dates::fill(batch.column(date_at), dates, first_row)
            .map_err(|error| error.in_column(fields[date_at].name()))?;
        for (to, &at) in number_at.iter().enumerate() {
            numbers::fill(batch.column(at), &mut block.column_mut(to)[rows.clone()])
                .map_err(|error| error.in_column(fields[at].name()))?;
        }
        first_row = rows.end;
    }
    let mut texts = TextColumns::default();
    for &at in &text_at {
        // A missing symbol has its own words.
        let missing = if at == symbol_at { NanPolicy::Keep } else { options.nan_policy };
        let name = fields[at].name().trim();
        texts.columns.push(texts::column(batches, at, missing, block.timestamps_mut(), name)?);
        texts.names.push(name.to_owned());
    }
    let mut order = SymbolOrder::default();
    let symbols = &texts.columns[0];
    for (row, &timestamp) in block.timestamps_mut().iter().enumerate() {
        let symbol = symbols.get(row).unwrap_or_default();
        order.check(symbols.codes()[row] as usize, symbol, row, timestamp).map_err(|error| {
            let is_symbol = matches!(error.kind(), ErrorKind::MissingSymbol { .. });
            error.in_column(fields[if is_symbol { symbol_at } else { date_at }].name().trim())
        })?;
    }
    let table = LongFrame::from_table(Table { block: block.freeze(names), texts });
    if options.nan_policy == NanPolicy::Reject {
        table.rows().validate_complete()?;
    }
    Ok(table)
}

/// The columns of dates and of symbols.
pub(crate) fn find_long(
    fields: &Fields,
    date_column: Option<&str>,
    symbol_column: &str,
) -> Result<(usize, usize)> {
    let symbol_at = find_symbols(fields, symbol_column)?;
    let date_at = find_dates(fields, date_column, symbol_at)?;
    if date_at == symbol_at {
        let name = excerpt(fields[date_at].name().trim());
        return Err(ErrorKind::AskedTwice { name, first: "symbols", second: "dates" }.into());
    }
    Ok((date_at, symbol_at))
}

/// The column of symbols: of that very name, or else of that name in other letters.
fn find_symbols(fields: &Fields, wanted: &str) -> Result<usize> {
    let list: Vec<String> = fields.iter().map(|f| f.name().trim().to_owned()).collect();
    let at = list
        .iter()
        .position(|name| *name == wanted.trim())
        .or_else(|| list.iter().position(|name| name.eq_ignore_ascii_case(wanted.trim())))
        .ok_or_else(|| names::unknown(wanted, &list))?;
    if !is_text(fields[at].data_type()) {
        let data_type = fields[at].data_type().to_string();
        return Err(Error::from(ErrorKind::UnsupportedType { data_type }).in_column(&list[at]));
    }
    Ok(at)
}

/// As [`dates::find`]; the first column of text may be that of symbols, then the next one is meant.
fn find_dates(fields: &Fields, wanted: Option<&str>, symbol_at: usize) -> Result<usize> {
    if wanted.is_some() || symbol_at > 0 {
        return dates::find(fields, wanted);
    }
    let others: Fields = fields.iter().skip(1).cloned().collect();
    dates::find(&others, None).map(|at| at + 1)
}
