//! The words in which an optimisation is accepted or rejected.

use std::fmt;

use super::table::{Table, p_value, percent, time};
use super::verdict::{Comparison, Rule, Verdict};

/// Criteria, what they require and what was measured.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) comparisons: Vec<Comparison>,
    runs: usize,
    failures: usize,
    /// Cases that A has and B has not.
    gone: Vec<String>,
}

#[derive(Debug, PartialEq)]
struct Criterion {
    name: &'static str,
    required: String,
    actual: String,
    is_met: bool,
}

impl Report {
    pub(super) fn new(
        comparisons: Vec<Comparison>,
        runs: usize,
        failures: usize,
        gone: Vec<String>,
    ) -> Self {
        Self { comparisons, runs, failures, gone }
    }

    /// Some case meets the rule and none gets slower.
    pub(super) fn is_accepted(&self) -> bool {
        !self.comparisons.is_empty() && self.criteria().iter().all(|criterion| criterion.is_met)
    }

    /// The case that speaks loudest for the change: of those that met the rule the fastest, else of all.
    fn best(&self) -> Option<&Comparison> {
        let faster = |it: &&Comparison| it.verdict == Verdict::Faster;
        let least = |one: &&Comparison, other: &&Comparison| one.change.total_cmp(&other.change);
        let met = self.comparisons.iter().filter(faster).min_by(least);
        met.or_else(|| self.comparisons.iter().min_by(least))
    }

    fn criteria(&self) -> Vec<Criterion> {
        let rule = Rule::ACCEPTANCE;
        let mut criteria = vec![Criterion {
            name: "runs",
            required: format!("at least {} of each side, in turns", rule.runs),
            actual: self.runs.to_string(),
            is_met: self.runs >= rule.runs,
        }];
        if let Some(best) = self.best() {
            let gains = (1.0 / (1.0 + best.high) - 1.0, 1.0 / (1.0 + best.low) - 1.0);
            criteria.push(Criterion {
                name: "interval",
                required: "the 95 % interval of the speed-up lies above 0".to_owned(),
                actual: format!("{} to {}", percent(gains.0), percent(gains.1)),
                is_met: gains.0 > 0.0,
            });
            criteria.push(Criterion {
                name: "significance",
                required: format!("p < {} (t of pairs, Holm)", rule.level),
                actual: p_value(best.p_adjusted),
                is_met: best.p_adjusted < rule.level,
            });
            let gain = best.speed_up() - 1.0;
            criteria.push(Criterion {
                name: "speed-up",
                required: format!("at least {}", percent(rule.effect)),
                actual: percent(gain),
                is_met: gain >= rule.effect,
            });
        }
        let slower = self.comparisons.iter().filter(|it| it.verdict == Verdict::Slower);
        let slower: Vec<&str> = slower.map(|it| it.case.as_str()).collect();
        criteria.push(Criterion {
            name: "no case slower",
            required: "none".to_owned(),
            actual: if slower.is_empty() { "none".to_owned() } else { slower.join(", ") },
            is_met: slower.is_empty(),
        });
        criteria.push(Criterion {
            name: "no case gone",
            required: "none".to_owned(),
            actual: if self.gone.is_empty() { "none".to_owned() } else { self.gone.join(", ") },
            is_met: self.gone.is_empty(),
        });
        criteria.push(Criterion {
            name: "no bench failed",
            required: "none".to_owned(),
            actual: if self.failures == 0 { "none".to_owned() } else { self.failures.to_string() },
            is_met: self.failures == 0,
        });
        criteria
    }

    fn cases(&self) -> Table {
        let mut table = Table::new(&["case", "A", "B", "change", "95 %", "p", "verdict"]);
        for it in &self.comparisons {
            table.row(vec![
                it.case.clone(),
                time(it.before),
                time(it.after),
                percent(it.change),
                format!("{} to {}", percent(it.low), percent(it.high)),
                p_value(it.p_adjusted),
                it.verdict.to_string(),
            ]);
        }
        table
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.cases().text())?;
        let Some(best) = self.best() else {
            return writeln!(f, "REJECTED: the two commits have no case in common");
        };
        let criteria = self.criteria();
        let mut table = Table::new(&["criterion", "required", "actual", "pass"]);
        for it in &criteria {
            let pass = if it.is_met { "yes" } else { "no" };
            let cells = [it.name, it.required.as_str(), it.actual.as_str(), pass];
            table.row(cells.map(str::to_owned).to_vec());
        }
        writeln!(f, "{}", table.text())?;
        let missed: Vec<&str> = criteria.iter().filter(|it| !it.is_met).map(|it| it.name).collect();
        if missed.is_empty() {
            let gain = percent(best.speed_up() - 1.0);
            let faster = self.comparisons.iter().filter(|it| it.verdict == Verdict::Faster).count();
            let of = self.comparisons.len();
            writeln!(f, "ACCEPTED: {faster} of {of} cases faster, `{}` by {gain}", best.case)
        } else {
            writeln!(f, "REJECTED: not met: {}; judged by `{}`", missed.join(", "), best.case)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::statistics::Design;
    use crate::bench::verdict::{Pair, compare};

    const BEFORE: [f64; 10] = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 101.2, 98.8, 100.0];

    fn report(factors: &[f64], runs: usize) -> Report {
        let names = ["pool/a/ours", "pool/b/ours"];
        let after: Vec<Vec<f64>> = factors
            .iter()
            .map(|factor| BEFORE[..runs].iter().rev().map(|time| time * factor).collect())
            .collect();
        let pairs: Vec<_> = names
            .iter()
            .zip(&after)
            .map(|(case, after)| Pair { case, before: &BEFORE[..runs], after })
            .collect();
        Report::new(compare(Design::Paired, &pairs, Rule::ACCEPTANCE), runs, 0, Vec::new())
    }

    #[test]
    fn a_tenth_saved_is_accepted() {
        let report = report(&[0.9, 1.0], 10);
        assert!(report.is_accepted(), "{report}");
        let text = report.to_string();
        assert!(text.contains("ACCEPTED: 1 of 2 cases faster, `pool/a/ours`"), "{text}");
    }

    #[test]
    fn each_criterion_can_reject() {
        for (report, missed) in [
            (report(&[0.97, 1.0], 10), "speed-up"),
            (report(&[1.0, 1.0], 10), "interval, significance, speed-up"),
            (report(&[0.9, 1.2], 10), "no case slower"),
            (report(&[0.9, 1.0], 6), "runs"),
            (Report { failures: 1, ..report(&[0.9], 10) }, "no bench failed"),
            (Report { gone: vec!["pool/c/ours".to_owned()], ..report(&[0.9], 10) }, "no case gone"),
        ] {
            assert!(!report.is_accepted());
            assert!(report.to_string().contains(&format!("not met: {missed};")), "{report}");
        }
    }

    #[test]
    fn nothing_in_common_is_nothing_to_accept() {
        let report = Report::new(Vec::new(), 10, 0, Vec::new());
        assert!(!report.is_accepted());
        assert!(report.to_string().contains("no case in common"));
    }
}
