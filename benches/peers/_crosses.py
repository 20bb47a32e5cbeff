"""Bars and parameter sets of the grids of crossovers in `benches/benches/backtest.rs`.

Semantics: in at the next open with all cash, fractional size, out at the next open; 0.1 % of the value
of each fill; entry where fast[i-1] <= slow[i-1] and fast[i] > slow[i], exit where >= and <; 252 bars a
year; a position at the end stays open. The answer is the means over all sets that have the figure.
"""
import numpy as np

from _timing import columns

FEE, CASH, PER_YEAR = 0.001, 10_000.0, 252.0

CASES = [(2_148, 1_000), (2_148, 10_000), (100_000, 1_000)]


def group(n_bars, n_sets):
    """Crate and case."""
    return f"optimize/sma-crosses-{n_sets}x{n_bars}"


def ours(n_bars, n_sets):
    """The case of ours that answers the same."""
    return f"{group(n_bars, n_sets)}/closes-to-statistics"


def open_and_close(n_bars):
    """Two arrays of doubles."""
    bars = columns(f"bars-{n_bars}")
    return [np.ascontiguousarray(bars[name]) for name in ("open", "close")]


def sets(n_sets):
    """Pairs of a fast and a slow window."""
    if n_sets == 1_000:
        return [(fast, slow) for fast in range(5, 45) for slow in range(50, 171, 5)]
    return [(fast, slow) for fast in range(5, 105) for slow in range(105, 205)]


def answer(figures):
    """Means of total return, Sharpe ratio, drawdown and trades; a row a set."""
    return [float(np.nanmean(column)) for column in figures.T]
