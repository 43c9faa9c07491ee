"""The types that data and params are declared with."""

from __future__ import annotations

from bayesdsl.catalogue.rows import DataType
from bayesdsl.types.supports import (
    BINARY,
    CATEGORY,
    CHOLESKY_CORR,
    COUNT,
    COVARIANCE,
    INT,
    NONNEGATIVE,
    ORDERED,
    POSITIVE,
    POSITIVE_ORDERED,
    REAL,
    SIMPLEX,
    UNIT,
)

_TYPES = (
    DataType("real", "Any number.", REAL, "constraints.real"),
    DataType("positive", "A number over 0.", POSITIVE, "constraints.positive"),
    DataType("nonnegative", "0 or more.", NONNEGATIVE, "constraints.nonnegative"),
    DataType("unit", "A number from 0 to 1.", UNIT, "constraints.unit_interval"),
    DataType(
        "interval",
        "`interval(a, b)`: a number from a to b.",
        REAL,
        "constraints.interval",
        arguments=("lower_bound", "upper_bound"),
    ),
    DataType("int", "A whole number.", INT, "constraints.integer"),
    DataType("count", "0, 1, 2 and so on.", COUNT, "constraints.nonnegative_integer"),
    DataType("binary", "0 or 1, no or yes.", BINARY, "constraints.boolean"),
    DataType("category", "One of the levels of a plate of the column's name, which it declares.", CATEGORY, ""),
    DataType("simplex", "Numbers from 0 that sum to 1 over the last plate.", SIMPLEX, "constraints.simplex"),
    DataType("ordered", "Numbers that grow along the last plate.", ORDERED, "constraints.ordered_vector"),
    DataType(
        "positive_ordered",
        "Positive numbers that grow along the last plate.",
        POSITIVE_ORDERED,
        "constraints.positive_ordered_vector",
    ),
    DataType(
        "cholesky_corr",
        "The lower Cholesky factor of a correlation matrix.",
        CHOLESKY_CORR,
        "constraints.corr_cholesky",
    ),
    DataType("covariance", "A covariance matrix.", COVARIANCE, "constraints.positive_definite"),
)

DATA_TYPES: dict[str, DataType] = {row.name: row for row in _TYPES}

# Every support that has a constraint of its own under `pyro.distributions`, by name. Those of ordered vectors and of
# integers are not in `torch.distributions`.
CONSTRAINTS: dict[str, str] = {
    **{row.support.name: row.constraint for row in _TYPES if row.constraint and not row.arguments},
    "real_vector": "constraints.real_vector",
    "lower_cholesky": "constraints.lower_cholesky",
}
