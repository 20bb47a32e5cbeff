//! The named execution models: vectorbt with fixed sizes on both sides, and backtesting.py.

use tangency_optimize::backtest::events::{
    AtEnd, Direction, EventBacktest, EventConfig, Sizing, TradePlan, TradingCosts,
};
use tangency_optimize::backtest::{Costs, Detail, Side, SmaCross, Strategy, TradeStatus};
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
