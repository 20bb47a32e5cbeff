"""What every script here needs: the input, a clock, and lines of JSON."""

import csv
import importlib
import json
import os
import pathlib
import time

INPUTS = pathlib.Path(os.environ["TANGENCY_PEERS_FOLDER"]) / "inputs"


def columns(name):
    """The columns of an input by their names, as lists of floats."""
    with open(INPUTS / f"{name}.csv", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        values = list(zip(*((float(cell) for cell in row) for row in rows)))
    return {name: list(column) for name, column in zip(names, values)}


def package(case, name):
    """The package, or None after a line that says it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(json.dumps({"case": case, "missing": str(error)}), flush=True)
        return None


def least_ns(call, runs=3, at_least=0.2):
    """The least time of one call, after one that is not timed.

    Short calls are repeated until they fill `at_least` seconds.
    """
    call()
    best, spent, done = float("inf"), 0.0, 0
    while done < runs or spent < at_least:
        start = time.perf_counter()
        call()
        elapsed = time.perf_counter() - start
        best, spent, done = min(best, elapsed), spent + elapsed, done + 1
    return best * 1e9


def tell(case, version, call, answer, **more):
    """Times `call` and prints its line; `answer` turns its result into numbers."""
    value = answer(call())
    line = {"case": case, "version": version, "ns": least_ns(call), "answer": value, **more}
    print(json.dumps(line), flush=True)
