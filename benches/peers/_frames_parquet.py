"""Parquet and Arrow IPC files to tables with pyarrow, polars and pandas, over the files of
`cargo bench --bench frame_formats`.

    python benches/peers/_frames_parquet.py target/frame-formats
"""

import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
from _reads import measure


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "target/frame-formats")
    for name, size in [("closes", "8313x20"), ("walks_full", "100000x10")]:
        path = folder / f"{name}.parquet"
        case = f"parquet-read/{name}/{size}"
        measure(case, "pyarrow", lambda: pq.read_table(path).num_rows)
        measure(case, "pyarrow-one-thread", lambda: pq.read_table(path, use_threads=False).num_rows)
        measure(case, "pyarrow-file-one-thread",
                lambda: pq.ParquetFile(path).read(use_threads=False).num_rows)
        measure(case, "polars", lambda: pl.read_parquet(path).height)
        measure(case, "pandas", lambda: len(pd.read_parquet(path)))


if __name__ == "__main__":
    main()
