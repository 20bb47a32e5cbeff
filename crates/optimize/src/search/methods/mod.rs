//! How the trials of a search are chosen.
//!
//! A method proposes trials in rounds. What it proposes depends on its seed and on the rounds before,
//! which are complete by then, so that neither the number of workers nor an interruption shows.

mod bandwidths;
mod cma_es;
mod draws;
mod fidelity;
mod genetic;
mod halton;
mod halving;
mod parzen;
mod ranking;
mod sampled;
mod tpe;

use std::fmt;
use std::str::FromStr;

use cma_es::CmaEs;
use genetic::Genetic;
use halton::Halton;
use halving::{Bracketed, Model};
pub(super) use sampled::SampledSource;
use sampled::{Context, Observation, Sampler};
use tpe::Tpe;

use crate::error::{Error, ErrorKind, Result};
use crate::nearest_name::nearest_name;
use sampled::Candidate;

/// How trials are chosen from a [`Space`](super::Space), and how many.
///
/// # Examples
///
/// ```
/// use tangency_optimize::metrics::{Metric, Metrics};
/// use tangency_optimize::search::{Collect, Failure, Method, Request, Space, Study};
/// use tangency_pool::Pool;
///
/// let space = Space::new().real("x", -5.0, 5.0)?.real("y", -5.0, 5.0)?;
/// let objective = |request: &Request<'_>| -> Result<Metrics, Failure> {
///     let (x, y) = (request.params.get("x")?, request.params.get("y")?);
///     Ok(Metrics::new().with(Metric::Sharpe, -(x - 1.0).powi(2) - (y + 2.0).powi(2)))
/// };
/// let study = Study::search(&space, Method::cma_es(200), Metric::Sharpe).seed(1);
/// let report = study.run(&Pool::new(2)?, &objective, &mut Collect::new())?;
/// let best = report.best.expect("every trial was measured");
/// assert!(best.metric(Metric::Sharpe) > Some(-1e-3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    kind: Kind,
    trials: u64,
    round: Option<usize>,
    min_budget: f64,
    eta: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Random,
    QuasiRandom,
    Tpe { multivariate: bool },
    SuccessiveHalving,
    Hyperband,
    Bohb,
    CmaEs,
    Genetic,
}

impl Kind {
    fn is_halving(self) -> bool {
        matches!(self, Self::SuccessiveHalving | Self::Hyperband | Self::Bohb)
    }
}

const NAMES: [(&str, Kind); 8] = [
    ("random", Kind::Random),
    ("quasi-random", Kind::QuasiRandom),
    ("tpe", Kind::Tpe { multivariate: true }),
    ("successive-halving", Kind::SuccessiveHalving),
    ("hyperband", Kind::Hyperband),
    ("bohb", Kind::Bohb),
    ("cma-es", Kind::CmaEs),
    ("genetic", Kind::Genetic),
];

impl Method {
    fn new(kind: Kind, trials: u64) -> Self {
        Self { kind, trials: trials.max(1), round: None, min_budget: 1.0 / 27.0, eta: 3.0 }
    }

    /// Points drawn evenly and independently.
    #[must_use]
    pub fn random(trials: u64) -> Self {
        Self::new(Kind::Random, trials)
    }

    /// Points of a randomised Halton sequence: Owen (2017), "A randomized Halton algorithm in R".
    #[must_use]
    pub fn quasi_random(trials: u64) -> Self {
        Self::new(Kind::QuasiRandom, trials)
    }

    /// The tree-structured Parzen estimator: Bergstra, Bardenet, Bengio and Kégl (2011), "Algorithms
    /// for hyper-parameter optimization"; with one density over all parameters, as in Falkner, Klein
    /// and Hutter (2018), which sees that two of them belong together. Good trials count by what they
    /// improve: Watanabe (2023), "Tree-structured Parzen estimator: understanding its algorithm components
    /// and their roles for better empirical performance".
    #[must_use]
    pub fn tpe(trials: u64) -> Self {
        Self::new(Kind::Tpe { multivariate: true }, trials)
    }

    /// The same with a density for each parameter on its own.
    #[must_use]
    pub fn univariate_tpe(trials: u64) -> Self {
        Self::new(Kind::Tpe { multivariate: false }, trials)
    }

    /// Many trials on a small budget, the best third of them on three times as much, and so on:
    /// Jamieson and Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter
    /// optimization". Begun anew until `trials` evaluations are spent.
    #[must_use]
    pub fn successive_halving(trials: u64) -> Self {
        Self::new(Kind::SuccessiveHalving, trials)
    }

    /// Halving from several budgets in turn: Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar
    /// (2018), "Hyperband: a novel bandit-based approach to hyperparameter optimization".
    #[must_use]
    pub fn hyperband(trials: u64) -> Self {
        Self::new(Kind::Hyperband, trials)
    }

    /// Hyperband whose trials come from a Parzen estimator: Falkner, Klein and Hutter (2018), "BOHB:
    /// robust and efficient hyperparameter optimization at scale".
    ///
    /// As published one point in three is drawn evenly, and 15 % of the points count as good. Where that
    /// takes its density on the largest budget that has enough points, here the points of smaller budgets
    /// count as well, each by the share of all points that it is expected to be among, down to a budget
    /// that ranks points otherwise than the next larger one: the largest budget alone has few points for
    /// most of a study.
    #[must_use]
    pub fn bohb(trials: u64) -> Self {
        Self::new(Kind::Bohb, trials)
    }

    /// Evolution with an adapted covariance matrix, begun anew with twice the population where it
    /// stalls: Hansen (2016), "The CMA evolution strategy: a tutorial"; Auger and Hansen (2005), "A
    /// restart CMA evolution strategy with increasing population size".
    #[must_use]
    pub fn cma_es(trials: u64) -> Self {
        Self::new(Kind::CmaEs, trials)
    }

