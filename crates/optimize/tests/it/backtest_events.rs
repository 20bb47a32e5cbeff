//! The rules of the event engine, one by one, by hand.

use tangency_optimize::backtest::events::{
    ActionKind, AtEnd, BarView, CorporateAction, Direction, EventBacktest, EventConfig,
    EventResult, Level, Order, OrderKind, OrderStrategy, Orders, Shortfall, Sizing, TradePlan,
    TradingCosts, Units,
};
use tangency_optimize::backtest::{Bars, Detail, ExitReason, Side, Signals, Trade, TradeStatus};

/// Five bars as rows of open, high, low, close.
pub(crate) type Rows = [[f64; 4]; 5];

pub(crate) const FLAT: Rows = [[100.0, 101.0, 99.0, 100.0]; 5];

pub(crate) fn config() -> EventConfig {
    EventConfig::vectorbt(252.0).with_cash(10_000.0)
}

fn columns(rows: &Rows) -> [Vec<f64>; 4] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column]).collect())
}

pub(crate) type Script<'s> = &'s dyn Fn(&BarView<'_>, &mut Orders);

struct Scripted<'s>(Script<'s>);

impl std::fmt::Debug for Scripted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl OrderStrategy for Scripted<'_> {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn on_bar(&mut self, view: &BarView<'_>, orders: &mut Orders) -> tangency_optimize::Result<()> {
        (self.0)(view, orders);
        Ok(())
    }
}

pub(crate) fn play(
    rows: &Rows,
    config: EventConfig,
    actions: &[CorporateAction],
    script: Script<'_>,
) -> EventResult {
    let [open, high, low, close] = columns(rows);
    let bars = Bars::new(&open, &high, &low, &close).unwrap();
    EventBacktest::new(bars, config)
        .unwrap()
        .with_actions(actions)
        .unwrap()
        .run_detailed(&mut Scripted(script), Detail::ALL)
        .unwrap()
}

/// Places one order after bar 0.
pub(crate) fn once(rows: &Rows, config: EventConfig, order: Order) -> EventResult {
    play(rows, config, &[], &|view, orders| {
        if view.bar() == 0 {
            orders.place(order);
        }
    })
}

pub(crate) fn only(result: &EventResult) -> Trade {
    let trades = result.trades.as_ref().unwrap();
    assert_eq!(trades.len(), 1, "{trades:?}");
    trades[0]
}

#[track_caller]
pub(crate) fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} is not {want}");
}

pub(crate) fn long(units: f64) -> Order {
    Order::market(Side::Long, Sizing::Units(units))
}

pub(crate) fn short(units: f64) -> Order {
    Order::market(Side::Short, Sizing::Units(units))
}

#[test]
fn a_stop_inside_the_bar_fills_at_its_level_and_beyond_a_gap_at_the_open() {
    let mut rows = FLAT;
    rows[2] = [98.0, 99.0, 94.0, 96.0];
    let order = long(10.0).with_stop_loss(Level::Price(95.0));
    let trade = only(&once(&rows, config(), order));
    assert_eq!((trade.exit_bar, trade.exit_price), (2, 95.0));
    assert_eq!(trade.exit_reason, ExitReason::StopLoss);
    rows[2] = [93.0, 99.0, 92.0, 96.0];
    assert_eq!(only(&once(&rows, config(), order)).exit_price, 93.0);
    // A short lot is stopped above.
    rows[2] = [104.0, 106.0, 103.0, 104.0];
    let order = short(10.0).with_stop_loss(Level::Away(0.05));
    assert_eq!(only(&once(&rows, config(), order)).exit_price, 105.0);
    rows[2] = [107.0, 108.0, 103.0, 104.0];
    assert_eq!(only(&once(&rows, config(), order)).exit_price, 107.0);
}

