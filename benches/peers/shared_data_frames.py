"""A CSV and a Parquet file of 8,313 days of 20 stocks into a table, dates parsed."""

import functools

import _timing
from _timing import INPUTS, package

# Sums differ by their order alone.
tell = functools.partial(_timing.tell, tolerance=1e-12)

CSV = "shared-data/csv-file-8313x20"
PARQUET = "shared-data/parquet-file-8313x20"

csv = INPUTS / "closes.csv"
parquet = INPUTS / "closes.parquet"


def answer(dates, columns):
    """Rows, the day of the last date, the last value of the last column and the sum of each column."""
    import numpy

    seconds = numpy.asarray(dates).astype("datetime64[s]").astype("int64")
    columns = [numpy.asarray(column, dtype=float) for column in columns]
    return [len(seconds), seconds[-1] / 86400, float(columns[-1][-1]), *(float(column.sum()) for column in columns)]


def of_pandas(table):
    if not hasattr(table.index, "tz"):
        table = table.set_index(table.columns[0])
    dates = table.index.tz_localize(None) if table.index.tz else table.index
    return answer(dates.values, [table[name].to_numpy() for name in table.columns])


def of_polars(table):
    dates = table.to_series(0)
    if dates.dtype.is_temporal() and hasattr(dates.dtype, "time_zone") and dates.dtype.time_zone:
        dates = dates.dt.replace_time_zone(None)
    return answer(dates.to_numpy(), [table.to_series(at).to_numpy() for at in range(1, table.width)])


def of_arrow(table):
    # Without a zone, which is UTC.
    dates = table.column(0).cast("timestamp[s]", safe=False)
    return answer(dates.to_numpy(), [table.column(at).to_numpy() for at in range(1, table.num_columns)])


pandas = package(f"{CSV}/pandas", "pandas")
if pandas:
    # The default parser of floats is off by an ulp now and then; that of "round_trip" is exact, as ours is.
    tell(f"{CSV}/pandas", pandas.__version__,
         lambda: pandas.read_csv(csv, index_col=0, parse_dates=True), of_pandas)
    tell(f"{CSV}/pandas-round-trip", pandas.__version__,
         lambda: pandas.read_csv(csv, index_col=0, parse_dates=True, float_precision="round_trip"), of_pandas)

polars = package(f"{CSV}/polars", "polars")
if polars:
    tell(f"{CSV}/polars", polars.__version__, lambda: polars.read_csv(csv, try_parse_dates=True), of_polars)
    tell(f"{PARQUET}/polars", polars.__version__, lambda: polars.read_parquet(parquet), of_polars)

pyarrow = package(f"{PARQUET}/pyarrow", "pyarrow.parquet")
if pyarrow:
    version = __import__("pyarrow").__version__
    tell(f"{PARQUET}/pyarrow", version,
         lambda: pyarrow.read_table(parquet, use_threads=False), of_arrow)
    if pandas:
        tell(f"{PARQUET}/pandas", pandas.__version__,
             lambda: pandas.read_parquet(parquet, use_threads=False), of_pandas)
