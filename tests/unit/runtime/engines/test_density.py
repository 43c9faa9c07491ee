"""The log density against Pyro's own trace and Jacobians worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pyro
import pytest
import torch
from engine_models import bind, world
from pyro import poutine

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    InitFailed,
    ParamsNotSupported,
    Subsampled,
    UnsupportedSupport,
)

# Sums of at most a few hundred float64 terms in another order: far below 1e-10 of their size.
TOLERANCE = 1e-10

ROWS = torch.tensor([0.3, -1.2, 0.8, 2.1, 0.4], dtype=torch.float64)
COUNTS = torch.tensor([3.0, 0.0, 5.0, 2.0, 1.0], dtype=torch.float64)

MODELS = {
    "uniform_of_another": (
        """
        def model():
            a = pyro.sample("a", dist.Uniform(real(0.0), real(1.0)))
            b = pyro.sample("b", dist.Uniform(real(0.0), 1 - a))
            c = pyro.sample("c", dist.Uniform(-b, a))
        """,
        {},
    ),
    "improper": (
        """
        def model(y):
            mu = pyro.sample("mu", dist.ImproperUniform(constraints.real, (), ()))
            tau = pyro.sample("tau", dist.ImproperUniform(constraints.positive, (), ()))
            w = pyro.sample("w", dist.ImproperUniform(constraints.simplex, (), (3,)))
            v = pyro.sample("v", dist.ImproperUniform(constraints.positive, (), (2,)))
            cut = pyro.sample("cut", dist.ImproperUniform(dist.constraints.ordered_vector, (), (4,)))
            with pyro.plate("row", len(y), dim=-1):
                pyro.sample("y", dist.Normal(mu + w[0] * cut.sum() - v.sum(), tau), obs=y)
        """,
        {"y": ROWS},
    ),
    "dirichlet_and_categorical": (
        """
        def model(y):
            w = pyro.sample("w", dist.Dirichlet(real([1.0, 2.0, 3.0])))
            with pyro.plate("row", len(y), dim=-1):
                pyro.sample("y", dist.Categorical(w), obs=y)
        """,
        {"y": torch.tensor([0, 2, 2, 1])},
    ),
    "correlation_and_covariance": (
        """
        def model(y):
            L = pyro.sample("L", dist.LKJCholesky(3, real(2.0)))
            s = pyro.sample("s", dist.HalfNormal(real([1.0, 2.0, 0.5])).to_event(1))
            V = pyro.sample("V", dist.Wishart(real(4.0), torch.eye(3, dtype=torch.float64)))
            tril = s.unsqueeze(-1) * L
            with pyro.plate("row", len(y), dim=-1):
                pyro.sample("y", dist.MultivariateNormal(real([0.0, 0.0, 0.0]), V + tril @ tril.mT), obs=y)
        """,
        {"y": torch.tensor([[0.1, 0.4, -1.0], [2.0, -0.3, 0.6]], dtype=torch.float64)},
    ),
    "plates": (
        """
        def model(y, group):
            mu = pyro.sample("mu", dist.Normal(real(0.0), real(1.0)))
            tau = pyro.sample("tau", dist.HalfCauchy(real(2.0)))
            with pyro.plate("group", 3, dim=-1):
                a = pyro.sample("a", dist.Normal(mu, tau))
                low = pyro.sample("low", dist.Uniform(real(-1.0), tau))
            with pyro.plate("row", 5, dim=-1):
                pyro.sample("y", dist.Poisson((a[group] + low[group]).exp()), obs=y)
        """,
        {"y": COUNTS, "group": torch.tensor([0, 1, 2, 0, 1])},
    ),
    "two_plates": (
        """
        def model(y):
            outer, inner = pyro.plate("outer", 2, dim=-2), pyro.plate("inner", 5, dim=-1)
            with outer:
                p = pyro.sample("p", dist.Beta(real(2.0), real(3.0)))
            with inner:
                q = pyro.sample("q", dist.Gamma(real(2.0), real(3.0)))
            with outer, inner:
                pyro.sample("y", dist.NegativeBinomial(q, p), obs=y)
        """,
        {"y": COUNTS.expand(2, 5)},
    ),
    "factors_scales_and_masks": (
        """
        def model(y):
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            with poutine.scale(scale=2.5):
                b = pyro.sample("b", dist.Exponential(real(2.0)))
            with poutine.mask(mask=False):
                c = pyro.sample("c", dist.LogNormal(real(0.0), real(1.0)))
            pyro.factor("extra", -((a - b) ** 2))
            with pyro.plate("row", 5, dim=-1), poutine.mask(mask=y > 0), poutine.scale(scale=0.5):
                pyro.sample("y", dist.StudentT(real(4.0), a, b + c), obs=y)
        """,
        {"y": ROWS},
    ),
    "logistic": (
        """
        def model(x, y, n):
            a = pyro.sample("a", dist.Normal(real(0.0), real(3.0)))
            beta = pyro.sample("beta", dist.Laplace(real([0.0, 0.0]), real(1.0)).to_event(1))
            with pyro.plate("row", 5, dim=-1):
                pyro.sample("y", dist.Bernoulli(logits=a + x @ beta), obs=y)
                pyro.sample("n", dist.Binomial(9, logits=a - x @ beta), obs=n)
        """,
        {"x": torch.stack([ROWS, ROWS.flip(0)], -1), "y": (COUNTS > 1).double(), "n": COUNTS},
    ),
    "minibatch_given": (
        """
        def model(y):
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            with pyro.plate("row", 5, subsample=torch.tensor([0, 3]), dim=-1) as rows:
                pyro.sample("y", dist.Normal(a, real(1.0)), obs=y[rows])
        """,
        {"y": ROWS},
    ),
    "mixture": (
        """
        def model(y):
            w = pyro.sample("w", dist.Dirichlet(real([1.0, 1.0])))
            mu = pyro.sample("mu", dist.Normal(real([0.0, 1.0]), real(2.0)).to_event(1))
            with pyro.plate("row", 5, dim=-1):
                pyro.sample("y", dist.MixtureSameFamily(dist.Categorical(w), dist.Normal(mu, real(1.0))), obs=y)
        """,
        {"y": ROWS},
    ),
    "ordinal": (
        """
        def model(y):
            b = pyro.sample("b", dist.Normal(real(0.0), real(1.0)))
            cut = pyro.sample("cut", dist.ImproperUniform(dist.constraints.ordered_vector, (), (2,)))
            pyro.factor("cut_prior", dist.Normal(real(0.0), real(3.0)).log_prob(cut).sum(-1))
            with pyro.plate("row", 5, dim=-1):
                pyro.sample("y", dist.OrderedLogistic(b * COLUMN, cut), obs=y)
        COLUMN = torch.linspace(-1, 1, 5, dtype=torch.float64)
        """,
        {"y": torch.tensor([0, 1, 2, 2, 1])},
    ),
}


@pytest.fixture(params=MODELS)
def bound(request: pytest.FixtureRequest) -> BoundModel:
    text, inputs = MODELS[request.param]
    return bind(text, inputs)


def points(density: Density, number: int = 5) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [4 * torch.rand(density.dimension, generator=generator, dtype=torch.float64) - 2 for _ in range(number)]


def pyro_log_density(bound: BoundModel, density: Density, u: torch.Tensor) -> torch.Tensor:
    """Pyro's log probability of the constrained values, and the logarithm of how the map changes volume, from the
    Jacobian matrix of `constrain` by autograd. Only maps onto as many free entries as R^n has are compared so."""
    values = density.constrain(u)
    latents = {name: values[name] for name in density.latents}
    with pyro.validation_enabled(False):
        trace = poutine.trace(poutine.condition(bound.model, latents)).get_trace(**bound.inputs)
    return trace.log_prob_sum()


def free_coordinates(name: str, value: torch.Tensor) -> torch.Tensor:
    """As many entries of a constrained value as it has degrees of freedom."""
    match name:
        case "w":  # a simplex: the last entry follows from the others
            return value[..., :-1]
        case "L" | "V":  # a Cholesky factor of a correlation matrix; a symmetric matrix
            offset = -1 if name == "L" else 0
            rows, columns = torch.tril_indices(value.shape[-1], value.shape[-1], offset)
            return value[..., rows, columns]
        case _:
            return value


def log_volume(density: Density, u: torch.Tensor) -> torch.Tensor:
    """The logarithm of the determinant of the Jacobian of the free coordinates, by autograd."""

    def coordinates(v: torch.Tensor) -> torch.Tensor:
        values = density.constrain(v)
        return torch.cat([free_coordinates(n, values[n]).reshape(-1) for n in density.latents])

    return torch.linalg.slogdet(torch.autograd.functional.jacobian(coordinates, u))[1]


def test_the_density_is_pyros_and_the_volume_change_that_of_the_maps(bound: BoundModel) -> None:
    density = Density(bound)
    for u in points(density):
        expected = pyro_log_density(bound, density, u) + log_volume(density, u)
        assert density.log_density(u).item() == pytest.approx(expected.item(), rel=TOLERANCE, abs=TOLERANCE)


def test_without_the_volume_change_it_is_pyros_density_of_the_values(bound: BoundModel) -> None:
    density = Density(bound, jacobian=False)
    for u in points(density):
        expected = pyro_log_density(bound, density, u)
        assert density.log_density(u).item() == pytest.approx(expected.item(), rel=TOLERANCE, abs=TOLERANCE)


def test_the_gradient_is_that_of_pyros_density_without_the_volume_change(bound: BoundModel) -> None:
    density = Density(bound, jacobian=False)
    for u in points(density):
        v = u.clone().requires_grad_(True)
        (expected,) = torch.autograd.grad(pyro_log_density(bound, density, v), v)
        _, gradient = density.value_and_grad(u)
        assert torch.allclose(gradient, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_the_gradient_is_the_slope_of_the_density(bound: BoundModel) -> None:
    density = Density(bound)
    # Central differences with a step of 1e-6 are off by about 1e-9 by rounding and less by curvature.
    for u in points(density, 2):
        _, gradient = density.value_and_grad(u)
        for i, step in enumerate(1e-6 * torch.eye(density.dimension, dtype=torch.float64)):
            slope = (density.log_density(u + step) - density.log_density(u - step)) / 2e-6
            assert gradient[i].item() == pytest.approx(slope.item(), rel=1e-5, abs=1e-5)


def test_tracing_gives_the_same_values_and_gradients(bound: BoundModel) -> None:
    eager, traced = Density(bound), Density(bound)
    assert traced.trace(), traced.gradient_note
    assert traced.gradient == "traced"
    for u in points(eager):
        (value, gradient), (other, other_gradient) = eager.value_and_grad(u), traced.value_and_grad(u)
        assert other.item() == pytest.approx(value.item(), rel=TOLERANCE)
        assert torch.allclose(gradient, other_gradient, rtol=TOLERANCE, atol=TOLERANCE)


def test_unconstrain_is_the_inverse_of_constrain(bound: BoundModel) -> None:
    density = Density(bound)
    # Logits and logarithms of values a few units out lose some digits on the way back.
    for u in points(density):
        assert torch.allclose(density.unconstrain(density.constrain(u)), u, rtol=1e-8, atol=1e-8)


def test_values_lie_in_the_support_of_the_moment(triangle: BoundModel) -> None:
    density = Density(triangle)
    for u in points(density, 50):
        values = density.constrain(5 * u)
        assert 0 <= values["b"] <= 1 - values["a"]
        assert values["rest"] >= 0


def test_sites_say_where_they_stand() -> None:
    text, inputs = MODELS["correlation_and_covariance"]
    density = Density(bind(text, inputs))
    found = [(s.name, s.role, s.shape, s.free_shape, s.start) for s in density.sites]
    assert found == [
        ("L", "latent", (3, 3), (3,), 0),
        ("s", "latent", (3,), (3,), 3),
        ("V", "latent", (3, 3), (6,), 6),
    ]
    assert density.dimension == 12


def test_the_likelihood_has_observed_sites_and_factors_but_those_of_priors() -> None:
    text, inputs = MODELS["ordinal"]
    bound = bind(text, inputs, prior_terms=("cut_prior",))
    density = Density(bound, jacobian=False, prior=False)
    for u in points(density):
        values = density.constrain(u)
        latents = {name: values[name] for name in density.latents}
        trace = poutine.trace(poutine.condition(bound.model, latents)).get_trace(**bound.inputs)
        expected = trace.log_prob_sum(lambda name, _: name == "y")
        assert density.log_density(u).item() == pytest.approx(expected.item(), rel=TOLERANCE)
    with_factor = Density(bind(text, inputs), jacobian=False, prior=False)
    u = points(density)[0]
    assert with_factor.log_density(u).item() != pytest.approx(density.log_density(u).item(), rel=1e-3)


def test_learnable_values_are_entries_when_asked_for(empirical_bayes: BoundModel) -> None:
    density = Density(empirical_bayes, params=True)
    assert density.params == ("tau",)
    u = density.initial(torch.Generator().manual_seed(0))
    assert density.constrain(u)["tau"].item() == 1.0
    u = points(density)[0]
    assert density.constrain(u)["tau"].item() == pytest.approx(u[0].exp().item(), rel=1e-15)
    with pytest.raises(ParamsNotSupported) as caught:
        Density(empirical_bayes)
    assert caught.value.names == ("tau",)
    assert len(pyro.get_param_store()) == 0


def test_a_start_is_finite_within_the_radius_and_the_same_for_the_same_seed(improper_scale: BoundModel) -> None:
    density = Density(improper_scale)
    first = density.initial(torch.Generator().manual_seed(4), radius=0.5)
    assert first.abs().max() <= 0.5
    assert density.log_density(first).isfinite()
    assert torch.equal(first, density.initial(torch.Generator().manual_seed(4), radius=0.5))
    assert not torch.equal(first, density.initial(torch.Generator().manual_seed(5), radius=0.5))


def test_a_start_that_cannot_be_found_names_the_site() -> None:
    bound = bind(
        """
        def model(y):
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            pyro.sample("y", dist.Poisson((a - 50).exp().log() - a), obs=y)
        """,
        {"y": torch.tensor(2.0, dtype=torch.float64)},
    )
    with pytest.raises(InitFailed) as caught:
        Density(bound).initial(torch.Generator().manual_seed(0))
    assert (caught.value.site, caught.value.quantity) == ("y", "log density")
    assert "`y`" in caught.value.message


def test_a_gradient_that_is_not_finite_is_no_start() -> None:
    bound = bind(
        """
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            pyro.factor("kink", (a - a).sqrt())
        """
    )
    with pytest.raises(InitFailed) as caught:
        Density(bound).initial(torch.Generator().manual_seed(0))
    assert (caught.value.site, caught.value.quantity) == ("a", "gradient")


@pytest.mark.parametrize("name", ["init_to_median", "init_to_mean", "init_to_sample", "init_to_feasible"])
def test_pyros_ways_to_start_work_with_improper_priors(improper_scale: BoundModel, name: str) -> None:
    from bayesdsl.runtime.engines.components import initialisation
    from bayesdsl.runtime.engines.isolation import Isolated

    with Isolated(0):
        start = Density(improper_scale).initial(torch.default_generator, strategy=initialisation(name))
    assert start.isfinite().all()


def test_a_start_at_the_prior_mean_is_there() -> None:
    from pyro.infer.autoguide import init_to_mean

    bound = bind("def model():\n    pyro.sample('rate', dist.Gamma(real(6.0), real(2.0)))\n")
    density = Density(bound)
    start = density.initial(torch.Generator().manual_seed(0), strategy=init_to_mean)
    assert density.constrain(start)["rate"].item() == pytest.approx(3.0, rel=1e-12)


def test_nan_is_minus_infinity() -> None:
    bound = bind(
        """
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            pyro.factor("log", a.log())
        """
    )
    density = Density(bound)
    for _ in range(2):
        value, _ = density.value_and_grad(torch.tensor([-1.0], dtype=torch.float64))
        assert value.item() == -torch.inf
        density.trace()


def test_a_matrix_that_is_not_positive_definite_is_minus_infinity() -> None:
    bound = bind(
        """
        def model(y):
            r = pyro.sample("r", dist.Normal(real(0.0), real(1.0)))
            one = torch.ones_like(r)
            cov = torch.stack([torch.stack([one, r]), torch.stack([r, one])])
            pyro.sample("y", dist.MultivariateNormal(torch.zeros(2, dtype=torch.float64), cov), obs=y)
        """,
        {"y": torch.tensor([0.1, 0.2], dtype=torch.float64)},
    )
    density = Density(bound)
    for _ in range(2):
        value, gradient = density.value_and_grad(torch.tensor([2.0], dtype=torch.float64))
        assert value.item() == -torch.inf
        assert gradient.isfinite().all()
        assert density.value_and_grad(torch.tensor([0.5], dtype=torch.float64))[0].isfinite()
        density.trace()


@pytest.mark.parametrize(
    ("text", "error", "names"),
    [
        ("pyro.sample('k', dist.Poisson(real(3.0)))", DiscreteLatent, "k"),
        ("pyro.sample('k', dist.Categorical(real([0.2, 0.8])))", DiscreteLatent, "k"),
        ("pyro.sample('v', dist.VonMises3D(real([0.0, 0.0, 1.0])))", UnsupportedSupport, "v"),
    ],
)
def test_what_has_no_density_over_reals_is_refused_by_name(text: str, error: type[Exception], names: str) -> None:
    with pytest.raises(error) as caught:
        Density(bind(f"def model():\n    {text}\n"))
    assert caught.value.site == names


def test_random_minibatches_are_refused() -> None:
    bound = bind(
        """
        def model(y):
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            with pyro.plate("row", 5, subsample_size=2, dim=-1) as rows:
                pyro.sample("y", dist.Normal(a, real(1.0)), obs=y[rows])
        """,
        {"y": ROWS},
    )
    with pytest.raises(Subsampled) as caught:
        Density(bound)
    assert caught.value.plate == "row"


def not_traceable(operation: str) -> Callable[[], BoundModel]:
    return lambda: bind(f"def model():\n    a = pyro.sample('a', dist.Normal(real(0.0), real(1.0)))\n    {operation}\n")


@pytest.mark.parametrize(
    "make",
    [
        not_traceable("pyro.factor('f', a if a > 0 else -3 * a)"),
        not_traceable("pyro.factor('f', a * float(a))"),
        not_traceable("pyro.factor('f', a * torch.rand(()))"),
        not_traceable("pyro.factor('f', a * torch.rand(3).sum())"),
    ],
    ids=["branch", "number", "random", "random-constant"],
)
def test_what_cannot_be_written_down_goes_on_being_run(make: Callable[[], BoundModel]) -> None:
    density = Density(make())
    assert not density.trace()
    assert density.gradient == "eager"
    assert density.gradient_note
    u = torch.tensor([0.7], dtype=torch.float64)
    assert density.value_and_grad(u)[0].isfinite()


def test_a_trace_that_is_true_at_one_point_only_is_found_out() -> None:
    # The model counts its runs, so the operations written down are those of one run and not of the next.
    bound = bind(
        """
        runs = []
        def model():
            a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
            runs.append(1)
            pyro.factor("f", a * len(runs))
        """
    )
    density = Density(bound)
    assert not density.trace()
    assert "differs" in density.gradient_note


def test_the_model_in_single_precision_has_a_density_in_double() -> None:
    bound = bind(
        """
        def model(y):
            a = pyro.sample("a", dist.Normal(torch.tensor(0.0), torch.tensor(1.0)))
            pyro.sample("y", dist.Normal(a, torch.tensor(1.0)).expand([2]).to_event(1), obs=y)
        """,
        {"y": torch.tensor([0.5, 1.0])},
        dtype=torch.float32,
    )
    density = Density(bound)
    value, gradient = density.value_and_grad(torch.tensor([0.25], dtype=torch.float64))
    assert value.dtype == gradient.dtype == torch.float64
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor([0.25, 0.25, 0.75])).sum()
    assert value.item() == pytest.approx(expected.item(), rel=1e-6)  # what single precision keeps
    assert density.constrain(torch.tensor([0.25], dtype=torch.float64))["a"].dtype == torch.float32


def test_nothing_global_changes(rugged: BoundModel) -> None:
    before = world()
    density = Density(rugged)
    density.trace()
    u = density.initial(torch.Generator().manual_seed(0))
    density.value_and_grad(u)
    density.constrain(u)
    assert world() == before


def test_a_model_that_raises_leaves_nothing_behind() -> None:
    before = world()
    with pytest.raises(ZeroDivisionError):
        Density(bind("def model():\n    with pyro.plate('p', 3, dim=-1):\n        1 / 0\n"))
    assert world() == before
