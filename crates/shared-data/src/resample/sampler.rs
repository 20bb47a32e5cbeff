//! Frames with one row a bucket.

use std::ops::Range;

use super::bucket::Bucket;
use super::edges::Edges;
use super::rule::Rule;
use crate::block::BlockMut;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Frame;
use crate::names::Names;
use crate::text::{TextColumn, TextColumns};

/// A side of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The earlier one.
    Left,
    /// The later one.
    Right,
}

/// Makes one row of the rows of each bucket of time.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`closed`](Self::closed) | as pandas | the edge that belongs to a bucket |
/// | [`label`](Self::label) | as pandas | the edge that becomes the row's timestamp |
/// | [`rule`](Self::rule) | by name, in any case: open first, high max, low min, close last, volume sum | how a column's values become one |
/// | [`otherwise`](Self::otherwise) | an error | the rule of all other columns |
/// | [`keep_empty`](Self::keep_empty) | no | whether buckets without rows get a row of NaN |
///
/// As in pandas, both sides are left for buckets of fixed length and for those known by their first day,
/// right for weeks and for those known by their last day. Buckets closed on the right that end with a
/// day hold the whole of that day. **A label on the left of a bucket is earlier than what the row
/// knows**: use [`Side::Right`] before joining such rows to others as of their time.
///
/// Gaps: missing values (NaN) are passed over within a bucket, and a bucket without any value of a
/// column has NaN there. A bucket without rows has none, unless they are kept; then all its values are
/// NaN, its volume too (where pandas puts 0). A text column gives its last text. Nothing is carried
/// from one bucket to another.
///
/// ```
/// use tangency_shared_data::csv::CsvReader;
/// use tangency_shared_data::resample::{Bucket, Resample};
/// use tangency_shared_data::time;
///
/// let text = "date,open,high,low,close,volume\n\
///             2020-01-30,10,12,9,11,100\n2020-01-31,11,13,10,12,200\n2020-02-03,12,12,8,9,50\n";
/// let days = CsvReader::new().read_bytes(text, "bars.csv")?;
/// let months = Resample::new(Bucket::MonthEnd).apply(&days)?;
/// assert_eq!(time::format_date(months.timestamps()[0]), "2020-01-31");
/// assert_eq!(months.column("high")?, [13.0, 12.0]);
/// assert_eq!(months.column("volume")?, [300.0, 50.0]);
/// # Ok::<(), tangency_shared_data::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens until it is given a frame"]
pub struct Resample {
    bucket: Bucket,
    closed: Side,
    label: Side,
    rules: Vec<(String, Rule)>,
    otherwise: Option<Rule>,
    keep_empty: bool,
}

/// Rows of a result that nothing fell into, see [`Resample::keep_empty`].
const MOST_EMPTY: usize = 1 << 27;

/// A column of the result: its name, where its values come from, and how.
type Output = (String, usize, Rule);

/// A row of the result: its timestamp, and the rows it stands for.
type Group = (i64, Range<usize>);

impl Resample {
    /// Buckets with the choices of the table above.
    pub fn new(bucket: Bucket) -> Self {
        let side = if bucket.by_end() { Side::Right } else { Side::Left };
        let (rules, otherwise) = (Vec::new(), None);
        Self { bucket, closed: side, label: side, rules, otherwise, keep_empty: false }
    }

    /// Sets the edge that belongs to a bucket; the other belongs to its neighbour.
    pub fn closed(mut self, side: Side) -> Self {
        self.closed = side;
        self
    }

    /// Sets the edge that becomes the row's timestamp.
    pub fn label(mut self, side: Side) -> Self {
        self.label = side;
        self
    }

    /// Sets how the values of the column of this very name become one.
    pub fn rule(mut self, column: impl Into<String>, rule: Rule) -> Self {
        self.rules.push((column.into(), rule));
        self
    }

    /// Sets the rule of columns that have none, neither set nor by their name.
    pub fn otherwise(mut self, rule: Rule) -> Self {
        self.otherwise = Some(rule);
        self
    }

    /// Sets whether buckets without rows, between the first and the last, get a row of NaN. There may be
    /// 2^27 of these, which are four years of seconds: two rows far apart could ask for any number.
    pub fn keep_empty(mut self, keep: bool) -> Self {
        self.keep_empty = keep;
        self
    }

    /// One row a bucket, the same columns. Values are copied.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoRule`], with the column; [`ErrorKind::UnknownColumn`] for a rule without a column;
    /// [`ErrorKind::BadSpan`] for a bucket that is not longer than nothing;
    /// [`ErrorKind::DateOutOfRange`] for a label that does not fit; [`ErrorKind::TooLarge`].
    pub fn apply(&self, frame: &Frame) -> Result<Frame> {
        for (column, _) in &self.rules {
            frame.position(column)?;
        }
        let outputs = frame
            .names()
            .iter()
            .enumerate()
            .map(|(at, name)| Ok((name.clone(), at, self.rule_of(name)?)))
            .collect::<Result<Vec<Output>>>()?;
        self.aggregate(frame, &outputs)
    }

