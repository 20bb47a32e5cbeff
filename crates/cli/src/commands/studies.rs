//! `tangency studies`: what the journals of a folder say.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use tangency::optimize::search::{StudySummary, studies};

use crate::args::{Global, StudiesArgs};
use crate::exit::{DONE, Failure, Outcome};
use crate::output;

#[derive(Serialize)]
struct Document {
    command: &'static str,
    studies: Vec<StudySummary>,
    unreadable: Vec<Unreadable>,
}

#[derive(Serialize)]
struct Unreadable {
    path: String,
    error: String,
}

pub(crate) fn run(global: &Global, args: &StudiesArgs) -> Outcome {
    let mut document = Document { command: "studies", studies: Vec::new(), unreadable: Vec::new() };
    for (path, summary) in studies(&args.folder).map_err(Failure::input)? {
        match summary {
            Ok(summary) => document.studies.push(summary),
            Err(error) => document
                .unreadable
                .push(Unreadable { path: path.display().to_string(), error: error.to_string() }),
        }
    }
    // Those on the same data by the same metric stand together, so that they can be compared.
    document
        .studies
        .sort_by(|a, b| (&a.data, &a.metric, &a.path).cmp(&(&b.data, &b.metric, &b.path)));
    output::print(global.json, &document, |document| text(document, &args.folder))?;
    Ok(DONE)
}

fn text(document: &Document, folder: &Path) -> String {
    let mut text = String::new();
    if document.studies.is_empty() {
        let _ = writeln!(text, "no journals in {}", folder.display());
    }
    let mut group = None;
    for study in &document.studies {
        let this = (&study.data, &study.metric);
        if group != Some(this) {
            let _ = writeln!(
                text,
                "data {}, by {}",
                &study.data[..8.min(study.data.len())],
                study.metric
            );
            group = Some(this);
        }
        let state = if study.finished {
            "finished".to_owned()
        } else {
            format!("{} of {}", study.journalled, study.trials)
        };
        let best = study.best.map_or("-".to_owned(), |(_, value)| format!("{value:.4}"));
        let params = match (&study.best_params, study.best) {
            (Some(params), _) => {
                // Whole numbers without a decimal point.
                let written =
                    |value: &Value| value.as_f64().map_or(value.to_string(), |v| v.to_string());
                let each = params.iter().map(|(name, v)| format!("{name}={}", written(v)));
                each.collect::<Vec<_>>().join(" ")
            }
            (None, Some((trial, _))) => format!("trial {trial}"),
            (None, None) => String::new(),
        };
        let name = study.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let damage = match study.dropped_bytes {
            0 => String::new(),
            bytes => format!("  ({bytes} bytes torn or damaged)"),
        };
        let _ = writeln!(
            text,
            "  {:<32} {:<14} {:<10} {:>10} trials  {:<18} {best:>10}  {params}{damage}",
            name.unwrap_or_default(),
            study.objective,
            study.method.split('(').next().unwrap_or_default(),
            study.trials,
            state,
        );
    }
    for file in &document.unreadable {
        let _ = writeln!(text, "unreadable: {}", file.error);
    }
    text
}
