//! Backtests of vectorbt: statistics, trades, equity.

use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Bars, BuyAndHold, Costs, Detail, Donchian, Execution, RsiReversion,
    Signals, SmaCross, Strategy, Trade, TradeStatus,
};
use tangency_testkit::backtest::{
    OwnedBars, VectorbtCase, VectorbtTrade, bars, reference_vectorbt_cases, vectorbt_cases,
};

/// Both sides multiply and add the same numbers, up to 8,313 bars in a row.
const RELATIVE: f64 = 1e-9;

#[track_caller]
pub(crate) fn assert_close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= RELATIVE * want.abs().max(1e-12), "{what}: {got} is not {want}");
}

pub(crate) fn borrow(bars: &OwnedBars) -> Bars<'_> {
    Bars::new(&bars.open, &bars.high, &bars.low, &bars.close).unwrap()
}

pub(crate) fn strategy_of(case: &VectorbtCase) -> Box<dyn Strategy> {
    let number = |name: &str| case.params[name];
    let count = |name: &str| number(name) as usize;
    match case.strategy.as_str() {
        "sma_cross" => Box::new(SmaCross { fast: count("fast"), slow: count("slow") }),
        "rsi_meanrev" => Box::new(RsiReversion {
            window: count("window"),
            low: number("low"),
            high: number("high"),
        }),
        "donchian" => Box::new(Donchian { entry: count("entry"), exit: count("exit") }),
        "buy_hold" => Box::new(BuyAndHold),
        other => panic!("no strategy {other}"),
    }
}

fn check(case: &VectorbtCase) {
    let owned = bars(&case.data);
    let bars = borrow(&owned);
    let strategy = strategy_of(case);
    let config = BacktestConfig::new(case.ann_factor)
        .with_cash(case.cash)
        .with_costs(Costs { fee: case.fee, slippage: case.slippage });
    let backtest = Backtest::new(bars, config).unwrap();
    let name = format!("{} {} {:?}", case.data, case.strategy, case.params);

    let mut signals = Signals::default();
    strategy.signals_into(&bars, &mut signals).unwrap();
    let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
    assert_eq!(bars.len(), case.bars, "{name}");
    assert_eq!(count(signals.entries()), case.entry_signals, "{name}: entry signals");
    assert_eq!(count(signals.exits()), case.exit_signals, "{name}: exit signals");

    let result = backtest.run_detailed(strategy.as_ref(), Detail::ALL).unwrap();
    assert_eq!(result.execution, Execution::NextOpen);
    let s = &result.statistics;
    for (key, want) in &case.stats {
        let got = match key.as_str() {
            "n_trades" => s.trades as f64,
            "n_closed" => s.closed_trades as f64,
            "bars_in_market" => s.bars_in_market as f64,
            "total_return" => s.total_return,
            "annualized_return" => s.annualized_return,
            "annualized_volatility" => s.annualized_volatility,
            "sharpe" => s.sharpe,
            "sortino" => s.sortino,
            "max_drawdown" => s.max_drawdown,
            "calmar" => s.calmar,
            "omega" => s.omega,
            "win_rate" => s.win_rate,
            "profit_factor" => s.profit_factor,
            "expectancy" => s.expectancy,
            "final_equity" => s.final_equity,
            "total_fees" => s.total_fees,
            other => panic!("no statistic {other}"),
        };
        match want {
            Some(want) if ["n_trades", "n_closed", "bars_in_market"].contains(&key.as_str()) => {
                assert_eq!(got, *want, "{name}: {key}");
            }
            Some(want) => assert_close(got, *want, &format!("{name}: {key}")),
            None => assert!(got.is_nan(), "{name}: {key} is {got}, should not exist"),
        }
    }

    let trades = result.trades.unwrap();
    assert_eq!(trades.len(), case.trades_total, "{name}");
    let listed = case.trades.len();
    let (head, tail) = if listed == trades.len() { (listed, 0) } else { (listed - 5, 5) };
    let ours = trades[..head].iter().chain(&trades[trades.len() - tail..]);
    for (at, (ours, theirs)) in ours.zip(&case.trades).enumerate() {
        check_trade(ours, theirs, &format!("{name}: trade {at}"));
    }

    let equity = result.equity.unwrap();
    for (bar, want) in case.equity_idx.iter().zip(&case.equity) {
        assert_close(equity[*bar], *want, &format!("{name}: equity at {bar}"));
    }
    let invested = result.exposure.unwrap().iter().filter(|share| **share == 1.0).count();
    assert_eq!(invested, s.bars_in_market);
}

#[track_caller]
pub(crate) fn check_trade(ours: &Trade, theirs: &VectorbtTrade, what: &str) {
    assert_eq!((ours.entry_bar, ours.exit_bar), (theirs.entry_bar, theirs.exit_bar), "{what}");
    assert_eq!(ours.status == TradeStatus::Closed, theirs.status == "closed", "{what}");
    assert_close(ours.entry_price, theirs.entry_price, what);
    assert_close(ours.exit_price, theirs.exit_price, what);
    assert_close(ours.size, theirs.size, what);
    assert_close(ours.entry_fee, theirs.entry_fee, what);
    assert_close(ours.exit_fee, theirs.exit_fee, what);
    // A profit is a difference of amounts: its error is relative to those.
    let amount = theirs.size * theirs.entry_price;
    assert!(
        (ours.profit() - theirs.pnl).abs() <= RELATIVE * amount.max(theirs.pnl.abs()),
        "{what}"
    );
    assert!((ours.return_on_entry() - theirs.ret).abs() <= RELATIVE, "{what}");
}

#[test]
fn made_up_bars_and_thirty_years_of_closes() {
    let cases = vectorbt_cases();
    assert_eq!(cases.len(), 11);
    cases.iter().for_each(check);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_daily_and_hourly_bars() {
    // Shorting and fixed sizes belong to the event engine.
    let cases: Vec<_> = reference_vectorbt_cases()
        .into_iter()
        .filter(|case| case.strategy != "sma_cross_both")
        .collect();
    assert_eq!(cases.len(), 7);
    cases.iter().for_each(check);
}

/// With open = close on every bar, filling at the next close is filling at the next open.
#[test]
fn closes_alone_give_the_same_bits() {
    for case in vectorbt_cases().iter().filter(|case| case.data.starts_with("sp20:")) {
        let owned = bars(&case.data);
        let config = BacktestConfig::new(case.ann_factor)
            .with_costs(Costs { fee: case.fee, slippage: case.slippage });
        let strategy = strategy_of(case);
        let full = Backtest::new(borrow(&owned), config).unwrap();
        let closes = Backtest::new(Bars::from_closes(&owned.close).unwrap(), config).unwrap();
        let full = full.run_detailed(strategy.as_ref(), Detail::ALL).unwrap();
        let closes = closes.run_detailed(strategy.as_ref(), Detail::ALL).unwrap();
        assert_eq!((full.execution, closes.execution), (Execution::NextOpen, Execution::NextClose));
        assert_eq!(full.statistics, closes.statistics);
        assert_eq!((full.trades, full.equity), (closes.trades, closes.equity));
    }
}
