//! The report as files: all of them in place, or none touched.

use std::path::Path;

use serde::Serialize;
use tangency_pool::CancelToken;

use super::sections::Report;
use crate::error::Result;
use crate::files::{self, quoted};

/// Everything that [`Report::write`] may write.
const FILES: [&str; 5] = ["report.json", "run.json", "weights.csv", "forecasts.csv", "index.html"];

impl Report {
    /// Writes `report.json`, `weights.csv`, `forecasts.csv`, `run.json` and, with the feature `html`,
    /// `index.html` into `folder`, which is created if it is not there.
    ///
    /// `run` is what differs from run to run (timings, worker count); it goes into `run.json` alone, so
    /// that the other files are the same bytes for the same prices and settings. Every file is written
    /// whole under a temporary name first; then all are renamed. An error or a cancellation before that
    /// leaves the folder as it was; only a system that refuses a rename half-way leaves files of two
    /// runs side by side, each of them whole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Write`](crate::ErrorKind::Write) and [`ErrorKind::File`](crate::ErrorKind::File) with the path and the system's reason,
    /// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn write(&self, folder: &Path, run: &impl Serialize, cancel: &CancelToken) -> Result<()> {
        let files = self.files(run)?;
        files::write(folder, &FILES, &files, cancel)
    }

    fn files(&self, run: &impl Serialize) -> Result<Vec<(&'static str, String)>> {
        Ok(vec![
            ("report.json", files::json("report.json", self)?),
            ("run.json", files::json("run.json", run)?),
            ("weights.csv", self.weights_csv()),
            ("forecasts.csv", self.forecasts_csv()),
            #[cfg(feature = "html")]
            ("index.html", crate::html::render(self)),
        ])
    }

    /// One line an asset: weights under each rule, and those of the portfolio.
    fn weights_csv(&self) -> String {
        let mut text = "asset,weight,prior,earned,error_variance\n".to_owned();
        for asset in &self.assets {
            let weights = asset.weights;
            text.push_str(&format!(
                "{},{},{},{},{}\n",
                quoted(&asset.name),
                weights.of(self.settings.views),
                weights.prior,
                weights.earned,
                weights.error_variance
            ));
        }
        text
    }

    /// One line an asset and step: the median price and its interval.
    fn forecasts_csv(&self) -> String {
        let mut text = "asset,step,median,lower,upper\n".to_owned();
        for asset in &self.assets {
            let fan = &asset.fan;
            for (step, ((median, lower), upper)) in
                fan.median.iter().zip(&fan.lower).zip(&fan.upper).enumerate()
            {
                text.push_str(&format!(
                    "{},{},{median},{lower},{upper}\n",
                    quoted(&asset.name),
                    step + 1
                ));
            }
        }
        text
    }
}
