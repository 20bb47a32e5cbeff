//! Indicators against plain definitions on random series.

use proptest::prelude::*;
use tangency_preprocess::ErrorKind;
use tangency_preprocess::indicators::{
    Columns, Indicator, PrefixSums, ema, known, parse, rsi, sma,
};

/// Prices from 0.5 to 1000 after up to three leading NaNs.
fn series() -> impl Strategy<Value = Vec<f64>> {
    (0_usize..4, prop::collection::vec(0.5..1000.0_f64, 0..60))
        .prop_map(|(holes, prices)| std::iter::repeat_n(f64::NAN, holes).chain(prices).collect())
}

fn first_number(values: &[f64]) -> usize {
    values.iter().take_while(|value| value.is_nan()).count()
}

/// A few dozen additions of numbers of one size: 1e-12 leaves a thousandfold margin.
fn agree(got: &[f64], want: &[f64]) -> bool {
    got.len() == want.len()
        && got.iter().zip(want).all(|(got, want)| {
            got.is_nan() && want.is_nan() || (got - want).abs() <= 1e-12 * want.abs().max(1.0)
        })
}

fn plain_sma(values: &[f64], window: usize) -> Vec<f64> {
    let start = first_number(values);
    (0..values.len())
        .map(|row| {
            if row + 1 < start + window {
                return f64::NAN;
            }
            values[row + 1 - window..=row].iter().sum::<f64>() / window as f64
        })
        .collect()
}

/// The weights written out: the seed decays by `1 - k` a row.
fn plain_ema(values: &[f64], window: usize) -> Vec<f64> {
    let start = first_number(values);
    let k = 2.0 / (window as f64 + 1.0);
    (0..values.len())
        .map(|row| {
            let Some(later) = (row + 1).checked_sub(start + window) else { return f64::NAN };
            let seed_row = start + window - 1;
            let seed = values[start..=seed_row].iter().sum::<f64>() / window as f64;
            let tail: f64 = (seed_row + 1..=row)
                .map(|i| k * (1.0 - k).powi((row - i) as i32) * values[i])
                .sum();
            seed * (1.0 - k).powi(later as i32) + tail
        })
        .collect()
}

fn plain_rsi(values: &[f64], window: usize) -> Vec<f64> {
    let start = first_number(values);
    let smoothed = |row: usize, sign: f64| {
        let moves: Vec<f64> =
            values[start..=row].windows(2).map(|p| (sign * (p[1] - p[0])).max(0.0)).collect();
        let seed = moves[..window].iter().sum::<f64>() / window as f64;
        moves[window..]
            .iter()
            .fold(seed, |level, x| level * (1.0 - 1.0 / window as f64) + x / window as f64)
    };
    (0..values.len())
        .map(|row| {
            if row < start + window {
                return f64::NAN;
            }
            let (gain, loss) = (smoothed(row, 1.0), smoothed(row, -1.0));
            if gain + loss == 0.0 { 0.0 } else { 100.0 - 100.0 / (1.0 + gain / loss) }
        })
        .collect()
}

