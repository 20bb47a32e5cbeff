//! The report of one backtest.

use tangency_optimize::backtest::events::{AtEnd, Direction, EventConfig, TradePlan, TradingCosts};
use tangency_optimize::backtest::{
    Backtest, BacktestConfig, Bars, BuyAndHold, Costs, ExitReason, ExpressionStrategy, SmaCross,
};
use tangency_pipeline::{BacktestReport, RuleBacktest};
use tangency_pool::CancelToken;
use tangency_shared_data::time;

const RULE: SmaCross = SmaCross { fast: 5, slow: 20 };

/// Closes of one stock and their dates.
fn stock(rows: usize) -> (Vec<i64>, Vec<f64>) {
    let prices = tangency_testkit::prices::sp500_20();
    let dates = prices.dates[..rows].iter().map(|date| time::parse(date).unwrap()).collect();
    (dates, prices.columns[0][..rows].to_vec())
}

fn report(timestamps: &[i64], close: &[f64], plan: TradePlan) -> BacktestReport {
    RuleBacktest {
        source: "AAPL".to_owned(),
        timestamps,
        bars: Bars::from_closes(close).unwrap(),
        config: EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001)),
        plan,
    }
    .run(&RULE, "sma-cross")
    .unwrap()
}

#[test]
fn the_figures_are_those_of_the_fast_path() {
    let (timestamps, close) = stock(1500);
    let report = report(&timestamps, &close, TradePlan::all_in());
    let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
    let fast = Backtest::new(Bars::from_closes(&close).unwrap(), config).unwrap();
    for (ours, theirs) in [
        (&report.statistics, fast.run(&RULE).unwrap().statistics),
        (&report.buy_and_hold, fast.run(&BuyAndHold).unwrap().statistics),
    ] {
        assert_eq!((ours.trades, ours.closed_trades), (theirs.trades, theirs.closed_trades));
        // Two orders of summation: what 1,500 roundings can do to figures of order 1.
        assert!((ours.sharpe - theirs.sharpe).abs() < 1e-10);
        assert!((ours.total_return - theirs.total_return).abs() < 1e-10);
        assert!((ours.max_drawdown - theirs.max_drawdown).abs() < 1e-12);
    }
    assert_eq!(report.trades.len(), report.statistics.trades);
    let profits: f64 = report.trades.iter().map(|trade| trade.profit).sum();
    let gained = report.statistics.final_equity - report.settings.cash;
    // Money of order 1e4 added up over some dozens of trades.
    assert!((profits - gained).abs() < 1e-7, "{profits} against {gained}");
}

#[test]
fn months_compound_to_years_and_years_to_the_whole() {
    let (timestamps, close) = stock(1500);
    let report = report(&timestamps, &close, TradePlan::all_in());
    let mut whole = 1.0;
    for year in &report.monthly {
        let months: f64 = year.months.iter().flatten().map(|month| 1.0 + month).product();
        assert!((months - 1.0 - year.total).abs() < 1e-12, "{year:?}");
        whole *= months;
    }
    assert!((whole - 1.0 - report.statistics.total_return).abs() < 1e-10);
    assert_eq!(report.monthly.first().unwrap().year, report.first_date[..4]);
    assert_eq!(report.monthly.last().unwrap().year, report.last_date[..4]);
}

#[test]
fn stops_end_trades_and_say_so() {
    let (timestamps, close) = stock(1500);
    let plan = TradePlan {
        direction: Direction::Both,
        stop_loss: Some(0.03),
        take_profit: Some(0.08),
        ..TradePlan::all_in()
    };
    let report = report(&timestamps, &close, plan);
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains("stop_loss") && text.contains("take_profit") && text.contains("short"));
    assert!(report.trades.is_sorted_by_key(|trade| trade.entry_bar));
    assert!(report.exposure.iter().any(|exposure| *exposure < 0.0));
}

