//! The rules of the simulation, one by one, and against a plain ledger on random bars.

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use tangency_optimize::ErrorKind;
use tangency_optimize::backtest::{
    Backtest, BacktestConfig, BacktestResult, Bars, BuyAndHold, Costs, Detail, Donchian, Execution,
    MovingAverages, RsiReversion, Signals, SmaCross, Strategy, TradeStatus,
};
use tangency_optimize::metrics;
use tangency_pool::Pool;

use crate::backtest_agreement::same_cases;

const OPEN: [f64; 6] = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
const CLOSE: [f64; 6] = [10.5, 11.5, 12.5, 13.5, 14.5, 15.5];

fn run(entries: [u8; 6], exits: [u8; 6], config: BacktestConfig) -> BacktestResult {
    let flags = |bits: [u8; 6]| bits.iter().map(|bit| *bit == 1).collect();
    let signals = Signals::from_flags(flags(entries), flags(exits)).unwrap();
    let bars = Bars::new(&OPEN, &CLOSE, &OPEN, &CLOSE).unwrap();
    Backtest::new(bars, config).unwrap().run_signals(&signals, Detail::ALL).unwrap()
}

fn config() -> BacktestConfig {
    BacktestConfig::new(252.0).with_cash(1100.0)
}

#[test]
fn a_signal_fills_at_the_next_open() {
    let result = run([1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], config());
    let trade = result.trades.unwrap()[0];
    assert_eq!((trade.entry_bar, trade.entry_price, trade.size), (1, 11.0, 100.0));
    assert_eq!((trade.exit_bar, trade.exit_price), (3, 13.0));
    assert_eq!(result.equity.unwrap(), [1100.0, 1150.0, 1250.0, 1300.0, 1300.0, 1300.0]);
    assert_eq!(result.exposure.unwrap(), [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!((result.statistics.bars, result.statistics.bars_in_market), (6, 2));
}

#[test]
fn or_at_the_next_close() {
    let result = run([1, 0, 0, 0, 0, 0], [0; 6], config().with_execution(Execution::NextClose));
    assert_eq!(result.execution, Execution::NextClose);
    assert_eq!(result.trades.unwrap()[0].entry_price, 11.5);
}

#[test]
fn a_signal_on_the_last_bar_is_dropped() {
    let result = run([0, 0, 0, 0, 0, 1], [0; 6], config());
    assert_eq!(result.statistics.trades, 0);
    assert_eq!(result.statistics.total_return, 0.0);
    assert_eq!(result.statistics.max_drawdown, 0.0);
    for value in [
        result.statistics.sharpe,
        result.statistics.sortino,
        result.statistics.calmar,
        result.statistics.omega,
        result.statistics.win_rate,
        result.statistics.profit_factor,
        result.statistics.expectancy,
    ] {
        assert!(value.is_nan(), "a strategy that never traded has no ratios");
    }
}

#[test]
fn both_signals_at_once_do_nothing() {
    let flat = run([0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], config());
    assert_eq!(flat.statistics.trades, 0);
    let long = run([1, 0, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0], config());
    assert_eq!((long.statistics.trades, long.statistics.closed_trades), (1, 0));
}

#[test]
fn what_changes_nothing_is_ignored() {
    let plain = run([1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0], config());
    let noisy = run([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], config());
    assert_eq!(plain, noisy);
}

#[test]
fn an_open_position_stays_open() {
    let result = run([0, 0, 1, 0, 0, 0], [0; 6], config().with_costs(Costs::fee(0.01)));
    let trade = result.trades.unwrap()[0];
    assert_eq!(trade.status, TradeStatus::Open);
    assert_eq!((trade.exit_bar, trade.exit_price, trade.exit_fee), (5, 15.5, 0.0));
    assert_eq!((result.statistics.trades, result.statistics.closed_trades), (1, 0));
    assert!(result.statistics.win_rate.is_nan());
    assert_eq!(result.statistics.total_fees, trade.entry_fee);
}

#[test]
fn fee_and_slippage_are_paid_on_both_sides() {
    let costs = Costs { fee: 0.01, slippage: 0.02 };
    let result = run([1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0], config().with_costs(costs));
    let trade = result.trades.unwrap()[0];
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    near(trade.entry_price, 11.0 * 1.02);
    near(trade.exit_price, 15.0 * 0.98);
    near(trade.size, 1100.0 / (11.0 * 1.02 * 1.01));
    near(trade.entry_fee, trade.size * 11.0 * 1.02 * 0.01);
    near(result.statistics.final_equity, trade.size * 15.0 * 0.98 * 0.99);
    near(trade.profit(), result.statistics.final_equity - 1100.0);
}

#[test]
fn one_bar_is_enough_for_nothing() {
    let backtest = Backtest::new(Bars::from_closes(&[5.0]).unwrap(), config()).unwrap();
    let result = backtest.run(&BuyAndHold).unwrap();
    assert_eq!((result.statistics.bars, result.statistics.trades), (1, 0));
    assert_eq!(result.statistics.final_equity, 1100.0);
    assert!(result.statistics.annualized_volatility.is_nan());
    assert_eq!((result.trades, result.equity, result.exposure), (None, None, None));
}

#[test]
fn bad_bars_are_named() {
    let kind = |result: tangency_optimize::Result<Bars<'_>>| result.unwrap_err().kind().clone();
    assert_eq!(kind(Bars::from_closes(&[])), ErrorKind::Empty { what: "close" });
    for (bad, text) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let mut low = OPEN;
        low[4] = bad;
        let error = Bars::new(&OPEN, &CLOSE, &low, &CLOSE).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("low of bar 4 is {text}, expected a finite number above zero")
        );
    }
    assert_eq!(
        kind(Bars::new(&OPEN[1..], &CLOSE, &OPEN, &CLOSE)),
        ErrorKind::WrongLength { what: "open", expected: 6, got: 5 }
    );
    assert_eq!(
        kind(Bars::new(&OPEN, &OPEN, &CLOSE, &CLOSE)),
        ErrorKind::CrossedBar { bar: 0, high: 10.0, low: 10.5 }
    );
    let bars = Bars::from_closes(&CLOSE).unwrap();
    assert!(bars.slice(2..7).is_err() && bars.slice(3..3).is_err());
    assert_eq!(bars.slice(2..4).unwrap().close(), &CLOSE[2..4]);
}

