"""Grids of crossovers in vectorbt: `MA.run`, `crossed_above`, `Portfolio.from_signals`.

Each window is averaged once; pairs go through in chunks that fit the memory, as its documentation
advises.
"""

import json

from _timing import package, tell

vbt = package("optimize/sma-crosses-1000x2148/vectorbt", "vectorbt")
if not vbt:
    raise SystemExit(0)
import numpy as np
import pandas as pd
from _crosses import CASES, CASH, FEE, answer, group, open_and_close, ours, sets

AT_ONCE = 1_000


def chunk(open_, close, averages, windows, pairs):
    """Total return, Sharpe ratio, drawdown and trades of some pairs."""
    fast, slow = (
        pd.DataFrame(averages[:, np.searchsorted(windows, [p[k] for p in pairs])], close.index)
        for k in (0, 1)
    )
    entries = fast.vbt.crossed_above(slow).vbt.signals.fshift(1)
    exits = fast.vbt.crossed_below(slow).vbt.signals.fshift(1)
    portfolio = vbt.Portfolio.from_signals(
        close, entries, exits, price=open_, fees=FEE, init_cash=CASH, freq="1D"
    )
    return np.column_stack([
        portfolio.total_return().values,
        portfolio.sharpe_ratio().values,
        portfolio.max_drawdown().values,
        portfolio.trades.count().values,
    ])


vbt.settings.returns["year_freq"] = "252 days"
for n_bars, n_sets in CASES:
    case = f"{group(n_bars, n_sets)}/vectorbt"
    if n_bars > 10_000:
        print(json.dumps({"case": case, "missing": "some 24 s a run, left out"}), flush=True)
        continue
    open_, close = open_and_close(n_bars)
    index = pd.date_range("1900-01-01", periods=n_bars, freq="D")
    open_, close = pd.Series(open_, index), pd.Series(close, index)
    pairs = sets(n_sets)
    windows = np.array(sorted({window for pair in pairs for window in pair}))

    def work():
        averages = vbt.MA.run(close, window=list(windows)).ma.values
        parts = [pairs[k : k + AT_ONCE] for k in range(0, n_sets, AT_ONCE)]
        return np.vstack([chunk(open_, close, averages, windows, part) for part in parts])

    tell(case, vbt.__version__, work, answer, ours=ours(n_bars, n_sets))
