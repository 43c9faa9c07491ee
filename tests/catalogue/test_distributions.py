"""The rows of distributions against Pyro's classes: names, order, defaults, constraints, supports and draws."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys

import pyro.distributions as dist
import pytest
import torch
from density_cases import EVERY_CASE, Case, name_of, shape_of
from pyro.distributions import constraints
from torch.distributions import Distribution as TorchDistribution

from bayesdsl.catalogue.distributions import DISTRIBUTIONS, HIDDEN, LEFT_OUT, SPECIAL
from bayesdsl.catalogue.rows import Distribution, Extent
from bayesdsl.types.supports import (
    BINARY,
    CHOLESKY_CORR,
    CORRELATION,
    COUNT,
    COVARIANCE,
    INT,
    LOWER_CHOLESKY,
    NONNEGATIVE,
    ONE_HOT,
    ORDERED,
    POSITIVE,
    POSITIVE_VECTOR,
    REAL,
    REAL_MATRIX,
    REAL_VECTOR,
    SIMPLEX,
    SPHERE,
    UNIT,
    Support,
    interval,
)

ROWS = DISTRIBUTIONS.values()


def by_name(row: Distribution) -> str:
    return row.name


def test_every_class_of_pyro_has_a_row_or_a_reason():
    classes = {name for name, value in vars(dist).items() if inspect.isclass(value)}
    assert classes == DISTRIBUTIONS.keys() | LEFT_OUT.keys()
    assert not DISTRIBUTIONS.keys() & LEFT_OUT.keys()
    assert not SPECIAL.keys() & classes


def test_importing_the_catalogue_imports_no_numerical_library():
    modules = "distributions, functions, inference, spelling, types"
    heavy = "{'torch', 'pyro', 'numpy', 'scipy', 'pandas', 'pydantic'}"
    script = f"import sys; from bayesdsl.catalogue import {modules}; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_a_row_is_documented_in_one_line(row: Distribution):
    assert row.doc.endswith(".")
    assert "\n" not in row.doc
    assert DISTRIBUTIONS[row.name] is row


# Constructors


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_arguments_are_pyros_in_pyros_order_with_pyros_defaults(row: Distribution):
    signature = inspect.signature(getattr(dist, row.name).__init__).parameters
    left = {"self", "validate_args", *HIDDEN.get(row.name, ())}
    assert [*row.takes, *(p.name for p in row.parameters)] == [name for name in signature if name not in left]
    for parameter in row.parameters:
        pyros = signature[parameter.name]
        assert parameter.keyword == (pyros.kind is pyros.KEYWORD_ONLY)
        default = None if pyros.default in (pyros.empty, None) else pyros.default
        assert parameter.default == default


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_names_in_a_row_are_of_its_arguments(row: Distribution):
    names = {p.name for p in row.parameters}
    referred = {name for name in row.bounds if name} | {name for choice in row.choices for name in choice}
    assert referred | set(row.location_scale or ()) | set(row.sizes) <= names
    assert not set(row.takes) & names
    for alternative in row.alternatives:
        assert {name for name, _ in alternative.gives} <= names


@pytest.mark.parametrize("row", [row for row in ROWS if row.choices], ids=by_name)
def test_exactly_one_of_a_choice_is_given(row: Distribution):
    case = Case(*next(c for c in EVERY_CASE if c[0] is row), seed=0)
    arguments = case.arguments(torch.tensor(0.0))
    for choice in row.choices:
        # Both of two, or two of three, are as wrong as none.
        given = next(name for name in choice if name in arguments)
        without = {name: value for name, value in arguments.items() if name != given}
        other = next(name for name in choice if name != given)
        with pytest.raises((ValueError, AssertionError, AttributeError)):
            case.distribution(without)
        with pytest.raises((ValueError, AssertionError, AttributeError)):
            case.distribution({**arguments, other: arguments[given]})


def accepts_numbers(case: Case, name: str) -> bool:
    arguments = case.arguments(torch.tensor(0.0))
    number = arguments[name].item() if torch.is_tensor(arguments[name]) else arguments[name]
    try:
        made = case.distribution({**arguments, name: number})
        value = case.value if case.value is not None else case.at(torch.tensor(0.0))[1]
        made.log_prob(value)
    except (AttributeError, TypeError):
        return False
    return True


@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_arguments_that_must_be_tensors_are_marked(chosen):
    row, given = chosen
    case = Case(row, given, seed=0)
    for parameter in row.parameters:
        if parameter.name in given and parameter.extent is Extent.SCALAR:
            assert accepts_numbers(case, parameter.name) is not parameter.tensor, parameter.name


# Supports

ELEMENTS = {constraints.real: REAL, constraints.boolean: BINARY, constraints.integer: INT}
NAMED = {
    "_RealVector": REAL_VECTOR,
    "_Simplex": SIMPLEX,
    "_OneHot": ONE_HOT,
    "_OrderedVector": ORDERED,
    "_LowerCholesky": LOWER_CHOLESKY,
    "_PositiveDefinite": COVARIANCE,
    "_CorrCholesky": CHOLESKY_CORR,
    "_CorrMatrix": CORRELATION,
    "_Sphere": SPHERE,
}


def as_support(constraint) -> Support | None:
    """A constraint of Pyro's as a support; None where it depends on arguments."""
    if constraint in ELEMENTS:
        return ELEMENTS[constraint]
    match type(constraint).__name__.removeprefix("_"):
        case "GreaterThan":
            return interval(float(constraint.lower_bound), lo_open=True)
        case "GreaterThanEq":
            return interval(float(constraint.lower_bound))
        case "IntegerGreaterThan":
            return interval(float(constraint.lower_bound), integer=True)
        case "Interval":
            return interval(float(constraint.lower_bound), float(constraint.upper_bound))
        case "HalfOpenInterval":
            return interval(float(constraint.lower_bound), float(constraint.upper_bound), hi_open=True)
        case "IndependentConstraint":
            inner, dims = as_support(constraint.base_constraint), constraint.reinterpreted_batch_ndims
            vectors = {REAL: REAL_VECTOR, POSITIVE: POSITIVE_VECTOR}
            return vectors[inner] if dims == 1 else {REAL: REAL_MATRIX}[inner]
        case name:
            return NAMED.get("_" + name)