#[test]
fn bad_settings_are_named() {
    let bars = Bars::from_closes(&CLOSE).unwrap();
    let message = |config| Backtest::new(bars, config).unwrap_err().to_string();
    assert_eq!(message(config().with_cash(0.0)), "cash is 0, expected a finite number above 0");
    assert_eq!(
        message(BacktestConfig::new(f64::NAN)),
        "periods_per_year is NaN, expected a finite number above 0"
    );
    let costs = |fee, slippage| config().with_costs(Costs { fee, slippage });
    assert_eq!(message(costs(1.0, 0.0)), "fee is 1, expected a fraction from 0 to below 1");
    assert_eq!(
        message(costs(0.0, -0.1)),
        "slippage is -0.1, expected a fraction from 0 to below 1"
    );
}

#[test]
fn bad_strategies_are_named() {
    let bars = Bars::from_closes(&CLOSE).unwrap();
    let backtest = Backtest::new(bars, config()).unwrap();
    let message = |strategy: &dyn Strategy| backtest.run(strategy).unwrap_err().to_string();
    assert_eq!(message(&SmaCross { fast: 2, slow: 0 }), "slow is 0, expected at least 1 bar");
    assert_eq!(message(&Donchian { entry: 0, exit: 1 }), "entry is 0, expected at least 1 bar");
    let rsi = RsiReversion { window: 0, low: 30.0, high: 70.0 };
    assert_eq!(message(&rsi), "window is 0, expected at least 1 bar");
    let error = backtest.run_signals(&Signals::new(5), Detail::NONE).unwrap_err();
    assert_eq!(error.to_string(), "signals has length 5, expected 6");
    assert!(Signals::from_flags(vec![true], vec![]).is_err());
    assert!(Signals::new(3).slice(2..4).is_err());
}

