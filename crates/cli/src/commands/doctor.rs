//! `tangency doctor`: what the machine gives, what would slow it down, and whether the sums add up.

use std::fmt::Write as _;

use serde::Serialize;
use tangency::forecast::TrainingData;
use tangency::forecast::arima::Arima;
use tangency::pool::{CpuBudget, Pool};

use crate::args::Global;
use crate::exit::{DONE, Outcome, SOME_FAILED};
use crate::output;

/// Libraries called from the same process start a thread a core unless these are set to 1.
const THREAD_VARIABLES: [&str; 6] = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NUMEXPR_NUM_THREADS",
];

#[derive(Serialize)]
struct Document {
    command: &'static str,
    cores: Cores,
    memory: Memory,
    warnings: Vec<String>,
    self_test: Vec<Check>,
}

#[derive(Serialize)]
struct Cores {
    /// Cores of the machine that this process may be put on, before any quota.
    available: usize,
    affinity: Option<usize>,
    quota: Option<f64>,
    workers: usize,
    why: String,
}

/// Bytes, as far as the system tells.
#[derive(Serialize)]
struct Memory {
    total: Option<u64>,
    available: Option<u64>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    passed: bool,
    detail: String,
}

pub(crate) fn run(global: &Global) -> Outcome {
    let budget = CpuBudget::detect();
    let mut why = budget.explain();
    let mut workers = budget.workers();
    if let Some(asked) = global.workers {
        workers = usize::from(asked);
        why = format!("{workers} workers: asked for by --workers (otherwise {why})");
    }
    let document = Document {
        command: "doctor",
        cores: Cores {
            available: std::thread::available_parallelism().map_or(1, usize::from),
            affinity: budget.affinity(),
            quota: budget.quota(),
            workers,
            why,
        },
        memory: memory(),
        warnings: warnings(),
        self_test: vec![pool_check(workers), likelihood_check()],
    };
    let passed = document.self_test.iter().all(|check| check.passed);
    output::print(global.json, &document, text)?;
    Ok(if passed { DONE } else { SOME_FAILED })
}

/// A thread variable above 1 multiplies with the workers.
fn warnings() -> Vec<String> {
    let threads = |name: &&str| {
        let value = std::env::var(name).ok()?;
        (value.trim() != "1").then(|| {
            format!(
                "{name}={value}: a library that honours it starts that many threads in every \
                 worker; set it to 1"
            )
        })
    };
    let mut warnings: Vec<String> = THREAD_VARIABLES.iter().filter_map(threads).collect();
    if cfg!(debug_assertions) {
        warnings.push("built without optimisation; add --release".to_owned());
    }
    warnings
}

/// A thousand items over all workers, none lost.
fn pool_check(workers: usize) -> Check {
    let outcome = Pool::new(workers).map(|pool| {
        let items: Vec<u64> = (0..1000).collect();
        let report = pool.batch().map(&items, |item| item * item);
        report.done().map(|(_, square)| square).sum::<u64>()
    });
    let detail = match &outcome {
        Ok(sum) => format!("sum of 1000 squares on {workers} workers: {sum}"),
        Err(error) => error.to_string(),
    };
    Check { name: "pool", passed: outcome.is_ok_and(|sum| sum == 332_833_500), detail }
}

/// The exact likelihood of an AR(1) on four values, against the closed form.
fn likelihood_check() -> Check {
    let series = [1.0, -0.5, 0.25, 2.0];
    let (phi, sigma2): (f64, f64) = (0.5, 2.0);
    let mut expected = -0.5
        * ((2.0 * std::f64::consts::PI * sigma2 / (1.0 - phi * phi)).ln()
            + series[0] * series[0] * (1.0 - phi * phi) / sigma2);
    for pair in series.windows(2) {
        let innovation = pair[1] - phi * pair[0];
        expected -=
            0.5 * ((2.0 * std::f64::consts::PI * sigma2).ln() + innovation * innovation / sigma2);
    }
    let computed =
        Arima::new(1, 0, 0).log_likelihood_at(&TrainingData::new(&series), &[phi, sigma2]);
    let (passed, detail) = match computed {
        Ok(value) => (
            (value - expected).abs() < 1e-12 * expected.abs(),
            format!("AR(1) log-likelihood {value:.12}, closed form {expected:.12}"),
        ),
        Err(error) => (false, error.to_string()),
    };
    Check { name: "likelihood", passed, detail }
}

/// From `/proc/meminfo`, where there is one.
fn memory() -> Memory {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 =
            line.trim_start_matches(':').split_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    Memory { total: field("MemTotal"), available: field("MemAvailable") }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    let gibibytes = |bytes: Option<u64>| match bytes {
        Some(bytes) => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
        None => "unknown".to_owned(),
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "workers    {}", document.cores.why);
    let _ = writeln!(
        text,
        "memory     {} available of {}",
        gibibytes(document.memory.available),
        gibibytes(document.memory.total)
    );
    for check in &document.self_test {
        let verdict = if check.passed { "ok" } else { "FAILED" };
        let _ = writeln!(text, "{:<10} {verdict}: {}", check.name, check.detail);
    }
    for warning in &document.warnings {
        let _ = writeln!(text, "warning    {warning}");
    }
    if document.warnings.is_empty() {
        let _ = writeln!(text, "warnings   none");
    }
    text
}