#[test]
fn a_take_profit_gains_from_a_gap() {
    let mut rows = FLAT;
    rows[2] = [104.0, 111.0, 103.0, 105.0];
    let order = long(10.0).with_take_profit(Level::Away(0.1));
    let trade = only(&once(&rows, config(), order));
    near(trade.exit_price, 110.0);
    assert_eq!(trade.exit_reason, ExitReason::TakeProfit);
    rows[2] = [112.0, 113.0, 111.0, 112.0];
    assert_eq!(only(&once(&rows, config(), order)).exit_price, 112.0);
}

#[test]
fn where_both_levels_are_inside_a_bar_the_stop_counts() {
    let mut rows = FLAT;
    rows[1] = [100.0, 120.0, 80.0, 100.0];
    let order = long(10.0).with_stop_loss(Level::Price(90.0)).with_take_profit(Level::Price(110.0));
    let trade = only(&once(&rows, config(), order));
    // On the bar of the entry already.
    assert_eq!((trade.entry_bar, trade.exit_bar, trade.exit_price), (1, 1, 90.0));
    assert_eq!(trade.exit_reason, ExitReason::StopLoss);
}

#[test]
fn a_trailing_stop_follows_the_best_price_up_to_the_bar_before() {
    let mut rows = FLAT;
    rows[2] = [100.0, 120.0, 100.0, 119.0];
    rows[3] = [118.0, 130.0, 107.0, 110.0];
    let trade = only(&once(&rows, config(), long(10.0).with_trailing_stop(0.1)));
    // 10 % below 120, the high of bar 2; the 130 of bar 3 may have come after the low.
    assert_eq!((trade.exit_bar, trade.exit_reason), (3, ExitReason::TrailingStop));
    near(trade.exit_price, 108.0);
    near(trade.favourable, 0.2);
}

#[test]
fn time_runs_out_at_an_open_and_before_new_orders() {
    let result = play(&FLAT, config(), &[], &|view, orders| {
        if view.bar() == 0 || view.bar() == 2 {
            orders.place(long(10.0).with_max_bars(2));
        }
    });
    let trades = result.trades.unwrap();
    assert_eq!((trades[0].entry_bar, trades[0].exit_bar), (1, 3));
    assert_eq!(trades[0].exit_reason, ExitReason::Time);
    // One lot at most: the second entry found room because the first had gone.
    assert_eq!((trades[1].entry_bar, trades[1].status), (3, TradeStatus::Open));
    assert_eq!(result.rejected, 0);
}

#[test]
fn limits_and_stops_wait_and_gap() {
    let mut rows = FLAT;
    rows[2] = [99.0, 100.0, 94.0, 97.0];
    let limit = |price| long(10.0).with_kind(OrderKind::Limit(price));
    let stop = |price| long(10.0).with_kind(OrderKind::Stop(price));
    let trade = only(&once(&rows, config(), limit(95.0)));
    assert_eq!((trade.entry_bar, trade.entry_price), (2, 95.0));
    rows[2][0] = 94.5;
    assert_eq!(only(&once(&rows, config(), limit(95.0))).entry_price, 94.5);
    rows[2] = [101.0, 107.0, 100.5, 106.0];
    let trade = only(&once(&rows, config(), stop(105.0)));
    assert_eq!((trade.entry_bar, trade.entry_price), (2, 105.0));
    rows[2][0] = 106.0;
    assert_eq!(only(&once(&rows, config(), stop(105.0))).entry_price, 106.0);
    assert_eq!(once(&FLAT, config(), stop(105.0)).trades.unwrap(), []);
    // The stop of a lot that was opened within the bar counts against the bar's range.
    rows[2] = [101.0, 107.0, 100.5, 106.0];
    let order =
        stop(105.0).with_stop_loss(Level::Price(102.0)).with_take_profit(Level::Price(106.5));
    let trade = only(&once(&rows, config(), order));
    assert_eq!((trade.exit_bar, trade.exit_price), (2, 102.0));
}

