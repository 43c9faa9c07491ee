"""Every distribution of the catalogue, its arguments over crossed plates in every way, against the interpreter.

The values are drawn by running the program itself, so that simulating works as well.
"""

from __future__ import annotations

import itertools

import numpy as np
import pyro
import pytest
import torch
from reference.agreement import RELATIVE, by_name, world_of
from reference.interpreter import terms

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.rows import Distribution, Extent, Parameter
from bayesdsl.driver import Bound, compile_text

OWN = 4

# Types narrower than the argument's support, where arguments must fit together.
NARROWER = {
    ("Wishart", "df"): "interval(2.5, 9)",
    ("SineBivariateVonMises", "correlation"): "interval(-0.2, 0.2)",
    ("Uniform", "low"): "interval(-1, 0)",
    ("Uniform", "high"): "interval(1, 2)",
    ("ContinuousBernoulli", "probs"): "interval(0.1, 0.4)",
    ("ContinuousBernoulli", "logits"): "interval(0.3, 4)",
}
TYPES = {
    "simplex": "simplex",
    "ordered": "ordered",
    "covariance": "covariance",
    "lower_cholesky": "cholesky_corr",
    "positive": "positive",
    "positive_vector": "positive",
    "positive_matrix": "positive",
    "unit": "unit",
}
STATIC = {"total_count": "7", "num_quad_points": "8", "temperature": "0.7"}
BASES = {"FoldedDistribution": "StudentT(3.5, base, 1.3)", "ZeroInflatedDistribution": "Poisson(exp(base))"}


def directions(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.randn(*shape, dtype=torch.float64), dim=-1)


def simplexes(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.softmax(torch.randn(*shape, dtype=torch.float64), -1)


# Values for what Pyro cannot draw from, or whose draws carry more than their numbers.
GIVEN = {
    "VonMises3D": directions,
    "LogNormalNegativeBinomial": lambda shape: torch.randint(0, 9, shape).double(),
    "RelaxedBernoulliStraightThrough": lambda shape: torch.rand(shape, dtype=torch.float64),
    "RelaxedOneHotCategoricalStraightThrough": simplexes,
}
CHOICES = [(row, frozenset(chosen)) for row in DISTRIBUTIONS.values() for chosen in itertools.product(*row.choices)]


def event_plates(row: Distribution) -> tuple[str, ...]:
    return ("k", "k'")[: row.event]


def own_dims(row: Distribution, parameter: Parameter) -> tuple[str, ...]:
    """The plates of an argument that belong to one value."""
    own = "short" if parameter.short else "o"
    return {
        Extent.SCALAR: (),
        Extent.VALUE: event_plates(row),
        Extent.OWN: (own,),
        Extent.SQUARE: ("k", "k'"),
        Extent.VALUE_OWN: ("k", own),
        Extent.OWN_VALUE: (own, "k"),
    }[parameter.extent]


def type_of(row: Distribution, parameter: Parameter) -> str:
    support = parameter.support
    narrower = NARROWER.get((row.name, parameter.name)) or TYPES.get(support.name)
    if narrower:
        return narrower
    if support.lo > -np.inf and support.hi < np.inf:
        return f"interval({support.lo:g}, {support.hi:g})"
    return f"interval({support.lo:g}, {support.lo + 5:g})" if support.lo > -np.inf else "real"


def spec_of(row: Distribution, chosen: frozenset[str], spread: tuple[tuple[str, ...], ...]) -> str:
    """A spec with the distribution over (g, h), over g alone and by itself.

    `spread` are the independent copies of the arguments, taken in turn.
    """
    size = row.event_sizes[-1] if row.event_sizes else 3
    lines = ["plate g = 2", "plate h = 3", f"plate k = {size}", f"plate o = {OWN}", f"plate short = {size - 1}"]
    optional = {name for choice in row.choices for name in choice}
    arguments = []
    for i, parameter in enumerate(row.parameters):
        if parameter.name in row.sizes or (parameter.name in optional and parameter.name not in chosen):
            continue
        if parameter.static:
            arguments.append((parameter.name, "", STATIC[parameter.name]))
        elif parameter.support.integer:
            arguments.append((parameter.name, "", "5"))
        else:
            dims = (*spread[i % len(spread)], *own_dims(row, parameter))
            written = f"[{', '.join(dims)}]" if dims else ""
            lines.append(f"param a{i}{written} : {type_of(row, parameter)}")
            arguments.append((parameter.name, f"a{i}", f"a{i}"))
    if row.takes:
        dims = ", ".join(spread[0])
        lines.append(f"param base{f'[{dims}]' if dims else ''}")
    event = event_plates(row)
    for name, plates in (("both", ("g", "h")), ("swapped", ("h", "g")), ("one", ("g",)), ("none", ())):
        given = []
        for keyword, variable, text in arguments:
            param = next((line for line in lines if variable and line.startswith(f"param {variable}")), "")
            given.append(f"{keyword} = {_within(text, param, plates)}")
        base = next((line for line in lines if line.startswith("param base")), "")
        taken = [BASES[row.name].replace("base", _within("base", base, plates))] if row.takes else []
        left = f"[{', '.join((*plates, *event))}]" if plates or event else ""
        lines.append(f"{name}{left} ~ {row.name}({', '.join((*taken, *given))})")
    return "\n".join(lines) + "\n"


def _within(variable: str, declaration: str, plates: tuple[str, ...]) -> str:
    """The argument in a statement over fewer plates: its first member along the others."""
    over = [p for p in ("g", "h") if f"{p}," in declaration or f"{p}]" in declaration]
    picked = [f"{p} = 1" for p in over if p not in plates]
    return f"{variable}[{', '.join(picked)}]" if picked else variable


SPREADS = {
    "numbers": ((),),
    "crossed": (("g",), ("h",)),
    "transposed": (("h", "g"),),
    "mixed": ((), ("g", "h"), ("h",)),
}


@pytest.mark.filterwarnings("ignore:Singular sample")
@pytest.mark.parametrize("spread", SPREADS.values(), ids=SPREADS)
@pytest.mark.parametrize("case", CHOICES, ids=lambda case: "-".join([case[0].name, *sorted(case[1])]))
def test_arguments_over_any_plates_give_the_density_by_name(case, spread):
    row, chosen = case
    bound = compile_text(spec_of(row, chosen, spread)).bind()
    with torch.random.fork_rng(), pyro.get_param_store().scope():
        torch.manual_seed(3)
        trace = traced(bound, row)
    world = world_of(bound)
    for variable in bound.model.variables:
        value = trace.nodes[variable.name]["value"]
        world.values[variable.name] = by_name(world, variable.dims, variable.layout, value)
    for name, expected in terms(world).items():
        found = trace.nodes[name]["log_prob_sum"].item()
        assert np.isfinite(expected)
        assert abs(found - expected) <= RELATIVE * max(1.0, abs(expected)), name


def traced(bound: Bound, row: Distribution) -> pyro.poutine.Trace:
    """Pyro's trace of the program, drawn at random params."""
    given = {}
    if row.name in GIVEN:
        for variable in bound.model.variables_in("latent"):
            shape = (1 if plate is None else len(bound.model.coords[plate.rstrip("'")]) for plate in variable.layout)
            given[variable.name] = GIVEN[row.name](tuple(shape))
    model = pyro.poutine.condition(bound.model.model, given)
    model(**bound.inputs)
    for value in pyro.get_param_store().values():
        value.unconstrained().data.add_(0.5 * torch.randn_like(value.unconstrained()))
    trace = pyro.poutine.trace(model).get_trace(**bound.inputs)
    trace.compute_log_prob()
    return trace
