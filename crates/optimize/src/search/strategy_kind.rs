//! Ready-made strategies by name.

use std::fmt;
use std::str::FromStr;

use super::params::Params;
use crate::backtest::{
    BigBar, BollingerReversion, BuyAndHold, Donchian, EmaCross, MacdCross, RsiReversion, SmaCross,
    Strategy,
};
use crate::error::{Error, ErrorKind, Result};
use crate::nearest_name::nearest_name;

/// A ready-made strategy whose parameters are still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StrategyKind {
    /// [`SmaCross`]: `fast`, `slow`.
    SmaCross,
    /// [`RsiReversion`]: `window`, `low`, `high`.
    RsiReversion,
    /// [`Donchian`]: `entry`, `exit`.
    Donchian,
    /// [`EmaCross`]: `fast`, `slow`.
    EmaCross,
    /// [`MacdCross`]: `fast`, `slow`, `signal`.
    MacdCross,
    /// [`BollingerReversion`]: `window`, `deviations`.
    BollingerReversion,
    /// [`BigBar`]: `window`, `multiple`.
    BigBar,
    /// [`BuyAndHold`]: none.
    BuyAndHold,
}

impl StrategyKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::SmaCross,
        Self::RsiReversion,
        Self::Donchian,
        Self::EmaCross,
        Self::MacdCross,
        Self::BollingerReversion,
        Self::BigBar,
        Self::BuyAndHold,
    ];

    /// Its name in snake case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SmaCross => "sma_cross",
            Self::RsiReversion => "rsi_reversion",
            Self::Donchian => "donchian",
            Self::EmaCross => "ema_cross",
            Self::MacdCross => "macd_cross",
            Self::BollingerReversion => "bollinger_reversion",
            Self::BigBar => "big_bar",
            Self::BuyAndHold => "buy_and_hold",
        }
    }

    /// The names of its parameters.
    #[must_use]
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::SmaCross | Self::EmaCross => &["fast", "slow"],
            Self::MacdCross => &["fast", "slow", "signal"],
            Self::BollingerReversion => &["window", "deviations"],
            Self::BigBar => &["window", "multiple"],
            Self::RsiReversion => &["window", "low", "high"],
            Self::Donchian => &["entry", "exit"],
            Self::BuyAndHold => &[],
        }
    }

    /// The strategy with the parameters of a trial.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] for a missing parameter, [`ErrorKind::BadTrialParameter`] for a
    /// window that is no whole number.
    pub fn build(self, params: &Params) -> Result<Box<dyn Strategy>> {
        Ok(match self {
            Self::SmaCross => {
                Box::new(SmaCross { fast: params.count("fast")?, slow: params.count("slow")? })
            }
            Self::RsiReversion => Box::new(RsiReversion {
                window: params.count("window")?,
                low: params.get("low")?,
                high: params.get("high")?,
            }),
            Self::Donchian => {
                Box::new(Donchian { entry: params.count("entry")?, exit: params.count("exit")? })
            }
            Self::EmaCross => {
                Box::new(EmaCross { fast: params.count("fast")?, slow: params.count("slow")? })
            }
            Self::MacdCross => Box::new(MacdCross {
                fast: params.count("fast")?,
                slow: params.count("slow")?,
                signal: params.count("signal")?,
            }),
            Self::BollingerReversion => Box::new(BollingerReversion {
                window: params.count("window")?,
                deviations: params.get("deviations")?,
            }),
            Self::BigBar => Box::new(BigBar {
                window: params.count("window")?,
                multiple: params.get("multiple")?,
            }),
            Self::BuyAndHold => Box::new(BuyAndHold),
        })
    }

    /// Checks that `names` are this strategy's parameters, all of them and no others.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name, [`ErrorKind::MissingParameter`].
    pub fn check_names<'n>(self, names: impl Iterator<Item = &'n str>) -> Result<()> {
        check_names(self.parameters(), names)
    }
}

/// Checks that the names given are the known ones, all of them.
pub(super) fn check_names<'n>(known: &[&str], names: impl Iterator<Item = &'n str>) -> Result<()> {
    let mut missing = known.to_vec();
    for name in names {
        if !known.contains(&name) {
            let nearest = nearest_name(name, known.iter().copied());
            let (what, name) = ("parameter of the strategy", name.to_owned());
            return Err(ErrorKind::UnknownName { what, name, nearest }.into());
        }
        missing.retain(|known| *known != name);
    }
    match missing.first() {
        Some(name) => Err(ErrorKind::MissingParameter { name: (*name).to_owned() }.into()),
        None => Ok(()),
    }
}

impl fmt::Display for StrategyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for StrategyKind {
    type Err = Error;

    /// Reads a name; hyphens and capitals are accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownName`] with the nearest name.
    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or_else(|| {
            let nearest = nearest_name(&name, Self::ALL.iter().map(|kind| kind.name()));
            ErrorKind::UnknownName { what: "strategy", name: text.to_owned(), nearest }.into()
        })
    }
}
