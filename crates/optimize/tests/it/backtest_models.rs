//! The named execution models: vectorbt with fixed sizes on both sides, and backtesting.py.

use tangency_optimize::backtest::events::{
    AtEnd, Direction, EventBacktest, EventConfig, Sizing, TradePlan, TradingCosts,
};
use tangency_optimize::backtest::{
    BacktestingPyInputs, BacktestingPyStatistics, Bars, Costs, Detail, Side, Signals, SmaCross,
    Strategy, TradeStatus,
};
use tangency_optimize::backtest::{Donchian, RsiReversion};
use tangency_testkit::backtest::{
    BacktestingPyCase, VectorbtCase, bars, reference_backtestingpy_cases, reference_vectorbt_cases,
    vectorbt_cases,
};

use crate::backtest_vectorbt::{assert_close, borrow, check_trade, strategy_of};

fn check_vectorbt(case: &VectorbtCase) {
    let owned = bars(&case.data);
    let config = EventConfig::vectorbt(case.ann_factor)
        .with_cash(case.cash)
        .with_costs(Costs { fee: case.fee, slippage: case.slippage });
    let both = case.strategy == "sma_cross_both";
    let (strategy, plan): (Box<dyn Strategy>, _) = if both {
        let window = |name: &str| case.params[name] as usize;
        let cross = SmaCross { fast: window("fast"), slow: window("slow") };
        let size = Sizing::Units(case.size.unwrap());
        (Box::new(cross), TradePlan { direction: Direction::Both, size, ..TradePlan::all_in() })
    } else {
        (strategy_of(case), TradePlan::all_in())
    };
    let name = format!("{} {} {:?}", case.data, case.strategy, case.params);
    let result = EventBacktest::new(borrow(&owned), config)
        .unwrap()
        .run_strategy(strategy.as_ref(), &plan, Detail::ALL)
        .unwrap();
    assert_eq!(result.rejected, 0, "{name}");
    let s = &result.statistics;
    let figures = [
        ("n_trades", s.trades as f64),
        ("n_closed", s.closed_trades as f64),
        ("bars_in_market", s.bars_in_market as f64),
        ("total_return", s.total_return),
        ("sharpe", s.sharpe),
        ("sortino", s.sortino),
        ("max_drawdown", s.max_drawdown),
        ("calmar", s.calmar),
        ("omega", s.omega),
        ("win_rate", s.win_rate),
        ("profit_factor", s.profit_factor),
        ("expectancy", s.expectancy),
        ("final_equity", s.final_equity),
        ("total_fees", s.total_fees),
    ];
    for (key, got) in figures {
        match case.stats[key] {
            Some(want) => assert_close(got, want, &format!("{name}: {key}")),
            None => assert!(got.is_nan(), "{name}: {key}"),
        }
    }
    let trades = result.trades.unwrap();
    assert_eq!(trades.len(), case.trades_total, "{name}");
    let listed = case.trades.len();
    let (head, tail) = if listed == trades.len() { (listed, 0) } else { (listed - 5, 5) };
    let ours = trades[..head].iter().chain(&trades[trades.len() - tail..]);
    for (ours, theirs) in ours.zip(&case.trades) {
        check_trade(ours, theirs, &name);
        assert_eq!(ours.side == Side::Long, theirs.direction == "long", "{name}");
    }
    for (bar, want) in case.equity_idx.iter().zip(&case.equity) {
        assert_close(result.equity.as_ref().unwrap()[*bar], *want, &name);
    }
}

