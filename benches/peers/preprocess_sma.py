"""A moving average of 50 over 100,000 closes."""

from _timing import columns, package, tell

CASE = "preprocess/sma-50-of-100000"


def answer(values):
    return [float(values[49]), float(values[50_000]), float(values[99_999]), float(values[49:].sum())]


close = columns("sma")["close"]

pandas = package(f"{CASE}/pandas", "pandas")
if pandas:
    series = pandas.Series(close)
    tell(f"{CASE}/pandas", pandas.__version__, lambda: series.rolling(50).mean(), lambda got: answer(got.to_numpy()))

polars = package(f"{CASE}/polars", "polars")
if polars:
    column = polars.Series(close)
    tell(f"{CASE}/polars", polars.__version__, lambda: column.rolling_mean(50), lambda got: answer(got.to_numpy()))

talib = package(f"{CASE}/ta-lib", "talib")
if talib:
    import numpy

    values = numpy.array(close)
    tell(f"{CASE}/ta-lib", talib.__version__, lambda: talib.SMA(values, 50), answer)
