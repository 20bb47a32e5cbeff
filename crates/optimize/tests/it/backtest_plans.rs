//! Plans from event to event against the general event engine, which is asked after every bar.

use tangency_optimize::backtest::events::{
    AtEnd, BarView, Direction, EntryPrice, EventBacktest, EventConfig, EventResult, Level, Order,
    OrderKind, OrderStrategy, Orders, Shortfall, Sizing, TradePlan, TradingCosts, Units,
};
use tangency_optimize::backtest::{
    Bars, Detail, Execution, ExitReason, Side, Signals, SimdWidth, SmaCross, Trade, TradeStatus,
};
use tangency_pool::Pool;

use crate::backtest_agreement::{Random, Series, assert_agree, random_strategy};

/// A plan written as orders, from what its documentation says.
#[derive(Debug)]
pub(crate) struct AsOrders<'a> {
    pub(crate) signals: &'a Signals,
    pub(crate) plan: TradePlan,
}

impl OrderStrategy for AsOrders<'_> {
    fn name(&self) -> &'static str {
        "as_orders"
    }

    fn on_bar(&mut self, view: &BarView<'_>, orders: &mut Orders) -> tangency_optimize::Result<()> {
        let (bar, plan) = (view.bar(), &self.plan);
        let (enter, leave) = (self.signals.entries()[bar], self.signals.exits()[bar]);
        if enter == leave {
            return Ok(());
        }
        // A signal replaces or withdraws the entry that still waits.
        orders.cancel_waiting();
        let side = match plan.direction {
            Direction::LongOnly => enter.then_some(Side::Long),
            Direction::ShortOnly => enter.then_some(Side::Short),
            Direction::Both => Some(if enter { Side::Long } else { Side::Short }),
        };
        let held_already = side.is_some_and(|side| view.position() * side.sign() > 0.0);
        if view.lots() > 0 && !held_already {
            orders.close();
        }
        let Some(side) = side.filter(|_| !held_already) else { return Ok(()) };
        let close = view.bars().close()[bar];
        let away = |fraction: f64| close * (1.0 + fraction * side.sign());
        let mut order = Order::market(side, plan.size);
        match plan.entry {
            EntryPrice::Market => {}
            EntryPrice::Limit(fraction) => order.kind = OrderKind::Limit(away(-fraction)),
            EntryPrice::Stop(fraction) => order.kind = OrderKind::Stop(away(fraction)),
        }
        order.stop_loss = plan.stop_loss.map(|fraction| Level::Price(away(-fraction)));
        order.take_profit = plan.take_profit.map(|fraction| Level::Price(away(fraction)));
        order.trailing_stop = plan.trailing_stop;
        order.max_bars = plan.max_bars;
        orders.place(order);
        Ok(())
    }
}

fn maybe<T>(random: &mut Random, value: T) -> Option<T> {
    (random.below(2) == 0).then_some(value)
}

pub(crate) fn random_plan(random: &mut Random) -> TradePlan {
    let small = |random: &mut Random| 0.002 + 0.1 * random.unit();
    let stop_loss = small(random);
    let stop_loss = maybe(random, stop_loss);
    let size = match random.below(6) {
        0 => Sizing::Equity(0.2 + 0.7 * random.unit()),
        1 => Sizing::Units(1.0 + random.below(40) as f64),
        2 => Sizing::Value(500.0 + 9000.0 * random.unit()),
        3 if stop_loss.is_some() => Sizing::Risk(0.01 * random.unit() + 1e-4),
        4 => Sizing::Funds(0.1 + 0.85 * random.unit()),
        _ => Sizing::Funds(1.0),
    };
    let (take, trail) = (2.0 * small(random), small(random));
    let bars = 1 + random.below(30);
    let away = 0.5 * small(random);
    TradePlan {
        direction: [Direction::LongOnly, Direction::ShortOnly, Direction::Both][random.below(3)],
        size,
        entry: match random.below(4) {
            0 => EntryPrice::Limit(away),
            1 => EntryPrice::Stop(away),
            _ => EntryPrice::Market,
        },
        stop_loss,
        take_profit: maybe(random, take),
        trailing_stop: maybe(random, trail),
        max_bars: maybe(random, bars),
    }
}