/// What a bar did before an order filled within it is not what happened to the lot.
#[test]
fn a_lot_sees_what_comes_after_its_fill() {
    let mut rows = FLAT;
    rows[1] = [100.0, 110.0, 95.0, 96.0];
    rows[2] = [99.0, 100.0, 94.0, 97.0];
    rows[3] = [97.0, 98.0, 96.0, 97.0];
    rows[4] = rows[3];
    let order = |side, kind| {
        Order::market(side, Sizing::Units(10.0)).with_kind(kind).with_trailing_stop(0.05)
    };
    // 5 % below 96, the close of the fill's bar, then below 100; never below 110.
    let trade = only(&once(&rows, config(), order(Side::Long, OrderKind::Limit(95.0))));
    assert_eq!((trade.entry_bar, trade.entry_price), (1, 95.0));
    assert_eq!(trade.status, TradeStatus::Open);
    near(trade.favourable, 100.0 / 95.0 - 1.0);
    near(trade.adverse, 94.0 / 95.0 - 1.0);
    let plain = |side, kind| Order::market(side, Sizing::Units(10.0)).with_kind(kind);
    let mut outcome = |side, kind, bar| {
        rows[1] = bar;
        rows[2..].fill([bar[3]; 4]);
        let trade = only(&once(&rows, config(), plain(side, kind)));
        (trade.favourable * trade.entry_price, trade.adverse * trade.entry_price)
    };
    let (favourable, adverse) =
        outcome(Side::Long, OrderKind::Stop(105.0), [100.0, 110.0, 92.0, 104.0]);
    near(favourable, 5.0);
    near(adverse, -1.0);
    let (favourable, adverse) =
        outcome(Side::Short, OrderKind::Limit(105.0), [100.0, 110.0, 92.0, 104.0]);
    near(favourable, 1.0);
    near(adverse, -5.0);
    let (favourable, adverse) =
        outcome(Side::Short, OrderKind::Stop(95.0), [100.0, 110.0, 92.0, 97.0]);
    near(favourable, 3.0);
    near(adverse, -2.0);
    // All of a bar comes after its open.
    let (favourable, adverse) =
        outcome(Side::Long, OrderKind::Limit(105.0), [100.0, 110.0, 92.0, 97.0]);
    near(favourable, 10.0);
    near(adverse, -8.0);
}

#[test]
fn waiting_orders_can_be_withdrawn() {
    let mut rows = FLAT;
    rows[3] = [99.0, 100.0, 90.0, 97.0];
    let result = play(&rows, config(), &[], &|view, orders| match view.bar() {
        0 => orders.place(long(1.0).with_kind(OrderKind::Limit(95.0))),
        1 => orders.cancel_waiting(),
        _ => {}
    });
    assert_eq!(result.statistics.trades, 0);
}

#[test]
fn every_cost_is_charged() {
    let costs = TradingCosts {
        fee: 0.001,
        fixed: 2.0,
        per_unit: 0.01,
        slippage: 0.002,
        spread: 0.004,
        ..TradingCosts::default()
    };
    let result = play(&FLAT, config().with_costs(costs), &[], &|view, orders| match view.bar() {
        0 => orders.place(long(10.0)),
        1 => orders.close(),
        _ => {}
    });
    let trade = only(&result);
    near(trade.entry_price, 100.0 * 1.002 * 1.002);
    near(trade.exit_price, 100.0 * 0.998 * 0.998);
    near(trade.entry_fee, 2.0 + 0.1 + 0.01 * trade.entry_price);
    near(trade.exit_fee, 2.0 + 0.1 + 0.01 * trade.exit_price);
    near(result.statistics.final_equity, 10_000.0 + trade.profit());
    near(result.statistics.total_fees, trade.entry_fee + trade.exit_fee);
    // All funds buy what they can pay for, fees included.
    let all =
        once(&FLAT, config().with_costs(costs), Order::market(Side::Long, Sizing::Funds(1.0)));
    let trade = only(&all);
    near(trade.size * trade.entry_price + trade.entry_fee, 10_000.0);
}

