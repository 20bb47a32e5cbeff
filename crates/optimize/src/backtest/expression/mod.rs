//! Rules written as text: `sma(fast) crosses_above sma(slow)`, `rsi(14) < 30 and close > sma(200)`.
//!
//! # Language
//!
//! | | |
//! |---|---|
//! | columns | `open`, `high`, `low`, `close`; where there are only closes they stand for all four |
//! | of the closes | `sma(n)`, `ema(n)`, `rsi(n)`, `atr(n)` (of full bars), `roc(n)` (`close / close n bars before - 1`) |
//! | of any series | `sma(x, n)`, `ema(x, n)`, `rsi(x, n)`, `highest(x, n)`, `lowest(x, n)` (this bar included), `previous(x, n)`, `abs(x)` |
//! | of several parameters | `macd(f, s, g)`, `macd_signal(f, s, g)`, `macd_histogram(f, s, g)`, `upper_band(n, k)`, `lower_band(n, k)` |
//! | arithmetic | `+ - * /`, brackets, numbers |
//! | conditions | `< <= > >= == !=`, `crosses_above`, `crosses_below` |
//! | joined by | `not`, `and`, `or`, binding in that order |
//!
//! Any other name is a parameter, set when the rule runs. Windows are whole numbers: numbers,
//! parameters, or arithmetic of those. `a crosses_above b` on bar `i` means `a[i-1] <= b[i-1]` and
//! `a[i] > b[i]`. A comparison with NaN, as in a warm-up, is false, and so is its `not`-less rest;
//! `not` turns it true.
//!
//! A rule has at most 1,000 values and operators, brackets and calls lie at most 64 deep in each other.
//!
//! Nothing in the language looks ahead, and tests replace the future under random expressions to
//! see that. Each indicator is one pass over the bars, computed once for all rules of a grid that use it.

mod evaluate;
mod parser;
mod strategy;
mod tree;

pub use strategy::ExpressionStrategy;
pub use tree::Expression;
