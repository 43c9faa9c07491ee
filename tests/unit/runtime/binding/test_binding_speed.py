"""Binding a table from memory takes time in proportion to its cells, and not much of it."""

from __future__ import annotations

import time

import numpy as np

ROWS = 1_000_000
# Of the processor, whatever else the machine does; the work takes a twentieth of that, and a pass in Python over each
# cell would take more.
SECONDS = 10


def test_a_million_rows_of_ten_columns_are_bound_in_seconds(bind):
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=ROWS) for i in range(8)} | {"y": rng.normal(size=ROWS)}
    columns["g"] = rng.integers(0, 500, size=ROWS)
    declared = "\n".join(f"x{i} : real" for i in range(8))
    slopes = ", ".join(f"b{i}" for i in range(8))
    mean = " + ".join(f"b{i} * x{i}" for i in range(8))
    spec = f"data t {{\ny : real\ng : category\n{declared}\n}}\na, {slopes} ~ Normal(0, 1)\nc[g] ~ Normal(0, 1)\n"
    started = time.process_time()
    bound = bind(spec + f"observe y ~ Normal(a + c[g] + {mean}, 1)\n", {"t": columns})
    assert time.process_time() - started < SECONDS
    assert bound.inputs["g_of_t"].shape == (ROWS,)