#[test]
fn interest_is_a_years_rate_over_the_bars() {
    let costs = TradingCosts {
        cash_rate: 0.252,
        borrow_rate: 0.504,
        debit_rate: 0.252,
        ..TradingCosts::default()
    };
    let idle = play(&FLAT, config().with_costs(costs), &[], &|_, _| {});
    near(idle.statistics.final_equity, 10_000.0 * 1.001_f64.powi(4));
    // 10 units short: 11,000 of cash earn 11, 1,000 of borrowed units cost 2.
    let shorted = once(&FLAT, config().with_costs(costs), short(10.0));
    let equity = shorted.equity.unwrap();
    near(equity[1], 10_010.0);
    near(equity[2], 10_010.0 + 11.01 - 2.0);
    // Twice the equity in the asset: 10,000 borrowed.
    let mut margin =
        config().with_costs(TradingCosts { debit_rate: 0.252, ..TradingCosts::default() });
    margin.leverage = 2.0;
    let result = once(&FLAT, margin, Order::market(Side::Long, Sizing::Funds(1.0)));
    near(only(&result).size, 200.0);
    near(result.equity.unwrap()[2], 10_000.0 - 10.0);
}

#[test]
fn sizes_mean_what_they_say() {
    let size = |size, units| {
        let order = Order::market(Side::Long, size).with_stop_loss(Level::Price(90.0));
        only(&once(&FLAT, EventConfig { units, ..config() }, order)).size
    };
    near(size(Sizing::Funds(0.5), Units::Fractional), 50.0);
    near(size(Sizing::Equity(0.25), Units::Fractional), 25.0);
    near(size(Sizing::Value(155.0), Units::Fractional), 1.55);
    near(size(Sizing::Value(155.0), Units::Whole), 1.0);
    near(size(Sizing::Units(3.0), Units::Whole), 3.0);
    // 1 % of 10,000 over 10 a unit.
    near(size(Sizing::Risk(0.01), Units::Fractional), 10.0);
    let strict = EventConfig { shortfall: Shortfall::Reject, ..config() };
    let dear = once(&FLAT, strict, long(101.0));
    assert_eq!((dear.statistics.trades, dear.rejected), (0, 1));
}

#[test]
fn pyramiding_adds_lots_up_to_the_limit() {
    let every_bar: Script<'_> = &|_, orders| orders.place(long(10.0));
    let three = play(&FLAT, EventConfig { max_lots: 3, ..config() }, &[], every_bar);
    assert_eq!((three.statistics.trades, three.rejected), (3, 1));
    let one = play(&FLAT, config(), &[], every_bar);
    assert_eq!((one.statistics.trades, one.rejected), (1, 3));
}

#[test]
fn target_weights_trade_the_difference() {
    let mut rows = FLAT;
    rows[2] = [100.0, 200.0, 100.0, 200.0];
    rows[3] = [200.0, 200.0, 200.0, 200.0];
    rows[4] = [200.0, 200.0, 200.0, 200.0];
    let result =
        play(
            &rows,
            EventConfig { max_lots: 4, ..config() },
            &[],
            &|view, orders| match view.bar() {
                0 | 2 => orders.target_weight(0.5),
                3 => orders.target_weight(-0.5),
                _ => {}
            },
        );
    let trades = result.trades.unwrap();
    // 50 units become worth 10,000 of 15,000; half of it is 37.5 units.
    near(trades[0].size, 12.5);
    assert_eq!((trades[0].exit_bar, trades[0].exit_reason), (3, ExitReason::Rebalance));
    near(trades[1].size, 37.5);
    assert_eq!((trades[2].side, trades[2].status), (Side::Short, TradeStatus::Open));
    near(trades[2].size, 37.5);
    near(result.exposure.unwrap()[4], -0.5);
}