def test_constraints_are_read_rightly():
    assert as_support(constraints.positive) == POSITIVE
    assert as_support(constraints.nonnegative) == NONNEGATIVE
    assert as_support(constraints.unit_interval) == UNIT
    assert as_support(constraints.nonnegative_integer) == COUNT
    assert as_support(constraints.real_vector) == REAL_VECTOR
    assert as_support(constraints.simplex) == SIMPLEX
    assert as_support(constraints.dependent) is None


# Where a row and Pyro's constraint differ, and why.
CONSTRAINT_DIFFERS = {
    ("Poisson", "rate"): "a rate of 0 allows no event at all",
    ("NegativeBinomial", "total_count"): "0 failures is no distribution",
    ("ZeroInflatedNegativeBinomial", "total_count"): "the same",
    ("LogNormalNegativeBinomial", "total_count"): "the same",
    ("NegativeBinomial", "probs"): "a probability is `unit`; 1 itself is refused when it comes to it",
    ("ZeroInflatedNegativeBinomial", "probs"): "the same",
    ("Stable", "stability"): "Pyro says in a comment that 0 is not allowed",
    ("StableWithLogProb", "stability"): "the same",
}


@pytest.mark.parametrize("row", ROWS, ids=by_name)
def test_supports_of_arguments_are_pyros_constraints(row: Distribution):
    pyros = getattr(dist, row.name).arg_constraints
    if isinstance(pyros, property):  # they depend on the arguments
        assert row.name in ("Uniform", "Wishart")
        return
    undeclared = {"temperature", "weighted_correlation", "num_quad_points", "dim", "gate", "gate_logits"}
    undeclared |= {"total_count"} if row.name == "Multinomial" else set()
    for parameter in row.parameters:
        if parameter.name not in pyros:
            assert parameter.name in undeclared
            continue
        support = as_support(pyros[parameter.name])
        if support is None:
            assert (row.name, parameter.name) == ("Delta", "v")
            continue
        ours = parameter.support
        if (row.name, parameter.name) in CONSTRAINT_DIFFERS:
            assert ours != support
            assert (ours.lo, ours.hi) == (support.lo, support.hi)
        elif ours.event and not support.event:
            # Pyro bounds the elements of some vectors and matrices.
            assert ours.elements == support
        else:
            assert ours == support, parameter.name


