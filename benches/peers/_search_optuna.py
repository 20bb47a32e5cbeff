"""The best values that optuna's samplers find, in the format that `cargo bench --bench search` prints.

    python benches/peers/_search_optuna.py [CLOSES.csv] [NAME/METHOD ...]

Started by hand: what is compared is what a search finds, and that takes a quarter of an hour; docs/search.md
has the table. A name with a method, such as sphere/tpe, runs that alone. Twenty seeds, the same functions,
spaces and numbers of trials as in benches/benches/search.rs. TPE is optuna's TPESampler, once univariate
and once multivariate; BOHB is its TPE below its HyperbandPruner, with the steps of the bench as resource,
counted in trials on the whole budget.

The last objective is a walk-forward run of a moving-average crossover on the closes given (one column,
with a header): the mean over windows of a year of the Sharpe ratio of the pair (fast, slow); a part of the
budget is the first windows. The bench uses Exxon's:
zcat crates/cli/data/sp500_20_close.csv.gz | cut -d, -f21 > xom.csv
"""

import math
import statistics
import sys

import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
SEEDS = 20


def sphere(x):
    return sum((v - 1.3) ** 2 for v in x)


def rosenbrock(x):
    return sum(100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in zip(x, x[1:]))


def ackley(x):
    n = len(x)
    root = math.sqrt(sum(v * v for v in x) / n)
    waves = sum(math.cos(2.0 * math.pi * v) for v in x) / n
    return 20.0 + math.e - 20.0 * math.exp(-0.2 * root) - math.exp(waves)


def rastrigin(x):
    return sum(v * v - 10.0 * math.cos(2.0 * math.pi * v) + 10.0 for v in x)


def hartmann6(u):
    alpha = [1.0, 1.2, 3.0, 3.2]
    a = [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
    p = [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
    total = 0.0
    for weight, row, centre in zip(alpha, a, p):
        inner = sum(r * (v - c * 1e-4) ** 2 for r, v, c in zip(row, u, centre))
        total -= weight * math.exp(-inner)
    return total


FUNCTIONS = {
    "sphere": (sphere, 5, -5.0, 5.0),
    "rosenbrock": (rosenbrock, 4, -5.0, 5.0),
    "ackley": (ackley, 5, -10.0, 10.0),
    "rastrigin": (rastrigin, 4, -5.12, 5.12),
    "hartmann6": (hartmann6, 6, 0.0, 1.0),
}


def best_of(sampler, objective, trials):
    study = optuna.create_study(sampler=sampler, direction="minimize")
    study.optimize(objective, n_trials=trials)
    return study.best_value


def function_objective(function, dimensions, low, high):
    def objective(trial):
        return function([trial.suggest_float(f"x{i}", low, high) for i in range(dimensions)])

    return objective


def report(name, sampler, values):
    print(f"{name:<14} {sampler:<22} {statistics.median(values):>14.6g}", flush=True)


def budgeted(function, x, budget):
    """What a small budget shows: the function at a point that is off by its share."""
    shift = 0.5 * (1.0 - budget)
    return function([v + shift for v in x])


def bohb(suggest, measure, seed, spent):
    """Hyperband over budgets 1/27, 1/9, 1/3 and 1; the sum of budgets is bounded by `spent`."""
    used = 0.0
    best = math.inf
    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True), pruner=pruner, direction="minimize"
    )
    while used < spent:
        trial = study.ask()
        x = suggest(trial)
        pruned, value = False, math.inf
        for step in (1, 3, 9, 27):
            # Every rung is measured from scratch, as by a backtest on more bars.
            used += step / 27.0
            value = measure(x, step / 27.0)
            trial.report(value, step)
            if step < 27 and trial.should_prune():
                pruned = True
                break
        if pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, value)
            best = min(best, value)
    return best


