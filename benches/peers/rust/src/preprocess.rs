//! A moving average of 50 over 100,000 closes.

use kand::ohlcv::sma::sma;

use crate::telling::{columns, tell};

pub fn moving_average() {
    let close = columns("sma").remove(0);
    let mut out = vec![0.0; close.len()];
    let call = || {
        sma(&close, 50, &mut out).expect("more closes than the window");
        vec![out[49], out[50_000], out[99_999], out[49..].iter().sum()]
    };
    tell("preprocess/sma-50-of-100000/kand", "0.2.2", 1e-6, call, |it| it);
}
