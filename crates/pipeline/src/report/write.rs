//! The report as files: all of them in place, or none touched.

use std::io::Write;
use std::path::Path;

use serde::Serialize;
use tangency_pool::CancelToken;
use tangency_shared_data::StagedFile;

use super::sections::Report;
use crate::error::{ErrorKind, Result};

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
    /// [`ErrorKind::Write`] and [`ErrorKind::File`] with the path and the system's reason,
    /// [`ErrorKind::Cancelled`].
    pub fn write(&self, folder: &Path, run: &impl Serialize, cancel: &CancelToken) -> Result<()> {
        let created = !folder.exists();
        // A folder in the place of a file would stop the renaming half-way.
        for name in FILES {
            let path = folder.join(name);
            if path.is_dir() {
                let source = std::io::ErrorKind::IsADirectory.into();
                return Err(ErrorKind::Write { path, source }.into());
            }
        }
        std::fs::create_dir_all(folder)
            .map_err(|source| ErrorKind::Write { path: folder.to_owned(), source })?;
        let staged = self.files(run).and_then(|files| {
            let staged = files
                .iter()
                .map(|(name, text)| stage(&folder.join(name), text))
                .collect::<Result<Vec<StagedFile>>>()?;
            if cancel.is_cancelled() { Err(ErrorKind::Cancelled.into()) } else { Ok(staged) }
        });
        if staged.is_err() && created {
            // Only an empty folder goes; somebody else's files would keep it.
            let _ = std::fs::remove_dir(folder);
        }
        for file in staged? {
            file.publish().map_err(ErrorKind::File)?;
        }
        Ok(())
    }

    fn files(&self, run: &impl Serialize) -> Result<Vec<(&'static str, String)>> {
        let json = |document: serde_json::Result<String>, name: &str| {
            document
                .map(|text| text + "\n")
                .map_err(|error| ErrorKind::Write { path: name.into(), source: error.into() })
        };
        Ok(vec![
            ("report.json", json(serde_json::to_string_pretty(self), "report.json")?),
            ("run.json", json(serde_json::to_string_pretty(run), "run.json")?),
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

/// A whole file under a temporary name.
fn stage(path: &Path, text: &str) -> Result<StagedFile> {
    let mut file = StagedFile::create(path).map_err(ErrorKind::File)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.map_err(|source| ErrorKind::Write { path: path.to_owned(), source })?;
    Ok(file)
}

/// A CSV cell; quoted only where it must be.
fn quoted(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\"")).into()
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(super::quoted("AAPL"), "AAPL");
        assert_eq!(super::quoted("A,\"B\""), "\"A,\"\"B\"\"\"");
    }
}