def crossover_sharpe(close, fast, slow, start, end):
    """Sharpe ratio of a crossover on bars [start, end): averages over the whole series, fills at the
    next close, fee 0.001 a side, cash again at the start, in the market with all of it."""
    def sma(window):
        out = np.full(close.size, np.nan)
        sums = np.cumsum(np.insert(close, 0, 0.0))
        out[window - 1 :] = (sums[window:] - sums[:-window]) / window
        return out

    f, s = sma(fast), sma(slow)
    above, below = f > s, f < s
    was_not_above = np.insert((f <= s)[:-1], 0, False)
    was_not_below = np.insert((f >= s)[:-1], 0, False)
    enter, leave = above & was_not_above, below & was_not_below
    cash, units, equity = 10_000.0, 0.0, []
    for i in range(start, end):
        if i > start:
            price = close[i]
            if enter[i - 1] and units == 0.0:
                units, cash = cash / (price * 1.001), 0.0
            elif leave[i - 1] and units > 0.0:
                units, cash = 0.0, units * price * 0.999
        equity.append(cash + units * close[i])
    equity = np.insert(np.array(equity), 0, 10_000.0)
    r = equity[1:] / equity[:-1] - 1.0
    deviation = r.std(ddof=1)
    return float("nan") if deviation == 0.0 else r.mean() / deviation * math.sqrt(252.0)


def suggest_pair(trial):
    return trial.suggest_int("fast", 2, 60), trial.suggest_int("slow", 61, 250)


def walk_forward(close):
    """The objective over a pair and a budget, lower is better; NaN where it does not exist."""
    windows = [(a, a + 252) for a in range(252, close.size - 252 + 1, 252)]
    known = {}

    def measure(pair, budget):
        used = windows[: max(1, math.ceil(budget * len(windows) - 1e-9))]
        if (pair, len(used)) not in known:
            ratios = [crossover_sharpe(close, *pair, a, b) for a, b in used]
            ratios = [ratio for ratio in ratios if not math.isnan(ratio)]
            known[pair, len(used)] = -sum(ratios) / len(ratios) if ratios else math.nan
        return known[pair, len(used)]

    return measure


def whole(measure):
    def objective(trial):
        value = measure(suggest_pair(trial), 1.0)
        if math.isnan(value):
            raise optuna.TrialPruned
        return value

    return objective


def main():
    samplers = {
        "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
        "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=True),
        "univariate-tpe": lambda seed: optuna.samplers.TPESampler(seed=seed, multivariate=False),
    }
    wanted = sys.argv[2:]
    is_wanted = lambda name, sampler: not wanted or f"{name}/{sampler}" in wanted
    for name, (function, dimensions, low, high) in FUNCTIONS.items():
        for sampler, make in samplers.items():
            if is_wanted(name, sampler):
                objective = function_objective(function, dimensions, low, high)
                report(name, sampler, [best_of(make(seed), objective, 200) for seed in range(SEEDS)])
        if is_wanted(name, "bohb"):
            suggest = lambda trial: [trial.suggest_float(f"x{i}", low, high) for i in range(dimensions)]
            measure = lambda x, budget: budgeted(function, x, budget)
            values = [bohb(suggest, measure, seed, 60.0) for seed in range(SEEDS)]
            report(name, "bohb", values)
    if len(sys.argv) > 1:
        measure = walk_forward(np.loadtxt(sys.argv[1], delimiter=",", skiprows=1))
        for sampler, make in samplers.items():
            if is_wanted("walk-forward", sampler):
                values = [best_of(make(seed), whole(measure), 100) for seed in range(SEEDS)]
                report("walk-forward", sampler, values)
        if is_wanted("walk-forward", "bohb"):
            known = lambda pair, budget: 0.0 if math.isnan(v := measure(pair, budget)) else v
            values = [bohb(suggest_pair, known, seed, 100.0) for seed in range(SEEDS)]
            report("walk-forward", "bohb", values)


if __name__ == "__main__":
    main()