proptest! {
    #[test]
    fn sma_is_the_mean_of_the_window(values in series(), window in 1_usize..12) {
        prop_assert!(agree(&sma(&values, window).unwrap(), &plain_sma(&values, window)));
    }

    #[test]
    fn ema_is_its_weights_written_out(values in series(), window in 1_usize..12) {
        prop_assert!(agree(&ema(&values, window).unwrap(), &plain_ema(&values, window)));
    }

    #[test]
    fn rsi_is_wilders_formula(values in series(), window in 1_usize..12) {
        prop_assert!(agree(&rsi(&values, window).unwrap(), &plain_rsi(&values, window)));
    }

    /// Row t knows rows up to t only: what follows changes not one bit of it.
    #[test]
    fn the_future_does_not_reach_back(
        values in series(),
        noise in prop::collection::vec(0.5..1000.0_f64, 60),
        cut in 0_usize..60,
        window in 1_usize..12,
    ) {
        let cut = cut.min(values.len());
        let mut other = values.clone();
        for (slot, value) in other[cut..].iter_mut().zip(noise) {
            *slot = value;
        }
        for function in [sma, ema, rsi] {
            let (a, b) = (function(&values, window).unwrap(), function(&other, window).unwrap());
            for row in 0..cut {
                prop_assert_eq!(a[row].to_bits(), b[row].to_bits());
            }
        }
    }

    /// The moving average depends on its window only, not on where the series starts.
    #[test]
    fn sma_forgets_what_left_the_window(
        values in prop::collection::vec(0.5..1000.0_f64, 12..60),
        window in 1_usize..6,
        skip in 0_usize..6,
    ) {
        let whole = sma(&values, window).unwrap();
        let tail = sma(&values[skip..], window).unwrap();
        prop_assert_eq!(&whole[skip + window - 1..], &tail[window - 1..]);
    }

    #[test]
    fn shared_sums_give_the_same_bits(values in series(), window in 1_usize..70) {
        let mut out = vec![0.0; values.len()];
        PrefixSums::new(&values).sma_into(window, &mut out).unwrap();
        let alone = sma(&values, window).unwrap();
        prop_assert!(out.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    /// A hole shows in every later value of every indicator.
    #[test]
    fn a_hole_poisons_the_rest(
        values in prop::collection::vec(0.5..1000.0_f64, 1..60),
        hole in 1_usize..60,
        window in 1_usize..12,
    ) {
        prop_assume!(hole < values.len());
        let mut values = values;
        values[hole] = f64::NAN;
        for function in [sma, ema, rsi] {
            let out = function(&values, window).unwrap();
            prop_assert!(out[hole..].iter().all(|value| value.is_nan()));
        }
    }
}

#[test]
fn equal_means_tie_in_bits() {
    // Means of 2 and of 6 rows that are equal as real numbers; 0.1 and 0.7 are not exact in binary.
    let values = [0.1, 0.7, 0.1, 0.7, 0.1, 0.7, 0.1, 0.7];
    let (short, long) = (sma(&values, 2).unwrap(), sma(&values, 6).unwrap());
    assert_eq!(short[5..], long[5..]);
}

#[test]
fn a_flat_series_stays_flat_after_a_jump() {
    // A running sum in plain doubles would carry the rounding of the large numbers along.
    let mut values = vec![1e12 + 0.1; 40];
    values.extend([0.1; 40]);
    let out = sma(&values, 7).unwrap();
    assert!(out[46..].iter().all(|value| *value == 0.1), "{:?}", &out[46..]);
}

#[test]
fn empty_short_and_all_missing_series() {
    for function in [sma, ema, rsi] {
        assert!(function(&[], 3).unwrap().is_empty());
        assert!(function(&[1.0, 2.0], 3).unwrap().iter().all(|value| value.is_nan()));
        assert!(function(&[f64::NAN; 5], 2).unwrap().iter().all(|value| value.is_nan()));
        assert!(function(&[1.0, 2.0], usize::MAX).unwrap().iter().all(|value| value.is_nan()));
        let error = function(&[1.0], 0).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::ZeroSize { parameter: "window" });
        assert!(!error.is_data());
    }
    let sums = PrefixSums::new(&[1.0, 2.0]);
    assert_eq!(sums.n_rows(), 2);
    assert!(sums.sma_into(0, &mut [0.0; 2]).is_err());
    assert!(sums.sma_into(1, &mut [0.0; 3]).is_err());
}

#[test]
fn indicators_by_name_equal_the_functions() {
    let closes: Vec<f64> = (0..50).map(|i| 20.0 + f64::from(i * 7 % 11)).collect();
    let columns = Columns::from_closes(&closes);
    let by_name = |text: &str| parse(text).unwrap().compute(&columns).unwrap().remove(0);
    let same = |a: Vec<f64>, b: Vec<f64>| {
        assert!(a.iter().zip(&b).all(|(a, b)| a.to_bits() == b.to_bits()) && a.len() == b.len());
    };
    same(by_name("sma:5"), sma(&closes, 5).unwrap());
    same(by_name(" EMA:9"), ema(&closes, 9).unwrap());
    same(by_name("rsi:14"), rsi(&closes, 14).unwrap());
    assert_eq!(
        known().collect::<Vec<_>>(),
        [
            "atr:WINDOW",
            "bbands:WINDOW:DEVIATIONS",
            "ema:WINDOW",
            "macd:FAST:SLOW:SIGNAL",
            "rsi:WINDOW",
            "sma:WINDOW",
        ]
    );
    let boxed: Box<dyn Indicator> = parse("rsi:14").unwrap();
    assert_eq!((boxed.label().as_str(), boxed.lines()), ("rsi_14", &[""][..]));
}

#[test]
fn columns_have_to_fit() {
    let error = Columns::from_closes(&[1.0, 2.0]).with_low(&[1.0]).unwrap_err();
    assert_eq!(error.to_string(), "low has 1 rows, expected 2");
    let error = Columns::from_closes(&[1.0]).volume("obv").unwrap_err();
    assert_eq!(error.to_string(), "obv needs the column volume");
}
