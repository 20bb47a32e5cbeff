//! Many assets that share their cash.

use tangency_optimize::backtest::events::{
    ActionKind, BarView, CorporateAction, EventBacktest, EventConfig, Level, Order, OrderKind,
    OrderStrategy, Orders, PortfolioBacktest, PortfolioOrders, PortfolioResult, PortfolioStrategy,
    PortfolioView, Sizing, TradingCosts,
};
use tangency_optimize::backtest::{
    Bars, Decision, Detail, Execution, ExitReason, Side, TradeStatus, hold_target_weights,
};
use tangency_testkit::backtest::portfolio_cases;
use tangency_testkit::prices::sp500_20;

use crate::backtest_agreement::{Random, Series};

type Script<'s> = &'s mut dyn FnMut(&PortfolioView<'_>, &mut PortfolioOrders);

struct Scripted<'s>(Script<'s>);

impl std::fmt::Debug for Scripted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl PortfolioStrategy for Scripted<'_> {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn on_bar(
        &mut self,
        view: &PortfolioView<'_>,
        orders: &mut PortfolioOrders,
    ) -> tangency_optimize::Result<()> {
        (self.0)(view, orders);
        Ok(())
    }
}

fn config() -> EventConfig {
    EventConfig::vectorbt(252.0)
}

/// Closes of each asset, with opens, highs and lows equal to them.
fn flat<'a>(closes: &[&'a [f64]]) -> Vec<Bars<'a>> {
    closes.iter().map(|c| Bars::new(c, c, c, c).unwrap()).collect()
}

fn play(bars: &[Bars<'_>], config: EventConfig, script: Script<'_>) -> PortfolioResult {
    PortfolioBacktest::new(bars, config).unwrap().run(&mut Scripted(script), Detail::ALL).unwrap()
}

#[track_caller]
fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} is not {want}");
}

/// Both multiply and add the same numbers over 1,500 bars: 1e-9 relative, counts exactly.
#[test]
fn target_weights_give_vectorbts_portfolio() {
    let golden = portfolio_cases();
    let prices = sp500_20();
    let closes: Vec<&[f64]> =
        golden.assets.iter().map(|name| &prices.column(name)[..golden.bars]).collect();
    let bars: Vec<_> = closes.iter().map(|close| Bars::from_closes(close).unwrap()).collect();
    let decisions: Vec<_> =
        golden.decisions.iter().map(|d| Decision { bar: d.bar, weights: &d.weights }).collect();
    assert_eq!(golden.cases.len(), 3);
    for case in &golden.cases {
        let costs = TradingCosts {
            fee: case.fee,
            slippage: case.slippage,
            fixed: case.fixed,
            ..TradingCosts::default()
        };
        let config = config().with_cash(golden.cash).with_costs(costs);
        let backtest = PortfolioBacktest::new(&bars, config).unwrap();
        let result = backtest.run_weights(&decisions, Detail::ALL).unwrap();
        assert_eq!(result.execution, Execution::NextClose);
        let equity = result.equity.unwrap();
        for (bar, want) in case.equity_idx.iter().zip(&case.equity) {
            // Where every fill pays a fixed fee, reducing several lots at once pays it for each,
            // which vectorbt, whose positions have no lots, does not.
            let tolerance = if case.fixed > 0.0 { 2e-2 } else { 1e-9 };
            assert!(
                (equity[*bar] / want - 1.0).abs() <= tolerance,
                "{} is not {want} at {bar}, fee {}",
                equity[*bar],
                case.fee
            );
        }
        if case.fixed > 0.0 {
            continue;
        }
        near(result.statistics.total_fees, case.total_fees);
        near(result.statistics.max_drawdown, case.max_drawdown);
        let mut units = [0.0; 4];
        for listed in result.trades.unwrap() {
            if listed.trade.status == TradeStatus::Open {
                units[listed.asset] += listed.trade.size;
            }
        }
        units.iter().zip(&case.shares).for_each(|(got, want)| near(*got, *want));
    }
    // Without costs the plain follower of weights gives the same growth.
    let track = hold_target_weights(&closes, &decisions, 0.0).unwrap();
    let backtest = PortfolioBacktest::new(&bars, config()).unwrap();
    let equity = backtest.run_weights(&decisions, Detail::ALL).unwrap().equity.unwrap();
    for (bar, value) in track.equity.iter().enumerate() {
        near(equity[track.first_bar + bar] / 10_000.0, *value);
    }
}

