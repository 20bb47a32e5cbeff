//! The kinds of errors, with their messages.

/// The kinds of [`Error`](super::Error), with the values at fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Too few observations for the estimator.
    #[error("{estimator} needs at least {needed} rows of returns, got {got}")]
    TooFewRows {
        /// The estimator that was asked for.
        estimator: &'static str,
        /// The smallest number of rows it can work with.
        needed: usize,
        /// The rows there are.
        got: usize,
    },
    /// A return that is NaN or infinite.
    #[error("return in row {row} of asset {asset} is {value}, expected a finite number")]
    NonFiniteReturn {
        /// Row of the matrix, from zero.
        row: usize,
        /// Column of the matrix, from zero.
        asset: usize,
        /// The value found.
        value: f64,
    },
    /// A return of -100 % or below, after which there is nothing left to grow.
    #[error("return in row {row} of asset {asset} is {value}, expected above -1 for a growth rate")]
    TotalLoss {
        /// Row, from zero.
        row: usize,
        /// Asset, from zero.
        asset: usize,
        /// The return.
        value: f64,
    },
    /// An element of a matrix that is NaN or infinite.
    #[error("{what}[{row}, {column}] is {value}, expected a finite number")]
    NonFiniteElement {
        /// The matrix.
        what: &'static str,
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// An entry of a vector that is NaN or infinite.
    #[error("{what}[{index}] is {value}, expected a finite number")]
    NonFiniteEntry {
        /// The vector.
        what: &'static str,
        /// Position, from zero.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// An asset that never moves, where its risk is divided by.
    #[error("asset {asset} has zero variance")]
    ZeroVariance {
        /// Column of the asset, from zero.
        asset: usize,
    },
    /// A return of a trial that is NaN or infinite.
    #[error("return in row {row} of trial {trial} is {value}, expected a finite number")]
    NonFiniteTrialReturn {
        /// Row, from zero.
        row: usize,
        /// Trial, from zero.
        trial: usize,
        /// The value found.
        value: f64,
    },
    /// Too few trials to compare.
    #[error("{method} needs at least {needed} trials, got {got}")]
    TooFewTrials {
        /// What compares them.
        method: &'static str,
        /// The smallest number it can work with.
        needed: usize,
        /// The trials there are.
        got: usize,
    },
    /// Returns that never change, where their scatter is divided by.
    #[error("all {what} are {value}, so there is no scatter to judge them by")]
    ConstantReturns {
        /// Which returns.
        what: String,
        /// The value they all have.
        value: f64,
    },
    /// Folds that cannot be laid over the rows.
    #[error("cannot lay the folds: {message}")]
    BadFolds {
        /// What is wrong with them.
        message: String,
    },
    /// A run that was stopped before there was a result.
    #[error("cancelled after {done} trials")]
    Cancelled {
        /// Trials that had ended.
        done: u64,
    },
    /// An objective that could not give the returns of a winner.
    #[error("cannot follow the winner {params} on rows {start}..{end}: {reason}")]
    WinnerFailed {
        /// Its parameters.
        params: String,
        /// The first row.
        start: usize,
        /// The row after the last.
        end: usize,
        /// What the objective said.
        reason: String,
    },
    /// A length that does not fit the others.
    #[error("{what} has length {got}, expected {expected}")]
    WrongLength {
        /// The vector or the side of the matrix.
        what: &'static str,
        /// The length that fits.
        expected: usize,
        /// The length there is.
        got: usize,
    },
    /// Nothing to work on.
    #[error("{what} is empty")]
    Empty {
        /// The input.
        what: &'static str,
    },
    /// A matrix that differs from its transpose.
    #[error(
        "{what} is not symmetric: element [{row}, {column}] is {value}, its mirror image {mirrored}"
    )]
    NotSymmetric {
        /// The matrix.
        what: &'static str,
        /// Row, from zero.
        row: usize,
        /// Column, from zero.
        column: usize,
        /// The element.
        value: f64,
        /// The element on the other side of the diagonal.
        mirrored: f64,
    },
    /// A matrix with a clearly negative eigenvalue.
    #[error(
        "{what} is not positive semidefinite: its smallest eigenvalue is {smallest_eigenvalue:e}"
    )]
    NotPositiveSemidefinite {
        /// The matrix.
        what: &'static str,
        /// The smallest eigenvalue.
        smallest_eigenvalue: f64,
    },
    /// A matrix that must be solved with and is singular to working precision.
    #[error("{what} is singular: row {row} follows from the rows before it")]
    Singular {
        /// The matrix.
        what: &'static str,
        /// The first row that adds nothing, from zero.
        row: usize,
    },
    /// A parameter out of its range.
    #[error("{name} is {value}, expected {expected}")]
    InvalidParameter {
        /// The parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// The range.
        expected: &'static str,
    },
    /// Market capitalisations or weights that describe no market.
    #[error(
        "market capitalisations sum to {sum}, expected non-negative values with a positive sum"
    )]
    InvalidMarketCaps {
        /// Their sum.
        sum: f64,
    },
    /// A view that says nothing: a row of zeros in the picking matrix.
    #[error("view {view} picks no asset")]
    EmptyView {
        /// The view, from zero.
        view: usize,
    },
    /// A view on a portfolio that has no risk, so that its return is known already.
    #[error("view {view} is on a portfolio without variance")]
    RisklessView {
        /// The view, from zero.
        view: usize,
    },
    /// A view that names an asset the prior does not hold.
    #[error("view {view} names asset {asset:?}, which is not among the assets of the prior")]
    UnknownAsset {
        /// The view, from zero.
        view: usize,
        /// The name.
        asset: String,
    },
    /// Two assets of the same name.
    #[error("asset name {name:?} occurs twice")]
    DuplicateAsset {
        /// The name.
        name: String,
    },
    /// A confidence outside 0 to 1.
    #[error("confidence of view {view} is {confidence}, expected 0 to 1")]
    InvalidConfidence {
        /// The view, from zero.
        view: usize,
        /// The confidence given.
        confidence: f64,
    },
    /// View uncertainties that are no covariance matrix.
    #[error("omega of view {view} is {value}, expected a variance that is not negative")]
    NegativeOmega {
        /// The view, from zero.
        view: usize,
        /// The diagonal element.
        value: f64,
    },
    /// Certain views that cannot hold at the same time.
    #[error(
        "certain view {view} contradicts the certain views before it: they imply {implied}, it says {stated}"
    )]
    ContradictoryViews {
        /// The view, from zero.
        view: usize,
        /// The return that the views before it imply.
        implied: f64,
        /// The return it states.
        stated: f64,
    },
    /// A lower bound above its upper bound.
    #[error("bounds of asset {asset} cross: lower {lower}, upper {upper}")]
    CrossedBounds {
        /// The asset, from zero.
        asset: usize,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// Bounds that leave no room for the budget.
    #[error(
        "weights cannot sum to {budget}: lower bounds sum to {lower_sum}, upper bounds to {upper_sum}"
    )]
    UnreachableBudget {
        /// The sum the weights must have.
        budget: f64,
        /// The sum of the lower bounds.
        lower_sum: f64,
        /// The sum of the upper bounds.
        upper_sum: f64,
    },
    /// A group whose minimum is above its maximum.
    #[error("limits of group {group:?} cross: minimum {minimum}, maximum {maximum}")]
    CrossedGroupLimits {
        /// Name of the group.
        group: String,
        /// Its minimum.
        minimum: f64,
        /// Its maximum.
        maximum: f64,
    },
    /// A group whose limits the bounds of its assets cannot meet.
    #[error(
        "group {group:?} cannot lie within {minimum} to {maximum}: the bounds of its assets allow {lowest} to {highest}"
    )]
    UnreachableGroup {
        /// Name of the group.
        group: String,
        /// Its minimum.
        minimum: f64,
        /// Its maximum.
        maximum: f64,
        /// The smallest sum that the bounds allow.
        lowest: f64,
        /// The largest sum that the bounds allow.
        highest: f64,
    },
    /// A group with an asset that does not exist or is in it twice.
    #[error("group {group:?} has asset {asset}, expected each of 0 to {n} (excluded) at most once")]
    InvalidGroupMember {
        /// Name of the group.
        group: String,
        /// The asset, from zero.
        asset: usize,
        /// The number of assets.
        n: usize,
    },
    /// An objective that improves without end: positions without risk, bounds or cost that earn.
    #[error("objective is not bounded: positions without risk and without bounds have a mean")]
    Unbounded,
    /// Constraints that contradict each other in combination.
    #[error("no weights satisfy all constraints: the closest miss them by {violation:e}")]
    Infeasible {
        /// The smallest possible largest violation.
        violation: f64,
    },
    /// No asset is worth holding at the given risk-free rate.
    #[error(
        "no feasible portfolio beats the risk-free rate {risk_free_rate}: the best mean is {best_mean}"
    )]
    NoAssetAboveRiskFree {
        /// The risk-free rate.
        risk_free_rate: f64,
        /// The largest mean that the constraints allow.
        best_mean: f64,
    },
    /// A target return above the largest attainable one.
    #[error("target return {target} is out of reach: the largest attainable is {largest}")]
    TargetReturnTooHigh {
        /// The target.
        target: f64,
        /// The largest return that the constraints allow.
        largest: f64,
    },
    /// A target volatility below the smallest attainable one.
    #[error("target volatility {target} is out of reach: the smallest attainable is {smallest}")]
    TargetVolatilityTooLow {
        /// The target.
        target: f64,
        /// The smallest volatility that the constraints allow.
        smallest: f64,
    },
    /// Risk budgets that are not shares of one.
    #[error("risk budgets sum to {sum}, expected positive shares that sum to 1")]
    InvalidRiskBudget {
        /// Their sum.
        sum: f64,
    },
    /// A price that cannot be traded at.
    #[error("{column} of bar {bar} is {value}, expected a finite number above zero")]
    BadPrice {
        /// The bar, from zero.
        bar: usize,
        /// `open`, `high`, `low` or `close`.
        column: &'static str,
        /// The value found.
        value: f64,
    },
    /// A close of one of several assets that cannot be traded at.
    #[error("close of asset {asset} at bar {bar} is {value}, expected a finite number above zero")]
    BadAssetPrice {
        /// The asset, by its place.
        asset: usize,
        /// The bar, from zero.
        bar: usize,
        /// The value found.
        value: f64,
    },
    /// A bar whose high is below its low.
    #[error("high of bar {bar} is {high}, below its low {low}")]
    CrossedBar {
        /// The bar, from zero.
        bar: usize,
        /// Its high.
        high: f64,
        /// Its low.
        low: f64,
    },
    /// A range of rows that reaches beyond the data.
    #[error("{what} {start}..{end} reaches beyond the {n_rows} rows there are")]
    RangeOutOfBounds {
        /// What the range is of.
        what: &'static str,
        /// Its first row.
        start: usize,
        /// The row after its last.
        end: usize,
        /// The rows there are.
        n_rows: usize,
    },
    /// A window that the data cannot fill.
    #[error("{name} is {window} bars, longer than the {bars} bars there are")]
    WindowTooLong {
        /// The parameter.
        name: &'static str,
        /// The window.
        window: usize,
        /// The bars there are.
        bars: usize,
    },
    /// An expression that cannot be read or makes no sense.
    #[error("{reason} at character {position} of {text:?}")]
    BadExpression {
        /// The expression.
        text: String,
        /// Where the mistake is, in characters from 1.
        position: usize,
        /// What is wrong.
        reason: String,
    },
    /// A moving average that was not computed beforehand.
    #[error("the moving average over {window} bars is not among those prepared")]
    UnpreparedWindow {
        /// The window.
        window: usize,
    },
    /// A name that is none of the known ones.
    #[error("no {what} is called {name:?}; {}", nearest_of(nearest))]
    UnknownName {
        /// Kind of thing that was looked for.
        what: &'static str,
        /// The name given.
        name: String,
        /// The closest known name; empty where none is known.
        nearest: String,
    },
    /// A parameter of a trial that does not fit.
    #[error("parameter {name} is {value}, expected {expected}")]
    BadTrialParameter {
        /// The parameter.
        name: String,
        /// Its value in the trial.
        value: f64,
        /// What fits.
        expected: &'static str,
    },
    /// A parameter range or list that cannot be read.
    #[error("cannot read {text:?}: {reason}; expected {expected}")]
    BadParameterText {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
        /// How it is written.
        expected: &'static str,
    },
    /// A parameter range that reaches nothing or never ends.
    #[error("range from {from} to {to} by {step} holds no values or never ends")]
    BadParameterRange {
        /// The first value.
        from: f64,
        /// The bound.
        to: f64,
        /// The distance between values.
        step: f64,
    },
    /// Two parameters of one name.
    #[error("parameter {name} is given twice")]
    DuplicateParameter {
        /// The name.
        name: String,
    },
    /// A parameter that a strategy needs and the grid does not give.
    #[error("parameter {name} is missing")]
    MissingParameter {
        /// Its name.
        name: String,
    },
    /// A grid without a single trial.
    #[error("the grid has no trials; {rejected} combinations were rejected")]
    EmptyGrid {
        /// Combinations that the constraints reject; 0 for a grid without parameters.
        rejected: u64,
    },
    /// More combinations than can be counted or kept.
    #[error("the grid has {combinations} combinations, at most {limit} can be tried")]
    TooManyTrials {
        /// The combinations there are.
        combinations: u128,
        /// The largest number.
        limit: u64,
    },
    /// A metric that no trial measured.
    #[error("no trial measured the metric {metric}")]
    NotMeasured {
        /// The metric.
        metric: &'static str,
    },
    /// The pool could not run the trials.
    #[error("the pool failed: {message}")]
    Pool {
        /// Its message.
        message: String,
    },
    /// A constraint that hardly any point of a space satisfies.
    #[error("none of {attempts} points satisfied the constraints")]
    NoAdmissiblePoint {
        /// Points that were tried in a row.
        attempts: u64,
    },
    /// A search in which no trial ended well.
    #[error("all {trials} trials failed, {times} of them with: {reason}")]
    AllTrialsFailed {
        /// Trials that ran.
        trials: u64,
        /// The commonest reason.
        reason: String,
        /// How often it occurred.
        times: u64,
    },
    /// A journal that cannot be opened or read.
    #[error("cannot {action} the journal {path}: {reason}")]
    Journal {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A file that is no journal, or one whose beginning is damaged.
    #[error("{path} is no readable journal: {reason}")]
    NotAJournal {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A journal of another search.
    #[error("the journal {path} is of another {what}: {journal}, not {now}")]
    JournalOfAnother {
        /// The file.
        path: String,
        /// What differs: data, engine, space, ...
        what: &'static str,
        /// What the journal says.
        journal: String,
        /// What this search is.
        now: String,
    },
    /// A journal that another process is writing.
    #[error("the journal {path} is in use by another search")]
    JournalInUse {
        /// The file.
        path: String,
    },
    /// A journal that could not be written to: a full disk, say. What it holds is whole, and the
    /// search can be resumed.
    #[error(
        "cannot write to the journal {path} after {trials} trials: {reason}; the search can be resumed"
    )]
    JournalWrite {
        /// The file.
        path: String,
        /// Trials it holds.
        trials: u64,
        /// What the system said.
        reason: String,
    },
    /// A sink that could not take the trials.
    #[error("cannot write the trials: {reason}")]
    Sink {
        /// What the sink said.
        reason: String,
    },
}

fn nearest_of(nearest: &str) -> String {
    if nearest.is_empty() {
        "there is none".to_owned()
    } else {
        format!("the nearest is {nearest:?}")
    }
}
