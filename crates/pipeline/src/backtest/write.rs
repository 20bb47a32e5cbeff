//! The report of a backtest as files.

use std::fmt::Write;
use std::path::Path;

use tangency_pool::CancelToken;

use super::report::BacktestReport;
use crate::error::Result;
use crate::files;

/// Everything that [`BacktestReport::write`] may write.
const FILES: [&str; 4] = ["backtest.json", "trades.csv", "equity.csv", "index.html"];

impl BacktestReport {
    /// Writes `backtest.json`, `trades.csv`, `equity.csv` and, with the feature `html`, `index.html`
    /// into `folder`, which is created if it is not there: all of them, or none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Write`](crate::ErrorKind::Write) and [`ErrorKind::File`](crate::ErrorKind::File)
    /// with the path and the system's reason, [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    pub fn write(&self, folder: &Path, cancel: &CancelToken) -> Result<()> {
        let files = vec![
            ("backtest.json", files::json("backtest.json", self)?),
            ("trades.csv", self.trades_csv()?),
            ("equity.csv", self.equity_csv()),
            #[cfg(feature = "html")]
            ("index.html", crate::html::render_backtest(self)),
        ];
        files::write(folder, &FILES, &files, cancel)
    }

    /// One line a trade, in order of entry. Columns are the fields of [`TradeRow`](super::TradeRow).
    fn trades_csv(&self) -> Result<String> {
        let mut text = "side,entry_date,exit_date,entry_bar,exit_bar,entry_price,exit_price,size,\
                        profit,return_on_entry,favourable,adverse,status,exit_reason\n"
            .to_owned();
        for trade in &self.trades {
            let _ = writeln!(
                text,
                "{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
                word(&trade.side)?,
                trade.entry_date,
                trade.exit_date,
                trade.entry_bar,
                trade.exit_bar,
                trade.entry_price,
                trade.exit_price,
                trade.size,
                trade.profit,
                trade.return_on_entry,
                trade.favourable,
                trade.adverse,
                word(&trade.status)?,
                word(&trade.exit_reason)?
            );
        }
        Ok(text)
    }

    /// One line a bar.
    fn equity_csv(&self) -> String {
        let mut text = "date,close,equity,exposure,buy_and_hold_equity\n".to_owned();
        for (bar, date) in self.dates.iter().enumerate() {
            let _ = writeln!(
                text,
                "{date},{},{},{},{}",
                self.close[bar],
                self.equity[bar],
                self.exposure[bar],
                self.buy_and_hold_equity[bar]
            );
        }
        text
    }
}

/// An enumeration's word as JSON has it, without the quotes.
fn word(value: &impl serde::Serialize) -> Result<String> {
    Ok(files::json("trades.csv", value)?.trim().trim_matches('"').to_owned())
}
