//! The ready-made rules: by hand, against the future, and with windows that do not fit.

use proptest::prelude::*;
use tangency_optimize::backtest::events::{EventBacktest, EventConfig, TradePlan};
use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Bars, BigBar, BollingerReversion, BuyAndHold, Detail, Donchian,
    EmaCross, Indicators, MacdCross, MomentumRotation, RsiReversion, Signals, SmaCross,
    Strategy as TradingStrategy,
};

fn all() -> Vec<Box<dyn TradingStrategy>> {
    vec![
        Box::new(SmaCross { fast: 2, slow: 5 }),
        Box::new(EmaCross { fast: 2, slow: 5 }),
        Box::new(MacdCross { fast: 2, slow: 4, signal: 3 }),
        Box::new(RsiReversion { window: 3, low: 45.0, high: 55.0 }),
        Box::new(BollingerReversion { window: 4, deviations: 0.5 }),
        Box::new(Donchian { entry: 3, exit: 2 }),
        Box::new(BigBar { window: 3, multiple: 0.8 }),
        Box::new(BuyAndHold),
    ]
}

fn bars_at(flags: &[bool]) -> Vec<usize> {
    flags.iter().enumerate().filter_map(|(bar, flag)| flag.then_some(bar)).collect()
}

fn signals(strategy: &dyn TradingStrategy, bars: &Bars<'_>) -> Signals {
    let mut signals = Signals::default();
    strategy.signals_into(bars, &mut signals).unwrap();
    signals
}

#[test]
fn a_big_bar_is_measured_against_those_before_it() {
    let open = [10.0, 10.0, 10.0, 10.0, 12.0, 12.0, 9.0];
    let close = [10.5, 10.5, 10.5, 12.0, 12.5, 9.0, 9.5];
    let high = [10.5, 10.5, 10.5, 12.5, 12.5, 12.5, 9.5];
    let low = [9.5, 9.5, 9.5, 9.5, 11.5, 8.5, 8.5];
    let bars = Bars::new(&open, &high, &low, &close).unwrap();
    let big = signals(&BigBar { window: 2, multiple: 1.9 }, &bars);
    // Ranges 1, 1, 1, 3, 1, 4, 1: bar 3 rises over a mean of 1, bar 5 falls over a mean of 2.
    assert_eq!((bars_at(big.entries()), bars_at(big.exits())), (vec![3], vec![5]));
    // Closes only: moves 0, 0, 1.5, 0.5, -3.5, 0.5 from the second bar on.
    let closes = Bars::from_closes(&close).unwrap();
    let big = signals(&BigBar { window: 2, multiple: 1.9 }, &closes);
    assert_eq!((bars_at(big.entries()), bars_at(big.exits())), (vec![3], vec![5]));
}

#[test]
fn momentum_holds_the_winners() {
    let slow: Vec<f64> = (0..12).map(|i| 10.0 + f64::from(i)).collect();
    let fast: Vec<f64> = (0..12).map(|i| 10.0 + 2.0 * f64::from(i)).collect();
    let falling: Vec<f64> = (0..12).map(|i| 30.0 - f64::from(i)).collect();
    let closes = [&slow[..], &fast, &falling];
    let rotation = MomentumRotation { lookback: 4, hold: 2, every: 3 };
    let decisions = rotation.decisions(&closes).unwrap();
    assert_eq!(decisions.iter().map(|(bar, _)| *bar).collect::<Vec<_>>(), [4, 7, 10]);
    assert!(decisions.iter().all(|(_, weights)| weights == &[0.5, 0.5, 0.0]));
    // What does not rise is not held.
    let all = MomentumRotation { hold: 3, ..rotation }.decisions(&closes).unwrap();
    assert_eq!(all[0].1[2], 0.0);
    let message = |r: MomentumRotation| r.decisions(&closes).unwrap_err().to_string();
    assert!(message(MomentumRotation { hold: 4, ..rotation }).starts_with("hold is 4"));
    assert!(
        message(MomentumRotation { lookback: 12, ..rotation }).starts_with("lookback is 12 bars")
    );
    let bad = [1.0, 2.0, 0.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0];
    assert_eq!(
        rotation.track(&[&bad, &fast], 0.0).unwrap_err().to_string(),
        "close of asset 0 at bar 2 is 0, expected a finite number above zero"
    );
    assert!(rotation.track(&closes, 2.0).unwrap_err().to_string().starts_with("cost is 2"));
    // Noise after a decision does not change it.
    let mut noisy = slow.clone();
    noisy[8..].fill(1.0);
    let later = rotation.decisions(&[&noisy, &fast, &falling]).unwrap();
    assert_eq!(later[..2], decisions[..2]);
}

