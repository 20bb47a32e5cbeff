//! The studies of a folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::methods::Method;
use super::format::{Header, decode_record};
use super::open::{failure, read_header};
use super::scan::Scan;
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::Metric;

/// What a journal says about its study.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StudySummary {
    /// The journal.
    pub path: PathBuf,
    /// The version of what computed.
    pub engine: String,
    /// Fingerprint of data and settings; studies that share it can be compared.
    pub data: String,
    /// What was measured, in words.
    pub objective: String,
    /// Parameters and their values.
    pub space: String,
    /// How trials were chosen.
    pub method: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What the best trial is best at.
    pub metric: String,
    /// Trials of the study.
    pub trials: u64,
    /// Trials that the journal holds.
    pub journalled: u64,
    /// Those among them that failed or panicked.
    pub failed: u64,
    /// The best trial by the metric: its place and its value. For methods that halve once the study has
    /// ended: until then there is no telling which trials had the whole budget.
    pub best: Option<(u64, f64)>,
    /// The parameters of that trial, numbers or words, in the order of the study; once it has ended.
    #[serde(serialize_with = "as_map")]
    pub best_params: Option<Vec<(String, serde_json::Value)>>,
    /// Whether the study has ended.
    pub finished: bool,
    /// Bytes that are no whole record: damage, or the torn end of a study that was stopped or is under way.
    pub dropped_bytes: u64,
}

/// The journals (`*.journal`) of a folder by name, with what their whole records say. They are not
/// changed, and may be in use. A file that cannot be read comes with its error.
///
/// # Errors
///
/// [`ErrorKind::Journal`] when the folder cannot be read.
pub fn studies(folder: &Path) -> Result<Vec<(PathBuf, Result<StudySummary>)>> {
    let entries = std::fs::read_dir(folder).map_err(failure(folder, "list the folder of"))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failure(folder, "list the folder of"))?.path();
        if path.extension().is_some_and(|ending| ending == "journal") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths.into_iter().map(|path| (path.clone(), summary(path))).collect())
}

fn summary(path: PathBuf) -> Result<StudySummary> {
    // Without a lock: a study that is under way is listed too, and what it writes meanwhile is a
    // torn record at worst.
    let mut file = std::fs::File::open(&path).map_err(failure(&path, "open"))?;
    let (header, seed, start) = read_header(&mut file, &path)?;
    let metric = metric_of(&header)?;
    let compares = !Method::halves(&header.method);
    let (mut journalled, mut failed, mut best) = (0, 0, None::<(u64, f64)>);
    let scan = Scan::of(&mut file, seed, start, header.trials, |record| {
        let Some(trials) = decode_record(record) else { return };
        let first = u64::from_le_bytes(record[4..12].try_into().unwrap_or_default());
        journalled += trials.len() as u64;
        for (index, (_, measured)) in (first..).zip(&trials) {
            let Some(metrics) = measured.as_done() else {
                failed += 1;
                continue;
            };
            let value = metrics.get(metric).unwrap_or(f64::NAN);
            let better = match best {
                None => !value.is_nan(),
                Some((at, known)) => metric.is_better(value, known) || value == known && index < at,
            };
            if better && compares {
                best = Some((index, value));
            }
        }
    })
    .map_err(failure(&path, "read"))?;
    let mut best_params = None;
    if let Some(ended) = scan.summary.as_deref().and_then(best_of) {
        // One that was switched off has no value.
        let with_value = |name: &String| Some((name.clone(), ended.params.get(name)?.clone()));
        best_params = Some(header.parameters.iter().filter_map(with_value).collect());
        best = Some((ended.trial, ended.value));
    }
    Ok(StudySummary {
        path,
        engine: header.engine,
        data: header.data,
        objective: header.objective,
        space: header.space,
        method: header.method,
        seed: header.seed,
        metric: metric.name().to_owned(),
        trials: header.trials,
        journalled,
        failed,
        best,
        best_params,
        finished: scan.summary.is_some(),
        dropped_bytes: scan.dropped,
    })
}

/// The best trial as the summary of a study has it.
#[derive(Deserialize)]
struct Best {
    trial: u64,
    params: serde_json::Value,
    value: f64,
}

fn best_of(summary: &str) -> Option<Best> {
    let mut summary: serde_json::Value = serde_json::from_str(summary).ok()?;
    serde_json::from_value(summary.get_mut("best")?.take()).ok()
}

fn as_map<S: serde::Serializer>(
    params: &Option<Vec<(String, serde_json::Value)>>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match params {
        Some(params) => serializer.collect_map(params.iter().map(|(name, value)| (name, value))),
        None => serializer.serialize_none(),
    }
}

/// What the study ranks by first.
fn metric_of(header: &Header) -> Result<Metric> {
    let name = header.metrics.first();
    name.ok_or_else(|| Error::from(ErrorKind::Empty { what: "list of metrics" }))?.parse()
}
