//! `tangency weights`: portfolio weights by one method.

use std::fmt::Write as _;

use serde::Serialize;
use tangency::optimize;
use tangency::optimize::allocation::{self, ClusterDistance, Constraints, Linkage, Solution};
use tangency::optimize::black_litterman::Prior;
use tangency::optimize::nalgebra::{DMatrix, DMatrixView};
use tangency::optimize::risk::{self, Averaging};
use tangency::shared_data::Frame;

use crate::args::{Global, MethodArg, WeightsArgs};
use crate::exit::{DONE, Failure, Outcome};
use crate::input::{self, Gaps};
use crate::output;
use crate::portfolio_config::{CovarianceChoice, ExpectedReturnsChoice, PortfolioConfig};

/// Fewer rows say nothing about a year.
const LEAST_ROWS: usize = 20;

/// All figures are annual.
#[derive(Serialize)]
struct Document {
    command: &'static str,
    method: &'static str,
    assets: Vec<String>,
    weights: Vec<f64>,
    status: &'static str,
    /// Excess over the risk-free rate for `black-litterman`, total for the other methods.
    expected_return: f64,
    volatility: f64,
    sharpe: f64,
    posterior_mean: Option<Vec<f64>>,
    prior_weights: Option<Vec<f64>>,
    periods_per_year: f64,
    risk_free_rate: f64,
    rows: usize,
}

/// Estimates that the methods start from, annual.
struct Estimates {
    /// Simple returns, rows x assets, per period.
    returns: DMatrix<f64>,
    mean: Vec<f64>,
    covariance: DMatrix<f64>,
}

pub(crate) fn run(global: &Global, args: &WeightsArgs) -> Outcome {
    let config = match &args.config {
        None => PortfolioConfig::default(),
        Some(path) => PortfolioConfig::read(path)?,
    };
    if !(args.periods_per_year > 0.0 && args.periods_per_year.is_finite()) {
        return Err(Failure::usage(format!(
            "--periods-per-year must be above 0, got {}",
            args.periods_per_year
        )));
    }
    if args.method != MethodArg::BlackLitterman {
        config.only_default_opinions()?;
    }
    if args.method == MethodArg::Cvar && !(config.cvar_level > 0.0 && config.cvar_level < 1.0) {
        return Err(Failure::input(format!(
            "cvar_level is {}, expected above 0 and below 1",
            config.cvar_level
        )));
    }
    let frame = closes(args, &config)?;
    let assets = frame.names().to_vec();
    let constraints = config.constraints(&assets)?;
    let named = |error: optimize::Error| name_asset(&error, &assets);
    let estimates = estimate(&frame, &config, args.periods_per_year).map_err(named)?;
    let covariance = estimates.covariance.as_view();

    let mut document = Document {
        command: "weights",
        method: "",
        weights: Vec::new(),
        status: "",
        expected_return: 0.0,
        volatility: 0.0,
        sharpe: 0.0,
        posterior_mean: None,
        prior_weights: None,
        periods_per_year: args.periods_per_year,
        risk_free_rate: config.risk_free_rate,
        rows: frame.n_rows(),
        assets: assets.clone(),
    };
    let mut mean = estimates.mean.clone();
    let mut risk_free_rate = config.risk_free_rate;
    let (method, solution) = match args.method {
        MethodArg::BlackLitterman => {
            let weights = config.prior_weights(&assets)?;
            let (prior_weights, posterior_mean, solution) =
                black_litterman(&config, covariance, &weights, &constraints, &assets)?;
            document.posterior_mean = Some(posterior_mean.clone());
            document.prior_weights = Some(prior_weights);
            // The posterior speaks of excess returns already.
            (mean, risk_free_rate) = (posterior_mean, 0.0);
            ("black-litterman", solution)
        }
        MethodArg::MinVolatility => {
            ("min-volatility", allocation::min_volatility(covariance, &constraints).map_err(named)?)
        }
        MethodArg::MaxSharpe => (
            "max-sharpe",
            allocation::max_sharpe(&mean, covariance, risk_free_rate, &constraints)
                .map_err(named)?,
        ),
        MethodArg::RiskParity => {
            config.only_default_constraints("risk-parity")?;
            ("risk-parity", allocation::risk_parity(covariance).map_err(named)?)
        }
        MethodArg::Hrp => {
            config.only_default_constraints("hrp")?;
            (
                "hrp",
                allocation::hrp(covariance, ClusterDistance::default(), Linkage::default())
                    .map_err(named)?,
            )
        }
        MethodArg::Cvar => (
            "cvar",
            allocation::min_cvar(
                estimates.returns.as_view(),
                config.cvar_level,
                None,
                &constraints,
            )
            .map_err(named)?,
        ),
    };
    document.method = method;
    document.status = solution.status.as_str();
    document.expected_return = risk::mean_of(&solution.weights, &mean).map_err(named)?;
    document.volatility = risk::volatility_of(&solution.weights, covariance).map_err(named)?;
    document.sharpe = (document.expected_return - risk_free_rate) / document.volatility;
    document.weights = solution.weights;
    output::print(global.json, &document, text)?;
    Ok(DONE)
}

