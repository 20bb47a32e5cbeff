//! The page of one backtest: what it came to, the way there, every trade.

use maud::{Markup, html};
use tangency_optimize::backtest::{ExitReason, Side, Statistics, TradeStatus};

use super::charts;
use super::elements::{document, figure, key, number, percent};
use crate::backtest::{BacktestReport, TradeRow};

/// How many bars the close-up of the price shows.
const CLOSE_UP: usize = 250;
/// How many trades the page lists; all of them are in `trades.csv`.
const LISTED_TRADES: usize = 200;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Renders the report of a backtest as one HTML document.
#[must_use]
pub fn render_backtest(report: &BacktestReport) -> String {
    document(
        &format!("Tangency: {}", report.rule),
        &html! {
            h1 { (report.rule) }
            p.headline { (report.headline()) }
            p.soft {
                (report.source) ": " (report.bars) " bars, " (report.first_date) " to "
                (report.last_date) ". Decided at a close, filled at the " (report.execution) "."
            }
            (figures(report))
            (way(report))
            (price(report))
            (monthly(report))
            (comparison(report))
            (trades(report))
            p.soft { "Tangency " (report.version) "." }
        },
    )
}

fn figures(report: &BacktestReport) -> Markup {
    let statistics = &report.statistics;
    html! {
        div.figures {
            div { span.soft { "return a year" } b { (percent(statistics.annualized_return, 1)) } }
            div { span.soft { "Sharpe ratio" } b { (number(statistics.sharpe, 2)) } }
            div { span.soft { "deepest drawdown" } b { (percent(statistics.max_drawdown, 1)) } }
            div { span.soft { "trades won" } b { (percent(statistics.win_rate, 0)) } }
            div { span.soft { "mean exposure" } b { (percent(report.mean_exposure, 0)) } }
        }
    }
}

fn way(report: &BacktestReport) -> Markup {
    html! {
        h2 { "Against buying and holding" }
        (key(&[("buy and hold", charts::css_colour("prior")), ("the rule", charts::css_colour("earned"))]))
        (figure(charts::backtest_equity(report), Some("Value of 1, after costs")))
        (figure(charts::backtest_drawdown(report), Some("Below the highest value so far")))
    }
}

fn price(report: &BacktestReport) -> Markup {
    let long = report.trades.iter().any(|trade| trade.side == Side::Long);
    let short = report.trades.iter().any(|trade| trade.side == Side::Short);
    let mut sides = Vec::new();
    if long {
        sides.push(("long", charts::css_colour("earned")));
    }
    if short {
        sides.push(("short", charts::css_colour("error-variance")));
    }
    let last = report.bars.saturating_sub(CLOSE_UP)..report.bars;
    html! {
        h2 { "Trades on the price" }
        (key(&sides))
        (figure(
            charts::trades_on_price(report, 0..report.bars),
            Some("Close; shaded while a position was held. Triangles are entries, dots exits, where there are few enough to see"),
        ))
        @if report.bars > CLOSE_UP {
            (figure(
                charts::trades_on_price(report, last),
                Some(&format!("The last {CLOSE_UP} bars")),
            ))
        }
    }
}

fn monthly(report: &BacktestReport) -> Markup {
    html! {
        h2 { "Returns by month" }
        div.scroll { table.months {
            thead { tr {
                th { "year" } @for month in MONTHS { th { (month) } } th { "year" }
            } }
            tbody { @for row in &report.monthly {
                tr {
                    td { (row.year) }
                    @for month in row.months {
                        @match month {
                            Some(value) => { td style=(shade(value)) { (percent(value, 1)) } }
                            None => { td {} }
                        }
                    }
                    td { b { (percent(row.total, 1)) } }
                }
            } }
        } }
        p.soft { "From the last close of the month before; the months of a year compound to it. Calendar months in UTC." }
    }
}