#[test]
fn a_window_longer_than_the_data_is_an_error() {
    let close = [10.0, 11.0, 12.0, 11.0];
    let bars = Bars::from_closes(&close).unwrap();
    let message = |strategy: &dyn TradingStrategy| {
        strategy.signals_into(&bars, &mut Signals::default()).unwrap_err().to_string()
    };
    assert_eq!(
        message(&SmaCross { fast: 2, slow: 5 }),
        "slow is 5 bars, longer than the 4 bars there are"
    );
    assert!(message(&EmaCross { fast: 9, slow: 2 }).starts_with("fast is 9 bars"));
    assert!(message(&MacdCross { fast: 1, slow: 2, signal: 5 }).starts_with("signal is 5 bars"));
    assert!(message(&Donchian { entry: 1, exit: 7 }).starts_with("exit is 7 bars"));
    assert!(
        message(&RsiReversion { window: 5, low: 1.0, high: 2.0 }).starts_with("window is 5 bars")
    );
    assert!(message(&RsiReversion { window: 2, low: -1.0, high: 2.0 }).starts_with("low is -1"));
    assert!(
        message(&BollingerReversion { window: 2, deviations: 0.0 }).starts_with("deviations is 0")
    );
    assert!(message(&BigBar { window: 2, multiple: f64::NAN }).starts_with("multiple is NaN"));
}

proptest! {
    /// Noise after a bar changes no signal, no equity and no closed trade up to it: for every rule,
    /// in both engines. Shared indicators give the same signals.
    #[test]
    fn no_rule_sees_the_future(
        moves in prop::collection::vec((-0.05..0.05_f64, -0.05..0.05_f64), 40),
        others in prop::collection::vec((-0.05..0.05_f64, -0.05..0.05_f64), 40),
        cut in 1_usize..40,
    ) {
        let grafted = [&moves[..cut], &others[cut..]].concat();
        for strategy in all() {
            let [a, b] = [&moves, &grafted].map(|moves| {
                let mut price = 50.0_f64;
                let (mut open, mut close) = (Vec::new(), Vec::new());
                for (gap, day) in moves {
                    open.push(price * gap.exp());
                    price = open[open.len() - 1] * day.exp();
                    close.push(price);
                }
                let high: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.max(*c) * 1.01).collect();
                let low: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.min(*c) * 0.99).collect();
                let bars = Bars::new(&open, &high, &low, &close).unwrap();
                let shared = Indicators::new(bars);
                let mut twice = Signals::default();
                strategy.signals_shared(&shared, &mut twice).unwrap();
                strategy.signals_shared(&shared, &mut twice).unwrap();
                let own = signals(strategy.as_ref(), &bars);
                assert_eq!(own, twice);
                let fast = Backtest::new(bars, BacktestConfig::new(252.0)).unwrap();
                let fast = fast.run_detailed(strategy.as_ref(), Detail::ALL).unwrap();
                let plan = TradePlan {
                    stop_loss: Some(0.03),
                    take_profit: Some(0.05),
                    trailing_stop: Some(0.04),
                    max_bars: Some(6),
                    ..TradePlan::all_in()
                };
                let event = EventBacktest::new(bars, EventConfig::vectorbt(252.0)).unwrap();
                let event = event.run_strategy(strategy.as_ref(), &plan, Detail::ALL).unwrap();
                (own, fast.equity.unwrap(), event.equity.unwrap(), event.trades.unwrap())
            });
            prop_assert_eq!(&a.0.entries()[..cut], &b.0.entries()[..cut]);
            prop_assert_eq!(&a.0.exits()[..cut], &b.0.exits()[..cut]);
            prop_assert_eq!(&a.1[..cut], &b.1[..cut]);
            prop_assert_eq!(&a.2[..cut], &b.2[..cut]);
            let past = |trades: &[tangency_optimize::backtest::Trade]| -> Vec<_> {
                trades.iter().copied().filter(|t| t.exit_bar < cut && t.exit_fee >= 0.0).filter(|t| {
                    t.status == tangency_optimize::backtest::TradeStatus::Closed
                }).collect()
            };
            prop_assert_eq!(past(&a.3), past(&b.3));
        }
    }
}
