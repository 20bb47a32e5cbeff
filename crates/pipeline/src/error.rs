//! What can go wrong between a frame and a report.

use std::path::PathBuf;

/// Result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the pipeline could not do its job; [`Error::kind`] tells the cases apart.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: ErrorKind,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Whether the caller's cancel token ended the work.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.kind, ErrorKind::Cancelled)
    }

    /// Whether the result files could not be written.
    #[must_use]
    pub fn is_write(&self) -> bool {
        matches!(self.kind, ErrorKind::Write { .. } | ErrorKind::File(_))
    }

    /// Whether the input or the configuration is to blame.
    #[must_use]
    pub fn is_bad_input(&self) -> bool {
        !matches!(
            self.kind,
            ErrorKind::Cancelled
                | ErrorKind::Write { .. }
                | ErrorKind::File(_)
                | ErrorKind::Task { .. }
                | ErrorKind::NoForecast { .. }
        )
    }
}

impl Error {
    /// Gives the asset that the optimiser counted its name.
    pub(crate) fn naming(self, assets: &[String]) -> Self {
        match self.kind {
            ErrorKind::Optimize { error, .. } => {
                let asset = error.asset().and_then(|at| assets.get(at)).cloned();
                ErrorKind::Optimize { error, asset }.into()
            }
            kind => kind.into(),
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind }
    }
}

impl From<tangency_shared_data::Error> for Error {
    fn from(error: tangency_shared_data::Error) -> Self {
        ErrorKind::Data(error).into()
    }
}

impl From<tangency_optimize::Error> for Error {
    fn from(error: tangency_optimize::Error) -> Self {
        ErrorKind::Optimize { error, asset: None }.into()
    }
}

/// The cases of [`Error`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is outside its range.
    #[error("setting {name} must be {expected}, got {got}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// What would have been accepted.
        expected: String,
        /// What was given.
        got: String,
    },
    /// A portfolio needs a choice.
    #[error("a portfolio needs at least 2 assets, got {got}")]
    TooFewAssets {
        /// Number of columns of the frame.
        got: usize,
    },
    /// The frame is too short for the walk-forward schedule.
    #[error(
        "needs at least {needed} rows (training window {train} + {forecasts} forecasts of {horizon} \
         rows), got {got}"
    )]
    TooFewRows {
        /// Rows needed.
        needed: usize,
        /// Rows there are.
        got: usize,
        /// Rows of one training window.
        train: usize,
        /// Forecasts that must have come due before the first decision, plus one.
        forecasts: usize,
        /// Rows from a forecast to its target.
        horizon: usize,
    },
    /// The training window is shorter than a model can be fitted on.
    #[error("model {model} needs at least {needed} rows to fit, the training window has {got}")]
    WindowTooShort {
        /// Name of the model.
        model: String,
        /// Rows it needs.
        needed: usize,
        /// Rows of the training window.
        got: usize,
    },
    /// A price can carry no return.
    #[error("market capitalisation of {asset} must be positive and finite, got {got}")]
    MarketCap {
        /// The asset.
        asset: String,
        /// The value given.
        got: f64,
    },
    /// The capitalisations are not those of the frame's assets.
    #[error("no market capitalisation given for {asset}")]
    MissingMarketCap {
        /// The first asset without one.
        asset: String,
    },
    /// The frame's data do not qualify as prices.
    #[error(transparent)]
    Data(tangency_shared_data::Error),
    /// The forecasting crate refused.
    #[error(transparent)]
    Forecast(tangency_forecast::Error),
    /// No model could forecast an asset at some origin.
    #[error("no model could forecast {asset} at every date")]
    NoForecast {
        /// The asset.
        asset: String,
    },
    /// An asset whose price never changes can be neither forecast nor weighed.
    #[error("the price of {asset} never changes")]
    ConstantPrice {
        /// The asset.
        asset: String,
    },
    /// A portfolio step failed.
    #[error("{error}{}", asset.as_ref().map(|name| format!(" (asset {name})")).unwrap_or_default())]
    Optimize {
        /// What the optimiser said; it counts assets.
        error: tangency_optimize::Error,
        /// The asset it speaks of, by name.
        asset: Option<String>,
    },
    /// A task on the pool panicked or could not start; a bug worth a report.
    #[error("{stage} task {index} did not finish: {message}")]
    Task {
        /// The stage it belonged to.
        stage: &'static str,
        /// Position in the stage.
        index: usize,
        /// What it left behind.
        message: String,
    },
    /// A result file could not be put in place.
    #[error(transparent)]
    File(tangency_shared_data::Error),
    /// A result folder or file could not be written.
    #[error("failed to write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The caller's cancel token was set.
    #[error("cancelled")]
    Cancelled,
}
