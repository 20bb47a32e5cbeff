//! One rebalancing date: records become views, views become weights.

use nalgebra::DMatrix;
use tangency_optimize::allocation::{self, Constraints, Status};
use tangency_optimize::black_litterman::{Prior, View as BlackLittermanView, Views};

use crate::book::Book;
use crate::config::{PipelineConfig, ViewRule};
use crate::error::Result;
use crate::market::Market;
use crate::pipeline::annual_covariance;
use crate::schedule::Schedule;
use crate::skill::Skill;
use crate::views::View;

/// What every decision of a run has in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) market: &'a Market,
    pub(crate) schedule: &'a Schedule,
    pub(crate) book: &'a Book,
    pub(crate) config: &'a PipelineConfig,
    pub(crate) constraints: &'a Constraints,
    pub(crate) prior_weights: &'a [f64],
}

/// What one rule makes of the views.
#[derive(Debug, Clone)]
pub(crate) struct RuleOutcome {
    /// Views held.
    pub(crate) views: usize,
    /// Annual posterior excess returns.
    pub(crate) mean: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    /// What the solver said; without views it is not asked.
    pub(crate) status: Option<Status>,
}

/// Everything decided at one origin.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    pub(crate) origin: usize,
    /// Annual covariance, assets x assets.
    pub(crate) covariance: DMatrix<f64>,
    pub(crate) skills: Vec<Skill>,
    pub(crate) views: Vec<View>,
    pub(crate) prior: RuleOutcome,
    pub(crate) earned: RuleOutcome,
    pub(crate) error_variance: RuleOutcome,
}

impl Decision {
    pub(crate) fn of(&self, rule: ViewRule) -> &RuleOutcome {
        match rule {
            ViewRule::Earned => &self.earned,
            ViewRule::ErrorVariance => &self.error_variance,
        }
    }
}

impl Desk<'_> {
    /// Decides at the origin of index `at`, from what was known there: the rows before the origin
    /// and the forecasts whose targets lie among them, which are those of the origins before it.
    pub(crate) fn decide(&self, at: usize) -> Result<Decision> {
        let config = self.config;
        let n_assets = self.market.n_assets();
        let origin = self.schedule.origins()[at];
        let returns = self.market.returns(&self.schedule.train_rows(origin));
        let covariance = annual_covariance(returns, config)?;

        let skills: Vec<Skill> = (0..n_assets)
            .map(|asset| {
                let (model, naive) = self.book.errors(asset, at);
                Skill::measure(&model, &naive, n_assets, config.skill_level)
            })
            .collect();
        let views: Vec<View> = skills
            .iter()
            .enumerate()
            .map(|(asset, skill)| {
                let log_mean = self.book.ensemble_mean(asset, at);
                View::new(log_mean, covariance[(asset, asset)], skill, config)
            })
            .collect();

        let weights =
            allocation::feasible_prior(self.prior_weights, covariance.as_view(), self.constraints)?
                .weights;
        let prior = Prior::from_weights(covariance.as_view(), &weights, config.risk_aversion)?
            .with_tau(config.tau)?;
        let earned = views.iter().enumerate().filter(|(_, view)| view.confidence > 0.0).map(
            |(asset, view)| {
                BlackLittermanView::absolute(asset, view.excess_return)
                    .with_confidence(view.confidence)
            },
        );
        let tilted = views.iter().enumerate().map(|(asset, view)| {
            BlackLittermanView::absolute(asset, view.excess_return)
                .with_variance(view.error_variance)
        });
        let earned = self.follow(&prior, &weights, earned.collect())?;
        let error_variance = self.follow(&prior, &weights, tilted.collect())?;
        let prior = RuleOutcome { views: 0, mean: prior.mean().to_vec(), weights, status: None };
        Ok(Decision { origin, covariance, skills, views, prior, earned, error_variance })
    }

    /// Blends the views into the prior and finds the weights. Without views nothing is computed:
    /// the prior's mean and weights come back to the bit.
    ///
    /// The utility takes the covariance of returns, not the posterior's, which is wider by the
    /// uncertainty of the mean: so the weights move away from the prior continuously as the first
    /// view gains confidence (Idzorek, 2005, does the same).
    fn follow(
        &self,
        prior: &Prior,
        prior_weights: &[f64],
        views: Vec<BlackLittermanView>,
    ) -> Result<RuleOutcome> {
        let n_views = views.len();
        if n_views == 0 {
            return Ok(RuleOutcome {
                views: 0,
                mean: prior.mean().to_vec(),
                weights: prior_weights.to_vec(),
                status: None,
            });
        }
        let views = views.into_iter().fold(Views::new(), Views::with);
        let mean = prior.posterior(&views)?.mean().to_vec();
        let solution = allocation::max_utility(
            &mean,
            prior.covariance().as_view(),
            self.config.risk_aversion,
            self.constraints,
        )?;
        Ok(RuleOutcome {
            views: n_views,
            mean,
            weights: solution.weights,
            status: Some(solution.status),
        })
    }
}
