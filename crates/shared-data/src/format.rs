//! Files of any known format, told apart by their extension.

use std::path::Path;

use crate::csv::{self, CsvReader, CsvWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::frame::Frame;
#[cfg(feature = "gzip")]
use crate::gzip;
use crate::ipc::{self, IpcReader};
use crate::long::LongFrame;
use crate::options::NanPolicy;
#[cfg(feature = "parquet")]
use crate::parquet::{self, ParquetReader, ParquetWriter};

const KNOWN: &str = match (cfg!(feature = "parquet"), cfg!(feature = "gzip")) {
    (true, true) => ".csv, .csv.gz, .parquet, .arrow, .ipc, .feather",
    (true, false) => ".csv, .parquet, .arrow, .ipc, .feather (.csv.gz needs the feature `gzip`)",
    (false, true) => ".csv, .csv.gz, .arrow, .ipc, .feather (.parquet needs the feature `parquet`)",
    (false, false) => {
        ".csv, .arrow, .ipc, .feather (.parquet and .csv.gz need the features `parquet` and `gzip`)"
    }
};

#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    #[cfg(feature = "gzip")]
    PackedCsv,
    Ipc,
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        #[cfg(feature = "gzip")]
        if path.to_string_lossy().to_ascii_lowercase().ends_with(".csv.gz") {
            return Ok(Self::PackedCsv);
        }
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "arrow" | "ipc" | "feather" => Ok(Self::Ipc),
            #[cfg(feature = "parquet")]
            "parquet" => Ok(Self::Parquet),
            _ => {
                let extension = extension.into_owned();
                let kind = ErrorKind::UnknownExtension { extension, known: KNOWN };
                Err(Error::from(kind).in_file(&file::name(path)))
            }
        }
    }
}

/// Reads files of every known format with the same choices.
///
/// | choice | default | meaning |
/// |---|---|---|
/// | [`date_column`](Self::date_column) | first column (CSV), first date or timestamp column | name of the column of dates |
/// | [`missing_values`](Self::missing_values) | [`NanPolicy::Reject`] | empty CSV cells; null and NaN elsewhere |
/// | [`literal_nan`](Self::literal_nan) | [`NanPolicy::Reject`] | CSV cells that spell out `NaN` |
/// | [`decoded_limit`](Self::decoded_limit) | 16 GiB | bytes that what is compressed may decode to |
///
/// [`CsvReader`], [`IpcReader`] and `ParquetReader` have the choices of one format.
#[derive(Debug, Clone)]
#[must_use = "a reader does nothing until it is given something to read"]
pub struct Reader {
    date_column: Option<String>,
    missing_values: NanPolicy,
    literal_nan: NanPolicy,
    decoded_limit: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            date_column: None,
            missing_values: NanPolicy::Reject,
            literal_nan: NanPolicy::Reject,
            decoded_limit: 1 << 34,
        }
    }
}

impl Reader {
    /// The choices of the table above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the dates from the column of this name.
    pub fn date_column(mut self, name: impl Into<String>) -> Self {
        self.date_column = Some(name.into());
        self
    }

    /// Sets what happens to missing values and to literal NaN, both.
    pub fn nan_policy(self, policy: NanPolicy) -> Self {
        self.missing_values(policy).literal_nan(policy)
    }

    /// Sets what happens to missing values.
    pub fn missing_values(mut self, policy: NanPolicy) -> Self {
        self.missing_values = policy;
        self
    }

    /// Sets what happens to CSV cells that spell out NaN.
    pub fn literal_nan(mut self, policy: NanPolicy) -> Self {
        self.literal_nan = policy;
        self
    }

    /// Sets how many bytes a `.csv.gz` file, or the columns of a Parquet or Arrow IPC file, may decode to: a
    /// small file can hold a great many zeros.
    pub fn decoded_limit(mut self, bytes: u64) -> Self {
        self.decoded_limit = bytes;
        self
    }