/// A tie is neither above nor below, and the crossing completes on the bar that leaves it.
#[test]
fn a_crossing_may_pause_at_a_tie() {
    // The average over one bar is the close; it ties with that over two where the close repeats.
    let close = [12.0, 10.0, 10.0, 11.0, 11.0, 12.0, 12.0, 11.0, 11.0, 10.0];
    let mut signals = Signals::default();
    let bars = Bars::from_closes(&close).unwrap();
    SmaCross { fast: 1, slow: 2 }.signals_into(&bars, &mut signals).unwrap();
    let bars_with = |flags: &[bool]| -> Vec<usize> {
        flags.iter().enumerate().filter_map(|(bar, flag)| flag.then_some(bar)).collect()
    };
    assert_eq!(bars_with(signals.entries()), [3, 5]);
    assert_eq!(bars_with(signals.exits()), [7, 9]);
}

#[test]
fn averages_are_shared_and_checked() {
    let averages = MovingAverages::new(&CLOSE, [3, 2, 3]).unwrap();
    assert_eq!((averages.windows(), averages.n_bars()), (&[2, 3][..], 6));
    assert_eq!(averages.get(2).unwrap()[1..], [11.0, 12.0, 13.0, 14.0, 15.0]);
    assert_eq!(
        averages.get(4).unwrap_err().to_string(),
        "the moving average over 4 bars is not among those prepared"
    );
    assert!(MovingAverages::new(&CLOSE, [0]).is_err());
    let bars = Bars::from_closes(&CLOSE[..5]).unwrap();
    let backtest = Backtest::new(bars, config()).unwrap();
    let error = backtest.statistics_of_cross(&averages, SmaCross { fast: 2, slow: 3 }).unwrap_err();
    assert_eq!(error.to_string(), "moving averages has length 6, expected 5");
}

/// Up to 80 bars of a jagged walk.
fn walk() -> impl proptest::strategy::Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((-0.1..0.1_f64, -0.1..0.1_f64), 12..80).prop_map(|moves| {
        let mut price = 50.0_f64;
        moves
            .into_iter()
            .map(|(gap, day)| {
                let open = price * gap.exp();
                price = open * day.exp();
                (open, price)
            })
            .unzip()
    })
}

fn strategies() -> Vec<Box<dyn Strategy>> {
    vec![
        Box::new(SmaCross { fast: 2, slow: 5 }),
        Box::new(SmaCross { fast: 3, slow: 4 }),
        Box::new(RsiReversion { window: 3, low: 40.0, high: 60.0 }),
        Box::new(Donchian { entry: 4, exit: 2 }),
        Box::new(BuyAndHold),
    ]
}

/// Money and units, one day at a time: what the engine does, with nothing clever in it. Gives the
/// equity and the profit of each closed trade.
fn ledger(
    (open, close): (&[f64], &[f64]),
    signals: &Signals,
    config: &BacktestConfig,
) -> (Vec<f64>, Vec<f64>) {
    let Costs { fee, slippage } = config.costs;
    let (mut cash, mut units, mut paid) = (config.cash, 0.0, 0.0);
    let (mut equity, mut profits) = (Vec::new(), Vec::new());
    for bar in 0..close.len() {
        if bar > 0 && signals.entries()[bar - 1] != signals.exits()[bar - 1] {
            if signals.entries()[bar - 1] && units == 0.0 {
                paid = cash;
                units = cash / (open[bar] * (1.0 + slippage) * (1.0 + fee));
                cash = 0.0;
            } else if signals.exits()[bar - 1] && units > 0.0 {
                cash = units * open[bar] * (1.0 - slippage) * (1.0 - fee);
                units = 0.0;
                profits.push(cash - paid);
            }
        }
        equity.push(cash + units * close[bar]);
    }
    (equity, profits)
}