pub(crate) fn random_config(random: &mut Random) -> EventConfig {
    let mut config = EventConfig::vectorbt(252.0);
    if random.below(4) > 0 {
        config.costs = TradingCosts {
            fee: 0.003 * random.unit(),
            fixed: maybe(random, 1.5).unwrap_or(0.0),
            per_unit: maybe(random, 0.02).unwrap_or(0.0),
            slippage: 0.002 * random.unit(),
            spread: maybe(random, 0.001).unwrap_or(0.0),
            entry_spread: maybe(random, 0.001).unwrap_or(0.0),
            ..TradingCosts::default()
        };
    }
    config.execution = [Execution::NextOpen, Execution::NextClose][random.below(2)];
    config.units = [Units::Fractional, Units::Whole][random.below(2)];
    config.at_end = [AtEnd::KeepOpen, AtEnd::CloseAtLastOpen][random.below(2)];
    config.shortfall = [Shortfall::Reject, Shortfall::FillPart][random.below(2)];
    config.leverage = [1.0, 1.0, 2.5][random.below(3)];
    config.first_decision = random.below(3);
    config
}

fn assert_same(got: &EventResult, want: &EventResult, what: &str) {
    assert_eq!(got.trades, want.trades, "{what}");
    assert_eq!(got.equity, want.equity, "{what}");
    assert_eq!(got.exposure, want.exposure, "{what}");
    assert_eq!((got.rejected, got.execution), (want.rejected, want.execution), "{what}");
    assert_agree(&got.statistics, &want.statistics, what);
    for (got, want) in [(got.turnover, want.turnover), (got.mean_exposure, want.mean_exposure)] {
        assert!((got - want).abs() <= 1e-10 * want.abs().max(1.0), "{what}: {got} is not {want}");
    }
}

#[test]
fn a_thousand_random_plans_strategies_and_series() {
    let mut ended = std::collections::BTreeMap::new();
    let (mut trades, mut ruined) = (0, 0);
    for seed in 0..1000 {
        let mut random = Random::new(seed + 20_000);
        let series = Series::random(&mut random);
        let bars = if random.below(5) == 0 {
            Bars::from_closes(&series.close).unwrap()
        } else {
            series.bars()
        };
        let strategy = random_strategy(&mut random, series.close.len());
        let mut signals = Signals::default();
        strategy.signals_into(&bars, &mut signals).unwrap();
        let (plan, config) = (random_plan(&mut random), random_config(&mut random));
        let backtest = EventBacktest::new(bars, config).unwrap();
        let what = format!("seed {seed}, {plan:?}, {config:?}");
        let got = backtest.run_signals(&signals, &plan, Detail::ALL).unwrap();
        let want =
            backtest.run_detailed(&mut AsOrders { signals: &signals, plan }, Detail::ALL).unwrap();
        assert_same(&got, &want, &what);
        // What is not asked for changes nothing, nor do the registers or the company.
        for width in SimdWidth::available() {
            let prepared = backtest.prepare().with_width(*width);
            let plain = prepared.run_plans(&signals, &[plan, TradePlan::all_in()]).unwrap();
            assert_eq!((&plain[0].trades, &plain[0].equity), (&None, &None));
            assert_eq!(plain[0].statistics, got.statistics, "{what}, {width}");
            assert_eq!(plain[0].turnover.to_bits(), got.turnover.to_bits(), "{what}, {width}");
        }
        trades += got.statistics.trades;
        for trade in got.trades.iter().flatten() {
            assert!(trade.favourable >= 0.0 && trade.adverse <= 0.0, "{what}: {trade:?}");
            *ended.entry(format!("{:?}", trade.exit_reason)).or_insert(0) += 1;
            ruined += usize::from(trade.exit_reason == ExitReason::Ruin);
        }
    }
    assert!(trades > 10_000 && ruined > 5, "{trades} trades, {ruined} ruined");
    let reasons =
        ["Signal", "StopLoss", "TrailingStop", "TakeProfit", "Time", "StillOpen", "EndOfData"];
    for reason in reasons {
        assert!(ended.get(reason).is_some_and(|count| *count > 50), "{reason}: {ended:?}");
    }
}

