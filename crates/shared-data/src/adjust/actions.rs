//! What happened to a share, and the frame without it.

use super::factors::Factors;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;

/// How the rows before a dividend are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DividendMethod {
    /// Prices are multiplied by `1 - D / C`, with the dividend `D` and the last close before the ex-date
    /// `C`. Simple returns are then those of a holder who reinvests the dividend at that close, prices
    /// stay positive, and differences between prices are no longer amounts of cash. This is the method
    /// of CRSP (Center for Research in Security Prices, "Data Definitions and Coding Schemes", factor to
    /// adjust prices) and of the adjusted closes that most vendors give.
    #[default]
    Ratio,
    /// The dividend is taken off the prices. Differences between prices stay amounts of cash, returns
    /// change, and old prices may fall below zero.
    Difference,
    /// Dividends change nothing; only splits do.
    None,
}

/// A split or a dividend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Action {
    pub(crate) ex_date: i64,
    pub(crate) amount: f64,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Cash a share.
    Price,
    /// Shares.
    Volume,
    /// Anything that neither splits nor dividends change.
    Other,
}

/// Removes splits and dividends from the bars of one asset.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`split`](Self::split) | none | new shares for an old one, from the ex-date on |
/// | [`dividend`](Self::dividend) | none | cash a share, of those held before the ex-date |
/// | [`method`](Self::method) | [`DividendMethod::Ratio`] | how rows before a dividend change |
/// | [`price`](Self::price), [`volume`](Self::volume), [`unchanged`](Self::unchanged) | by name, in any case: open, high, low, close are prices, volume is a volume | what a column holds |
/// | [`close`](Self::close) | the column named close, in any case | the price before the ex-date |
///
/// With split ratios `s_i` and dividends `D_i` of the ex-dates after row `t`, and `C_i` the close of the
/// last row before each ex-date:
///
/// ```text
/// ratio       price'[t]  = price[t] / prod s_i * prod (1 - D_i / C_i)
/// difference  price'[t]  = price[t] / prod s_i - sum D_i / (splits after D_i)
/// both        volume'[t] = volume[t] * prod s_i
/// ```
///
/// A dividend is cash for a share as it is on its ex-date: of a split of the same day it sees the
/// new shares. Several dividends between two rows count as one. An action on or before the first row
/// changes nothing, nor does one after the last row, whose prices are the ones that stay.
///
/// Gaps: missing values (NaN) stay missing, and nothing is filled in; a missing close before the ex-date
/// of a dividend is an error with [`DividendMethod::Ratio`], since an older one would be a guess.
///
/// Adjusted prices know the future: the price of a day depends on later dividends. Returns do not.
///
/// ```
/// use tangency_shared_data::Frame;
/// use tangency_shared_data::adjust::Adjust;
///
/// let days = [1, 2, 3];
/// let bars = Frame::builder(&days)
///     .column("close", &[100.0, 50.0, 49.0])
///     .column("volume", &[10.0, 20.0, 20.0])
///     .build()?;
/// let adjusted = Adjust::new().split(2, 2.0).dividend(3, 1.0).apply(&bars)?;
/// assert_eq!(adjusted.column("close")?, [49.0, 49.0, 49.0]); // nobody won or lost
/// assert_eq!(adjusted.column("volume")?, [20.0, 20.0, 20.0]);
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing happens until it is given a frame"]
pub struct Adjust {
    splits: Vec<Action>,
    dividends: Vec<Action>,
    method: DividendMethod,
    units: Vec<(String, Unit)>,
    close: Option<String>,
}

impl Adjust {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a split: so many new shares for an old one (4 for 4:1, 0.1 for a reverse split of 1:10),
    /// from the first row at or after the ex-date (Unix nanoseconds UTC) on.
    pub fn split(mut self, ex_date: i64, ratio: f64) -> Self {
        self.splits.push(Action { ex_date, amount: ratio });
        self
    }