proptest! {
    #![proptest_config(same_cases(256))]

    /// Statistics are the metrics of the bar returns of the plain ledger.
    #[test]
    fn the_engine_agrees_with_a_ledger((open, close) in walk(), fee in 0.0..0.02, slippage in 0.0..0.02) {
        let high: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.max(*c)).collect();
        let low: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.min(*c)).collect();
        let bars = Bars::new(&open, &high, &low, &close).unwrap();
        let config = BacktestConfig::new(252.0).with_costs(Costs { fee, slippage });
        let backtest = Backtest::new(bars, config).unwrap();
        for strategy in strategies() {
            let mut signals = Signals::default();
            strategy.signals_into(&bars, &mut signals).unwrap();
            let (equity, profits) = ledger((&open, &close), &signals, &config);
            let result = backtest.run_detailed(strategy.as_ref(), Detail::ALL).unwrap();
            for (got, want) in result.equity.unwrap().iter().zip(&equity) {
                prop_assert!((got / want - 1.0).abs() < 1e-12);
            }
            let mut returns = vec![equity[0] / config.cash - 1.0];
            returns.extend(equity.windows(2).map(|pair| pair[1] / pair[0] - 1.0));
            let s = &result.statistics;
            // Returns near zero carry the rounding of an equity near one.
            let near = |a: f64, b: f64| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * b.abs().max(1e-3);
            prop_assert!(near(s.total_return, metrics::total_return(&returns)));
            prop_assert!(near(s.annualized_return, metrics::annualized_return(&returns, 252.0)));
            prop_assert!(near(s.annualized_volatility, metrics::annualized_volatility(&returns, 252.0)));
            prop_assert!(near(s.sharpe, metrics::sharpe_ratio(&returns, 0.0, 252.0)));
            prop_assert!(near(s.sortino, metrics::sortino_ratio(&returns, 252.0)));
            prop_assert!(near(s.max_drawdown, metrics::max_drawdown(&returns)));
            prop_assert!(near(s.calmar, metrics::calmar_ratio(&returns, 252.0)));
            prop_assert!(near(s.omega, metrics::omega_ratio(&returns, 0.0)));
            prop_assert_eq!(s.closed_trades, profits.len());
            let trades = result.trades.unwrap();
            let closed: Vec<f64> = trades
                .iter()
                .filter(|trade| trade.status == TradeStatus::Closed)
                .map(|trade| trade.profit())
                .collect();
            prop_assert_eq!(closed.len(), profits.len());
            for (got, want) in closed.iter().zip(&profits) {
                prop_assert!((got - want).abs() < 1e-9 * config.cash);
            }
            if !closed.is_empty() {
                let mean = closed.iter().sum::<f64>() / closed.len() as f64;
                prop_assert!((s.expectancy - mean).abs() < 1e-9 * config.cash);
                let wins = closed.iter().filter(|profit| **profit > 0.0).count();
                prop_assert_eq!(s.win_rate, wins as f64 / closed.len() as f64);
            }
            let fees: f64 = trades.iter().map(|trade| trade.entry_fee + trade.exit_fee).sum();
            prop_assert!((s.total_fees - fees).abs() < 1e-9 * config.cash);
        }
    }

    /// Look-ahead: whatever comes after a bar changes not one bit of signals, equity or trades at
    /// or before it.
    #[test]
    fn the_future_does_not_reach_back(
        (open, close) in walk(),
        (other_open, other_close) in walk(),
        cut in 1_usize..80,
    ) {
        let n = close.len().min(other_close.len());
        let cut = cut.min(n);
        let graft = |a: &[f64], b: &[f64]| [&a[..cut], &b[cut..n]].concat();
        let runs = [(open[..n].to_vec(), close[..n].to_vec()), (graft(&open, &other_open), graft(&close, &other_close))];
        let config = BacktestConfig::new(252.0).with_costs(Costs { fee: 0.001, slippage: 0.001 });
        for strategy in strategies() {
            let [a, b] = runs.clone().map(|(open, close)| {
                let high: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.max(*c)).collect();
                let low: Vec<f64> = open.iter().zip(&close).map(|(o, c)| o.min(*c)).collect();
                let bars = Bars::new(&open, &high, &low, &close).unwrap();
                let mut signals = Signals::default();
                strategy.signals_into(&bars, &mut signals).unwrap();
                let backtest = Backtest::new(bars, config).unwrap();
                (signals, backtest.run_signals(&Signals::new(n), Detail::NONE).unwrap(),
                 backtest.run_detailed(strategy.as_ref(), Detail::ALL).unwrap())
            });
            prop_assert_eq!(&a.0.entries()[..cut], &b.0.entries()[..cut]);
            prop_assert_eq!(&a.0.exits()[..cut], &b.0.exits()[..cut]);
            let bits = |result: &BacktestResult| -> Vec<u64> {
                result.equity.as_ref().unwrap()[..cut].iter().map(|e| e.to_bits()).collect()
            };
            prop_assert_eq!(bits(&a.2), bits(&b.2));
            let past = |result: &BacktestResult| -> Vec<_> {
                let trades = result.trades.clone().unwrap();
                trades.into_iter().filter(|trade| trade.exit_bar < cut && trade.status == TradeStatus::Closed).collect()
            };
            prop_assert_eq!(past(&a.2), past(&b.2));
        }
    }

    /// The one-pass path over shared averages is the general path, bit for bit; so is the pool's.
    #[test]
    fn every_path_gives_the_same_bits((_, close) in walk(), fast in 1_usize..8, slow in 1_usize..8) {
        let bars = Bars::from_closes(&close).unwrap();
        let backtest = Backtest::new(bars, config()).unwrap();
        let cross = SmaCross { fast, slow };
        let averages = MovingAverages::new(&close, [fast, slow]).unwrap();
        let fused = backtest.statistics_of_cross(&averages, cross).unwrap();
        let general = backtest.run(&cross).unwrap().statistics;
        let mut scratch = Signals::new(3);
        let reused = backtest.statistics(&cross, &mut scratch).unwrap();
        prop_assert_eq!(fused, general);
        prop_assert_eq!(general, reused);
    }
}

