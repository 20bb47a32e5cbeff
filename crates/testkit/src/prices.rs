//! The embedded data set as plain vectors, for tests that want real prices without a frame.

use std::io::Read;
use std::path::Path;

/// Closing prices of several assets over the same days.
#[derive(Debug, Clone)]
pub struct Prices {
    /// ISO dates, one a row.
    pub dates: Vec<String>,
    /// Asset names, one a column.
    pub names: Vec<String>,
    /// One vector an asset, each as long as `dates`.
    pub columns: Vec<Vec<f64>>,
}

impl Prices {
    /// The closes of one asset.
    ///
    /// # Panics
    ///
    /// When there is no asset of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> &[f64] {
        let at = self.names.iter().position(|n| n == name);
        &self.columns[at.unwrap_or_else(|| panic!("no asset named {name}"))]
    }
}

/// Daily adjusted closes of 20 US stocks, 1990-01-02 to 2022-12-28 (8,313 rows).
///
/// Source and licence: `crates/cli/data/README.md`.
///
/// # Panics
///
/// When the file is missing or damaged.
#[must_use]
pub fn sp500_20() -> Prices {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/data/sp500_20_close.csv.gz");
    let file = std::fs::File::open(&path)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap_or_else(|error| panic!("cannot unpack {}: {error}", path.display()));
    parse(&text)
}

/// Parses `Date,NAME,..` lines without quotes or empty cells.
fn parse(text: &str) -> Prices {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let names: Vec<String> = header.split(',').skip(1).map(str::to_owned).collect();
    let mut prices = Prices { dates: Vec::new(), columns: vec![Vec::new(); names.len()], names };
    for line in lines {
        let mut cells = line.split(',');
        prices.dates.push(cells.next().unwrap_or_default().to_owned());
        for (column, cell) in prices.columns.iter_mut().zip(cells) {
            column.push(cell.parse().unwrap_or_else(|_| panic!("not a price: {cell:?}")));
        }
    }
    prices
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_data_set_is_whole() {
        let prices = super::sp500_20();
        assert_eq!(prices.names.len(), 20);
        assert_eq!(prices.dates.len(), 8313);
        assert!(prices.columns.iter().all(|column| column.len() == 8313));
        assert_eq!(prices.dates[8312], "2022-12-28");
        assert_eq!(prices.column("AAPL")[0], 0.264);
    }
}