    /// Adds a dividend: cash a share, which who buys at or after the ex-date (Unix nanoseconds UTC) does
    /// not get.
    pub fn dividend(mut self, ex_date: i64, cash: f64) -> Self {
        self.dividends.push(Action { ex_date, amount: cash });
        self
    }

    /// Sets how rows before a dividend change.
    pub fn method(mut self, method: DividendMethod) -> Self {
        self.method = method;
        self
    }

    /// Treats the column of this very name as a price.
    pub fn price(self, column: impl Into<String>) -> Self {
        self.unit(column, Unit::Price)
    }

    /// Treats the column of this very name as a number of shares.
    pub fn volume(self, column: impl Into<String>) -> Self {
        self.unit(column, Unit::Volume)
    }

    /// Leaves the column of this very name as it is, such as a number of trades or a traded value.
    pub fn unchanged(self, column: impl Into<String>) -> Self {
        self.unit(column, Unit::Other)
    }

    /// Takes the price before an ex-date from the column of this very name; it is treated as a price.
    pub fn close(mut self, column: impl Into<String>) -> Self {
        let column = column.into();
        self.close = Some(column.clone());
        self.unit(column, Unit::Price)
    }

    fn unit(mut self, column: impl Into<String>, unit: Unit) -> Self {
        self.units.push((column.into(), unit));
        self
    }

    /// The frame without the actions. Values are copied; text columns stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadAction`] for a ratio that is not positive and finite, a dividend that is negative
    /// or not finite or (ratio method) no less than the close before; [`ErrorKind::MissingValue`] for
    /// that close; [`ErrorKind::NoRule`] for a column of which neither name nor choice says what it
    /// holds; [`ErrorKind::UnknownColumn`] for a choice without a column, and when there is no close.
    pub fn apply(&self, frame: &Frame) -> Result<Frame> {
        for (column, _) in &self.units {
            frame.position(column)?;
        }
        let units =
            frame.names().iter().map(|name| self.unit_of(name)).collect::<Result<Vec<Unit>>>()?;
        let needs_close = self.method == DividendMethod::Ratio && !self.dividends.is_empty();
        let close = if needs_close { Some(self.close_of(frame)?) } else { None };
        let factors = Factors::new(frame, close, &self.splits, &self.dividends, self.method)?;
        let adjusted = frame.columns().zip(units).map(|((name, values), unit)| {
            let rows = values.iter().enumerate();
            let adjusted: Vec<f64> = match unit {
                Unit::Price => rows.map(|(row, &v)| factors.price(row, v)).collect(),
                Unit::Volume => rows.map(|(row, &v)| factors.volume(row, v)).collect(),
                Unit::Other => values.to_vec(),
            };
            (name, adjusted)
        });
        let builder = Frame::builder(frame.timestamps());
        let builder =
            adjusted.fold(builder, |builder, (name, values)| builder.column(name, values));
        let texts = frame.text_columns();
        texts.fold(builder, |builder, (name, text)| builder.text_column(name, text)).build()
    }

    fn unit_of(&self, name: &str) -> Result<Unit> {
        let set = self.units.iter().rev().find(|(column, _)| column == name);
        let named = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        match set {
            Some(&(_, unit)) => Ok(unit),
            None if ["open", "high", "low", "close"].into_iter().any(named) => Ok(Unit::Price),
            None if named("volume") => Ok(Unit::Volume),
            None => Err(Error::from(ErrorKind::NoRule).in_column(name)),
        }
    }

    fn close_of<'a>(&self, frame: &'a Frame) -> Result<(&'a str, &'a [f64])> {
        let close = self.close.as_deref();
        let named = |name: &&String| name.eq_ignore_ascii_case("close");
        let name = close.or_else(|| frame.names().iter().find(named).map(String::as_str));
        let at = frame.position(name.unwrap_or("close"))?;
        Ok((frame.names()[at].as_str(), frame.column_at(at)?))
    }
}
