"""The model held against the data: likelihoods' values, arguments that the data alone decide, sizes that must fit."""

from __future__ import annotations

import numpy as np
import pyro.distributions as dist
import pytest
import torch

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.runtime.binding.likelihoods import EDGES

SHARE = "p ~ Beta(1, 1)\n"
SCALES = "a, b ~ HalfNormal(1)\n"

# (spec, columns of `t`, the code, pieces of the message, the rows of the cells)
OUTSIDE = {
    "a zero under a gamma": (
        "data t { y : nonnegative }\n" + SCALES + "observe y ~ Gamma(a, b)",
        {"y": [1, 0, 3]},
        "BD754",
        ["gives 1 value no density: 0"],
        [2],
    ),
    "successes over their trials, row by row": (
        "data t { y : count; n : count }\n" + SHARE + "observe y ~ Binomial(n, p)",
        {"y": [1, 7, 3], "n": [5, 5, 2]},
        "BD754",
        ["`y` is 7, over the 5 that `total_count` of Binomial allows", "1 more"],
        [2, 3],
    ),
    "successes over a computed number of trials": (
        "data t { y : count; n : count }\n" + SHARE + "m = 2 * n\nobserve y ~ Binomial(m + 1, p)",
        {"y": [3, 4], "n": [1, 1]},
        "BD754",
        ["`y` is 4, over the 3"],
        [2],
    ),
    "successes over the trials of a group": (
        "data g { n = [2, 5] }\ndata t { y : count; group : category(g) }\n"
        + SHARE
        + "observe y ~ Binomial(n[group], p)",
        {"y": [2, 3], "group": [1, 1]},
        "BD754",
        ["`y` is 3, over the 2"],
        [2],
    ),
    "successes over one trial, which is the default": (
        "data t { y : count }\n" + SHARE + "observe y ~ Binomial(probs = p)",
        {"y": [1, 2]},
        "BD754",
        ["over the 1 that the default of `total_count`"],
        [2],
    ),
    "successes over a constant": (
        "const n = 2\ndata t { y : count }\n" + SHARE + "observe y ~ Binomial(n, p)",
        {"y": [3]},
        "BD754",
        ["over the 2"],
        [1],
    ),
    "a value over a uniform": (
        "data t { y : real }\nobserve y ~ Uniform(0, 10)",
        {"y": [1, 11]},
        "BD754",
        ["`y` is 11, over the 10 that `high` of Uniform allows"],
        [2],
    ),
    "a value under a bound of its own row": (
        "data t { y : real; low : real }\nobserve y ~ Uniform(low, 10)",
        {"y": [1, 1], "low": [0, 2]},
        "BD754",
        ["`y` is 1, under the 2"],
        [2],
    ),
    "a value over what a parameter can be": (
        "data t { y : real }\ntop ~ Uniform(5, 20)\nobserve y ~ Uniform(0, top)",
        {"y": [6, 30]},
        "BD754",
        ["`y` is 30, over the 20"],
        [2],
    ),
    "a value under a component of a mixture": (
        "plate k = 2\ndata t { y : interval(-9, 10); low[k] : real }\nw[k] ~ Dirichlet(1)\n"
        "observe y ~ Mixture(w, Uniform(low, 10))",
        {"y": [1, 1], "low": [[0, 1], [0, 2]]},
        "BD754",
        ["`y` is 1, under the 2"],
        [2],
    ),
    "the upper end of a uniform": (
        "data t { y : real }\nobserve y ~ Uniform(0, 10)",
        {"y": [0, 10]},
        "BD754",
        ["`y` is 10 in 1 row, where Uniform has no finite density"],
        [2],
    ),
    "the ends of a beta": (
        "data t { y : unit }\n" + SCALES + "observe y ~ Beta(a, b)",
        {"y": [0.5, 0, 0]},
        "BD754",
        ["`y` is 0 in 2 rows, where Beta"],
        [2, 3],
    ),
    "rows that are no shares": (
        "data t { y[k] : unit }\n" + SCALES + "observe y ~ Dirichlet(a)",
        {"y": [[0.5, 0.5], [0.2, 0.7]]},
        "BD754",
        ["rows that sum to one, and 1 does not: 0.9"],
        [2],
    ),
    "a share of zero": (
        "data t { y[k] : unit }\n" + SCALES + "observe y ~ Dirichlet(a)",
        {"y": [[0.5, 0.5], [1, 0]]},
        "BD754",
        ["`y` is 0 in 1 row, where Dirichlet"],
        [2],
    ),
    "rows that are not one-hot": (
        "data t { y[k] : binary }\nq[k] ~ Dirichlet(1)\nobserve y ~ OneHotCategorical(q)",
        {"y": [[1, 0], [1, 1]]},
        "BD754",
        ["one 1 and otherwise zeros", "2"],
        [2],
    ),
    "rows that are no directions": (
        "data t { y[k] : interval(-1, 1) }\nq[k] ~ Normal(0, 1)\nobserve y ~ ProjectedNormal(q)",
        {"y": [[0.6, 0.8], [0.6, 0.7]]},
        "BD754",
        ["length one", "0.92"],
        [2],
    ),
    "counts that do not sum to their total": (
        "data t { y[k] : count }\nq[k] ~ Dirichlet(1)\nobserve y ~ Multinomial(10, q)",
        {"y": [[5, 5], [2, 7]]},
        "BD754",
        ["sum to 9, where `total_count` is 10"],
        [2],
    ),
    "counts that do not sum to the total of their row": (
        "data t { y[k] : count; n : count }\nc[k] ~ HalfNormal(1)\nobserve y ~ DirichletMultinomial(c, n)",
        {"y": [[5, 5], [2, 7]], "n": [10, 11]},
        "BD754",
        ["sum to 9, where `total_count` is 11"],
        [2],
    ),
    "a count over its total": (
        "data t { y[k] : count }\nq[k] ~ Dirichlet(1)\nobserve y ~ Multinomial(10, q)",
        {"y": [[5, 5], [2, 17]]},
        "BD754",
        ["`y` is 17, over the 10"],
        [2],
    ),
    "a number of no level": (
        "plate k = 2\ndata t { y : count }\nq[k] ~ Dirichlet(1)\nobserve y ~ Categorical(q)",
        {"y": [0, 1, 2]},
        "BD754",
        ["2 levels, numbered from 0", "2"],
        [3],
    ),
    "a number past the cutpoints": (
        "plate k = 2\ndata t { y : count }\nc[k] : ordered ~ Normal(0, 2)\nobserve y ~ OrderedLogistic(0, c)",
        {"y": [0, 3]},
        "BD754",
        ["3 levels"],
        [2],
    ),
    "a matrix that is no covariance": (
        "data t { y : real; K[t'] : real }\nf[t] ~ MultivariateNormal(0, K)\nobserve y ~ Normal(f, 1)",
        {"y": [1, 2], "K": [[1, 2], [2, 1]]},
        "BD401",
        ["must be a covariance matrix"],
        [],
    ),
    "a matrix of huge numbers that is no covariance": (
        "data t { y : real; K[t'] : real }\nf[t] ~ MultivariateNormal(0, K)\nobserve y ~ Normal(f, 1)",
        {"y": [1, 2], "K": [[1e300, 2e300], [2e300, 1e300]]},
        "BD401",
        ["must be a covariance matrix"],
        [],
    ),
    "probabilities that do not sum to one": (
        "data t { y : category; q[y] : unit }\nm ~ Normal(0, 1)\nobserve y ~ Categorical(q)",
        {"y": ["a", "b"], "q": [[0.5, 0.5], [0.6, 0.7]]},
        "BD401",
        ["`probs` of Categorical must be probabilities that sum to one", "in 1 row"],
        [2],
    ),
}