#[test]
fn whole_units_stay_whole_through_splits() {
    let mut rows = FLAT;
    for row in &mut rows[2..] {
        *row = [80.0; 4];
    }
    let setting = EventConfig { units: Units::Whole, ..config() };
    let costs = TradingCosts { fixed: 1.0, ..TradingCosts::default() };
    let run = |order: Order, ratio: f64| {
        let split = [CorporateAction { bar: 2, kind: ActionKind::Split(ratio) }];
        play(&rows, setting.with_costs(costs), &split, &|view, orders| {
            if view.bar() == 0 {
                orders.place(order);
            }
        })
    };
    // 5 become 7.5: half a unit is paid at two thirds of 100, without a fee.
    let result = run(long(5.0), 1.5);
    let trades = result.trades.unwrap();
    assert_eq!((trades[0].size, trades[0].exit_bar, trades[0].exit_fee), (0.5, 2, 0.0));
    assert_eq!((trades[0].exit_reason, trades[1].status), (ExitReason::Split, TradeStatus::Open));
    near(trades[0].exit_price, 100.0 / 1.5);
    assert_eq!(trades[1].size, 7.0);
    near(result.equity.unwrap()[2], 10_000.0 - 1.0 - 500.0 + 0.5 * 100.0 / 1.5 + 7.0 * 80.0);
    let result = run(short(5.0), 1.5);
    near(result.equity.unwrap()[2], 10_000.0 - 1.0 + 500.0 - 0.5 * 100.0 / 1.5 - 7.0 * 80.0);
    // Less than a unit is gone altogether; rounding is no fraction.
    let gone = run(long(5.0), 0.1);
    assert_eq!((only(&gone).exit_reason, only(&gone).size), (ExitReason::Split, 0.5));
    assert_eq!(gone.exposure.unwrap()[2], 0.0);
    assert_eq!(only(&run(long(49.0), 1.0 / 49.0)).size, 1.0);
    assert_eq!(only(&run(long(50.0), 1.1)).size, 55.0);
}

#[test]
fn a_dividend_is_for_units_of_before_a_split() {
    let mut rows = FLAT;
    for row in &mut rows[2..] {
        *row = [50.0; 4];
    }
    let [split, dividend] = [ActionKind::Split(2.0), ActionKind::Dividend(1.0)]
        .map(|kind| CorporateAction { bar: 2, kind });
    for actions in [[split, dividend], [dividend, split]] {
        let result = play(&rows, config(), &actions, &|view, orders| {
            if view.bar() == 0 {
                orders.place(long(10.0));
            }
        });
        assert_eq!(result.equity.unwrap()[2], 10_010.0);
    }
}

/// A year of 25.2 % is 0.1 % a bar of the 1,000 that 10 units were worth before their split.
#[test]
fn what_is_borrowed_costs_what_it_was_worth_before_a_split() {
    let mut rows = FLAT;
    for row in &mut rows[2..] {
        *row = [25.0; 4];
    }
    let costs = TradingCosts { borrow_rate: 0.252, ..TradingCosts::default() };
    let actions = [CorporateAction { bar: 2, kind: ActionKind::Split(4.0) }];
    let result = play(&rows, config().with_costs(costs), &actions, &|view, orders| {
        if view.bar() == 0 {
            orders.place(short(10.0));
        }
    });
    near(result.financing, -3.0);
    for (bar, want) in [(1, 10_000.0), (2, 9_999.0), (3, 9_998.0), (4, 9_997.0)] {
        near(result.equity.as_ref().unwrap()[bar], want);
    }
}

/// The sum of four lots is less than they are by some last bits.
#[test]
fn a_target_of_nothing_leaves_nothing() {
    let open = [175.4, 175.4, 141.99, 35.53, 173.08, 124.21, 124.21, 124.21];
    let bars = Bars::new(&open, &open, &open, &open).unwrap();
    let weights = [0.34, 0.66, 0.68, 0.84, 0.0];
    let script: Script<'_> = &|view, orders| {
        if let Some(weight) = weights.get(view.bar()) {
            orders.target_weight(*weight);
        }
    };
    let setting = EventConfig { max_lots: 4, ..config() };
    let result = EventBacktest::new(bars, setting)
        .unwrap()
        .run_detailed(&mut Scripted(script), Detail::ALL)
        .unwrap();
    let trades = result.trades.unwrap();
    assert!(trades.iter().all(|trade| trade.status == TradeStatus::Closed), "{trades:?}");
    assert_eq!(result.statistics.trades, trades.len());
    assert_eq!(result.statistics.bars_in_market, 4);
    assert_eq!(result.exposure.unwrap()[5..], [0.0; 3]);
}

