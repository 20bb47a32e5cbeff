//! What each rule's past decisions would have earned.

use tangency_optimize::backtest::{Decision as TargetWeights, PortfolioTrack, hold_target_weights};
use tangency_optimize::metrics;

use crate::config::{PipelineConfig, PriorWeights};
use crate::decision::{Decision, RuleOutcome};
use crate::error::Result;
use crate::market::Market;
use crate::report::{OutOfSampleSection, TrackSection};

/// Follows every rule's weights over the closes, decision by decision.
///
/// A decision at an origin knows the closes of all rows before it, so its bar is the one before the
/// origin and it trades at the close of the origin's row.
pub(crate) fn out_of_sample(
    market: &Market,
    decisions: &[Decision],
    config: &PipelineConfig,
) -> Result<OutOfSampleSection> {
    let closes: Vec<&[f64]> = (0..market.n_assets()).map(|asset| market.closes(asset)).collect();
    let n_rows = market.n_rows();
    let executed: Vec<&Decision> = decisions.iter().filter(|d| d.origin < n_rows).collect();
    let follow = |weights: Vec<&[f64]>| {
        let targets: Vec<TargetWeights<'_>> = executed
            .iter()
            .zip(weights)
            .map(|(decision, weights)| TargetWeights { bar: decision.origin - 1, weights })
            .collect();
        hold_target_weights(&closes, &targets, config.cost)
    };
    let of = |outcome: fn(&Decision) -> &RuleOutcome| {
        executed.iter().map(|decision| outcome(decision).weights.as_slice()).collect()
    };

    let equal = vec![1.0 / market.n_assets() as f64; market.n_assets()];
    let mut tracks = vec![
        ("prior", follow(of(|decision| &decision.prior))?),
        ("earned", follow(of(|decision| &decision.earned))?),
        ("error-variance", follow(of(|decision| &decision.error_variance))?),
    ];
    if config.prior == PriorWeights::Equal {
        tracks[0].0 = "equal weight (prior)";
    } else {
        tracks.push(("equal weight", follow(vec![&equal; executed.len()])?));
    }

    let first_bar = tracks[0].1.first_bar;
    let mut period_ends: Vec<usize> = executed.iter().skip(1).map(|d| d.origin).collect();
    period_ends.push(n_rows - 1);
    period_ends.dedup();
    let with_views = executed.iter().filter(|d| d.earned.views > 0).count();
    Ok(OutOfSampleSection {
        first_date: market.date(first_bar),
        rebalancings: executed.len(),
        share_with_views: with_views as f64 / executed.len() as f64,
        execution: execution(config),
        dates: std::iter::once(first_bar)
            .chain(period_ends.iter().copied())
            .map(|row| market.date(row))
            .collect(),
        tracks: tracks
            .into_iter()
            .map(|(name, track)| section(name, &track, &period_ends, config))
            .collect(),
    })
}

/// How decisions become trades, and what a reader must not overlook.
fn execution(config: &PipelineConfig) -> String {
    let mut text = format!(
        "Decided on one close, traded at the next; every trade costs {} % of the traded value.",
        config.cost * 100.0
    );
    if config.prior != PriorWeights::Equal {
        text += " The prior holds the given market capitalisations throughout: unless they are those \
                 of the first date, its record knows the future.";
    }
    text
}

fn section(
    name: &str,
    track: &PortfolioTrack,
    period_ends: &[usize],
    config: &PipelineConfig,
) -> TrackSection {
    let returns = track.returns();
    let ppy = config.periods_per_year;
    let risk_free = config.risk_free_rate / ppy;
    let (equity, drawdown) = by_period(track, period_ends);
    TrackSection {
        name: name.to_owned(),
        total_return: metrics::total_return(&returns),
        annualized_return: metrics::annualized_return(&returns, ppy),
        annualized_volatility: metrics::annualized_volatility(&returns, ppy),
        sharpe: metrics::sharpe_ratio(&returns, risk_free, ppy),
        max_drawdown: drawdown.iter().copied().fold(0.0, f64::min),
        mean_turnover: track.mean_turnover(),
        equity,
        drawdown,
    }
}

/// Value at the start and at each period's end, and the deepest drawdown within each period.
fn by_period(track: &PortfolioTrack, period_ends: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let mut peak: f64 = 1.0;
    let mut equity = Vec::with_capacity(period_ends.len() + 1);
    let mut deepest = Vec::with_capacity(period_ends.len() + 1);
    let mut from = 0;
    for end in std::iter::once(track.first_bar).chain(period_ends.iter().copied()) {
        let to = (end - track.first_bar).min(track.equity.len() - 1);
        let mut worst: f64 = 0.0;
        for value in &track.equity[from..=to] {
            peak = peak.max(*value);
            worst = worst.min(value / peak - 1.0);
        }
        equity.push(track.equity[to]);
        deepest.push(worst);
        from = to + 1;
    }
    (equity, deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_keep_the_deepest_drawdown_between_their_ends() {
        let track = PortfolioTrack {
            first_bar: 10,
            equity: vec![0.99, 1.1, 0.88, 1.0, 1.2, 0.6, 1.3],
            turnover: vec![1.0],
        };
        let (equity, deepest) = by_period(&track, &[13, 16]);
        assert_eq!(equity, [0.99, 1.0, 1.3]);
        assert!((deepest[0] + 0.01).abs() < 1e-12);
        assert!((deepest[1] + 0.2).abs() < 1e-12);
        assert!((deepest[2] + 0.5).abs() < 1e-12);
    }
}