#[test]
fn many_strategies_on_a_pool() {
    let close: Vec<f64> = (0..300).map(|i| 50.0 + 9.0 * (f64::from(i) / 9.0).sin()).collect();
    let backtest = Backtest::new(Bars::from_closes(&close).unwrap(), config()).unwrap();
    let crosses: Vec<SmaCross> = (0..40).map(|k| SmaCross { fast: k % 7, slow: 10 + k }).collect();
    let runs = [1, 4].map(|workers| {
        let pool = Pool::new(workers).unwrap();
        let outcomes = backtest.run_many(&crosses, &pool).unwrap();
        outcomes
            .into_iter()
            .map(|outcome| (outcome.as_failed().cloned(), outcome.done().map(|s| s.metrics())))
            .collect::<Vec<_>>()
    });
    assert_eq!(runs[0], runs[1]);
    for (cross, (error, metrics)) in crosses.iter().zip(&runs[0]) {
        assert_eq!(error.is_some(), cross.fast == 0, "a bad strategy fails alone");
        let alone = backtest.run(cross).ok().map(|result| result.statistics.metrics());
        assert_eq!(*metrics, alone);
    }
    let pool = Pool::new(2).unwrap();
    let on_pool = MovingAverages::on_pool(&close, [5, 9, 5, 40], &pool).unwrap();
    let alone = MovingAverages::new(&close, [5, 9, 40]).unwrap();
    for window in [5, 9, 40] {
        let (a, b) = (on_pool.get(window).unwrap(), alone.get(window).unwrap());
        assert!(a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