/// What does not go from event to event: interest, several lots, a reversal by a waiting order.
#[test]
fn plans_for_the_general_engine_get_there() {
    for seed in 0..150 {
        let mut random = Random::new(seed + 90_000);
        let series = Series::random(&mut random);
        let strategy = random_strategy(&mut random, series.close.len());
        let mut signals = Signals::default();
        strategy.signals_into(&series.bars(), &mut signals).unwrap();
        let (mut plan, mut config) = (random_plan(&mut random), random_config(&mut random));
        match seed % 2 {
            0 => config.costs.cash_rate = 0.03,
            _ => {
                plan.direction = Direction::Both;
                plan.entry = EntryPrice::Limit(0.01);
            }
        }
        let backtest = EventBacktest::new(series.bars(), config).unwrap();
        let got = backtest.run_signals(&signals, &plan, Detail::ALL).unwrap();
        let want =
            backtest.run_detailed(&mut AsOrders { signals: &signals, plan }, Detail::ALL).unwrap();
        assert_same(&got, &want, &format!("seed {seed}, {plan:?}"));
    }
}

/// Noise after a bar changes nothing up to it: no equity, no trade that ended before.
#[test]
fn no_plan_sees_the_future() {
    let mut compared = 0;
    for seed in 0..200 {
        let mut random = Random::new(seed + 40_000);
        let mut series = Series::random(&mut random);
        let n = series.close.len();
        let strategy = random_strategy(&mut random, n);
        let (plan, mut config) = (random_plan(&mut random), random_config(&mut random));
        // What is closed at the end depends on where the end is, not on its prices.
        config.at_end = AtEnd::KeepOpen;
        let run = |series: &Series| {
            let mut signals = Signals::default();
            strategy.signals_into(&series.bars(), &mut signals).unwrap();
            let backtest = EventBacktest::new(series.bars(), config).unwrap();
            backtest.run_signals(&signals, &plan, Detail::ALL).unwrap()
        };
        let before = run(&series);
        let cut = random.below(n);
        for bar in cut + 1..n {
            let factor = 0.5 + random.unit();
            for column in [&mut series.open, &mut series.high, &mut series.low, &mut series.close] {
                column[bar] *= factor;
            }
        }
        let after = run(&series);
        let what = format!("seed {seed}, cut {cut}, {plan:?}");
        assert_eq!(before.equity.unwrap()[..=cut], after.equity.unwrap()[..=cut], "{what}");
        assert_eq!(before.exposure.unwrap()[..=cut], after.exposure.unwrap()[..=cut], "{what}");
        let ended = |result: Option<Vec<Trade>>| -> Vec<Trade> {
            let closed = |trade: &Trade| trade.status == TradeStatus::Closed;
            result.unwrap().into_iter().filter(|t| closed(t) && t.exit_bar <= cut).collect()
        };
        let trades = ended(before.trades);
        compared += trades.len();
        assert_eq!(trades, ended(after.trades), "{what}");
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn many_strategies_under_many_plans() {
    let mut random = Random::new(3);
    let series = std::iter::repeat_with(|| Series::random(&mut random))
        .find(|series| series.close.len() > 200)
        .unwrap();
    let backtest = EventBacktest::new(series.bars(), EventConfig::vectorbt(252.0)).unwrap();
    let crosses: Vec<SmaCross> = (2..30).map(|fast| SmaCross { fast, slow: 3 * fast }).collect();
    let plans: Vec<TradePlan> = (0..6).map(|_| random_plan(&mut random)).collect();
    let runs = [1, 3]
        .map(|workers| backtest.run_many(&crosses, &plans, &Pool::new(workers).unwrap()).unwrap());
    assert_eq!(runs[0].len(), crosses.len());
    for (cross, (one, three)) in crosses.iter().zip(runs[0].iter().zip(&runs[1])) {
        let (one, three) = (one.as_done().unwrap(), three.as_done().unwrap());
        assert_eq!(one, three, "workers must not matter");
        for (plan, got) in plans.iter().zip(one) {
            let alone = backtest.run_strategy(cross, plan, Detail::NONE).unwrap();
            assert_eq!(alone, *got, "{cross:?} {plan:?}");
        }
    }
}

/// A limit waits, is replaced by the next entry signal and withdrawn by an exit signal.
#[test]
fn waiting_entries_are_replaced_and_withdrawn() {
    let close = [100.0, 100.0, 100.0, 90.0, 90.0, 80.0, 70.0, 70.0];
    let low: Vec<f64> = close.iter().map(|c| c - 1.0).collect();
    let bars = Bars::new(&close, &close, &low, &close).unwrap();
    let backtest = EventBacktest::new(bars, EventConfig::vectorbt(252.0)).unwrap();
    let plan = TradePlan { entry: EntryPrice::Limit(0.15), ..TradePlan::all_in() };
    let run = |enter: &[usize], leave: &[usize]| {
        let flags = |bars: &[usize]| (0..8).map(|bar| bars.contains(&bar)).collect();
        let signals = Signals::from_flags(flags(enter), flags(leave)).unwrap();
        backtest.run_signals(&signals, &plan, Detail::ALL).unwrap().trades.unwrap()
    };
    // 15 % below 100 is reached on bar 5, whose open is better than the limit.
    let trades = run(&[0], &[]);
    assert_eq!((trades[0].entry_bar, trades[0].entry_price), (5, 80.0));
    // 15 % below 90, decided on bar 3, is reached on bar 6.
    let trades = run(&[0, 3], &[]);
    assert_eq!((trades[0].entry_bar, trades[0].entry_price), (6, 70.0));
    assert_eq!(trades[0].status, TradeStatus::Open);
    assert_eq!(run(&[0], &[2]), []);
}

#[test]
fn plans_that_make_no_sense_are_named() {
    let close = [10.0, 11.0, 12.0];
    let backtest =
        EventBacktest::new(Bars::from_closes(&close).unwrap(), EventConfig::vectorbt(252.0))
            .unwrap();
    let message = |plan: TradePlan| {
        backtest.run_signals(&Signals::new(3), &plan, Detail::NONE).unwrap_err().to_string()
    };
    let all_in = TradePlan::all_in();
    assert_eq!(
        message(TradePlan { stop_loss: Some(-0.1), ..all_in }),
        "stop_loss is -0.1, expected a fraction above 0"
    );
    assert_eq!(
        message(TradePlan { entry: EntryPrice::Stop(1.0), ..all_in }),
        "entry is 1, expected a fraction from 0 to below 1"
    );
    assert_eq!(
        message(TradePlan { max_bars: Some(0), ..all_in }),
        "max_bars is 0, expected at least 1 bar"
    );
    // A price cannot fall by more than all of it.
    let short = TradePlan { direction: Direction::ShortOnly, take_profit: Some(1.5), ..all_in };
    assert_eq!(
        message(short),
        "take_profit is 1.5, expected a fraction above 0 to below 1, when short"
    );
    let long = TradePlan { stop_loss: Some(2.0), ..all_in };
    let expected = "stop_loss is 2, expected a fraction above 0 to below 1, when long";
    assert_eq!(message(long), expected);
    assert_eq!(message(TradePlan { direction: Direction::Both, ..long }), expected);
    // Prices rise without a bound.
    let short = TradePlan { direction: Direction::ShortOnly, ..long };
    assert!(backtest.run_signals(&Signals::new(3), &short, Detail::NONE).is_ok());
    let size = TradePlan { size: Sizing::Funds(1.01), ..all_in };
    assert_eq!(message(size), "size is 1.01, expected a share of the funds, above 0 to 1");
    let error = backtest.run_signals(&Signals::new(2), &all_in, Detail::NONE).unwrap_err();
    assert_eq!(error.to_string(), "signals has length 2, expected 3");
}
