"""Data are held once, and binding them takes little room besides."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

# More rows than have their numbers written out.
ROWS, COLUMNS = 200_000, 10
MODEL = "a ~ Normal(0, 1)\nb[f] ~ Normal(0, 1)\nobserve y ~ Normal(a + dot[f](x, b), 1)\n"
SPEC = 'data t {{ {where} y : real; x[f] = columns("x*") }}\n' + MODEL
WHOLE = SPEC.format(where="")
BATCHED = WHOLE + "infer svi(batch = 100 of t)\n"


def columns() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"y": rng.normal(size=ROWS)} | {f"x{i}": rng.normal(size=ROWS) for i in range(COLUMNS)}


def whole_numbers() -> dict[str, np.ndarray]:
    return {name: np.round(values).astype(np.int64) for name, values in columns().items()}


def frame() -> pd.DataFrame:
    return pd.DataFrame(columns())


def polars_frame() -> pl.DataFrame:
    return pl.DataFrame(columns())


# (spec, what makes the data, how much is taken in all, as a multiple of the data bound)
ROOM = {
    # What is bound, a column that is worked on, and masks.
    "reals": (WHOLE, columns, 1.5),
    "a frame of pandas": (WHOLE, frame, 1.5),
    "a frame of polars": (WHOLE, polars_frame, 1.5),
    # Besides, each column as reals until it stands in the matrix.
    "whole numbers": (WHOLE, whole_numbers, 2.5),
    "some of the rows": (SPEC.format(where="where y > -9;"), columns, 1.5),
    # And the numbers of the rows that are left.
    "most of the rows": (SPEC.format(where="where y > -2;"), columns, 2.5),
}


@pytest.mark.parametrize(("spec", "make", "most"), ROOM.values(), ids=ROOM)
def test_binding_takes_little_more_room_than_what_is_bound(bind, spec, make, most):
    # Libraries that are imported on the way are no data.
    bind(spec, {"t": {"y": [0.5, 1, -1], "x1": [1.0, 3, 2]}})
    data = make()
    tracemalloc.start()
    bound = bind(spec, {"t": data})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(value.nbytes for value in bound.inputs.values() if isinstance(value, torch.Tensor))
    assert size >= 0.9 * 8 * ROWS * (COLUMNS + 1)
    assert peak < most * size


# (spec, whether rows lie together in memory)
LAYOUTS = {
    "a linear predictor": (WHOLE, False),
    "one of minibatches": (BATCHED, True),
    "a likelihood": ('data t { x[f] = columns("x*") }\nb[f] ~ Normal(0, 1)\nobserve x ~ Normal(b, 1)\n', True),
    "another use beside it": (WHOLE.replace("a + ", "a + sum[f](exp(x)) + "), True),
    "coefficients by another plate": (
        'plate k = 2\ndata t { y : real; x[f] = columns("x*") }\nb[f, k] ~ Normal(0, 1)\n'
        "m = dot[f](x, b)\nobserve y ~ Normal(sum[k](m), 1)\n",
        True,
    ),
}


@pytest.mark.parametrize(("spec", "in_rows"), LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("matrix", [False, True])
def test_a_matrix_lies_as_it_is_read(bind, spec, in_rows, matrix):
    x = np.arange(12.0).reshape(4, 3)
    given = {"x": x} if matrix else {f"x{i}": x[:, i].copy() for i in range(3)}
    data = {"y": np.zeros(4)} | given
    spec = spec.replace('x[f] = columns("x*")', "x[f] : real") if matrix else spec
    bound = bind(spec, {"t": data})
    assert bound.inputs["x"].tolist() == x.tolist()
    assert bound.inputs["x"].is_contiguous() == in_rows
    observed, constant = bound.data.observed, bound.data.constant
    _, held = (observed | constant)["x"]
    assert np.shares_memory(held, bound.inputs["x"].numpy())
    x[:] = -1
    for values in given.values():
        values[:] = -1
    assert bound.inputs["x"].min() == 0


def test_minibatches_that_a_fit_asks_for_take_rows_that_lie_together(bind):
    x = np.random.default_rng(0).normal(size=(60, 3))
    data = {"t": {"y": x[:, 0], **{f"x{i}": x[:, i] for i in range(3)}}}
    asked, written = bind(WHOLE, data), bind(WHOLE + "infer svi(batch = 20 of t)\n", data)
    assert not asked.inputs["x"].is_contiguous()
    fit = asked.fit("svi", steps=20, batch="20 of t")
    assert fit.bound.inputs["x"].is_contiguous()
    assert np.array_equal(fit.posterior.losses, written.fit("svi", steps=20).posterior.losses)