@pytest.mark.parametrize("case", OUTSIDE.values(), ids=OUTSIDE)
def test_what_the_model_cannot_make_of_the_data_is_found_with_its_rows(findings, case):
    spec, columns, code, pieces, rows = case
    (found,) = findings(spec, {"t": columns})
    assert found.code == code, found.message
    assert [piece for piece in pieces if piece not in found.message] == [], found.message
    assert [cell.line for cell in found.cells] == rows
    assert found.hint


# (spec, columns of `t`): as good as the rows above, and nothing wrong with them
INSIDE = {
    "successes up to their trials": (OUTSIDE["successes over their trials, row by row"][0], {"y": [5, 0], "n": [5, 0]}),
    "the lower end of a uniform": (OUTSIDE["a value over a uniform"][0], {"y": [0, 9.9]}),
    "a bound that is a parameter": (OUTSIDE["a value over what a parameter can be"][0], {"y": [6, 19.9]}),
    "a value over all components": (
        OUTSIDE["a value under a component of a mixture"][0],
        {"y": [1, 3.5], "low": [[0, 1], [2, 3]]},
    ),
    "an end of a beta with a flat side": (
        "data t { y : unit }\na ~ HalfNormal(1)\nobserve y ~ Beta(a, 1)",
        {"y": [1, 0.5]},
    ),
    "shares up to rounding": (OUTSIDE["rows that are no shares"][0], {"y": [[0.1, 0.9], [0.3, 0.7 + 1e-9]]}),
    "shares of zero under a flat Dirichlet": (
        "data t { y[k] : unit }\nm ~ Normal(0, 1)\nobserve y ~ Dirichlet(1)",
        {"y": [[0, 1]]},
    ),
    "proportions under a Bernoulli": ("data t { y : unit }\n" + SHARE + "observe y ~ Bernoulli(p)", {"y": [0, 0.3, 1]}),
    "a zero waiting time": ("data t { y : nonnegative }\n" + SCALES + "observe y ~ Exponential(a)", {"y": [0, 1]}),
    "counts that sum to the total of their row": (
        OUTSIDE["counts that do not sum to the total of their row"][0],
        {"y": [[5, 5], [2, 7]], "n": [10, 9]},
    ),
    "numbers of levels": (OUTSIDE["a number of no level"][0], {"y": [0, 1, 1]}),
    "a covariance": (OUTSIDE["a matrix that is no covariance"][0], {"y": [1, 2], "K": [[1, 0.5], [0.5, 1]]}),
}