#[test]
fn the_files_are_whole_and_agree() {
    let (timestamps, close) = stock(400);
    let report = report(&timestamps, &close, TradePlan::all_in());
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("deep/er");
    report.write(&out, &CancelToken::new()).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let document: serde_json::Value = serde_json::from_str(&read("backtest.json")).unwrap();
    assert_eq!(document["trades"].as_array().unwrap().len(), report.trades.len());
    assert_eq!(read("trades.csv").lines().count(), 1 + report.trades.len());
    let equity = read("equity.csv");
    assert_eq!(equity.lines().count(), 1 + 400);
    let last: Vec<&str> = equity.lines().last().unwrap().split(',').collect();
    assert_eq!(last[2].parse::<f64>().unwrap(), report.statistics.final_equity);
    #[cfg(feature = "html")]
    {
        let page = read("index.html");
        assert_eq!(page.matches("<svg").count(), 4, "equity, drawdown, price, its last bars");
        assert!(page.contains(&report.headline()) && !page.contains("<script"));
        assert!(!page.contains("NaN"), "a figure that does not exist is a dash");
    }
}

/// Leverage is the rule's; whatever is charged is on the page, and why a trade ended.
#[test]
fn borrowing_is_shown_and_holding_borrows_nothing() {
    let (timestamps, close) = stock(1500);
    let costs = TradingCosts {
        fee: 0.001,
        fixed: 1.0,
        spread: 0.0005,
        borrow_rate: 0.03,
        debit_rate: 0.05,
        ..TradingCosts::default()
    };
    let run = |leverage, costs: TradingCosts| {
        let config = EventConfig {
            leverage,
            maintenance_margin: 0.45,
            at_end: AtEnd::CloseAtLastOpen,
            ..EventConfig::vectorbt(252.0).with_costs(costs)
        };
        let plan = TradePlan { direction: Direction::Both, ..TradePlan::all_in() };
        let bars = Bars::from_closes(&close).unwrap();
        RuleBacktest { source: String::new(), timestamps: &timestamps, bars, config, plan }
            .run(&RULE, "sma-cross")
            .unwrap()
    };
    let (plain, levered) = (run(1.0, costs), run(2.0, costs));
    assert_eq!(plain.buy_and_hold, levered.buy_and_hold);
    assert_eq!(levered.buy_and_hold.closed_trades, 0, "held to the end");
    assert_eq!(
        levered.costs_in_words(),
        "fee 0.1 % of each fill, 1 a fill, spread 0.05 %, 3 % a year for units sold short, 5 % a \
         year for borrowed cash"
    );
    assert_eq!(run(1.0, TradingCosts::default()).costs_in_words(), "no costs");
    assert!(levered.financing < plain.financing && plain.financing < 0.0);
    assert!(levered.trades.iter().any(|trade| trade.exit_reason == ExitReason::MarginCall));
    #[cfg(feature = "html")]
    {
        let page = tangency_pipeline::html::render_backtest(&levered);
        let interest = format!("Interest and borrowing: {:.2}.", levered.financing);
        for shown in [&levered.costs_in_words(), "margin call", "2 times its equity", &interest] {
            assert!(page.contains(shown), "{shown}");
        }
    }
}

#[test]
fn a_rule_that_never_trades_is_a_result() {
    let (timestamps, close) = stock(60);
    let never = ExpressionStrategy::new("close < 0", "close > 0").unwrap();
    let report = RuleBacktest {
        source: String::new(),
        timestamps: &timestamps,
        bars: Bars::from_closes(&close).unwrap(),
        config: EventConfig::vectorbt(252.0),
        plan: TradePlan::all_in(),
    }
    .run(&never, "never")
    .unwrap();
    assert!(report.headline().starts_with("The rule never traded"));
    assert!(report.monthly.iter().all(|year| year.total == 0.0));
    #[cfg(feature = "html")]
    assert!(tangency_pipeline::html::render_backtest(&report).contains("never entered"));
}

#[test]
fn timestamps_that_are_not_the_bars_are_refused() {
    let (timestamps, close) = stock(60);
    let backtest = RuleBacktest {
        source: String::new(),
        timestamps: &timestamps[1..],
        bars: Bars::from_closes(&close).unwrap(),
        config: EventConfig::vectorbt(252.0),
        plan: TradePlan::all_in(),
    };
    let error = backtest.run(&RULE, "sma-cross").unwrap_err();
    assert_eq!(error.to_string(), "setting timestamps must be one a bar, 60, got 59");
}
