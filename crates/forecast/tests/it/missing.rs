//! Missing values, differenced and not.

use proptest::prelude::*;
use tangency_forecast::arima::{Arima, Mean};
use tangency_forecast::{ErrorKind, Fit, FitContext, ForecastRequest, Predict, TrainingData};

use crate::series::{same_cases, walk};

fn models() -> [(Arima, Vec<f64>); 5] {
    [
        (Arima::new(1, 0, 1), vec![0.6, 0.3, 1.3]),
        (Arima::new(1, 1, 1), vec![0.6, -0.3, 1.3]),
        (Arima::new(0, 2, 1), vec![-0.4, 0.8]),
        (Arima::new(1, 1, 0).with_mean(Mean::Drift), vec![0.2, 0.4, 1.1]),
        (Arima::new(0, 1, 1).seasonal(0, 1, 1, 4), vec![-0.4, -0.5, 1.0]),
    ]
}

proptest! {
    #![proptest_config(same_cases(48))]

    /// The log-likelihood is a parabola in any one value, so that three values of it give the
    /// integral over that value in closed form.
    #[test]
    fn a_missing_point_is_a_point_integrated_out(
        seed in 0..1000_u64, row in 0..30_usize, which in 0..5_usize,
    ) {
        let (model, parameters) = &models()[which];
        let mut series = walk(seed, 30);
        let at = series[row];
        let mut value = |x: f64| {
            series[row] = x;
            model.log_likelihood_at(&TrainingData::new(&series), parameters).unwrap()
        };
        let (low, middle, high) = (value(at - 1.0), value(at), value(at + 1.0));
        let missing = value(f64::NAN);
        let curvature = 0.5 * (low + high) - middle;
        let slope = 0.5 * (high - low);
        let integral =
            middle - slope * slope / (4.0 * curvature) + 0.5 * (-std::f64::consts::PI / curvature).ln();
        // Differences of likelihoods of order 100: 1e-9 is a thousand roundings.
        prop_assert!((missing - integral).abs() < 1e-9, "{missing} {integral}");
    }

    /// Forecasts over a gap at the end are those from before it, further out.
    #[test]
    fn a_gap_at_the_end_lengthens_the_horizon(seed in 0..1000_u64, which in 0..5_usize) {
        let (model, parameters) = &models()[which];
        let series = walk(seed, 40);
        let mut gap = series.clone();
        gap.extend([f64::NAN; 3]);
        let whole = model.at(&TrainingData::new(&series), parameters).unwrap();
        let gapped = model.at(&TrainingData::new(&gap), parameters).unwrap();
        prop_assert!((whole.log_likelihood() - gapped.log_likelihood()).abs() < 1e-9);
        let far = whole.predict(&ForecastRequest::new(6)).unwrap();
        let near = gapped.predict(&ForecastRequest::new(3)).unwrap();
        for step in 0..3 {
            prop_assert!((far.mean[step + 3] - near.mean[step]).abs() < 1e-9);
            prop_assert!((far.std_error[step + 3] / near.std_error[step] - 1.0).abs() < 1e-10);
        }
    }
}

#[test]
fn nothing_to_learn_from_is_named() {
    let nothing = [f64::NAN; 50];
    for model in [Arima::new(1, 0, 0), Arima::new(1, 1, 1)] {
        let error = model.fit(&TrainingData::new(&nothing), &FitContext::default()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::AllMissing { rows: 50 });
    }
    // Every fourth row is missing: that season's level is never seen.
    let mut series = walk(4, 60);
    series.iter_mut().skip(2).step_by(4).for_each(|value| *value = f64::NAN);
    let model = Arima::new(1, 0, 0).seasonal(0, 1, 0, 4);
    let error = model.fit(&TrainingData::new(&series), &FitContext::default()).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::UnidentifiedLevels { levels: 1 });
}

#[test]
fn innovations_begin_once_the_levels_are_known() {
    let mut series = walk(5, 40);
    series[0] = f64::NAN;
    series[1] = f64::NAN;
    series[20] = f64::NAN;
    let fitted =
        Arima::new(0, 1, 1).fit(&TrainingData::new(&series), &FitContext::default()).unwrap();
    assert_eq!(fitted.innovations().len(), 39);
    assert_eq!(fitted.n_used(), 36);
    let missing: Vec<usize> = (0..39).filter(|&row| fitted.innovations()[row].is_nan()).collect();
    assert_eq!(missing, [0, 1, 19]);
}
