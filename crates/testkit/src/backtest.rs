//! Bars, backtests and performance metrics to compare with; see `golden/backtest/README.md` and
//! `golden/metrics/README.md`.

/// Open, high, low and close of each bar.
#[derive(Debug, Clone)]
pub struct OwnedBars {
    /// Opens.
    pub open: Vec<f64>,
    /// Highs.
    pub high: Vec<f64>,
    /// Lows.
    pub low: Vec<f64>,
    /// Closes.
    pub close: Vec<f64>,
}

/// Bars that lie only in the reference folder: `goog` (daily) or `eurusd` (hourly).
///
/// # Panics
///
/// When the reference folder or the file is missing or damaged: a reference test never passes
/// without it.
#[must_use]
pub fn reference_bars(series: &str) -> OwnedBars {
    let file = match series {
        "goog" => "data/goog_daily.csv",
        "eurusd" => "data/eurusd_hourly.csv",
        other => panic!("no reference bars called {other}"),
    };
    let text = reference_text(file);
    let mut bars =
        OwnedBars { open: Vec::new(), high: Vec::new(), low: Vec::new(), close: Vec::new() };
    for line in text.lines().skip(1) {
        let mut cells = line.split(',').skip(1).map(|cell| {
            cell.parse::<f64>().unwrap_or_else(|_| panic!("{file}: not a price: {cell:?}"))
        });
        for column in [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close] {
            column.push(cells.next().unwrap_or_else(|| panic!("{file}: short line {line:?}")));
        }
    }
    bars
}

/// A text file of the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing.
#[must_use]
pub fn reference_text(relative: &str) -> String {
    let folder = crate::reference_dir()
        .unwrap_or_else(|| panic!("the reference folder is not beside the checkout"));
    let path = folder.join(relative);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// A JSON file of the reference folder.
///
/// # Panics
///
/// When the folder or the file is missing or damaged.
#[must_use]
pub fn reference_json(relative: &str) -> serde_json::Value {
    serde_json::from_str(&reference_text(relative))
        .unwrap_or_else(|error| panic!("{relative} is no JSON: {error}"))
}