    /// NSGA-II, for one metric or several: Deb, Pratap, Agarwal and Meyarivan (2002), "A fast and
    /// elitist multiobjective genetic algorithm".
    #[must_use]
    pub fn genetic(trials: u64) -> Self {
        Self::new(Kind::Genetic, trials)
    }

    /// The method of that name, such as `tpe` or `cma-es`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    pub fn named(name: &str, trials: u64) -> Result<Self> {
        let wanted = name.trim().to_ascii_lowercase().replace('_', "-");
        match NAMES.iter().find(|(known, _)| *known == wanted) {
            Some((_, kind)) => Ok(Self::new(*kind, trials)),
            None => {
                let nearest = nearest_name(&wanted, Self::names());
                Err(ErrorKind::UnknownName { what: "method", name: name.to_owned(), nearest }
                    .into())
            }
        }
    }

    /// The names of the methods.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// How many trials are proposed at a time, before the next ones learn from them: at least as many
    /// as there are workers keeps those busy. Unless set, 4 for TPE and within the first rung of a
    /// bracket of BOHB, the population for CMA-ES and the genetic method. Later rungs, and all of those
    /// methods that halve without a model, are taken whole whatever is set.
    #[must_use]
    pub fn round(mut self, trials: usize) -> Self {
        self.round = Some(trials.max(1));
        self
    }

    /// The smallest budget of methods that halve, above 0 and below 1; 1/27 unless set.
    #[must_use]
    pub fn min_budget(mut self, share: f64) -> Self {
        self.min_budget = share;
        self
    }

    /// Number of trials, those on small budgets included.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Whether the method that shows as this text measures trials on a part of the budget.
    pub(super) fn halves(shown: &str) -> bool {
        let name = shown.split('(').next().unwrap_or_default();
        NAMES.iter().any(|(known, kind)| *known == name && kind.is_halving())
    }

    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Tpe { multivariate: false } => "univariate-tpe",
            kind => NAMES.iter().find(|(_, known)| *known == kind).map_or("", |(name, _)| name),
        }
    }

    /// What proposes.
    pub(super) fn sampler(&self, dimensions: usize, seed: u64) -> Result<Box<dyn Sampler>> {
        let halving = |model, widest_only| -> Result<Box<dyn Sampler>> {
            let share = self.min_budget;
            if !(share > 0.0 && share < 1.0) {
                let (name, expected) = ("min_budget", "above 0 and below 1");
                return Err(ErrorKind::InvalidParameter { name, value: share, expected }.into());
            }
            let round = self.round.unwrap_or(LEARNING_ROUND);
            Ok(Box::new(Bracketed::new(model, share, self.eta, widest_only, self.trials, round)))
        };
        let round = |default: usize| self.round.unwrap_or(default);
        Ok(match self.kind {
            Kind::Random => Box::new(Random { round: round(RANDOM_ROUND) }),
            Kind::QuasiRandom => Box::new(QuasiRandom {
                halton: Halton::new(dimensions, seed),
                round: round(RANDOM_ROUND),
                next: 0,
            }),
            Kind::Tpe { multivariate } => {
                let kind =
                    if multivariate { tpe::Kind::Multivariate } else { tpe::Kind::Univariate };
                Box::new(Tpe::new(kind, round(LEARNING_ROUND)))
            }
            Kind::SuccessiveHalving => halving(Model::Random, true)?,
            Kind::Hyperband => halving(Model::Random, false)?,
            Kind::Bohb => halving(Model::Parzen(Tpe::new(tpe::Kind::Budgeted, 1)), false)?,
            Kind::CmaEs => Box::new(CmaEs::new(dimensions, self.round)),
            Kind::Genetic => Box::new(Genetic::new(round(50))),
        })
    }
}

/// Trials that a Parzen estimator proposes at a time.
const LEARNING_ROUND: usize = 4;
/// Trials that are proposed at a time where nothing is learned from them.
const RANDOM_ROUND: usize = 4096;

impl fmt::Display for Method {
    /// Name and settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(trials={}", self.name(), self.trials)?;
        if let Some(round) = self.round {
            write!(f, ", round={round}")?;
        }
        if self.kind.is_halving() {
            write!(f, ", min_budget={}, eta={}", self.min_budget, self.eta)?;
        }
        f.write_str(")")
    }
}

impl FromStr for Method {
    type Err = Error;

    /// Reads a name, for a hundred trials.
    ///
    /// # Errors
    ///
    /// As [`Method::named`].
    fn from_str(text: &str) -> Result<Self> {
        Self::named(text, 100)
    }
}

/// Points drawn one by one.
#[derive(Debug)]
struct Random {
    round: usize,
}

impl Sampler for Random {
    fn propose(&mut self, _: &[Observation], context: &Context<'_>) -> Result<Vec<Candidate>> {
        (0..self.round.min(context.left)).map(|offset| context.random(offset)).collect()
    }

    fn learns(&self) -> bool {
        false
    }
}

/// Points of a sequence; those that a constraint refuses are skipped.
#[derive(Debug)]
struct QuasiRandom {
    halton: Halton,
    round: usize,
    next: u64,
}

impl Sampler for QuasiRandom {
    fn propose(&mut self, _: &[Observation], context: &Context<'_>) -> Result<Vec<Candidate>> {
        let propose = |_| {
            context.first_admitted(|_| {
                self.next += 1;
                self.halton.point(self.next - 1)
            })
        };
        (0..self.round.min(context.left)).map(propose).collect()
    }

    fn learns(&self) -> bool {
        false
    }
}
