//! What a peer prints, and whether its answer is ours.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Result;

/// Relative, unless a line says otherwise.
const TOLERANCE: f64 = 1e-6;

/// One case of a peer: see `benches/peers/README.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) case: String,
    #[serde(default)]
    pub(super) ns: Option<f64>,
    #[serde(default)]
    pub(super) answer: Value,
    #[serde(default)]
    pub(super) tolerance: Option<f64>,
    /// Why the tolerance is what it is.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// Where the answer is what a search comes to: which one of two is the better.
    #[serde(default)]
    pub(super) better: Option<Better>,
    #[serde(default)]
    pub(super) ours: Option<String>,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) threads: Option<u32>,
    #[serde(default)]
    pub(super) missing: Option<String>,
}

/// What a search looks for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Better {
    Higher,
    Lower,
}

impl Line {
    /// A case that could not run.
    pub(super) fn missing(case: &str, why: &str) -> Self {
        Self {
            case: case.to_owned(),
            ns: None,
            answer: Value::Null,
            tolerance: None,
            reason: None,
            better: None,
            ours: None,
            version: None,
            threads: None,
            missing: Some(why.to_owned()),
        }
    }

    /// `crate/case` of `crate/case/implementation`.
    pub(super) fn group(&self) -> &str {
        self.case.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// The name of our case among those given: the one that the line asks for, else the only one of the
    /// same group, else the one called `tangency`.
    pub(super) fn ours<'a>(&self, mut cases: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        if let Some(wanted) = &self.ours {
            return cases.find(|case| case == wanted);
        }
        let of_group: Vec<&str> = cases
            .filter(|case| case.rsplit_once('/').is_some_and(|(group, _)| group == self.group()))
            .collect();
        match of_group[..] {
            [only] => Some(only),
            _ => of_group.into_iter().find(|case| case.ends_with("/tangency")),
        }
    }

    /// The peer's answer, if it is made of numbers.
    pub(super) fn numbers(&self) -> Option<Vec<f64>> {
        match &self.answer {
            Value::Array(values) => values.iter().map(Value::as_f64).collect(),
            value => value.as_f64().map(|value| vec![value]),
        }
    }

    /// How the peer's answer compares with ours.
    pub(super) fn agreement(&self, ours: Option<&[f64]>) -> Agreement {
        let Some(ours) = ours else { return Agreement::Unknown("ours gives none") };
        let Some(theirs) = self.numbers() else { return Agreement::Unknown("theirs gives none") };
        if theirs.len() != ours.len() {
            return Agreement::Different(f64::INFINITY);
        }
        // Relative to the largest of ours, so that a value near zero needs no digits of its own.
        let size = ours.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
        let apart = ours.iter().zip(&theirs).map(|(ours, theirs)| (ours - theirs).abs());
        // `max` would pass over a NaN, which is far from everything.
        let largest =
            apart.fold(0.0_f64, |most, it| if it <= most || most.is_nan() { most } else { it });
        let relative = if largest == 0.0 { 0.0 } else { largest / size };
        if relative <= self.tolerance.unwrap_or(TOLERANCE) {
            return Agreement::Same(relative);
        }
        let is_surpassed = match self.better {
            None => false,
            Some(Better::Higher) => ours.iter().zip(&theirs).all(|(ours, theirs)| ours >= theirs),
            Some(Better::Lower) => ours.iter().zip(&theirs).all(|(ours, theirs)| ours <= theirs),
        };
        if is_surpassed { Agreement::Surpassed(relative) } else { Agreement::Different(relative) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Agreement {
    /// With the largest relative difference.
    Same(f64),
    /// It is a search, and ours found the better value.
    Surpassed(f64),
    Different(f64),
    Unknown(&'static str),
}

/// What a script printed: every line must be a case. Gives those that are, and what is wrong with the first
/// that is not.
pub(super) fn read(script: &str, printed: &str) -> (Vec<Line>, Result) {
    let mut lines = Vec::new();
    let mut wrong = Ok(());
    for text in printed.lines().filter(|text| !text.trim().is_empty()) {
        match read_line(script, text) {
            Ok(line) => lines.push(line),
            Err(error) if wrong.is_ok() => wrong = Err(error),
            Err(_) => {}
        }
    }
    (lines, wrong)
}

fn read_line(script: &str, text: &str) -> Result<Line> {
    let line: Line = serde_json::from_str(text)
        .map_err(|error| format!("{script} printed what is no case ({error}): {text}"))?;
    if !super::super::record::is_path(&line.case) {
        let case = &line.case;
        return Err(format!("{script}: `{case}` is not crate/case/implementation").into());
    }
    if line.ns.is_none() && line.missing.is_none() {
        return Err(format!("{script}: `{}` has neither `ns` nor `missing`", line.case).into());
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> Line {
        read_line("x.py", json).unwrap()
    }

    #[test]
    fn answers_agree_within_the_tolerance_of_the_line() {
        let peer = line(r#"{"case":"forecast/a/theirs","ns":10,"answer":100.001}"#);
        assert!(matches!(peer.agreement(Some(&[100.0])), Agreement::Different(_)));
        assert_eq!(peer.agreement(Some(&[100.001])), Agreement::Same(0.0));
        assert_eq!(peer.agreement(Some(&[1.0, 2.0])), Agreement::Different(f64::INFINITY));
        assert_eq!(peer.agreement(None), Agreement::Unknown("ours gives none"));
        let peer = line(r#"{"case":"forecast/a/b","ns":1,"answer":[100.001,0],"tolerance":1e-4}"#);
        assert!(matches!(peer.agreement(Some(&[100.0, 1e-9])), Agreement::Same(_)));
        assert!(matches!(peer.agreement(Some(&[100.0, f64::NAN])), Agreement::Different(_)));
        assert!(matches!(peer.agreement(Some(&[f64::NAN, 0.0])), Agreement::Different(_)));
        let silent = line(r#"{"case":"forecast/a/b","ns":1}"#);
        assert_eq!(silent.agreement(Some(&[1.0])), Agreement::Unknown("theirs gives none"));
    }

    #[test]
    fn our_case_is_the_named_the_only_or_the_one_called_tangency() {
        let peer = line(r#"{"case":"forecast/a/theirs","ns":1}"#);
        let ours = |line: &Line, cases: &[&'static str]| line.ours(cases.iter().copied());
        assert_eq!(ours(&peer, &["forecast/a/fit", "forecast/b/fit"]), Some("forecast/a/fit"));
        assert_eq!(
            ours(&peer, &["forecast/a/x", "forecast/a/tangency"]),
            Some("forecast/a/tangency")
        );
        assert_eq!(ours(&peer, &["forecast/a/x", "forecast/a/y"]), None);
        let asks = line(r#"{"case":"forecast/a/theirs","ns":1,"ours":"pool/c/d"}"#);
        assert_eq!(ours(&asks, &["forecast/a/x", "pool/c/d"]), Some("pool/c/d"));
    }

    #[test]
    fn lines_that_say_nothing_are_refused() {
        for text in ["hello", r#"{"case":"arima","ns":1}"#, r#"{"case":"forecast/a/b"}"#] {
            assert!(read("x.py", text).1.is_err(), "{text}");
        }
        let missing = line(r#"{"case":"forecast/a/b","missing":"No module named 'b'"}"#);
        assert_eq!(missing.missing.as_deref(), Some("No module named 'b'"));
    }
}
