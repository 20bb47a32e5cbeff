"""Grids of crossovers in numba: a loop over the bars, and a jump from crossing to crossing.

One thread. Averages are included in the times.
"""

from _timing import package, tell

numba = package("optimize/sma-crosses-1000x2148/numba", "numba")
if not numba:
    raise SystemExit(0)
import numpy as np
from _crosses import CASES, CASH, FEE, PER_YEAR, answer, group, open_and_close, ours, sets

njit = numba.njit


@njit
def averages(close, windows):
    """Means of the last w closes, a row a window; NaN before bar w - 1."""
    n = close.size
    out = np.full((windows.size, n), np.nan)
    for row in range(windows.size):
        window = windows[row]
        total = 0.0
        for bar in range(n):
            total += close[bar]
            if bar >= window:
                total -= close[bar - window]
            if bar >= window - 1:
                out[row, bar] = total / window
    return out


@njit
def figures(total, squares, equity, n):
    """Sharpe ratio from the sums of n returns and of their squares."""
    mean = total / n
    variance = (squares - total * mean) / (n - 1)
    return mean / np.sqrt(variance) * np.sqrt(PER_YEAR) if variance > 0.0 else np.nan


@njit
def bar_by_bar(open_, close, fast, slow, out):
    """Total return, Sharpe ratio, drawdown and trades of one pair, one step a bar."""
    n = close.size
    cash, units, order, trades = CASH, 0.0, 0, 0
    equity_before, high, deepest, total, squares = CASH, CASH, 0.0, 0.0, 0.0
    for bar in range(n):
        if order == 1 and units == 0.0:
            units = cash / (open_[bar] * (1.0 + FEE))
            cash = 0.0
            trades += 1
        elif order == -1 and units > 0.0:
            cash = units * open_[bar] * (1.0 - FEE)
            units = 0.0
        equity = cash + units * close[bar]
        change = equity / equity_before - 1.0
        total += change
        squares += change * change
        equity_before = equity
        high = max(high, equity)
        deepest = min(deepest, equity / high - 1.0)
        order = 0
        if bar > 0:
            if fast[bar - 1] <= slow[bar - 1] and fast[bar] > slow[bar]:
                order = 1
            elif fast[bar - 1] >= slow[bar - 1] and fast[bar] < slow[bar]:
                order = -1
    out[0] = equity_before / CASH - 1.0
    out[1] = figures(total, squares, equity_before, n)
    out[2] = deepest
    out[3] = trades


@njit
def held(close, start, end, units, state):
    """Takes the closes of a position into (equity, high, deepest, sum, sum of squares)."""
    equity, high, deepest, total, squares = state
    for bar in range(start, end):
        now = units * close[bar]
        change = now / equity - 1.0
        total += change
        squares += change * change
        equity = now
        high = max(high, now)
        deepest = min(deepest, now / high - 1.0)
    return equity, high, deepest, total, squares


@njit
def by_crossings(open_, close, fast, slow, out):
    """As bar_by_bar, visiting only bars on which a position is held."""
    n = close.size
    cash, units, entry, trades = CASH, 0.0, 0, 0
    state = (CASH, CASH, 0.0, 0.0, 0.0)
    for bar in range(1, n - 1):
        if units == 0.0:
            if fast[bar] > slow[bar] and fast[bar - 1] <= slow[bar - 1]:
                entry = bar + 1
                units = cash / (open_[entry] * (1.0 + FEE))
                trades += 1
        elif fast[bar] < slow[bar] and fast[bar - 1] >= slow[bar - 1]:
            state = held(close, entry, bar + 1, units, state)
            cash = units * open_[bar + 1] * (1.0 - FEE)
            units = 0.0
            equity, high, deepest, total, squares = state
            change = cash / equity - 1.0
            high = max(high, cash)
            deepest = min(deepest, cash / high - 1.0)
            state = (cash, high, deepest, total + change, squares + change * change)
    if units > 0.0:
        state = held(close, entry, n, units, state)
    equity, high, deepest, total, squares = state
    out[0] = equity / CASH - 1.0
    out[1] = figures(total, squares, equity, n)
    out[2] = deepest
    out[3] = trades


@njit
def grid(kind, open_, close, rows, fast, slow):
    """Every pair, as rows of the averages."""
    out = np.empty((fast.size, 4))
    for k in range(fast.size):
        if kind == 0:
            bar_by_bar(open_, close, rows[fast[k]], rows[slow[k]], out[k])
        else:
            by_crossings(open_, close, rows[fast[k]], rows[slow[k]], out[k])
    return out


for n_bars, n_sets in CASES:
    open_, close = open_and_close(n_bars)
    pairs = sets(n_sets)
    windows = np.array(sorted({window for pair in pairs for window in pair}))
    fast, slow = (np.searchsorted(windows, [pair[k] for pair in pairs]) for k in (0, 1))
    for kind, name in enumerate(["numba-bar-by-bar", "numba-by-crossings"]):
        tell(
            f"{group(n_bars, n_sets)}/{name}",
            numba.__version__,
            lambda: grid(kind, open_, close, averages(close, windows), fast, slow),
            answer,
            ours=ours(n_bars, n_sets),
        )
