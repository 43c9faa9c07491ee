"""Whatever the columns' expressions and the data are, the result is a bound model or findings."""

from __future__ import annotations

import datetime
import random
import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.diagnostics.render import render_text
from bayesdsl.driver import Bound, compile_text

NAMES = ["text", "whole", "real", "truth", "matrix", "gaps", "label", "day", "mixed", "huge", "wild", "absent", "K"]
ATOMS = [*NAMES, "1", "0", "2.5", "z0", "z1", '"a"']
FUNCTIONS = ["log", "sqrt", "exp", "zscore", "center", "rescale", "rank", "inv_logit", "lgamma", "round", "relu"]
OPERATORS = ["+", "-", "*", "/", "^", "%", "==", "!=", "<", ">=", "and", "or"]
TYPES = ["real", "positive", "unit", "int", "count", "binary", "category", "interval(-1, 1)"]
PATTERNS = ["m*", "*e*", "real", "q*", "[a-l]*", "?ext"]


def columns(r: random.Random, rows: int) -> dict[str, object]:
    rng = np.random.default_rng(r.randrange(10**6))
    real = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows))
    wild = rng.normal(size=rows) * 1e200
    wild[-1] = np.inf
    return {
        "text": [r.choice(["a", "b", "A", "", "1"]) for _ in range(rows)],
        "whole": rng.integers(-2, 5, size=rows),
        "real": real,
        "truth": rng.random(rows) < 0.5,
        "matrix": rng.normal(size=(rows, 2)),
        "gaps": np.where(rng.random((rows, 3)) < 0.3, np.nan, 1.0),
        "label": pd.Categorical([r.choice(["x", "y"]) for _ in range(rows)]),
        "day": [datetime.date(2020, 1, 1)] * rows,
        "mixed": [r.choice([1, 2.5, None, "z"]) for _ in range(rows)],
        "huge": [2**70 + i for i in range(rows)],
        "wild": wild,
    }


def expression(r: random.Random, depth: int) -> str:
    if depth == 0 or r.random() < 0.25:
        return r.choice(ATOMS)
    inner = [expression(r, depth - 1) for _ in range(3)]
    return r.choice(
        [
            f"{r.choice(FUNCTIONS)}({inner[0]})",
            f"({inner[0]} {r.choice(OPERATORS)} {inner[1]})",
            f"not {inner[0]}",
            f"present({inner[0]})",
            f"where({inner[0]}, {inner[1]}, {inner[2]})",
            f"-{inner[0]}",
        ]
    )


def table(r: random.Random) -> str:
    items = []
    for i in range(r.randrange(1, 4)):
        items.append(
            r.choice(
                [
                    f"z{i} : {r.choice(TYPES)} = {expression(r, 2)}",
                    f"z{i} : {r.choice(TYPES)} = {expression(r, 1)}",
                    f"z{i}[k{i}] : real = {expression(r, 1)}",
                    f"z{i}[k] = [{expression(r, 1)}, {expression(r, 1)}]",
                    f'z{i}[k] = columns("{r.choice(PATTERNS)}")',
                ]
            )
        )
    if r.random() < 0.4:
        items.insert(r.randrange(len(items) + 1), f"where {expression(r, 2)}")
    if r.random() < 0.4:
        items.append("missing drop")
    return "\n".join([*items, "y : real = whole"])


def bound_or_found(spec: str, data: object) -> Bound | tuple[Diagnostic, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return compile_text(spec).bind(data)
        except BayesError as error:
            return error.diagnostics


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_any_table_is_bound_or_gives_findings(start: int):
    for seed in range(start, start + 50):
        r = random.Random(seed)
        spec = f"const K = 3\ndata t {{\n{table(r)}\n}}\nmu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n"
        result = bound_or_found(spec, {"t": columns(r, r.choice([1, 2, 3, 7]))})
        if isinstance(result, tuple):
            assert result
            assert all(map(render_text, result)), spec
            continue
        assert all(map(render_text, result.warnings)), spec
        tensors = [value for value in result.inputs.values() if isinstance(value, torch.Tensor)]
        assert all(torch.isfinite(value).all() for value in tensors), spec