# Where values are narrower than Pyro's support, since the density is 0 or infinite at the end.
NARROWER_VALUES = {"Gamma", "Chi2"}


@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_the_support_of_values_is_pyros(chosen):
    row, _ = chosen
    made = Case(*chosen, seed=0).distribution(Case(*chosen, seed=0).arguments(torch.tensor(0.0)))
    support = made.support
    if row.bounds != (None, None):
        low, high = (getattr(made, name, None) if name else None for name in row.bounds)
        if type(support).__name__ == "_Interval":
            assert low is None or torch.equal(support.lower_bound, low)
            assert high is None or torch.equal(support.upper_bound, high)
        elif type(support).__name__ == "_GreaterThanEq":
            assert torch.equal(support.lower_bound, low)
        else:
            assert row.name in ("Binomial", "BetaBinomial", "Multinomial", "DirichletMultinomial", "Delta")
        return
    pyros = as_support(support)
    if row.support.name == "category":
        assert type(support).__name__ == "_IntegerInterval"
        assert support.lower_bound == 0
    elif row.name in NARROWER_VALUES:
        assert row.support == pyros.interior
    else:
        assert row.support == pyros


@pytest.mark.filterwarnings("ignore:Singular sample")
@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_draws_lie_in_the_support_and_are_as_many_as_the_row_says(chosen):
    row, _ = chosen
    case = Case(*chosen, seed=1)
    arguments = case.arguments(torch.tensor(0.0))
    made = case.distribution(arguments)
    assert bool(made.has_rsample) == row.reparameterised
    assert made.event_dim == row.event
    with torch.random.fork_rng():
        torch.manual_seed(1)
        if not row.samples:
            with pytest.raises(NotImplementedError):
                made.sample()
            return
        draws = made.sample(torch.Size([200]))
    assert draws.shape == (200, *case.value_shape)
    # Vectors and matrices are checked to rounding by Pyro's own constraint, and by the bounds here.
    if row.support.name not in ("cholesky_corr", "correlation", "covariance"):
        assert made.support.check(draws).all()
    low, high = (
        float(arguments[name]) if name else default for name, default in zip(row.bounds, (-math.inf, math.inf))
    )
    slack = 1e-12 if row.event else 0.0  # a unit vector or a correlation of 1 is normalised in floating point
    bounds = row.support.elements
    for x in draws.flatten().tolist():
        inside = bounds.holds(x) or (not row.discrete and bounds.lo - slack <= x <= bounds.hi + slack and row.event)
        assert inside
        assert low <= x <= high


@pytest.mark.parametrize("row", [row for row in ROWS if row.event_sizes], ids=by_name)
def test_vectors_of_fixed_size_have_only_those_sizes(row: Distribution):
    def works(size: int) -> bool:
        value = torch.nn.functional.normalize(torch.ones(size, dtype=torch.float64), dim=0)
        try:
            getattr(dist, row.name)(torch.ones(size, dtype=torch.float64)).log_prob(value)
        except (NotImplementedError, ValueError):
            return False
        return True

    if row.name == "SineBivariateVonMises":
        case = Case(row, {p.name for p in row.parameters} - {"correlation"}, seed=0)
        assert case.distribution(case.arguments(torch.tensor(0.0))).event_shape == (2,)
        return
    assert tuple(size for size in range(2, 7) if works(size)) == row.event_sizes