/// A target that is met already, or by whole lots, cuts no slivers off.
#[test]
fn targets_trade_no_crumbs() {
    let open = [100.0, 100.0, 30.1, 70.3, 70.3, 70.3, 70.3, 70.3];
    let bars = Bars::new(&open, &open, &open, &open).unwrap();
    let script: Script<'_> = &|view, orders| match view.bar() {
        0 => orders.target_weight(0.3),
        1 => orders.target_weight(0.7),
        2.. => orders.target_weight(0.45),
    };
    let result = EventBacktest::new(bars, EventConfig { max_lots: 4, ..config() })
        .unwrap()
        .run_detailed(&mut Scripted(script), Detail::ALL)
        .unwrap();
    let trades = result.trades.unwrap();
    assert!(trades.iter().all(|trade| trade.exit_bar <= 3 || trade.status == TradeStatus::Open));
    assert!(trades.iter().all(|trade| trade.size > 1.0), "{trades:?}");
}

#[test]
fn splits_and_dividends() {
    let mut rows = FLAT;
    rows[3] = [50.0, 51.0, 49.0, 50.0];
    rows[4] = [50.0, 51.0, 49.0, 50.0];
    let actions = [
        CorporateAction { bar: 2, kind: ActionKind::Dividend(1.5) },
        CorporateAction { bar: 3, kind: ActionKind::Split(2.0) },
    ];
    let order = long(10.0).with_stop_loss(Level::Price(90.0));
    let result = play(&rows, config(), &actions, &|view, orders| {
        if view.bar() == 0 {
            orders.place(order);
        }
    });
    // The level at 90 is one at 45 after the split and is not reached.
    let trade = only(&result);
    assert_eq!((trade.size, trade.entry_price, trade.status), (20.0, 50.0, TradeStatus::Open));
    assert_eq!(result.equity.unwrap(), [10_000.0, 10_000.0, 10_015.0, 10_015.0, 10_015.0]);
    let bad = [CorporateAction { bar: 5, kind: ActionKind::Split(2.0) }];
    let [open, high, low, close] = columns(&FLAT);
    let backtest =
        EventBacktest::new(Bars::new(&open, &high, &low, &close).unwrap(), config()).unwrap();
    assert!(backtest.with_actions(&bad).is_err());
    assert!(
        backtest.with_actions(&[CorporateAction { bar: 1, kind: ActionKind::Split(0.0) }]).is_err()
    );
}

#[test]
fn both_sides_close_and_reverse_at_one_price() {
    let [open, high, low, close] = columns(&FLAT);
    let bars = Bars::new(&open, &high, &low, &close).unwrap();
    let signals = Signals::from_flags(
        vec![true, false, false, false, false],
        vec![false, false, true, false, false],
    )
    .unwrap();
    let run = |direction| {
        let plan = TradePlan { direction, size: Sizing::Units(10.0), ..TradePlan::all_in() };
        EventBacktest::new(bars, config())
            .unwrap()
            .run_signals(&signals, &plan, Detail::ALL)
            .unwrap()
    };
    let both = run(Direction::Both).trades.unwrap();
    assert_eq!((both[0].side, both[0].exit_bar), (Side::Long, 3));
    assert_eq!((both[1].side, both[1].entry_bar), (Side::Short, 3));
    assert_eq!(both[0].exit_price, both[1].entry_price);
    let short = run(Direction::ShortOnly).trades.unwrap();
    assert_eq!((short[0].side, short[0].entry_bar, short[0].exit_bar), (Side::Short, 1, 3));
}

#[test]
fn a_lost_account_stops() {
    let mut rows = FLAT;
    rows[2] = [100.0, 400.0, 100.0, 300.0];
    let result = play(&rows, config(), &[], &|view, orders| {
        if view.lots() == 0 {
            orders.place(short(100.0));
        }
    });
    let trade = only(&result);
    assert_eq!((trade.exit_bar, trade.exit_reason), (2, ExitReason::Ruin));
    assert_eq!(result.statistics.final_equity, -10_000.0);
    near(trade.adverse, -3.0);
}