/// Buys, stops and limits on one asset: alone, and as one of two whose other one never trades.
#[test]
fn one_of_many_is_the_case_of_one() {
    #[derive(Debug)]
    struct Rule;
    fn orders_at(bars: &Bars<'_>, position: f64, place: &mut dyn FnMut(Option<Order>)) {
        let close = bars.close();
        let bar = close.len() - 1;
        if bar < 3 {
            return;
        }
        if position == 0.0 && close[bar] > close[bar - 3] {
            let order = Order::market(Side::Long, Sizing::Equity(0.6))
                .with_kind(OrderKind::Limit(close[bar] * 0.99))
                .with_stop_loss(Level::Away(0.03))
                .with_trailing_stop(0.05);
            place(Some(order));
        } else if position > 0.0 && close[bar] < close[bar - 2] {
            place(None);
        }
    }
    impl OrderStrategy for Rule {
        fn name(&self) -> &'static str {
            "rule"
        }
        fn on_bar(
            &mut self,
            view: &BarView<'_>,
            orders: &mut Orders,
        ) -> tangency_optimize::Result<()> {
            orders.cancel_waiting();
            orders_at(view.bars(), view.position(), &mut |order| match order {
                Some(order) => orders.place(order),
                None => orders.close(),
            });
            Ok(())
        }
    }
    let mut trades = 0;
    for seed in 0..40 {
        let series = Series::random(&mut Random::new(seed + 300));
        let config = config().with_costs(TradingCosts {
            fee: 0.001,
            cash_rate: 0.02,
            ..TradingCosts::default()
        });
        let alone = EventBacktest::new(series.bars(), config)
            .unwrap()
            .run_detailed(&mut Rule, Detail::ALL)
            .unwrap();
        let flat = vec![10.0; series.close.len()];
        let other = Bars::new(&flat, &flat, &flat, &flat).unwrap();
        let together = play(&[other, series.bars()], config, &mut |view, orders| {
            orders.cancel_waiting(1);
            orders_at(&view.bars(1).unwrap(), view.position(1), &mut |order| match order {
                Some(order) => orders.place(1, order),
                None => orders.close(1),
            });
        });
        assert_eq!(alone.equity, together.equity);
        assert_eq!(alone.statistics, together.statistics);
        let listed = together.trades.unwrap();
        assert!(listed.iter().all(|listed| listed.asset == 1));
        let listed: Vec<_> = listed.into_iter().map(|listed| listed.trade).collect();
        assert_eq!(alone.trades.unwrap(), listed);
        trades += listed.len();
    }
    assert!(trades > 200, "{trades}");
}

#[test]
fn assets_share_their_cash() {
    let (a, b) = ([100.0; 6], [50.0; 6]);
    let bars = flat(&[&a, &b]);
    let all = Order::market(Side::Long, Sizing::Funds(1.0));
    let result = play(&bars, config(), &mut |view, orders| match view.bar() {
        // The first takes everything, so nothing is left for the second.
        0 => {
            orders.place(0, all);
            orders.place(1, all);
        }
        // What one closes, another takes on the same bar.
        2 => {
            orders.close(0);
            orders.place(1, all);
            assert_eq!((view.lots(0), view.lots(1), view.n_assets()), (1, 0, 2));
            assert!((view.weight(0) - 1.0).abs() < 1e-12 && view.cash() == 0.0);
        }
        _ => {}
    });
    assert_eq!(result.rejected, 1);
    let trades = result.trades.unwrap();
    assert_eq!((trades[0].asset, trades[0].trade.exit_bar), (0, 3));
    assert_eq!((trades[1].asset, trades[1].trade.entry_bar, trades[1].trade.size), (1, 3, 200.0));
}

/// 60 % short of one asset and all of the equity and that in the other: borrow, interest, dividends and
/// a split, each by hand.
#[test]
fn short_and_long_with_everything_that_is_paid() {
    let a = [100.0, 100.0, 100.0, 100.0];
    let b = [40.0, 40.0, 40.0, 20.0];
    let bars = flat(&[&a, &b]);
    let costs = TradingCosts { borrow_rate: 0.252, debit_rate: 0.504, ..TradingCosts::default() };
    let config = EventConfig { leverage: 2.5, ..config().with_costs(costs) };
    let dividends = [CorporateAction { bar: 2, kind: ActionKind::Dividend(0.5) }];
    let splits = [CorporateAction { bar: 3, kind: ActionKind::Split(2.0) }];
    let result = PortfolioBacktest::new(&bars, config)
        .unwrap()
        .with_actions(0, &dividends)
        .unwrap()
        .with_actions(1, &splits)
        .unwrap()
        .run(
            &mut Scripted(&mut |view, orders| {
                if view.bar() == 0 {
                    orders.target_weights(&[-0.6, 1.6]);
                }
            }),
            Detail::ALL,
        )
        .unwrap();
    // 60 units short of a, 400 long of b, no cash: 10,000 + 6,000 - 16,000.
    let equity = result.equity.unwrap();
    near(equity[1], 10_000.0);
    // 6,000 of borrowed units cost 0.1 %, then the dividend of 0.5 on 60 units is owed.
    let after = 10_000.0 - 6.0 - 30.0;
    near(equity[2], after);
    // The debt of 36 costs 0.2 %; twice the units at half the price.
    near(equity[3], after - 6.0 - 0.002 * 36.0);
    near(result.exposure.unwrap()[1], 1.0);
    let open: Vec<_> = result.trades.unwrap();
    assert_eq!((open[0].asset, open[0].trade.side, open[0].trade.size), (0, Side::Short, 60.0));
    assert_eq!((open[1].asset, open[1].trade.entry_price, open[1].trade.size), (1, 20.0, 800.0));
}