# Plates


def spread(case: Case, shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Arguments that vary over plates, each over those of its shape."""
    arguments = case.arguments(torch.tensor(0.0))
    for name, batch in shapes.items():
        own = shape_of(case.row, case.row.parameter(name))
        arguments[name] = arguments[name].expand(batch + own).clone()
    return arguments


def copies(row: Distribution, given: set[str]) -> list[str]:
    """The arguments that may vary between independent copies."""
    return [p.name for p in row.parameters if p.name in given and not p.static]


REFUSALS = (AssertionError, NotImplementedError, RuntimeError, ValueError)


@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_arguments_broadcast_over_plates_where_the_row_says_so(chosen):
    """One argument varies over one plate and the others over another."""
    row, given = chosen
    case = Case(row, given, seed=0)
    names = copies(row, given)
    shapes = {name: ((2, 1) if i == 0 else (3,)) for i, name in enumerate(names)}
    full = (2, 3) if len(names) > 1 else (2, 1) if names else ()
    value = case.value if case.value is not None else case.at(torch.tensor(0.0))[1]
    single = case.log_prob(torch.tensor(0.0)).expand(full)

    def broadcasts() -> bool:
        try:
            made = case.distribution(spread(case, shapes))
            return made.batch_shape == full and torch.allclose(made.log_prob(value), single, rtol=1e-12)
        except REFUSALS:
            return False

    assert broadcasts() is row.broadcasts
    # At full shape, where the row asks for it, there is nothing to broadcast.
    made = case.distribution(spread(case, dict.fromkeys(names, full)))
    assert made.batch_shape == full
    torch.testing.assert_close(made.log_prob(value), single, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chosen", EVERY_CASE, ids=name_of)
def test_plates_expand_a_distribution_where_the_row_says_so(chosen):
    row, given = chosen
    case = Case(row, given, seed=0)
    value = case.value if case.value is not None else case.at(torch.tensor(0.0))[1]
    single = case.log_prob(torch.tensor(0.0)).expand(3)
    made = case.distribution(case.arguments(torch.tensor(0.0)))
    if not row.expands:
        with pytest.raises(NotImplementedError):
            made.expand((3,))
        made = made.expand_by(())
    torch.testing.assert_close(made.expand((3,)).log_prob(value), single, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", [row for row in ROWS if row.location_scale], ids=by_name)
def test_location_and_scale_move_and_stretch_a_standard_draw(row: Distribution):
    case = Case(row, {p.name for p in row.parameters}, seed=2)
    arguments = case.arguments(torch.tensor(0.0))
    loc, scale = (arguments[name] for name in row.location_scale)
    standard = {**arguments, row.location_scale[0]: 0.0 * loc, row.location_scale[1]: torch.ones_like(scale)}
    z = torch.linspace(-2, 2, 5, dtype=torch.float64)
    moved = case.distribution(arguments).log_prob(loc + scale * z)
    torch.testing.assert_close(moved, case.distribution(standard).log_prob(z) - scale.log(), rtol=1e-10, atol=1e-10)


def test_hidden_arguments_change_no_density_of_ours():
    assert all(name in DISTRIBUTIONS for name in HIDDEN)
    t = torch.tensor
    rate, value = t(2.5, dtype=torch.float64), t(4.0, dtype=torch.float64)
    torch.testing.assert_close(dist.Poisson(rate, is_sparse=True).log_prob(value), dist.Poisson(rate).log_prob(value))


def test_every_row_is_a_distribution_of_torch_with_a_density():
    for row in ROWS:
        assert issubclass(getattr(dist, row.name), TorchDistribution)
        assert getattr(dist, row.name).log_prob is not TorchDistribution.log_prob
