//! How the intervals of `tangency forecast` come about: by the normal law, from resampled paths or
//! from the errors of past forecasts.

use serde::Serialize;
use tangency::forecast::arima::FittedArima;
use tangency::forecast::{self, FitContext, Forecast, ForecastRequest, Predict};

use crate::args::{ForecastArgs, IntervalArg};
use crate::exit::{Failure, Outcome};

/// Resampled paths, unless told otherwise: 50 of them lie beyond either end of a 95 % interval.
const PATHS: usize = 2_000;

/// Past forecasts whose errors are counted, unless told otherwise.
const CALIBRATION: usize = 100;

/// More values than anybody draws for one series; they are in memory together.
const MOST_VALUES: usize = 100_000_000;

/// The interval of one level, on the scale of the forecast.
#[derive(Debug, Serialize)]
pub(crate) struct Interval {
    level: f64,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Normal,
    Bootstrap { paths: usize },
    Conformal { calibration: usize },
}

/// What was asked for, checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intervals<'a> {
    way: Way,
    levels: &'a [f64],
}

impl<'a> Intervals<'a> {
    /// Checks the options that have to do with intervals; `arima`: whether the model is one.
    pub(crate) fn new(args: &'a ForecastArgs, arima: bool) -> Outcome<Self> {
        for &level in &args.level {
            ForecastRequest::new(args.horizon).with_level(level).check().map_err(Failure::usage)?;
        }
        let way = match args.interval {
            IntervalArg::Normal => Way::Normal,
            IntervalArg::Bootstrap => Way::Bootstrap { paths: args.paths.unwrap_or(PATHS) },
            IntervalArg::Conformal => {
                Way::Conformal { calibration: args.calibration.unwrap_or(CALIBRATION) }
            }
        };
        let refuse = |message: String| Err(Failure::usage(message));
        if !arima && args.interval != IntervalArg::Normal {
            return refuse(format!("--interval needs an ARIMA model, got {}", args.model));
        }
        if args.paths.is_some() && args.interval != IntervalArg::Bootstrap {
            return refuse("--paths needs --interval bootstrap".to_owned());
        }
        if args.calibration.is_some() && args.interval != IntervalArg::Conformal {
            return refuse("--calibration needs --interval conformal".to_owned());
        }
        match way {
            Way::Bootstrap { paths } if paths < 2 => {
                return refuse(format!("--paths must be at least 2, got {paths}"));
            }
            Way::Bootstrap { paths } if paths.saturating_mul(args.horizon) > MOST_VALUES => {
                return refuse(format!(
                    "--paths {paths} of {} steps: at most {MOST_VALUES} values in all",
                    args.horizon
                ));
            }
            _ => {}
        }
        Ok(Self { way, levels: &args.level })
    }

    /// The level that stands in the forecast itself.
    pub(crate) fn first_level(&self) -> f64 {
        self.levels[0]
    }

    /// The forecast of an ARIMA model, and the intervals of all levels.
    pub(crate) fn of_arima(
        &self,
        fitted: &FittedArima,
        request: &ForecastRequest<'_>,
        context: &FitContext,
    ) -> forecast::Result<(Forecast, Vec<Interval>)> {
        let at = |level: f64| {
            let request = request.clone().with_level(level);
            match self.way {
                Way::Normal => fitted.predict(&request),
                Way::Bootstrap { paths } => {
                    fitted.predict_bootstrap(&request, paths, context.seed())
                }
                Way::Conformal { calibration } => fitted.predict_conformal(&request, calibration),
            }
        };
        let forecast = at(self.first_level())?;
        Ok((forecast, self.listed(at)?))
    }

    /// The intervals of all levels around a forecast of another model.
    pub(crate) fn around(&self, forecast: &Forecast) -> forecast::Result<Vec<Interval>> {
        self.listed(|level| forecast.at_level(level))
    }

    /// None for a single level, which the forecast has itself.
    fn listed(
        &self,
        at: impl Fn(f64) -> forecast::Result<Forecast>,
    ) -> forecast::Result<Vec<Interval>> {
        let levels = if self.levels.len() > 1 { self.levels } else { &[] };
        let interval = |&level: &f64| {
            let Forecast { lower, upper, .. } = at(level)?;
            Ok(Interval { level, lower, upper })
        };
        levels.iter().map(interval).collect()
    }
}
