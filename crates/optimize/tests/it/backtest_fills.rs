//! At what prices and in which order the event engine fills, by hand.

use tangency_optimize::backtest::events::{
    AtEnd, EventConfig, Level, Order, OrderKind, Orders, Sizing, TradingCosts, Units,
};
use tangency_optimize::backtest::{ExitReason, Side, TradeStatus};

use crate::backtest_events::{FLAT, config, long, near, once, only, play, short};

#[test]
fn what_the_funds_do_not_pay_for_is_left_out() {
    let costs = TradingCosts { fee: 0.001, fixed: 1.0, slippage: 0.01, ..TradingCosts::default() };
    let run = |setting: EventConfig, order| once(&FLAT, setting.with_costs(costs), order);
    let result = run(config(), long(150.0));
    // As vectorbt has it: what is left after the fixed fee, over price and fee.
    near(only(&result).size, 9_999.0 / 1.001 / 101.0);
    assert_eq!(result.rejected, 0);
    let whole = EventConfig { units: Units::Whole, ..config() };
    assert_eq!(only(&run(whole, long(150.0))).size, 98.0);
    assert_eq!(only(&run(whole, long(97.0))).size, 97.0);
    let rich = EventConfig { leverage: 2.0, ..config() };
    assert_eq!(only(&run(rich, long(150.0))).size, 150.0);
    // Nothing is left for a second lot, and a stop at the price asks for units without end.
    let lots = EventConfig { max_lots: 2, ..config() };
    let twice = play(&FLAT, lots, &[], &|view, orders| {
        if view.bar() < 2 {
            orders.place(long(150.0));
        }
    });
    assert_eq!((twice.statistics.trades, twice.rejected), (1, 1));
    let endless = Order::market(Side::Long, Sizing::Risk(0.1)).with_stop_loss(Level::Price(100.0));
    assert_eq!(once(&FLAT, config(), endless).rejected, 1);
}

/// Costs that move the price leave a limit what it is; they do count where the open is better.
#[test]
fn a_limit_is_the_worst_price_that_an_order_gets() {
    let costs = TradingCosts { slippage: 0.01, spread: 0.02, ..TradingCosts::default() };
    let setting = config().with_costs(costs);
    let mut rows = FLAT;
    rows[2] = [90.0, 112.0, 90.0, 100.0];
    let fill = |order: Order| {
        let trade = only(&once(&rows, setting, order));
        (trade.entry_price, trade.exit_price)
    };
    let limit =
        |side, price| Order::market(side, Sizing::Units(10.0)).with_kind(OrderKind::Limit(price));
    assert_eq!(fill(limit(Side::Long, 99.5)).0, 99.5);
    near(fill(limit(Side::Long, 98.0)).0, 90.0 * 1.01 * 1.01);
    assert_eq!(fill(limit(Side::Short, 101.0)).0, 101.0);
    assert_eq!(fill(limit(Side::Short, 110.0)).0, 110.0);
    // A stop pays for it, and so does a market order.
    let stop = |price| long(10.0).with_kind(OrderKind::Stop(price));
    near(fill(stop(111.0)).0, 111.0 * 1.01 * 1.01);
    let taken = long(10.0).with_take_profit(Level::Price(110.0));
    let (entry, exit) = fill(taken);
    near(entry, 100.0 * 1.01 * 1.01);
    assert_eq!(exit, 110.0);
    // Better than 95 at the open, costs included.
    near(fill(short(10.0).with_take_profit(Level::Price(95.0))).1, 90.0 * 1.01 * 1.01);
    let stopped = fill(long(10.0).with_stop_loss(Level::Price(95.0)));
    near(stopped.1, 90.0 * 0.99 * 0.99);
    // The spread of backtesting.py is beyond it.
    let spread = TradingCosts { entry_spread: 0.01, ..TradingCosts::default() };
    let trade = only(&once(&rows, config().with_costs(spread), limit(Side::Long, 99.5)));
    near(trade.entry_price, 99.5 * 1.01);
}

#[test]
fn lots_go_first_in_first_out() {
    let setting = EventConfig { max_lots: 3, ..config() };
    let opened = |close: &dyn Fn(&mut Orders)| {
        let result = play(&FLAT, setting, &[], &|view, orders| match view.bar() {
            bar @ 0..2 => orders.place(long(10.0 + bar as f64)),
            2 => close(orders),
            _ => {}
        });
        let trades = result.trades.unwrap();
        trades.iter().map(|trade| (trade.entry_bar, trade.size, trade.status)).collect::<Vec<_>>()
    };
    let (open, closed) = (TradeStatus::Open, TradeStatus::Closed);
    let both = vec![(1, 10.0, closed), (2, 11.0, closed)];
    assert_eq!(opened(&|orders| orders.close()), both);
    assert_eq!(opened(&|orders| orders.target_weight(0.0)), both);
    // Six units remain of the younger lot.
    let some = opened(&|orders| orders.target_weight(0.06));
    assert_eq!(some, [(1, 10.0, closed), (2, 5.0, closed), (2, 6.0, open)]);
    // Levels and times of the same bar.
    let mut rows = FLAT;
    rows[3] = [90.0; 4];
    let two = |order: Order| {
        let result = play(&rows, setting, &[], &|view, orders| {
            if view.bar() == 0 {
                orders.place(order);
                let mut second = order;
                second.size = Sizing::Units(11.0);
                orders.place(second);
            }
        });
        let trades = result.trades.unwrap();
        trades.iter().map(|trade| (trade.exit_bar, trade.size)).collect::<Vec<_>>()
    };
    assert_eq!(two(long(10.0).with_stop_loss(Level::Price(95.0))), [(3, 10.0), (3, 11.0)]);
    assert_eq!(two(long(10.0).with_max_bars(1)), [(2, 10.0), (2, 11.0)]);
}

/// The last bar is traded like any other one, and only what is left is closed at its open.
#[test]
fn the_end_comes_after_the_last_bar() {
    let mut setting = config();
    setting.at_end = AtEnd::CloseAtLastOpen;
    let mut rows = FLAT;
    rows[4] = [98.0, 99.0, 90.0, 97.0];
    let ended = |order: Order, decided: usize| {
        let result = play(&rows, setting, &[], &|view, orders| {
            if view.bar() == decided {
                orders.place(order);
            }
        });
        let bars = result.statistics.bars_in_market;
        (result.trades.unwrap().first().map(|t| (t.entry_price, t.exit_price, t.exit_reason)), bars)
    };
    let end = ExitReason::EndOfData;
    assert_eq!(ended(long(10.0), 1), (Some((100.0, 98.0, end)), 2));
    let stopped = long(10.0).with_stop_loss(Level::Price(95.0));
    assert_eq!(ended(stopped, 1), (Some((100.0, 95.0, ExitReason::StopLoss)), 2));
    // In and out at the same open; a limit that fills after it all the same; a decision too late.
    assert_eq!(ended(long(10.0), 3), (Some((98.0, 98.0, end)), 0));
    let limit = long(10.0).with_kind(OrderKind::Limit(92.0));
    assert_eq!(ended(limit, 1), (Some((92.0, 98.0, end)), 0));
    assert_eq!(ended(long(10.0), 4), (None, 0));
}