/// Checked prices, the last rows only if the configuration says so.
fn closes(args: &WeightsArgs, config: &PortfolioConfig) -> Outcome<Frame> {
    let frame = input::read(&args.input, Gaps::Reject)?;
    input::refuse_bars(&frame, &args.input)?;
    frame.validate_prices().map_err(Failure::input)?;
    if frame.n_columns() < 2 {
        return Err(Failure::input(format!(
            "{}: a portfolio needs at least 2 assets, got {}",
            args.input.display(),
            frame.n_columns()
        )));
    }
    if frame.n_rows() < LEAST_ROWS {
        return Err(Failure::input(format!(
            "{}: a covariance needs at least {LEAST_ROWS} rows, got {}",
            args.input.display(),
            frame.n_rows()
        )));
    }
    let Some(last_rows) = config.last_rows else { return Ok(frame) };
    if last_rows < LEAST_ROWS || last_rows > frame.n_rows() {
        return Err(Failure::input(format!(
            "last_rows must be from {LEAST_ROWS} to the {} rows there are, got {last_rows}",
            frame.n_rows()
        )));
    }
    frame.slice(frame.n_rows() - last_rows..frame.n_rows()).map_err(Failure::input)
}

fn estimate(
    frame: &Frame,
    config: &PortfolioConfig,
    periods_per_year: f64,
) -> optimize::Result<Estimates> {
    let closes: Vec<&[f64]> = frame.columns().map(|(_, values)| values).collect();
    let returns = DMatrix::from_fn(frame.n_rows() - 1, closes.len(), |row, asset| {
        closes[asset][row + 1] / closes[asset][row] - 1.0
    });
    let covariance = match config.covariance {
        CovarianceChoice::Sample => risk::sample_covariance(returns.as_view(), 1)?,
        CovarianceChoice::LedoitWolf => risk::ledoit_wolf(returns.as_view())?.covariance,
    };
    let averaging = match config.expected_returns {
        ExpectedReturnsChoice::Arithmetic => Averaging::Arithmetic,
        ExpectedReturnsChoice::Compounding => Averaging::Compounding,
    };
    let mean = risk::historical_mean(returns.as_view(), periods_per_year, averaging)?;
    Ok(Estimates { returns, mean, covariance: covariance * periods_per_year })
}

/// The prior weights within the constraints, the posterior mean, and the weights that maximise utility
/// under it; without views the prior weights.
fn black_litterman(
    config: &PortfolioConfig,
    covariance: DMatrixView<'_, f64>,
    prior_weights: &[f64],
    constraints: &Constraints,
    assets: &[String],
) -> Outcome<(Vec<f64>, Vec<f64>, Solution)> {
    let named = |error: optimize::Error| name_asset(&error, assets);
    let views = config.views(assets)?;
    let feasible =
        allocation::feasible_prior(prior_weights, covariance, constraints).map_err(named)?;
    let prior = Prior::from_weights(covariance, &feasible.weights, config.risk_aversion)
        .and_then(|prior| prior.with_tau(config.tau))
        .map_err(named)?;
    let posterior = prior.posterior(&views).map_err(named)?;
    let mean = posterior.mean().to_vec();
    if views.is_empty() {
        return Ok((feasible.weights.clone(), mean, feasible));
    }
    let solution = allocation::max_utility(&mean, covariance, config.risk_aversion, constraints)
        .map_err(named)?;
    Ok((feasible.weights, mean, solution))
}

/// The optimiser counts assets; people know them by name.
fn name_asset(error: &optimize::Error, assets: &[String]) -> Failure {
    match error.asset().and_then(|asset_idx| assets.get(asset_idx)) {
        Some(name) => Failure::input(format!("{error} (asset {name})")),
        None => Failure::input(error),
    }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    let percent = |fraction: f64| format!("{:.2} %", fraction * 100.0);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} ({})\n", document.method, document.status);
    for (asset, weight) in document.assets.iter().zip(&document.weights) {
        let _ = writeln!(text, "{asset:<12} {:>10}", percent(*weight));
    }
    // Prices that never change have none.
    let sharpe = match document.sharpe {
        sharpe if sharpe.is_finite() => format!("{sharpe:.3}"),
        _ => "-".to_owned(),
    };
    let _ = writeln!(
        text,
        "\na year: {} {}, volatility {}, Sharpe {}",
        if document.posterior_mean.is_some() { "excess return" } else { "return" },
        percent(document.expected_return),
        percent(document.volatility),
        sharpe
    );
    text
}
