"""CSV to frame with polars (one thread) and pandas, over the files of `cargo bench --bench frame_formats`.

    POLARS_MAX_THREADS=1 python benches/peers/_frames_csv.py target/frame-formats
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import pandas as pd
import polars as pl
from _reads import measure


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "target/frame-formats")
    for name, size in [("walks_full", "100000x10"), ("walks_cents", "100000x10"), ("closes", "8313x20")]:
        path = folder / f"{name}.csv"
        case = f"csv-read/{name}/{size}"
        # Dates parsed, as ours are; and left as text, which is less work than ours.
        measure(case, "polars", lambda: pl.read_csv(path, try_parse_dates=True).height)
        measure(case, "polars-dates-as-text", lambda: pl.read_csv(path).height)
        # index_col and parse_dates make the frame that ours is; the second is less work.
        measure(case, "pandas", lambda: len(pd.read_csv(path, index_col=0, parse_dates=True)))
        measure(case, "pandas-dates-as-text", lambda: len(pd.read_csv(path)))
        # The default of pandas is off by an ulp now and then; this is exact, as ours is.
        measure(case, "pandas-round-trip",
                lambda: len(pd.read_csv(path, index_col=0, parse_dates=True, float_precision="round_trip")))


if __name__ == "__main__":
    main()
