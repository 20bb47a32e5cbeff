//! The search over orders: stepwise from a few simple models, or all of them.

use super::{AutoArima, Candidate, FittedAutoArima};
use crate::arima::{FittedArima, Mean, Order};
use crate::data::TrainingData;
use crate::error::{ErrorKind, Result};
use crate::model::{Fit, FitContext, FitStatus};

/// How many of the best candidates are fitted again from all starting values.
const FINALISTS: usize = 3;

/// What a thorough fit hardly ever gains: candidates further behind are no finalists.
const FAR: f64 = 4.0;

/// Candidates after which a stepwise search ends wherever it is.
const MOST_STEPWISE: usize = 94;

/// Steps from one order to its neighbours: (p, q, P, Q).
const STEPS: [[i8; 4]; 16] = [
    [0, 0, -1, 0],
    [0, 0, 0, -1],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [0, 0, -1, -1],
    [0, 0, -1, 1],
    [0, 0, 1, -1],
    [0, 0, 1, 1],
    [-1, 0, 0, 0],
    [0, -1, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [-1, -1, 0, 0],
    [-1, 1, 0, 0],
    [1, -1, 0, 0],
    [1, 1, 0, 0],
];

struct Study<'a> {
    options: &'a AutoArima,
    data: &'a TrainingData<'a>,
    context: &'a FitContext,
    trace: Vec<Candidate>,
    /// The fitted models of the trace.
    fitted: Vec<Option<FittedArima>>,
    /// The best candidate so far: its neighbours start from its coefficients.
    nearest: Option<usize>,
    /// Whether the first few models, which no other is near to, have been tried.
    underway: bool,
    /// Whether orders were left out that might have been better.
    cut_short: bool,
}

/// The best model and everything that was tried. `differenced` holds the differences and season.
pub(super) fn run(
    options: &AutoArima,
    data: &TrainingData<'_>,
    context: &FitContext,
    differenced: Order,
) -> Result<FittedAutoArima> {
    let mut study = Study {
        options,
        data,
        context,
        trace: Vec::new(),
        fitted: Vec::new(),
        nearest: None,
        underway: false,
        cut_short: false,
    };
    let mean = options.mean_of(differenced.d, differenced.seasonal_d);
    if options.exhaustive {
        study.try_all(differenced, mean);
    } else {
        study.step(differenced, mean);
    }
    study.finish()
}

