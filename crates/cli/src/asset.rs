//! The bars of the one asset that a rule trades.

use std::path::Path;

use tangency::optimize::backtest::Bars;
use tangency::shared_data::Frame;
use tangency::shared_data::time::format_date;

use crate::exit::{Failure, Outcome};
use crate::input::{self, Gaps};

/// The columns that are traded: open, high, low and close where there are such, or closes of one asset.
///
/// Gaps in columns that nobody trades are nobody's trouble; in these they are an error.
pub(crate) fn read(path: &Path, column: Option<&str>) -> Outcome<Frame> {
    let frame = select(input::read(path, Gaps::Missing)?, path, column)?;
    frame
        .validate_prices()
        .map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    Ok(frame)
}

/// What [`read`] selected, as bars.
pub(crate) fn bars<'a>(frame: &'a Frame, path: &Path) -> Outcome<Bars<'a>> {
    let column = |at| frame.column_at(at).map_err(Failure::input);
    let bars = if frame.n_columns() == 4 {
        let (high, low) = (column(1)?, column(2)?);
        // The library counts bars; whoever has a file looks for the date.
        if let Some(bar) = high.iter().zip(low).position(|(high, low)| high < low) {
            return Err(Failure::input(format!(
                "{}: the high of {} is {}, below its low {}",
                path.display(),
                format_date(frame.timestamps()[bar]),
                high[bar],
                low[bar]
            )));
        }
        Bars::new(column(0)?, high, low, column(3)?)
    } else {
        Bars::from_closes(column(0)?)
    };
    bars.map_err(|error| Failure::input(format!("{}: {error}", path.display())))
}

/// What they are, for the reader: the file's own name, and the column where one was chosen.
pub(crate) fn source(path: &Path, column: Option<&str>) -> String {
    let file = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    match column {
        Some(column) => format!("{file}, {column}"),
        None => file,
    }
}

fn select(frame: Frame, path: &Path, column: Option<&str>) -> Outcome<Frame> {
    let find = |wanted: &str| {
        frame.names().iter().find(|name| name.eq_ignore_ascii_case(wanted)).map(String::as_str)
    };
    let names = match (find("open"), find("high"), find("low"), find("close"), column) {
        (.., Some(name)) => vec![name],
        (Some(open), Some(high), Some(low), Some(close), None) => vec![open, high, low, close],
        (.., Some(close), None) => vec![close],
        _ if frame.n_columns() == 1 => return Ok(frame),
        _ => {
            return Err(Failure::usage(format!(
                "{} holds no Open, High, Low and Close columns but {} others; choose one with \
                 --column",
                path.display(),
                frame.n_columns()
            )));
        }
    };
    frame.select(&names).map_err(Failure::usage)
}
