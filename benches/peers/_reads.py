"""Times reads of a file: a line of JSON a case, the fastest and the median of 15, in nanoseconds."""

import json
import statistics
import time

REPEATS = 15


def measure(case, implementation, read):
    """Times `read`, which gives a number of rows, after one read that is not timed."""
    read()
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter_ns()
        rows = read()
        taken.append(time.perf_counter_ns() - start)
        assert rows > 8000
    line = {
        "case": case,
        "implementation": implementation,
        "min_ns": min(taken),
        "median_ns": int(statistics.median(taken)),
    }
    print(json.dumps(line), flush=True)
