//! The calls whose instructions and allocations are counted, by the names of their benches.

use tangency::forecast::arima::Arima;
use tangency::forecast::{Fit, FitContext, TrainingData};
use tangency::optimize::backtest::events::{
    BarView, Direction, EventBacktest, EventConfig, Level, Order, OrderStrategy, Orders, Sizing,
    TradePlan,
};
use tangency::optimize::backtest::{
    Backtest, BacktestConfig, Bars, Costs, MovingAverages, RsiReversion, Side, Signals, SmaCross,
    Strategy,
};
use tangency::optimize::black_litterman::{Prior, Views};
use tangency::optimize::nalgebra::DMatrix;
use tangency::preprocess::indicators::sma_into;
use tangency::shared_data::Frame;
use tangency::shared_data::csv::CsvReader;
use tangency_testkit::optimize::SyntheticMarket;
use tangency_testkit::prices::sp500_20;
use tangency_testkit::random_walks::Panel;

/// A call made ready; it checks its answer.
pub(crate) type Call = Box<dyn FnMut()>;

/// Makes a call ready.
pub(crate) type Prepare = fn() -> Call;

/// Name and preparation.
pub(crate) const CASES: &[(&str, Prepare)] = &[
    ("forecast/arima-111-n1000/fit", arima_fit),
    ("forecast/arima-111-n1000/log-likelihood", arima_log_likelihood),
    ("optimize/black-litterman-n100/posterior", black_litterman_posterior),
    ("optimize/events-2148/on-bar", on_bar),
    ("optimize/plans-20x2148/both", plans),
    ("optimize/sma-cross-2148/prepared", sma_cross),
    ("optimize/sma-crosses-1000x2148/closes-to-statistics", sma_crosses),
    ("preprocess/sma-2148/alone", sma),
    ("shared-data/clone/8313x20/copied", frame_copied),
    ("shared-data/clone/8313x20/frame", frame_cloned),
    ("shared-data/csv-read/8313x20", csv_read),
];

fn log_prices() -> Vec<f64> {
    let prices = sp500_20();
    let closes = prices.column("JPM");
    closes[closes.len() - 1000..].iter().map(|close| close.ln()).collect()
}

fn arima_fit() -> Call {
    let series = log_prices();
    let model = Arima::new(1, 1, 1);
    Box::new(move || {
        let data = TrainingData::new(&series);
        let fitted = model.fit(&data, &FitContext::default()).expect("a price series fits");
        assert!(fitted.log_likelihood() > 2_431.15);
    })
}

fn arima_log_likelihood() -> Call {
    let series = log_prices();
    let model = Arima::new(1, 1, 1);
    let fitted = model.fit(&TrainingData::new(&series), &FitContext::default());
    let fitted = fitted.expect("a price series fits");
    let parameters: Vec<f64> = fitted.parameters().iter().map(|it| it.value).collect();
    let want = fitted.log_likelihood();
    Box::new(move || {
        let got = model.log_likelihood_at(&TrainingData::new(&series), &parameters);
        assert!(got.is_ok_and(|got| (got - want).abs() < 1e-6));
    })
}

fn black_litterman_posterior() -> Call {
    let n = 100;
    let market = SyntheticMarket::new(n);
    let covariance = DMatrix::from_row_slice(n, n, &market.covariance);
    let (picking, returns) = market.views();
    let picking = DMatrix::from_row_slice(n / 10, n, &picking);
    let views = Views::from_matrices(picking.as_view(), &returns).expect("views fit");
    let prior = Prior::from_market_caps(covariance.as_view(), &market.market_caps, 2.5);
    let prior = prior.expect("a covariance matrix");
    Box::new(move || {
        let posterior = prior.posterior(&views).expect("views of this market");
        assert_ne!(posterior.mean(), prior.mean());
    })
}

/// Opens and closes of the benches of backtests.
fn bars() -> (Vec<f64>, Vec<f64>) {
    let panel = Panel { n_assets: 1, n_rows: 2 * 2148, ..Panel::default() };
    let walk = panel.simulate(11).remove(0);
    let every_second = |from: usize| walk.iter().copied().skip(from).step_by(2).collect();
    (every_second(0), every_second(1))
}

/// Lent to the end of the process: a backtest borrows its bars.
fn lent_bars() -> Bars<'static> {
    let (open, close) = bars();
    let (open, close): (&[f64], &[f64]) = (open.leak(), close.leak());
    let pairs = || open.iter().zip(close);
    let high: &[f64] = pairs().map(|(o, c)| o.max(*c)).collect::<Vec<_>>().leak();
    let low: &[f64] = pairs().map(|(o, c)| o.min(*c)).collect::<Vec<_>>().leak();
    Bars::new(open, high, low, close).expect("a walk stays above zero")
}