@pytest.mark.parametrize(("spec", "columns"), INSIDE.values(), ids=INSIDE)
def test_data_on_the_right_side_of_a_bound_are_taken_and_have_a_density(bind, spec, columns):
    bound = bind(spec, {"t": columns})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert np.isfinite(_log_likelihood(bound))


def _log_likelihood(bound) -> float:
    """The log density of the data at a draw from the prior for which it is finite, if one of a hundred is."""
    from pyro import poutine

    for _ in range(100):
        trace = poutine.trace(bound.model.model).get_trace(**bound.inputs)
        trace.compute_log_prob()
        value = sum(float(node["log_prob_sum"]) for node in trace.nodes.values() if node.get("is_observed"))
        if np.isfinite(value):
            return value
    return float("nan")


def test_only_the_first_kind_of_thing_is_said_of_a_likelihood(findings):
    spec = "data t { y : count; n : count }\n" + SHARE + "observe y ~ Binomial(n, p)\n"
    assert len(findings(spec, {"t": {"y": [9, 8], "n": [5, 5]}})) == 1


SIZES = {
    "cutpoints of a category": (
        "plate cut = 3\ndata t { y : category }\nc[cut] : ordered ~ Normal(0, 2)\nobserve y ~ OrderedLogistic(0, c)",
        {"y": ["a", "b", "c"]},
        ["`cutpoints`", "`cut` with 3 members", "needs 2", "`y` has 3 levels"],
    ),
    "arguments of a vector": (
        "plate j = 2\ndata t { y[k] : unit }\nl[j] ~ Normal(0, 1)\nobserve y ~ LogisticNormal(l, 1 + 0 * abs(l))",
        {"y": [[0.5, 0.5], [0.2, 0.8]]},
        ["`loc`", "needs 1", "a value of `y` has 2 elements"],
    ),
    "a vector of the wrong length": (
        "data t { y[k] : interval(-1, 1) }\nq[k] ~ Normal(0, 1)\nobserve y ~ ProjectedNormal(q)",
        {"y": [[1, 0, 0, 0, 0]]},
        ["2 or 3 or 4 elements", "`y` has 5"],
    ),
    "a latent vector of the wrong length": (
        "data t { y : real; x[k] : real }\nq[k] ~ VonMises3D(1)\nobserve y ~ Normal(dot[k](x, q), 1)",
        {"y": [1, 2], "x": [[1, 2], [3, 4]]},
        ["3 elements", "`q` has 2"],
    ),
}


@pytest.mark.parametrize(("spec", "columns", "pieces"), SIZES.values(), ids=SIZES)
def test_sizes_that_only_the_data_tell_must_fit(findings, spec, columns, pieces):
    found = findings(spec, {"t": columns})
    assert {d.code for d in found} == {"BD763"}
    assert [piece for piece in pieces if piece not in found[0].message] == [], found[0].message


LARGE = {
    "a latent": ("l[a, b] ~ Normal(0, 1)\nobserve y ~ Normal(mean[a, b](l), 1)", "l[a, b]"),
    "inside a reduction": (
        "l[a] ~ Normal(0, 1)\nk[b] ~ Normal(0, 1)\nobserve y ~ Normal(mean[a, b](l * k), 1)",
        "mean[a, b](l * k)",
    ),
    "a matrix of a plate with itself": (
        "l[a] ~ Normal(0, 1)\nd = l - l[a']\nobserve y ~ Normal(sum[a, a'](d), 1)",
        "d",
    ),
    "with the rows": ("l[a] ~ Normal(0, 1)\nobserve y ~ Normal(sum[a](l * x), 1)", "sum[a](l * x)"),
}