fn comparison(report: &BacktestReport) -> Markup {
    let (ours, theirs) = (&report.statistics, &report.buy_and_hold);
    let row = |name: &str, text: &dyn Fn(&Statistics) -> String| {
        html! { tr { td { (name) } td { (text(ours)) } td { (text(theirs)) } } }
    };
    html! {
        h2 { "All figures" }
        div.scroll { table {
            thead { tr { th { "figure" } th { "the rule" } th { "buy and hold" } } }
            tbody {
                (row("total return", &|s| percent(s.total_return, 2)))
                (row("return a year", &|s| percent(s.annualized_return, 2)))
                (row("volatility a year", &|s| percent(s.annualized_volatility, 2)))
                (row("Sharpe ratio", &|s| number(s.sharpe, 3)))
                (row("Sortino ratio", &|s| number(s.sortino, 3)))
                (row("Calmar ratio", &|s| number(s.calmar, 3)))
                (row("Omega ratio", &|s| number(s.omega, 3)))
                (row("deepest drawdown", &|s| percent(s.max_drawdown, 2)))
                (row("trades (closed)", &|s| format!("{} ({})", s.trades, s.closed_trades)))
                (row("trades won", &|s| percent(s.win_rate, 1)))
                (row("profit factor", &|s| number(s.profit_factor, 2)))
                (row("mean profit of a trade", &|s| number(s.expectancy, 2)))
                (row("fees", &|s| number(s.total_fees, 2)))
                (row("bars in the market", &|s| s.bars_in_market.to_string()))
                (row("final equity", &|s| number(s.final_equity, 2)))
            }
        } }
        p.soft {
            "Cash at the start " (number(report.settings.cash, 0)) "; " (report.costs_in_words())
            ". Annual figures at " (report.settings.periods_per_year)
            " bars a year, risk-free rate 0. Value traded: " (number(report.turnover, 1))
            " times the mean equity."
            @if report.settings.leverage > 1.0 {
                " The rule may hold " (report.settings.leverage)
                " times its equity; buying and holding borrows nothing."
            }
            @if report.financing != 0.0 {
                " Interest and borrowing: " (number(report.financing, 2)) "."
            }
            @if report.rejected_orders > 0 {
                " Orders that found too little money or no room: " (report.rejected_orders) "."
            }
        }
    }
}

fn trades(report: &BacktestReport) -> Markup {
    let count = report.trades.len();
    let skipped = count.saturating_sub(LISTED_TRADES);
    html! {
        h2 { "Trades" }
        @if count == 0 {
            p { "None: the rule never entered." }
        } @else {
            @if skipped > 0 {
                p { "The last " (LISTED_TRADES) " of " (count) "; all are in trades.csv." }
            }
            div.scroll { table {
                thead { tr {
                    th { "entry" } th { "side" } th { "price" } th { "exit" } th { "price" } th { "profit" }
                    th { "return" } th { "best" } th { "worst" } th { "ended by" }
                } }
                tbody { @for trade in report.trades.iter().skip(skipped) { (trade_row(trade)) } }
            } }
            p.soft { "Best and worst: how far the price went for and against the trade while it was held, as a share of the entry price." }
        }
    }
}

fn trade_row(trade: &TradeRow) -> Markup {
    let side = match trade.side {
        Side::Long => "long",
        Side::Short => "short",
    };
    html! {
        tr {
            td { (trade.entry_date) }
            td { (side) }
            td { (price_text(trade.entry_price)) }
            td { @if trade.status == TradeStatus::Open { "open" } @else { (trade.exit_date) } }
            td { (price_text(trade.exit_price)) }
            td { (number(trade.profit, 2)) }
            td { (percent(trade.return_on_entry, 2)) }
            td { (percent(trade.favourable, 1)) }
            td { (percent(trade.adverse, 1)) }
            td { (reason(trade.exit_reason)) }
        }
    }
}

fn reason(reason: ExitReason) -> &'static str {
    match reason {
        ExitReason::StillOpen => "",
        ExitReason::Signal => "signal",
        ExitReason::StopLoss => "stop loss",
        ExitReason::TrailingStop => "trailing stop",
        ExitReason::TakeProfit => "take profit",
        ExitReason::Time => "time",
        ExitReason::Rebalance => "rebalance",
        ExitReason::Split => "fraction of a split",
        ExitReason::EndOfData => "end of the data",
        ExitReason::MarginCall => "margin call",
        ExitReason::Ruin => "nothing left",
        _ => "other",
    }
}

/// Green above zero, red below, stronger the further; the figure itself says the same.
fn shade(value: f64) -> String {
    let strength = (value.abs() / 0.10).min(1.0) * 0.45;
    let base = if value >= 0.0 { "46,125,80" } else { "190,64,52" };
    format!("background:rgba({base},{strength:.2})")
}

/// A price with the decimals that its size needs.
fn price_text(price: f64) -> String {
    match price.abs() {
        size if size >= 100.0 => format!("{price:.2}"),
        size if size >= 0.01 => format!("{price:.4}"),
        _ => format!("{price:.4e}"),
    }
}