    /// Reads a `.csv`, `.csv.gz` (feature `gzip`), `.parquet` (feature `parquet`), `.arrow`, `.ipc` or `.feather` file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownExtension`] for others, and those of the format's reader.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Frame> {
        let path = path.as_ref();
        match Format::of(path)? {
            Format::Csv => self.csv().read(path),
            #[cfg(feature = "gzip")]
            Format::PackedCsv => {
                self.csv().read_bytes(gzip::read(path, self.decoded_limit)?, &file::name(path))
            }
            Format::Ipc => self.ipc().read(path),
            #[cfg(feature = "parquet")]
            Format::Parquet => self.parquet().read(path),
        }
    }

    /// Reads a long table (a date, a symbol and numbers a row) from a file of the same formats. Symbols
    /// are in the column `symbol`, in any case.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownExtension`] for others, and those of the format's reader.
    pub fn read_long(&self, path: impl AsRef<Path>) -> Result<LongFrame> {
        let path = path.as_ref();
        match Format::of(path)? {
            Format::Csv => self.csv().read_long(path),
            #[cfg(feature = "gzip")]
            Format::PackedCsv => {
                self.csv().read_long_bytes(gzip::read(path, self.decoded_limit)?, &file::name(path))
            }
            Format::Ipc => self.ipc().read_long(path),
            #[cfg(feature = "parquet")]
            Format::Parquet => self.parquet().read_long(path),
        }
    }

    fn csv(&self) -> CsvReader {
        let reader =
            CsvReader::new().missing_cells(self.missing_values).literal_nan(self.literal_nan);
        named(reader, self.date_column.as_ref(), CsvReader::date_column)
    }

    fn ipc(&self) -> IpcReader {
        let reader = IpcReader::new().nan_policy(self.missing_values);
        let reader = reader.decoded_limit(self.decoded_limit);
        named(reader, self.date_column.as_ref(), IpcReader::date_column)
    }

    #[cfg(feature = "parquet")]
    fn parquet(&self) -> ParquetReader {
        let reader = ParquetReader::new().nan_policy(self.missing_values);
        let reader = reader.decoded_limit(self.decoded_limit);
        named(reader, self.date_column.as_ref(), ParquetReader::date_column)
    }
}

/// Reads a long table (a date, a symbol and numbers a row) of any known format, with symbols in the column
/// `symbol` and the other default choices of [`Reader`].
///
/// # Errors
///
/// As [`Reader::read_long`].
pub fn read_long(path: impl AsRef<Path>) -> Result<LongFrame> {
    Reader::new().read_long(path)
}

/// Writes a long table to a file of the format that its extension names.
///
/// # Errors
///
/// As [`write()`].
pub fn write_long(long: &LongFrame, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    match Format::of(path)? {
        Format::Csv => CsvWriter::new().write_long(long, path),
        #[cfg(feature = "gzip")]
        Format::PackedCsv => {
            gzip::write_atomically(path, |out| CsvWriter::new().write_long_to(long, out))
        }
        Format::Ipc => ipc::write_long(long, path),
        #[cfg(feature = "parquet")]
        Format::Parquet => ParquetWriter::new().write_long(long, path),
    }
}

fn named<R>(reader: R, name: Option<&String>, set: impl FnOnce(R, String) -> R) -> R {
    match name {
        Some(name) => set(reader, name.clone()),
        None => reader,
    }
}

/// Reads a file of any known format with the default choices of [`Reader`].
///
/// # Errors
///
/// As [`Reader::read`].
pub fn read(path: impl AsRef<Path>) -> Result<Frame> {
    Reader::new().read(path)
}

/// Writes a file of the format that its extension names.
///
/// # Errors
///
/// [`ErrorKind::UnknownExtension`]; [`ErrorKind::Io`] when the operating system refuses.
pub fn write(frame: &Frame, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    match Format::of(path)? {
        Format::Csv => csv::write(frame, path),
        #[cfg(feature = "gzip")]
        Format::PackedCsv => gzip::write_atomically(path, |out| csv::write_to(frame, out)),
        Format::Ipc => ipc::write(frame, path),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::write(frame, path),
    }
}