@pytest.mark.parametrize(("model", "place"), LARGE.values(), ids=LARGE)
def test_plates_that_are_too_large_together_are_found_and_nothing_is_computed(findings, model, place):
    spec = "plate a = 40_000\nplate b = 40_000\ndata t { y : real; x : real }\n" + model
    columns = {"y": np.arange(20_000.0), "x": np.arange(20_000.0)}
    (found,) = findings(spec, {"t": columns})
    assert found.code == "BD761"
    assert found.source.slice(found.primary.span) == place


def test_a_start_that_the_data_put_outside_is_found(findings):
    spec = "data t { y = [1, 2, 3] }\nparam m : positive = mean[t](y)\nobserve y ~ Normal(m, 1)"
    (found,) = findings(spec, {"t": {"y": [-10, 2, 3]}})
    assert (found.code, found.source.slice(found.primary.span)) == ("BD411", "mean[t](y)")


# The table of edges against Pyro: (arguments, an end, the direction inwards)

GENERIC = {
    "Beta": ({"concentration1": 2.5, "concentration0": 1.7}, (0.0, 1.0)),
    "Kumaraswamy": ({"concentration1": 2.5, "concentration0": 1.7}, (0.0, 1.0)),
    "AffineBeta": ({"concentration1": 2.5, "concentration0": 1.7, "loc": 1.0, "scale": 2.0}, (1.0, None)),
    "RelaxedBernoulli": ({"temperature": 0.3, "probs": 0.3}, (0.0, 1.0)),
    "RelaxedBernoulliStraightThrough": ({"temperature": 0.3, "probs": 0.3}, (0.0, 1.0)),
    "Uniform": ({"low": 0.0, "high": 2.0}, (0.0, 2.0)),
    "ContinuousBernoulli": ({"probs": 0.3}, (0.0, 1.0)),
    "HalfNormal": ({"scale": 1.5}, (0.0, None)),
    "HalfCauchy": ({"scale": 1.5}, (0.0, None)),
    "Exponential": ({"rate": 1.5}, (0.0, None)),
    "Pareto": ({"scale": 1.0, "alpha": 2.0}, (1.0, None)),
}


def _has_edge(name: str, arguments: dict[str, float], end: float, inwards: float) -> bool:
    """Whether a density is infinite or zero at an end, or goes there."""
    made = getattr(dist, name)(**{k: torch.tensor(v, dtype=torch.float64) for k, v in arguments.items()})
    at, near, nearer = (
        float(made.log_prob(torch.tensor(end + inwards * step, dtype=torch.float64))) for step in (0, 1e-6, 1e-12)
    )
    # A power of the distance changes by its exponent times 13.8 between the two; what is finite, by next to nothing.
    return not np.isfinite(at) or abs(nearer - near) > 1


@pytest.mark.parametrize("name", GENERIC)
def test_edges_without_a_density_are_those_of_the_table(name):
    arguments, ends = GENERIC[name]
    for end, written, inwards in zip(ends, EDGES.get(name, (None, None)), (1, -1), strict=True):
        if end is not None:
            assert _has_edge(name, arguments, end, inwards) == (written is not None), end
            if written:
                assert not _has_edge(name, {**arguments, written: 1.0}, end, inwards), end


VECTORS = {
    "Dirichlet": lambda: dist.Dirichlet(torch.tensor([2.5, 1.7, 0.7])),
    "LogisticNormal": lambda: dist.LogisticNormal(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 1.0])),
    "RelaxedOneHotCategorical": lambda: dist.RelaxedOneHotCategorical(
        torch.tensor(0.5), probs=torch.tensor([0.2, 0.3, 0.5])
    ),
    "RelaxedOneHotCategoricalStraightThrough": lambda: dist.RelaxedOneHotCategoricalStraightThrough(
        torch.tensor(0.5), probs=torch.tensor([0.2, 0.3, 0.5])
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_shares_of_zero_have_no_density(name):
    assert EDGES[name][0] is not None
    assert not torch.isfinite(VECTORS[name]().log_prob(torch.tensor([0.0, 0.4, 0.6])))


def test_every_distribution_with_a_reachable_end_is_in_the_test_above():
    reachable = {
        name
        for name, row in DISTRIBUTIONS.items()
        if not row.support.integer
        and (
            (row.event == 0 and (row.support.lo > -np.inf and not row.support.lo_open)) or row.support.name == "simplex"
        )
    }
    assert reachable <= {*GENERIC, *VECTORS}
    assert set(EDGES) <= {*GENERIC, *VECTORS}
