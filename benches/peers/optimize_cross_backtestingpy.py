"""One crossover of averages over 10 and 50 bars in whole units, in backtesting.py.

The answer is the entry and exit bars of all trades, then the equity at every hundredth close.
"""

import warnings

from _timing import columns, package, tell

CASE = "optimize/sma-cross-2148-whole-units/backtesting.py"

backtesting = package(CASE, "backtesting")
if not backtesting:
    raise SystemExit(0)
import pandas as pd
from backtesting.lib import crossover

# Its bar of progress would stand on standard error, its remarks on open trades too.
backtesting.backtesting._tqdm = lambda bars, **_: bars
warnings.simplefilter("ignore")


def average(values, window):
    return pd.Series(values).rolling(window).mean()


class Cross(backtesting.Strategy):
    def init(self):
        self.fast = self.I(average, self.data.Close, 10)
        self.slow = self.I(average, self.data.Close, 50)

    def next(self):
        if crossover(self.fast, self.slow):
            self.buy()
        elif crossover(self.slow, self.fast):
            self.position.close()


def answer(stats):
    trades = stats._trades
    bars = [bar for pair in zip(trades.EntryBar, trades.ExitBar) for bar in pair]
    return [float(bar) for bar in bars] + [float(it) for it in stats._equity_curve.Equity[::100]]


bars = pd.DataFrame({name.capitalize(): values for name, values in columns("bars").items()})
bars.index = pd.date_range("2000-01-01", periods=len(bars), freq="D")
backtest = backtesting.Backtest(bars, Cross, cash=10_000, commission=0.001)
tell(CASE, backtesting.__version__, backtest.run, answer)