fn backtest() -> Backtest<'static> {
    let config = BacktestConfig::new(252.0).with_costs(Costs::fee(0.001));
    Backtest::new(lent_bars(), config).expect("a valid setting")
}

fn event_backtest() -> EventBacktest<'static> {
    let config = EventConfig::vectorbt(252.0).with_costs(Costs::fee(0.001));
    EventBacktest::new(lent_bars(), config).expect("a valid setting")
}

/// Buys again after every stop: a rule that only the general engine can follow.
#[derive(Debug)]
struct Again;

impl OrderStrategy for Again {
    fn name(&self) -> &'static str {
        "again"
    }

    fn on_bar(
        &mut self,
        view: &BarView<'_>,
        orders: &mut Orders,
    ) -> tangency::optimize::Result<()> {
        if view.lots() == 0 {
            let order = Order::market(Side::Long, Sizing::Funds(1.0));
            orders.place(order.with_stop_loss(Level::Away(0.05)));
        }
        Ok(())
    }
}

fn on_bar() -> Call {
    let backtest = event_backtest();
    Box::new(move || {
        let result = backtest.run(&mut Again);
        assert!(result.is_ok_and(|result| result.statistics.trades > 0));
    })
}

fn plans() -> Call {
    let prepared = event_backtest().prepare();
    let mut signals = Signals::default();
    let rule = RsiReversion { window: 14, low: 40.0, high: 60.0 };
    rule.signals_into(prepared.backtest().bars(), &mut signals).expect("the window fits");
    let plan = |k: u32| TradePlan {
        direction: Direction::Both,
        size: Sizing::Equity(0.8),
        stop_loss: Some(0.01 * f64::from(k)),
        take_profit: Some(0.3 - 0.01 * f64::from(k)),
        ..TradePlan::all_in()
    };
    let plans: Vec<TradePlan> = (1..=20).map(plan).collect();
    Box::new(move || {
        let results = prepared.run_plans(&signals, &plans).expect("plans that make sense");
        assert!(results.iter().all(|result| result.statistics.trades > 10));
    })
}

fn sma_crosses() -> Call {
    let backtest = backtest();
    let sets = (5..=44).flat_map(|fast| (50..171).step_by(5).map(move |slow| (fast, slow)));
    let crosses: Vec<SmaCross> = sets.map(|(fast, slow)| SmaCross { fast, slow }).collect();
    Box::new(move || {
        let statistics = backtest.prepare().run_crosses(&crosses).expect("windows fit");
        assert!(statistics.iter().any(|statistics| statistics.trades > 10));
    })
}

fn sma_cross() -> Call {
    let backtest = backtest();
    let close = backtest.bars().close();
    let prepared = backtest.prepare();
    let averages = MovingAverages::new(close, [10, 50]).expect("positive windows");
    let cross = SmaCross { fast: 10, slow: 50 };
    Box::new(move || {
        let statistics = prepared.statistics_of_cross(&averages, cross);
        assert!(statistics.is_ok_and(|statistics| statistics.trades > 0));
    })
}

fn sma() -> Call {
    let (_, close) = bars();
    let mut out = vec![0.0; close.len()];
    let want = close[..50].iter().sum::<f64>() / 50.0;
    Box::new(move || {
        sma_into(&close, 50, &mut out).expect("as long as the closes");
        assert!((out[49] - want).abs() < 1e-9);
    })
}

fn closes(rows: usize) -> Frame {
    let prices = sp500_20();
    let dates: Vec<i64> = (0..rows as i64).map(|day| day * 86_400_000_000_000).collect();
    let named = prices.names.iter().zip(&prices.columns);
    let columns = named.map(|(name, column)| (name, &column[..rows]));
    let builder = columns.fold(Frame::builder(dates), |b, (name, column)| b.column(name, column));
    builder.build().expect("dates rise")
}

fn csv_read() -> Call {
    let mut text = Vec::new();
    tangency::shared_data::csv::write_to(&closes(8313), &mut text).expect("memory takes it");
    Box::new(move || {
        let read = CsvReader::new().read_bytes(&text, "bench").expect("written by us");
        assert_eq!((read.n_rows(), read.n_columns()), (8313, 20));
    })
}

fn frame_cloned() -> Call {
    let frame = closes(8313);
    Box::new(move || assert_eq!(frame.clone().n_rows(), 8313))
}

fn frame_copied() -> Call {
    let frame = closes(8313);
    Box::new(move || {
        let copy = frame.select(frame.names()).expect("its own names");
        assert_eq!(copy.n_rows(), 8313);
    })
}
