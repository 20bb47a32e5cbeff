//! Values of TA-Lib, full series and samples.

use tangency_preprocess::indicators::{
    Atr, Bollinger, Columns, Indicator, Macd, PrefixSums, ema, rsi, sma,
};
use tangency_testkit::preprocess::{
    LinesCase, SampledCase, edge_cases, edge_line_cases, reference_cases, reference_line_cases,
    sampled_cases,
};
use tangency_testkit::prices::sp500_20;

/// Both sides do the same few operations a row; TA-Lib's running sum drifts by about 1e-13 over
/// 8,000 rows.
const RELATIVE: f64 = 1e-9;

fn close(got: f64, want: f64) -> bool {
    got.is_nan() && want.is_nan() || (got - want).abs() <= RELATIVE * want.abs()
}

fn compute(function: &str, values: &[f64], window: usize) -> Vec<f64> {
    match function {
        "SMA" => sma(values, window).unwrap(),
        "EMA" => ema(values, window).unwrap(),
        "RSI" => rsi(values, window).unwrap(),
        other => panic!("no function {other}"),
    }
}

#[test]
fn edge_series_in_full() {
    let cases = edge_cases();
    assert_eq!(cases.len(), 28, "seven series, four indicators");
    for case in &cases {
        // The one documented difference: TA-Lib's RSI goes on after a hole with a wrong average.
        if case.function == "RSI" && case.series == "hole_nan" {
            continue;
        }
        let got = compute(&case.function, &case.input, case.window);
        assert_eq!(got.len(), case.output.len());
        for (row, (got, want)) in got.iter().zip(&case.output).enumerate() {
            assert!(
                close(*got, *want),
                "{} {} {} row {row}: {got} is not {want}",
                case.series,
                case.function,
                case.window
            );
        }
    }
}

#[test]
fn rsi_shows_a_hole_from_there_on() {
    let cases = edge_cases();
    let case = cases.iter().find(|c| c.function == "RSI" && c.series == "hole_nan").unwrap();
    let hole = case.input.iter().position(|value| value.is_nan()).unwrap();
    let got = rsi(&case.input, case.window).unwrap();
    for (row, value) in got.iter().enumerate() {
        assert_eq!(value.is_nan(), row < case.window || row >= hole, "row {row}");
        assert!(value.is_nan() || close(*value, case.output[row]));
    }
}

fn check_samples(values: &[f64], case: &SampledCase) {
    let what = format!("{} {} {}", case.series, case.function, case.window);
    let got = compute(&case.function, values, case.window);
    assert_eq!(got.iter().position(|value| !value.is_nan()), Some(case.first_valid), "{what}");
    assert_eq!(got.iter().filter(|value| value.is_nan()).count(), case.nan_count, "{what}");
    for (row, want) in &case.samples {
        assert!(close(got[*row], *want), "{what} row {row}: {} is not {want}", got[*row]);
    }
    if case.function == "SMA" {
        let mut shared = vec![0.0; values.len()];
        PrefixSums::new(values).sma_into(case.window, &mut shared).unwrap();
        assert!(shared.iter().zip(&got).all(|(a, b)| a.to_bits() == b.to_bits()), "{what}");
    }
}

#[test]
fn thirty_years_of_closes() {
    let prices = sp500_20();
    let cases = sampled_cases();
    assert_eq!(cases.len(), 18);
    cases.iter().for_each(|case| check_samples(prices.column(&case.series), case));
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_daily_and_hourly_bars() {
    for (series, bars) in [("goog", 2148), ("eurusd", 5000)] {
        let (closes, cases) = reference_cases(series);
        assert_eq!((closes.len(), cases.len()), (bars, 6));
        cases.iter().for_each(|case| check_samples(&closes, case));
    }
}

fn check_lines(case: &LinesCase) {
    let count = |name: &str| case.params[name] as usize;
    // TA-Lib's names of the lines in our order, and a tolerance: its deviation comes from a
    // difference of sums of squares.
    let (indicator, names, tolerance): (Box<dyn Indicator>, &[&str], f64) =
        match case.function.as_str() {
            "ATR" => (Box::new(Atr { window: count("timeperiod") }), &["value"], RELATIVE),
            "MACD" => {
                let macd = Macd {
                    fast: count("fastperiod"),
                    slow: count("slowperiod"),
                    signal: count("signalperiod"),
                };
                (Box::new(macd), &["macd", "signal", "hist"], RELATIVE)
            }
            "BBANDS" => {
                let window = count("timeperiod");
                let bands = Bollinger { window, deviations: case.params["nbdevup"] };
                (Box::new(bands), &["upper", "middle", "lower"], 1e-7)
            }
            other => panic!("no function {other}"),
        };
    let [high, low, close] = &case.columns;
    let columns = Columns::from_closes(close).with_high(high).unwrap().with_low(low).unwrap();
    let got = indicator.compute(&columns).unwrap();
    // A MACD is a difference of prices and has their rounding.
    let scale = close.iter().copied().filter(|c| !c.is_nan()).fold(0.0, f64::max);
    for (line, name) in got.iter().zip(names) {
        for (row, want) in &case.lines[*name] {
            let got = line[*row];
            let close = got.is_nan() && want.is_nan()
                || (got - want).abs() <= tolerance * want.abs().max(1e-4 * scale);
            let what = format!("{} {} {name} row {row}", case.series, case.function);
            assert!(close, "{what}: {got} is not {want}");
        }
    }
}

#[test]
fn edge_series_of_several_lines_in_full() {
    let cases = edge_line_cases();
    assert_eq!(cases.len(), 21, "seven series, three indicators");
    cases.iter().for_each(check_lines);
}

#[test]
#[ignore = "needs the reference folder beside the checkout"]
fn reference_several_lines() {
    for series in ["goog", "eurusd"] {
        let cases = reference_line_cases(series);
        assert_eq!(cases.len(), 3);
        cases.iter().for_each(check_lines);
    }
}