/// A debt bears no interest, whose quotient to the debt before would count as a gain, and no order
/// waits any longer.
#[test]
fn a_lost_account_owes_no_interest_and_waits_for_nothing() {
    let mut rows = FLAT;
    rows[2] = [100.0, 400.0, 100.0, 300.0];
    let costs = TradingCosts { debit_rate: 0.252, ..TradingCosts::default() };
    let result = play(&rows, config().with_costs(costs), &[], &|view, orders| {
        if view.bar() == 0 {
            orders.place(short(100.0));
        }
        if view.bar() == 1 {
            orders.place(long(1.0).with_kind(OrderKind::Limit(99.5)));
        }
    });
    assert_eq!(result.equity.unwrap()[2..], [-10_000.0; 3]);
    assert_eq!((result.financing, result.rejected), (0.0, 0));
    near(result.statistics.omega, 0.0);
}

/// A debt of as much as there was does not double in a year because (-1)^2 is 1.
#[test]
fn what_is_lost_altogether_has_no_annual_return() {
    let mut rows = FLAT;
    rows[2] = [100.0, 400.0, 100.0, 300.0];
    // A year has twice the bars there are.
    let setting = EventConfig { periods_per_year: 10.0, ..config() };
    let s = once(&rows, setting, short(100.0)).statistics;
    assert_eq!(s.total_return, -2.0);
    assert!(s.annualized_return.is_nan() && s.calmar.is_nan(), "{s:?}");
    assert!(tangency_optimize::metrics::annualized_return(&[-1.5, 0.0], 4.0).is_nan());
}

#[test]
fn the_end_can_close_what_is_open() {
    let mut setting = config();
    setting.at_end = AtEnd::CloseAtLastOpen;
    let trade = only(&once(&FLAT, setting, long(10.0)));
    assert_eq!((trade.exit_bar, trade.exit_price, trade.status), (4, 100.0, TradeStatus::Closed));
}

#[test]
fn next_close_comes_after_the_levels_of_the_bar() {
    let mut rows = FLAT;
    rows[1] = [100.0, 101.0, 80.0, 100.0];
    let mut setting = config();
    setting.execution = tangency_optimize::backtest::Execution::NextClose;
    let trade = only(&once(&rows, setting, long(10.0).with_stop_loss(Level::Price(90.0))));
    // In at the close of bar 1, after its low.
    assert_eq!((trade.entry_bar, trade.status), (1, TradeStatus::Open));
}

#[test]
fn what_makes_no_sense_is_named() {
    let message = |order: Order| order.check().unwrap_err().to_string();
    assert_eq!(message(long(0.0)), "size is 0, expected a finite number above 0");
    assert_eq!(
        message(Order::market(Side::Long, Sizing::Funds(1.5))),
        "size is 1.5, expected a share of the funds, above 0 to 1"
    );
    assert!(message(Order::market(Side::Long, Sizing::Risk(0.1))).contains("stop loss"));
    assert!(message(long(1.0).with_trailing_stop(1.0)).starts_with("trailing_stop is 1"));
    assert!(message(long(1.0).with_stop_loss(Level::Away(1.2))).starts_with("stop_loss is 1.2"));
    assert!(message(long(1.0).with_max_bars(0)).starts_with("max_bars is 0"));
    let bars = Bars::from_closes(&[1.0, 2.0]).unwrap();
    let message = |config: EventConfig| EventBacktest::new(bars, config).unwrap_err().to_string();
    let costs = |costs| config().with_costs(costs);
    assert_eq!(
        message(costs(TradingCosts { spread: 1.0, ..TradingCosts::default() })),
        "spread is 1, expected a fraction from 0 to below 1"
    );
    assert!(
        message(costs(TradingCosts { fixed: -1.0, ..TradingCosts::default() }))
            .starts_with("fixed is -1")
    );
    assert!(message(EventConfig { leverage: 0.5, ..config() }).starts_with("leverage is 0.5"));
    assert!(message(EventConfig { max_lots: 0, ..config() }).starts_with("max_lots is 0"));
}