impl Study<'_> {
    /// Fits a candidate unless it was tried before; its criterion.
    fn evaluate(&mut self, order: Order, mean: Mean) -> f64 {
        let known = self.trace.iter().find(|tried| tried.order == order && tried.mean == mean);
        if let Some(known) = known {
            return known.criterion;
        }
        let (candidate, fitted) = self.fit(order, mean, false);
        let criterion = candidate.criterion;
        let nearest = self.nearest.map(|at| self.trace[at].criterion);
        if fitted.is_some() && nearest.is_none_or(|value| criterion < value) {
            self.nearest = Some(self.trace.len());
        }
        self.fitted.push(fitted);
        self.trace.push(candidate);
        criterion
    }

    fn fit(&self, order: Order, mean: Mean, thorough: bool) -> (Candidate, Option<FittedArima>) {
        let model = self.options.model(order, mean, thorough);
        let near = self.nearest.and_then(|at| self.fitted[at].as_ref());
        let result = match near {
            Some(near) if self.underway && !thorough => {
                model.fit_near(self.data, self.context, &padded(near, &order))
            }
            _ => model.fit(self.data, self.context),
        };
        match result {
            Ok(fitted) => {
                let accepted = fitted.is_inside(self.options.root_margin);
                let criterion = match accepted {
                    true => self.options.criterion.of(&fitted),
                    false => f64::INFINITY,
                };
                let log_likelihood = Some(fitted.log_likelihood());
                let error = None;
                let candidate =
                    Candidate { order, mean, criterion, log_likelihood, thorough, error };
                (candidate, accepted.then_some(fitted))
            }
            Err(error) => {
                let (criterion, log_likelihood) = (f64::INFINITY, None);
                let error = Some(error);
                (Candidate { order, mean, criterion, log_likelihood, thorough, error }, None)
            }
        }
    }

    fn step(&mut self, base: Order, mean: Mean) {
        let largest = self.options.largest;
        let season = base.season > 0;
        let at = |p: usize, q: usize, seasonal_p: usize, seasonal_q: usize| Order {
            p: p.min(largest.p),
            q: q.min(largest.q),
            seasonal_p: if season { seasonal_p.min(largest.seasonal_p) } else { 0 },
            seasonal_q: if season { seasonal_q.min(largest.seasonal_q) } else { 0 },
            ..base
        };
        let mut firsts = vec![
            (at(2, 2, 1, 1), mean),
            (at(0, 0, 0, 0), mean),
            (at(1, 0, 1, 0), mean),
            (at(0, 1, 0, 1), mean),
        ];
        if mean != Mean::None {
            firsts.push((at(0, 0, 0, 0), Mean::None));
        }
        let mut best = (f64::INFINITY, base, Mean::None);
        for (order, mean) in firsts {
            let value = self.evaluate(order, mean);
            if value < best.0 {
                best = (value, order, mean);
            }
        }
        self.underway = true;
        'moved: while self.trace.len() < MOST_STEPWISE && !self.context.is_cancelled() {
            let other = if best.2 == Mean::None { mean } else { Mean::None };
            let neighbours = STEPS.iter().filter_map(|step| neighbour(best.1, step, &largest));
            let mut neighbours: Vec<(Order, Mean)> =
                neighbours.map(|order| (order, best.2)).collect();
            if other != best.2 {
                neighbours.push((best.1, other));
            }
            for (order, mean) in neighbours {
                let value = self.evaluate(order, mean);
                if value < best.0 {
                    best = (value, order, mean);
                    continue 'moved;
                }
            }
            return;
        }
        self.cut_short = true;
    }

    fn try_all(&mut self, base: Order, mean: Mean) {
        let largest = self.options.largest;
        let (most_p, most_q) =
            if base.season > 0 { (largest.seasonal_p, largest.seasonal_q) } else { (0, 0) };
        let means: &[Mean] = if mean == Mean::None { &[Mean::None] } else { &[Mean::None, mean] };
        for p in 0..=largest.p {
            for q in 0..=largest.q {
                for seasonal_p in 0..=most_p {
                    for seasonal_q in 0..=most_q {
                        let terms = p + q + seasonal_p + seasonal_q;
                        if terms > self.options.most_terms {
                            continue;
                        }
                        if self.context.is_cancelled() {
                            self.cut_short = true;
                            return;
                        }
                        let order = Order { p, q, seasonal_p, seasonal_q, ..base };
                        for &mean in means {
                            self.evaluate(order, mean);
                        }
                    }
                }
            }
        }
    }

    /// Fits the finalists thoroughly; the best of them.
    fn finish(mut self) -> Result<FittedAutoArima> {
        let mut ranked: Vec<usize> =
            (0..self.trace.len()).filter(|&at| self.trace[at].criterion.is_finite()).collect();
        ranked.sort_by(|&a, &b| self.trace[a].criterion.total_cmp(&self.trace[b].criterion));
        let mut best: Option<(f64, FittedArima)> = None;
        let within = ranked.first().map_or(0.0, |&at| self.trace[at].criterion + FAR);
        ranked.retain(|&at| self.trace[at].criterion <= within);
        for at in ranked.into_iter().take(FINALISTS) {
            let (order, mean) = (self.trace[at].order, self.trace[at].mean);
            let (candidate, fitted) = self.fit(order, mean, true);
            // A neighbour's coefficients can lead to a maximum that the other starts miss.
            let first = (self.trace[at].criterion, self.fitted[at].take());
            for (criterion, fitted) in [first, (candidate.criterion, fitted)] {
                if let Some(fitted) = fitted
                    && best.as_ref().is_none_or(|(value, _)| criterion < *value)
                {
                    best = Some((criterion, fitted));
                }
            }
            self.trace.push(candidate);
        }
        match best {
            Some((_, best)) => {
                // Candidates that were cut short themselves may have lost the choice by that.
                let whole = !self.cut_short && !self.context.is_cancelled();
                let status = if whole { best.status() } else { FitStatus::StoppedEarly };
                Ok(FittedAutoArima { best, trace: self.trace, status })
            }
            None => {
                let error = self.trace.into_iter().find_map(|candidate| candidate.error);
                let nothing = match self.cut_short {
                    true => ErrorKind::Cancelled,
                    false => ErrorKind::NoFiniteLikelihood,
                };
                Err(error.unwrap_or_else(|| nothing.into()))
            }
        }
    }
}

/// The coefficients of a fitted model for another order: lags it does not have are zero.
fn padded(fitted: &FittedArima, order: &Order) -> Vec<f64> {
    let blocks =
        [("ar", order.p), ("ma", order.q), ("sar", order.seasonal_p), ("sma", order.seasonal_q)];
    let value = |name: &str, lag: usize| fitted.parameter(&format!("{name}{lag}")).unwrap_or(0.0);
    blocks
        .into_iter()
        .flat_map(|(name, lags)| (1..=lags).map(move |lag| value(name, lag)))
        .collect()
}

/// The order one step away, if it is within bounds.
fn neighbour(order: Order, step: &[i8; 4], largest: &Order) -> Option<Order> {
    let moved = |value: usize, by: i8, most: usize| {
        let moved = value.checked_add_signed(isize::from(by))?;
        (moved <= most).then_some(moved)
    };
    if order.season == 0 && (step[2] != 0 || step[3] != 0) {
        return None;
    }
    Some(Order {
        p: moved(order.p, step[0], largest.p)?,
        q: moved(order.q, step[1], largest.q)?,
        seasonal_p: moved(order.seasonal_p, step[2], largest.seasonal_p)?,
        seasonal_q: moved(order.seasonal_q, step[3], largest.seasonal_q)?,
        ..order
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_stay_within_bounds() {
        let largest = Order { seasonal_p: 1, seasonal_q: 1, ..Order::new(2, 1, 2) };
        let order = Order::new(2, 1, 0);
        assert_eq!(neighbour(order, &[1, 0, 0, 0], &largest), None);
        assert_eq!(neighbour(order, &[0, -1, 0, 0], &largest), None);
        assert_eq!(neighbour(order, &[0, 0, 1, 0], &largest), None);
        assert_eq!(neighbour(order, &[-1, 1, 0, 0], &largest), Some(Order::new(1, 1, 1)));
    }
}
