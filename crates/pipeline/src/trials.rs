//! The trials of a study as a Parquet file (feature `parquet`).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tangency_optimize::metrics::Metric;
use tangency_optimize::search::{StudyTrial, TrialSink};
use tangency_pool::Outcome;
use tangency_shared_data::StagedFile;

/// Rows that are handed to the encoder at a time, whatever the study hands over at a time.
const BATCH_ROWS: usize = 4096;
/// Rows of a group: what the encoder holds in memory.
const GROUP_ROWS: usize = 1 << 16;

/// Streams the trials of a study to a Parquet file, one row each, in trial order.
///
/// Columns: `trial`, the parameters by their names (null where one is switched off; a categorical one
/// as the place of its word), `budget`, `outcome` (`done`, `failed` or `panicked`), `error`, and the
/// metrics by theirs (null where a trial did not measure one, NaN where it does not exist). A
/// parameter that is called like one of the other columns is written as `param_` and its name.
///
/// The file appears under its name once every trial is in it. Its bytes depend on the trials alone.
/// Memory does not grow with them: some 20 MiB for a dozen columns.
pub struct ParquetTrials {
    path: PathBuf,
    metrics: Vec<Metric>,
    /// Opened when the study begins.
    file: Option<Writing>,
}

struct Writing {
    writer: ArrowWriter<StagedFile>,
    schema: Arc<Schema>,
    rows: Rows,
}

/// Rows on their way to the encoder.
struct Rows {
    trial: UInt64Builder,
    params: Vec<Float64Builder>,
    budget: Float64Builder,
    outcome: StringBuilder,
    error: StringBuilder,
    metrics: Vec<Float64Builder>,
    count: usize,
}

impl ParquetTrials {
    /// A file with columns for these metrics. Nothing is opened before the study begins; where the
    /// folder cannot be written to, the study ends there.
    #[must_use]
    pub fn new(path: impl AsRef<Path>, metrics: &[Metric]) -> Self {
        Self { path: path.as_ref().to_owned(), metrics: metrics.to_vec(), file: None }
    }

    fn schema(&self, parameters: &[String]) -> Schema {
        let taken = |name: &str| {
            ["trial", "budget", "outcome", "error"].contains(&name)
                || self.metrics.iter().any(|metric| metric.name() == name)
        };
        let number = |name: &str, nullable| Field::new(name, DataType::Float64, nullable);
        let mut fields = vec![Field::new("trial", DataType::UInt64, false)];
        for name in parameters {
            let renamed = format!("param_{name}");
            fields.push(number(if taken(name) { &renamed } else { name }, true));
        }
        fields.push(number("budget", false));
        fields.push(Field::new("outcome", DataType::Utf8, false));
        fields.push(Field::new("error", DataType::Utf8, true));
        fields.extend(self.metrics.iter().map(|metric| number(metric.name(), true)));
        Schema::new(fields)
    }
}

impl TrialSink for ParquetTrials {
    fn begin(&mut self, parameters: &[String]) -> io::Result<()> {
        let schema = Arc::new(self.schema(parameters));
        let draft = StagedFile::create(&self.path).map_err(io::Error::other)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(draft, Arc::clone(&schema), Some(properties))
            .map_err(io::Error::other)?;
        let rows = Rows::new(parameters.len(), self.metrics.len());
        self.file = Some(Writing { writer, schema, rows });
        Ok(())
    }

    fn receive(&mut self, trials: &[StudyTrial]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(not_begun()) };
        for trial in trials {
            file.rows.push(trial, &self.metrics);
            if file.rows.count == BATCH_ROWS {
                file.encode()?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut file = self.file.take().ok_or_else(not_begun)?;
        if file.rows.count > 0 {
            file.encode()?;
        }
        let draft = file.writer.into_inner().map_err(io::Error::other)?;
        draft.publish().map_err(io::Error::other)
    }
}

impl Writing {
    fn encode(&mut self) -> io::Result<()> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.rows.take());
        let written = batch.map_err(io::Error::other)?;
        self.writer.write(&written).map_err(io::Error::other)
    }
}

impl Rows {
    fn new(parameters: usize, metrics: usize) -> Self {
        let numbers =
            |count| (0..count).map(|_| Float64Builder::with_capacity(BATCH_ROWS)).collect();
        Self {
            trial: UInt64Builder::with_capacity(BATCH_ROWS),
            params: numbers(parameters),
            budget: Float64Builder::with_capacity(BATCH_ROWS),
            outcome: StringBuilder::with_capacity(BATCH_ROWS, 8 * BATCH_ROWS),
            error: StringBuilder::new(),
            metrics: numbers(metrics),
            count: 0,
        }
    }

    fn push(&mut self, trial: &StudyTrial, metrics: &[Metric]) {
        self.count += 1;
        self.trial.append_value(trial.index as u64);
        for (column, value) in self.params.iter_mut().zip(trial.params.values()) {
            column.append_option((!value.is_nan()).then_some(*value));
        }
        self.budget.append_value(trial.budget);
        let (outcome, error) = match &trial.outcome {
            Outcome::Done(_) => ("done", None),
            Outcome::Failed(error) => ("failed", Some(error)),
            Outcome::Panicked(message) => ("panicked", Some(message)),
            Outcome::Cancelled => ("cancelled", None),
        };
        self.outcome.append_value(outcome);
        self.error.append_option(error);
        for (column, metric) in self.metrics.iter_mut().zip(metrics) {
            column.append_option(trial.metric(*metric));
        }
    }

    /// The columns, leaving none.
    fn take(&mut self) -> Vec<ArrayRef> {
        self.count = 0;
        let number = |column: &mut Float64Builder| Arc::new(column.finish()) as ArrayRef;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.trial.finish())];
        columns.extend(self.params.iter_mut().map(number));
        columns.push(number(&mut self.budget));
        columns.push(Arc::new(self.outcome.finish()));
        columns.push(Arc::new(self.error.finish()));
        columns.extend(self.metrics.iter_mut().map(number));
        columns
    }
}

fn not_begun() -> io::Error {
    io::Error::other("the study has not begun")
}

impl fmt::Debug for ParquetTrials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetTrials")
            .field("path", &self.path)
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}
