//! Prints what each Rust peer takes, one JSON object a line: see `benches/peers/README.md`.

mod forecast;
mod optimize;
mod preprocess;
mod telling;

use telling::missing;

fn main() {
    preprocess::moving_average();
    forecast::arima();
    optimize::covariance();
    optimize::black_litterman();
    optimize::grid();
    // Their jobs have no counterpart of ours yet.
    missing("forecast/boosted-trees/forust-ml", "tangency has no boosted trees to compare with");
    missing("forecast/boosted-trees/smartcore", "tangency has no boosted trees to compare with");
}