    /// Bars of one column of prices: the columns `open`, `high`, `low` and `close`, and `volume` when a
    /// column of volumes is given. Other columns are left out, text columns stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownColumn`]; [`ErrorKind::DuplicateColumn`] for a text column of one of those names;
    /// and those of [`apply`](Self::apply).
    pub fn bars(&self, frame: &Frame, prices: &str, volumes: Option<&str>) -> Result<Frame> {
        let at = frame.position(prices)?;
        let of_price =
            [("open", Rule::First), ("high", Rule::Max), ("low", Rule::Min), ("close", Rule::Last)];
        let mut outputs: Vec<Output> =
            of_price.into_iter().map(|(name, rule)| (name.to_owned(), at, rule)).collect();
        if let Some(volumes) = volumes {
            outputs.push(("volume".to_owned(), frame.position(volumes)?, Rule::Sum));
        }
        self.aggregate(frame, &outputs)
    }

    fn rule_of(&self, name: &str) -> Result<Rule> {
        let set = self.rules.iter().rev().find(|(column, _)| column == name);
        set.map(|(_, rule)| *rule)
            .or_else(|| Rule::of_bar(name))
            .or(self.otherwise)
            .ok_or_else(|| Error::from(ErrorKind::NoRule).in_column(name))
    }

    fn aggregate(&self, frame: &Frame, outputs: &[Output]) -> Result<Frame> {
        Names::new(outputs.iter().map(|(name, ..)| name).chain(frame.text_names()))?;
        let names = Names::new(outputs.iter().map(|(name, ..)| name))?;
        let groups = self.groups(frame.ordered_timestamps()?, outputs.len())?;
        let mut block = BlockMut::zeroed(groups.len(), outputs.len())?;
        for (to, (label, _)) in block.timestamps_mut().iter_mut().zip(&groups) {
            *to = *label;
        }
        for (at, (_, from, rule)) in outputs.iter().enumerate() {
            let values = frame.column_at(*from)?;
            for (to, (_, rows)) in block.column_mut(at).iter_mut().zip(&groups) {
                *to = if rows.is_empty() { f64::NAN } else { rule.apply(&values[rows.clone()]) };
            }
        }
        let mut texts = TextColumns::default();
        for (name, column) in frame.text_columns() {
            let last = |(_, rows): &Group| rows.clone().next_back().and_then(|row| column.get(row));
            let last: Vec<&str> = groups.iter().map(|g| last(g).unwrap_or_default()).collect();
            texts.columns.push(TextColumn::new(last)?);
            texts.names.push(name.to_owned());
        }
        Ok(Frame::from_parts(block.freeze(names), texts))
    }

    /// The rows of each bucket, in order, for so many columns.
    fn groups(&self, timestamps: &[i64], n_columns: usize) -> Result<Vec<Group>> {
        if let Bucket::Every(nanos) = self.bucket
            && nanos <= 0
        {
            return Err(ErrorKind::BadSpan { nanos }.into());
        }
        let Some(&first) = timestamps.first() else { return Ok(Vec::new()) };
        let edges = Edges::new(self.bucket, first, self.closed);
        let mut groups: Vec<Group> = Vec::new();
        let mut row = 0;
        let mut n_empty = 0_usize;
        // Where the bucket before ended.
        let mut end = None;
        while let Some(&time) = timestamps.get(row) {
            let (left, right) = edges.around(time);
            if self.keep_empty
                && let Some(end) = end
            {
                let more = edges.between(end, left);
                n_empty = more.saturating_add(n_empty);
                if n_empty > MOST_EMPTY || groups.try_reserve(more).is_err() {
                    let n_rows = groups.len().saturating_add(more);
                    return Err(ErrorKind::TooLarge { n_rows, n_columns }.into());
                }
            }
            while self.keep_empty
                && let Some(empty) = end
                && empty < left
            {
                let next = edges.after(empty);
                groups.push((self.label_of(empty, next)?, row..row));
                end = Some(next);
            }
            let rest = &timestamps[row..];
            let n_rows = rest.partition_point(|&time| edges.around(time).0 <= left);
            groups.push((self.label_of(left, right)?, row..row + n_rows));
            row += n_rows;
            end = Some(right);
        }
        Ok(groups)
    }

    fn label_of(&self, left: i128, right: i128) -> Result<i64> {
        let nanos = if self.label == Side::Left { left } else { right };
        i64::try_from(nanos).map_err(|_| {
            let text = format!("the label of a bucket, {nanos} ns after 1970-01-01");
            ErrorKind::DateOutOfRange { text }.into()
        })
    }
}
