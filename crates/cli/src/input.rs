//! Files into frames, by their ending; the embedded data set.

use std::path::Path;

use flate2::read::GzDecoder;
use tangency::shared_data::csv::CsvReader;
use tangency::shared_data::{ErrorKind, Frame, NanPolicy, Reader};

use crate::exit::{Failure, Outcome};

/// Daily closes of twenty US stocks; `data/README.md` says where they come from.
const EMBEDDED: &[u8] = include_bytes!("../data/sp500_20_close.csv.gz");

/// A frame and what a report should say about it.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) frame: Frame,
    pub(crate) source: String,
    pub(crate) caveat: Option<String>,
}

/// How gaps in a file are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// Any gap is an error.
    Reject,
    /// Empty cells are missing values, a literal NaN is an error.
    Missing,
    /// Empty cells and literal NaN are missing values.
    MissingAndNan,
}

/// The data set that `tangency run` uses unless told otherwise.
pub(crate) fn embedded() -> Outcome<Input> {
    let frame = CsvReader::new()
        .read_from(GzDecoder::new(EMBEDDED), "the embedded data set")
        .map_err(Failure::input)?;
    Ok(Input {
        frame,
        source: "Embedded data set: daily adjusted closes of twenty US stocks (skfolio, BSD-3)"
            .to_owned(),
        caveat: Some(
            "Survivors only: these twenty names were chosen because they were still large at the \
             end. Nobody could have picked them at the start, so every figure here is flattered. \
             Compare the rules with each other, not with the market."
                .to_owned(),
        ),
    })
}

/// Closing prices from a file, every cell present.
pub(crate) fn closes(path: &Path) -> Outcome<Input> {
    let frame = read(path, Gaps::Reject)?;
    refuse_bars(&frame, path)?;
    Ok(Input {
        frame,
        source: path
            .file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned()),
        caveat: None,
    })
}

/// Open, high, low and close are one asset, not four.
pub(crate) fn refuse_bars(frame: &Frame, path: &Path) -> Outcome<()> {
    let holds = |wanted: &str| frame.names().iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if ["open", "high", "low", "close"].into_iter().all(holds) {
        return Err(Failure::input(format!(
            "{}: columns Open, High, Low and Close are bars of one asset; expected closing prices, \
             one column an asset",
            path.display()
        )));
    }
    Ok(())
}

/// Reads a file by its ending.
pub(crate) fn read(path: &Path, gaps: Gaps) -> Outcome<Frame> {
    if path.is_dir() {
        return Err(Failure::input(format!("{} is a folder, expected a file", path.display())));
    }
    let keep = |keep: bool| if keep { NanPolicy::Keep } else { NanPolicy::Reject };
    let reader = Reader::new()
        .missing_values(keep(gaps != Gaps::Reject))
        .literal_nan(keep(gaps == Gaps::MissingAndNan));
    reader.read(path).map_err(|error| match error.kind() {
        // The library's advice is for programs: nobody can set the delimiter here.
        ErrorKind::OtherDelimiter { expected, found, .. } => Failure::input(format!(
            "{}, line 1: cells stand between {found:?}, expected {expected:?}; write the file anew \
             with {expected:?} between cells and a point in decimals",
            path.display()
        )),
        _ => Failure::input(error),
    })
}

/// A line of a market capitalisation file.
#[derive(serde::Deserialize)]
struct MarketCap {
    asset: String,
    market_cap: f64,
}

/// Market capitalisations from a CSV file with the columns `asset` and `market_cap`.
pub(crate) fn market_caps(path: &Path) -> Outcome<Vec<(String, f64)>> {
    let failed = |error: csv::Error| Failure::input(format!("{}: {error}", path.display()));
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(failed)?;
    let mut caps: Vec<(String, f64)> = Vec::new();
    for line in reader.deserialize() {
        let MarketCap { asset, market_cap } = line.map_err(failed)?;
        if caps.iter().any(|(known, _)| *known == asset) {
            return Err(Failure::input(format!("{}: {asset} appears twice", path.display())));
        }
        caps.push((asset, market_cap));
    }
    Ok(caps)
}
