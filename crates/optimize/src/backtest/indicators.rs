//! Indicators of some bars, computed once for every rule that reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tangency_preprocess::indicators::{
    Macd, atr_into, bollinger_into, ema_into, macd_into, rsi_into, sma_into,
};

use super::bars::Bars;

/// Columns computed from bars, kept under a name that holds their parameters.
///
/// Shared by the parameter sets of a grid: the second rule that asks for `sma(20)` gets the first
/// one's. Can be read from several threads; two that ask for the same column at the same time
/// may both compute it, to the same bits. Grows with every distinct column, one double a bar.
#[derive(Debug)]
pub struct Indicators<'a> {
    bars: Bars<'a>,
    columns: Mutex<BTreeMap<String, Arc<[f64]>>>,
}

impl<'a> Indicators<'a> {
    /// Nothing computed yet.
    #[must_use]
    pub fn new(bars: Bars<'a>) -> Self {
        Self { bars, columns: Mutex::new(BTreeMap::new()) }
    }

    /// The bars.
    #[must_use]
    pub fn bars(&self) -> &Bars<'a> {
        &self.bars
    }

    /// The column of that name, computed into a buffer of NaN, one element a bar, unless it is there.
    ///
    /// The name must tell all parameters; a column of the caller's own is best prefixed.
    pub fn column(&self, name: &str, compute: impl FnOnce(&mut [f64])) -> Arc<[f64]> {
        if let Some(column) = self.lock().get(name) {
            return Arc::clone(column);
        }
        // Computed without the lock, so that other threads go on.
        let mut values = vec![f64::NAN; self.bars.len()];
        compute(&mut values);
        Arc::clone(self.lock().entry(name.to_owned()).or_insert_with(|| values.into()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<[f64]>>> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Simple moving average of the closes; the caller has checked the window, here and below.
    pub(super) fn sma(&self, window: usize) -> Arc<[f64]> {
        self.column(&format!("sma(close, {window})"), |out| {
            sma_into(self.bars.close(), window, out).expect(CHECKED);
        })
    }

    pub(super) fn ema(&self, window: usize) -> Arc<[f64]> {
        self.column(&format!("ema(close, {window})"), |out| {
            ema_into(self.bars.close(), window, out).expect(CHECKED);
        })
    }

    pub(super) fn rsi(&self, window: usize) -> Arc<[f64]> {
        self.column(&format!("rsi(close, {window})"), |out| {
            rsi_into(self.bars.close(), window, out).expect(CHECKED);
        })
    }

    pub(super) fn atr(&self, window: usize) -> Arc<[f64]> {
        let (high, low) = (self.bars.high_or_close(), self.bars.low_or_close());
        self.column(&format!("atr({window})"), |out| {
            atr_into(high, low, self.bars.close(), window, out).expect(CHECKED);
        })
    }

    /// Line, signal and histogram.
    pub(super) fn macd(&self, windows: Macd) -> [Arc<[f64]>; 3] {
        let Macd { fast, slow, signal } = windows;
        let line = |which: usize| {
            self.column(&format!("macd({fast}, {slow}, {signal})[{which}]"), |out| {
                let n = out.len();
                let mut rest = [vec![f64::NAN; n], vec![f64::NAN; n]];
                let [a, b] = &mut rest;
                let done = match which {
                    0 => macd_into(self.bars.close(), windows, out, a, b),
                    1 => macd_into(self.bars.close(), windows, a, out, b),
                    _ => macd_into(self.bars.close(), windows, a, b, out),
                };
                done.expect(CHECKED);
            })
        };
        [line(0), line(1), line(2)]
    }

    /// Upper, middle and lower band.
    pub(super) fn bollinger(&self, window: usize, deviations: f64) -> [Arc<[f64]>; 3] {
        let middle = self.sma(window);
        let band = |name: &str, is_upper: bool| {
            self.column(&format!("{name}({window}, {deviations})"), |out| {
                let n = out.len();
                let (mut a, mut b) = (vec![f64::NAN; n], vec![f64::NAN; n]);
                let (upper, lower) =
                    if is_upper { (out, a.as_mut_slice()) } else { (a.as_mut_slice(), out) };
                bollinger_into(self.bars.close(), window, deviations, upper, &mut b, lower)
                    .expect(CHECKED);
            })
        };
        [band("upper_band", true), middle, band("lower_band", false)]
    }
}

const CHECKED: &str = "windows and lengths were checked";