#[test]
fn a_margin_call_closes_at_the_close() {
    let a = [100.0, 100.0, 100.0, 70.0, 60.0, 60.0];
    let b = [10.0; 6];
    let mut setting = EventConfig { leverage: 2.0, maintenance_margin: 0.25, ..config() };
    let mut script = |view: &PortfolioView<'_>, orders: &mut PortfolioOrders| {
        if view.bar() == 0 {
            orders.place(0, Order::market(Side::Long, Sizing::Equity(1.5)));
            orders.place(1, Order::market(Side::Long, Sizing::Equity(0.5)));
        }
    };
    let result = play(&flat(&[&a, &b]), setting, &mut script);
    // 150 units and 500 units on 10,000 of debt: 5,500 of 15,500 at 70, 4,000 of 14,000 at 60.
    let trades = result.trades.unwrap();
    assert!(trades.iter().all(|listed| listed.trade.status == TradeStatus::Open), "{trades:?}");
    setting.maintenance_margin = 0.3;
    let result = play(&flat(&[&a, &b]), setting, &mut script);
    let trades = result.trades.unwrap();
    assert_eq!(trades.len(), 2);
    for listed in &trades {
        assert_eq!(listed.trade.exit_reason, ExitReason::MarginCall);
        assert_eq!(listed.trade.exit_bar, 4);
    }
    near(result.statistics.final_equity, 4_000.0);
}

/// Whatever comes after a bar, of any asset, changes no bit of the equity up to it.
#[test]
fn the_future_does_not_reach_back() {
    let run = |a: &Series, b: &Series, n: usize| {
        let bars = [a.bars().slice(0..n).unwrap(), b.bars().slice(0..n).unwrap()];
        let result = play(
            &bars,
            config().with_costs(TradingCosts { fee: 0.001, ..TradingCosts::default() }),
            &mut |view, orders| {
                let last = |asset: usize| {
                    let bars = view.bars(asset).unwrap();
                    let close = bars.close();
                    close[view.bar()] / close[view.bar().saturating_sub(3)]
                };
                let order = Order::market(Side::Short, Sizing::Equity(0.2))
                    .with_stop_loss(Level::Away(0.02))
                    .with_take_profit(Level::Away(0.04));
                match view.bar() % 4 {
                    0 => orders.target_weights(&[(last(0) - 0.7).clamp(0.0, 0.6), 0.3]),
                    1 if last(1) < 1.0 => orders.place(1, order),
                    _ => {}
                }
            },
        );
        result.equity.unwrap()
    };
    for seed in 0..30 {
        let [mut a, mut b] = [seed, seed + 50].map(|seed| {
            let mut random = Random::new(seed);
            std::iter::repeat_with(|| Series::random(&mut random))
                .find(|series| series.close.len() > 120)
                .unwrap()
        });
        let before = run(&a, &b, 120);
        let cut = 40 + (seed as usize) * 2;
        for series in [&mut a, &mut b] {
            for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
                column[cut + 1..].iter_mut().for_each(|price| *price *= 1.5);
            }
        }
        let after = run(&a, &b, 120);
        assert_eq!(before[..=cut], after[..=cut]);
        assert_ne!(before[cut + 1..], after[cut + 1..], "the rest has to feel it");
    }
}

#[test]
fn what_makes_no_sense_is_named() {
    let (a, b) = ([1.0, 2.0, 3.0], [1.0, 2.0]);
    let message =
        |result: tangency_optimize::Result<PortfolioBacktest<'_>>| result.unwrap_err().to_string();
    assert_eq!(message(PortfolioBacktest::new(&[], config())), "bars of the assets is empty");
    let uneven = [Bars::from_closes(&a).unwrap(), Bars::from_closes(&b).unwrap()];
    assert_eq!(
        message(PortfolioBacktest::new(&uneven, config())),
        "bars of every asset has length 2, expected 3"
    );
    let bars = [Bars::from_closes(&a).unwrap()];
    assert_eq!(
        message(PortfolioBacktest::new(&bars, EventConfig { maintenance_margin: 1.0, ..config() })),
        "maintenance_margin is 1, expected a fraction from 0 to below 1"
    );
    let backtest = PortfolioBacktest::new(&bars, config()).unwrap();
    assert_eq!(
        message(backtest.clone().with_actions(1, &[])),
        "asset is 1, expected the place of one of the assets"
    );
    let run = |script: Script<'_>| {
        backtest.run(&mut Scripted(script), Detail::NONE).unwrap_err().to_string()
    };
    assert_eq!(
        run(&mut |_, orders| orders.target_weights(&[0.5, 0.5])),
        "target weights has length 2, expected 1"
    );
    assert_eq!(
        run(&mut |_, orders| orders.target_weight(0, f64::NAN)),
        "target weight is NaN, expected a finite number"
    );
    assert_eq!(
        run(&mut |_, orders| orders.close(3)),
        "asset is 3, expected the place of one of the assets"
    );
    let late = [Decision { bar: 1, weights: &[1.0] }, Decision { bar: 1, weights: &[0.0] }];
    assert!(backtest.run_weights(&late, Detail::NONE).is_err());
}