#[test]
fn the_event_engine_gives_vectorbts_backtests_too() {
    vectorbt_cases().iter().for_each(check_vectorbt);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_vectorbt_long_and_both_sides() {
    let cases = reference_vectorbt_cases();
    assert_eq!(cases.iter().filter(|case| case.strategy == "sma_cross_both").count(), 1);
    cases.iter().for_each(check_vectorbt);
}

fn check_backtestingpy(case: &BacktestingPyCase) {
    let owned = bars(&case.data);
    let mut config =
        EventConfig::backtesting_py(252.0).with_cash(case.cash).with_costs(TradingCosts {
            fee: case.commission,
            entry_spread: case.spread,
            ..TradingCosts::default()
        });
    if case.finalize_trades {
        config.at_end = AtEnd::CloseAtLastOpen;
    }
    let window = |name: &str| case.params[name] as usize;
    let strategy: Box<dyn Strategy> = match case.strategy.as_str() {
        "sma_cross" => Box::new(SmaCross { fast: window("fast"), slow: window("slow") }),
        "rsi_meanrev" => Box::new(RsiReversion {
            window: window("window"),
            low: case.params["low"],
            high: case.params["high"],
        }),
        "donchian" => Box::new(Donchian { entry: window("entry"), exit: window("exit") }),
        other => panic!("no strategy {other}"),
    };
    let plan = TradePlan {
        size: Sizing::Funds(case.size.unwrap_or(1.0)),
        stop_loss: case.sl,
        take_profit: case.tp,
        ..TradePlan::all_in()
    };
    let name = format!("{} {:?} sl {:?}", case.strategy, case.params, case.sl);
    let result = EventBacktest::new(borrow(&owned), config)
        .unwrap()
        .run_strategy(strategy.as_ref(), &plan, Detail::ALL)
        .unwrap();
    let trades = result.trades.unwrap();
    let closed: Vec<_> =
        trades.iter().filter(|trade| trade.status == TradeStatus::Closed).collect();
    assert_eq!(closed.len(), case.trades.len(), "{name}");
    for (ours, theirs) in closed.iter().zip(&case.trades) {
        let bars = (theirs.entry_bar, theirs.exit_bar);
        assert_eq!((ours.entry_bar, ours.exit_bar), bars, "{name}");
        assert_eq!(ours.size, theirs.size, "{name} at {bars:?}");
        assert_close(ours.entry_price, theirs.entry_price, &name);
        assert_close(ours.exit_price, theirs.exit_price, &name);
        assert_close(ours.entry_fee + ours.exit_fee, theirs.commission, &name);
        // A profit is a difference of amounts: its error is relative to those.
        let amount = theirs.size * theirs.entry_price;
        assert!((ours.profit() - theirs.pnl).abs() <= 1e-9 * amount, "{name}");
        assert!((ours.return_on_entry() - theirs.ret_pct).abs() <= 1e-9, "{name}");
    }
    let equity = result.equity.unwrap();
    let figures = BacktestingPyStatistics::new(&BacktestingPyInputs {
        equity: &equity,
        close: &owned.close,
        trades: &trades,
        day_ends: None,
        days_per_year: 252.0,
        // From 2004-08-19 to 2013-03-01.
        years: 3116.0 / 365.25,
        // The signals were given to it ready-made, so that it saw no warm-up.
        first_bar: 0,
    })
    .unwrap();
    let got = |key: &str| match key {
        "Exposure Time [%]" => 100.0 * figures.exposure_time,
        "Equity Final [$]" => figures.final_equity,
        "Equity Peak [$]" => figures.peak_equity,
        "Commissions [$]" => figures.commissions,
        "Return [%]" => 100.0 * figures.total_return,
        "Buy & Hold Return [%]" => 100.0 * figures.buy_and_hold_return,
        "Return (Ann.) [%]" => 100.0 * figures.annualized_return,
        "Volatility (Ann.) [%]" => 100.0 * figures.annualized_volatility,
        "CAGR [%]" => 100.0 * figures.cagr,
        "Sharpe Ratio" => figures.sharpe,
        "Sortino Ratio" => figures.sortino,
        "Calmar Ratio" => figures.calmar,
        "Alpha [%]" => 100.0 * figures.alpha,
        "Beta" => figures.beta,
        "Max. Drawdown [%]" => 100.0 * figures.max_drawdown,
        "Avg. Drawdown [%]" => 100.0 * figures.mean_drawdown,
        "# Trades" => figures.trades as f64,
        "Win Rate [%]" => 100.0 * figures.win_rate,
        "Best Trade [%]" => 100.0 * figures.best_trade,
        "Worst Trade [%]" => 100.0 * figures.worst_trade,
        "Avg. Trade [%]" => 100.0 * figures.mean_trade,
        "Profit Factor" => figures.profit_factor,
        "Expectancy [%]" => 100.0 * figures.expectancy,
        "SQN" => figures.sqn,
        "Kelly Criterion" => figures.kelly,
        other => panic!("no statistic {other}"),
    };
    assert_eq!(case.stats.len(), 25);
    for (key, want) in &case.stats {
        assert_close(got(key), want.unwrap(), &format!("{name}: {key}"));
    }
    for (bar, want) in case.equity_idx.iter().zip(&case.equity) {
        assert_close(equity[*bar], *want, &format!("{name}: equity at {bar}"));
    }
    assert_close(result.statistics.final_equity, case.stats["Equity Final [$]"].unwrap(), &name);
    // Its fees leave out those of a position that is never closed.
    let fees: f64 = closed.iter().map(|trade| trade.entry_fee + trade.exit_fee).sum();
    assert_close(fees, case.trades.iter().map(|trade| trade.commission).sum(), &name);
    assert_close(
        100.0 * result.statistics.max_drawdown,
        case.stats["Max. Drawdown [%]"].unwrap(),
        &name,
    );
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_backtestingpy() {
    let cases = reference_backtestingpy_cases();
    assert_eq!(cases.len(), 5);
    cases.iter().for_each(check_backtestingpy);
}

/// Ten bars by hand, one trade won and one lost.
#[test]
fn backtestingpys_figures_by_hand() {
    let close = [10.0, 10.0, 11.0, 12.0, 12.0, 9.0, 9.0, 9.0, 9.0, 9.0];
    let mut config = EventConfig::backtesting_py(10.0).with_cash(1000.0);
    config.first_decision = 0;
    let flags = |bars: &[usize]| (0..10).map(|bar| bars.contains(&bar)).collect();
    let signals = Signals::from_flags(flags(&[0, 3]), flags(&[2, 4])).unwrap();
    let result = EventBacktest::new(Bars::from_closes(&close).unwrap(), config)
        .unwrap()
        .run_signals(&signals, &TradePlan::all_in(), Detail::ALL)
        .unwrap();
    let (equity, trades) = (result.equity.unwrap(), result.trades.unwrap());
    // 99 units from 10 to 12 (one less than all of it), 99 from 12 to 9.
    assert_eq!(trades.iter().map(|t| t.profit()).collect::<Vec<_>>(), [198.0, -297.0]);
    let inputs = BacktestingPyInputs {
        equity: &equity,
        close: &close,
        trades: &trades,
        day_ends: None,
        days_per_year: 10.0,
        years: 1.0,
        first_bar: 2,
    };
    let s = BacktestingPyStatistics::new(&inputs).unwrap();
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got} is not {want}");
    near(s.exposure_time, 0.5);
    near(s.total_return, -0.099);
    near(s.buy_and_hold_return, 9.0 / 11.0 - 1.0);
    near(s.max_drawdown, 901.0 / 1198.0 - 1.0);
    near(s.mean_drawdown, s.max_drawdown);
    near(s.win_rate, 0.5);
    near(s.profit_factor, 0.2 / 0.25);
    near(s.expectancy, -0.025);
    near(s.mean_trade, (1.2_f64 * 0.75).sqrt() - 1.0);
    near(s.sqn, 2.0_f64.sqrt() * -49.5 / (2.0_f64.sqrt() * 247.5));
    near(s.kelly, 0.5 - 0.5 / (198.0 / 297.0));
    near(s.annualized_return, 0.901_f64.powf(10.0 / 9.0) - 1.0);
    near(s.cagr, -0.099);
    // The same equity at the end of every other bar: the same growth over fewer days.
    let ends = [1, 3, 5, 7, 9];
    let coarse = BacktestingPyInputs { day_ends: Some(&ends), days_per_year: 4.0, ..inputs };
    near(BacktestingPyStatistics::new(&coarse).unwrap().annualized_return, -0.099);
    let message = |inputs: BacktestingPyInputs<'_>| {
        BacktestingPyStatistics::new(&inputs).unwrap_err().to_string()
    };
    assert_eq!(
        message(BacktestingPyInputs { close: &close[1..], ..inputs }),
        "closes has length 9, expected 10"
    );
    assert_eq!(
        message(BacktestingPyInputs { first_bar: 10, ..inputs }),
        "first_bar is 10, expected a bar within the data"
    );
    assert_eq!(
        message(BacktestingPyInputs { years: 0.0, ..inputs }),
        "years is 0, expected a finite number above 0"
    );
    let ruined = [1.0; 10].map(|one: f64| one - 1.0);
    assert!(
        message(BacktestingPyInputs { equity: &ruined, ..inputs }).starts_with("equity of bar 0")
    );
}
