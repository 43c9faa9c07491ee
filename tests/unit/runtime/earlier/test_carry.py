"""What a run gives to a model with its data: by name, by label, or not at all; and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from reference.known_fits import fit_with

import bayesdsl as bd
from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.runtime.density import Density

HOUSES = """
data house { county : category; y : real }
mu ~ Normal(0, 5)
tau ~ HalfNormal(2)
a[county] ~ Normal(mu, tau) noncentered
observe y ~ Normal(a[county], 1)
infer nuts(chains = 1)
"""


def houses(counties: str) -> dict[str, Any]:
    return {"house": {"county": list(counties), "y": np.linspace(-1, 1, len(counties))}}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def of_houses(rng: np.random.Generator, members: int = 3, count: int = 200) -> dict[str, np.ndarray]:
    """Draws whose place tells the member: a of the member at place k is near 10 (k + 1)."""
    tau = np.exp(rng.normal(size=count) / 10)
    centres = 10 * (1 + np.arange(members))
    return {"mu": rng.normal(size=count), "tau": tau, "a": centres + rng.normal(size=(count, members))}


def codes(error: pytest.ExceptionInfo[BayesError]) -> list[str]:
    return [finding.code for finding in error.value.diagnostics]


# By name and by label


def test_members_are_matched_by_their_labels(rng):
    """The run had A, B, C; the data have C, A, D: the place of a member is that in these data."""
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    bound = model.bind(houses("CAD"), prior_from=run)

    (_, _, a) = bound.prior.earlier.latents
    assert a.name == "a"
    assert a.known == (True, True, False)
    assert bound.data.coords["county"] == ["A", "C", "D"]
    # tau, mu, then a[A] and a[C].
    assert np.round(bound.prior.earlier.density.centre[2:]) == pytest.approx([10, 30])
    assert [note for note in bound.prior.notes if "`D`" in note]
    assert [note for note in bound.prior.notes if "`B`" in note]


def test_the_density_is_that_of_the_run_for_old_members_and_of_the_spec_for_new_ones(rng):
    """Moving a[D] changes the log density by the spec's prior and the data alone, whatever the run says."""
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    data = houses("CAD")
    density = Density(model.bind(data, prior_from=run).model)
    mu, tau, a = 0.5, 1.5, np.array([11.0, 31.0, 2.0])

    def at(members: np.ndarray) -> float:
        values = {"mu": torch.tensor(mu), "tau": torch.tensor(tau), "a": torch.tensor(members)}
        return float(density.log_density(density.unconstrain(values)))

    moved = a + np.array([0, 0, 1])
    y = np.array(data["house"]["y"])[2]
    prior = torch.distributions.Normal(mu, tau)
    likelihood = torch.distributions.Normal(torch.tensor([2.0, 3.0], dtype=torch.float64), 1.0)
    expected = prior.log_prob(torch.tensor(3.0)) - prior.log_prob(torch.tensor(2.0))
    terms = likelihood.log_prob(torch.tensor(y, dtype=torch.float64))
    # The numbers given as 32 bits above are exact: halves and wholes.
    assert at(moved) - at(a) == pytest.approx(float(expected + terms[1] - terms[0]), abs=1e-6)


def test_plates_in_another_order_are_the_same_plates(rng):
    text = "data d {{ g : category; h : category; y : real }}\nb[{}] ~ Normal(0, 1)\n"
    text += "observe y ~ Normal(b[g, h], 1)\ninfer nuts(chains = 1)\n"
    data = {"d": {"g": list("AABB"), "h": list("XYXY"), "y": [0.0, 1, 2, 3]}}
    before, after = bd.compile_text(text.format("g, h")), bd.compile_text(text.format("h, g"))
    centres = np.array([[1.0, 2], [3, 4]])
    run = fit_with(before, data, {"b": centres + rng.normal(size=(200, 2, 2)) / 100})
    bound = after.bind(data, prior_from=run)

    mode = bound.fit("map", optim="Adam(lr = 0.05)", steps=300)
    assert bound.model.variables[0].dims == ("h", "g")
    assert mode["b"][0, 0] == pytest.approx(centres.T, abs=0.1)


def test_structured_values_are_carried(rng):
    """A probability vector, numbers in order and a correlation matrix, each mapped to the real line and back."""
    text = """
        plate k = 3
        data d { y : real }
        w[k] ~ Dirichlet(2)
        m[k] : ordered ~ Normal(0, 5)
        L[k, k'] ~ LKJCholesky(2)
        s ~ Uniform(1, 3)
        observe y ~ Mixture(w, Normal(m, s + L[k = 1, k' = 1]))
        infer nuts(chains = 1)
        """
    model = bd.compile_text(text)
    count = 300
    x = rng.normal(size=(count, 3, 2))
    roots = np.linalg.cholesky(0.5 * np.eye(3) + 0.5 * np.array([np.corrcoef(np.hstack([r, r**2])) for r in x]))
    draws = {
        "w": rng.dirichlet([5, 6, 7], size=count),
        "m": np.sort(rng.normal(size=(count, 3)), axis=1),
        "L": roots / np.linalg.norm(roots, axis=2, keepdims=True),
        "s": rng.uniform(1.5, 2.5, size=count),
    }
    bound = model.bind({"d": {"y": [0.0, 1.0]}}, prior_from=fit_with(model, {"d": {"y": [0.5]}}, draws))
    assert bound.prior.numbers == 2 + 3 + 3 + 1
    density = Density(bound.model)
    u = density.unconstrain({name: torch.tensor(values[0]) for name, values in draws.items()})
    value, gradient = density.value_and_grad(u)
    assert value.isfinite()
    assert gradient.isfinite().all()


def test_a_prior_cut_by_a_type_is_replaced_and_kept_for_new_members(rng):
    text = HOUSES.replace("a[county] ~ Normal(mu, tau) noncentered", "a[county] : positive ~ Normal(mu, tau)")
    model = bd.compile_text(text)
    run = fit_with(model, houses("ABC"), {**of_houses(rng)})
    assert "a_prior" not in model.bind(houses("AB"), prior_from=run).compiled.source
    assert "masked_fill" in model.bind(houses("AD"), prior_from=run).compiled.source


def test_rows_of_a_table_without_a_key_are_not_carried(rng):
    text = """
        data school {{ {key}y : real }}
        mu ~ Normal(0, 5)
        theta[school] ~ Normal(mu, 1)
        observe y ~ Normal(theta, 1)
        infer nuts(chains = 1)
        """
    draws = {"mu": rng.normal(size=100), "theta": rng.normal(size=(100, 2))}
    plain = bd.compile_text(text.format(key=""))
    run = fit_with(plain, {"school": {"y": [1.0, 2.0]}}, draws)
    bound = plain.bind({"school": {"y": [1.0, 2.0]}}, prior_from=run)
    assert bound.prior.names == ("mu",)
    assert "without a key" in bound.prior.notes[0]


def test_rows_with_a_key_are_known_by_it(rng, tmp_path):
    text = """
        data school from "schools.csv" (key = "name") { y : real }
        theta[school] ~ Normal(0, 1)
        observe y ~ Normal(theta, 1)
        infer nuts(chains = 1)
        """
    model = bd.compile_text(text)
    frames = [{"school": {"name": list(names), "y": [1.0, 2.0]}} for names in ("PQ", "QR")]
    centres = np.array([10.0, 20.0])
    run = fit_with(model, frames[0], {"theta": centres + rng.normal(size=(100, 2)) / 10})
    bound = model.bind(frames[1], prior_from=run)
    (theta,) = bound.prior.earlier.latents
    assert theta.known == (True, False)
    assert bound.prior.earlier.density.centre[0] == pytest.approx(20, abs=0.1)


def test_unknowns_of_one_side_alone_are_named(rng):
    before = bd.compile_text(HOUSES)
    text = HOUSES.replace("tau ~ HalfNormal(2)\n", "other ~ Normal(0, 1)\n").replace("mu, tau", "mu + other, 1")
    draws = of_houses(rng)
    bound = bd.compile_text(text).bind(houses("ABC"), prior_from=fit_with(before, houses("ABC"), draws))
    assert set(bound.prior.names) == {"mu", "a"}
    assert "the run has no `other`; there the prior of the spec holds" in bound.prior.notes
    assert "the spec has no `tau`, which is left out" in bound.prior.notes


def test_a_spec_with_fewer_arguments_left_takes_those_it_still_has(rng):
    """What only the replaced priors needed is an argument no more; the others keep their values."""
    model = bd.compile_text(HOUSES)
    bound = model.bind(houses("AB"), prior_from=fit_with(model, houses("AB"), of_houses(rng, 2)))
    plain = model.bind(houses("AB"))
    assert set(bound.inputs) <= set(plain.inputs)
    assert all(torch.equal(torch.as_tensor(v), torch.as_tensor(plain.inputs[k])) for k, v in bound.inputs.items())


def test_chains_start_where_the_run_was(rng):
    """Within a standard deviation of the run's centre; a new member anywhere, as always."""
    model = bd.compile_text(HOUSES)
    bound = model.bind(houses("CAD"), prior_from=fit_with(model, houses("ABC"), of_houses(rng)))
    density = Density(bound.model)
    for seed in range(20):
        values = density.constrain(density.initial(torch.Generator().manual_seed(seed)))
        a_known, a_new = values["a"][:2].numpy(), float(values["a"][2])
        # Draws have sd 1 about 10 and 30, and 200 of them tell it to within a quarter.
        assert np.abs(a_known - [10, 30]).max() < 1.25 + 0.3
        assert abs(a_new) < 2


def test_a_prior_belongs_to_the_data_that_it_was_made_for(rng):
    """Other data bound through a fit have the priors of the spec."""
    model = bd.compile_text(HOUSES)
    bound = model.bind(houses("CAD"), prior_from=fit_with(model, houses("ABC"), of_houses(rng)))
    assert "EARLIER" in bound.compiled.source
    again = bound.compiled.bind(houses("XY"))
    assert again.prior is None
    assert again.compiled.source == model.source


def test_single_precision(rng):
    model = bd.compile_text(HOUSES, dtype="float32")
    run = fit_with(bd.compile_text(HOUSES), houses("ABC"), of_houses(rng))
    bound = model.bind(houses("CAD"), prior_from=run)
    fit = bound.fit("map", steps=20)
    assert np.isfinite(fit["a"]).all()


@pytest.mark.parametrize("loss", ["Trace_ELBO(num_particles = 3)", "RenyiELBO(num_particles = 2)"])
def test_losses_that_take_many_draws_can_have_a_prior_from_a_run(loss, rng):
    """Also where a member is new."""
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    fit = model.fit("svi", data=houses("CAD"), prior_from=run, loss=loss, steps=5, draws=20)
    assert np.isfinite(fit["a"]).all()


def test_many_draws_at_once_have_the_densities_of_each(rng):
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    function = model.bind(houses("CAD"), prior_from=run).compiled.module.earlier
    tau, mu, a = torch.rand(4, 1).double(), torch.rand(4, 1).double(), torch.rand(4, 3).double()
    together = function(tau, mu, a)
    # To the left of the one dimension that plates take up.
    assert together.shape == (4, 1)
    for i in range(4):
        assert float(together[i, 0]) == pytest.approx(float(function(tau[i, 0], mu[i, 0], a[i])), rel=1e-12)


NETWORK = """
data point { x : real; y : real }
layer f = Linear(1, 3) -> Tanh -> Linear(3, 1) {
    weight ~ Normal(0, 2)
    bias   ~ Normal(0, 2)
}
s ~ Gamma(2, 10)
observe y ~ Normal(f(x), s)
infer svi(guide = AutoNormal, steps = 20)
"""


def test_the_weights_of_a_network_are_carried(rng):
    model = bd.compile_text(NETWORK)
    data = {"point": {"x": np.linspace(-1, 1, 8), "y": np.linspace(-1, 1, 8) ** 2}}
    shapes = {"f.0.weight": (3, 1), "f.0.bias": (3,), "f.2.weight": (1, 3), "f.2.bias": (1,)}
    centres = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    draws = {name: value + rng.normal(size=(300, *value.shape)) / 50 for name, value in centres.items()}
    run = fit_with(model, data, draws | {"s": rng.gamma(20, size=300) / 100})
    bound = model.bind(data, prior_from=run)

    assert bound.prior.numbers == 3 + 3 + 3 + 1 + 1
    mode = bound.fit("map", optim="Adam(lr = 0.02)", steps=400)
    # Eight rows with a noise of 0.2 move weights that are known to 0.02 by a few of those at most.
    for name, value in centres.items():
        assert mode[name][0, 0] == pytest.approx(value, abs=0.1), name


INPUTS = """
data row { x[feature] = [FEATURES]; y : real }
layer f : [feature] -> [] = Linear(feature, 1) { weight, bias ~ Normal(0, 1) }
observe y ~ Normal(f(x), 1)
infer nuts(chains = 1)
"""


def test_weights_of_named_inputs_are_matched_by_name(rng):
    """The run had u and v; now it is v, u and w: w keeps the prior of the spec."""
    data = {"row": {"u": [0.0, 1], "v": [1.0, 3], "w": [0.0, 2], "y": [0.0, 1]}}
    before, after = (bd.compile_text(INPUTS.replace("FEATURES", order)) for order in ("u, v", "v, u, w"))
    centres = np.array([[10.0, 20.0]])
    draws = {"f.0.weight": centres + rng.normal(size=(50, 1, 2)) / 9, "f.0.bias": rng.normal(size=(50, 1))}
    bound = after.bind(data, prior_from=fit_with(before, data, draws))
    weight = bound.prior.earlier.of("f.0.weight")
    assert weight.known == (True, True, False)
    assert bound.prior.earlier.density.centre[:2] == pytest.approx([20, 10], abs=0.2)
    density = Density(bound.model)
    at = [float(density.log_density(torch.tensor([20.0, 10.0, w, 0.0], dtype=torch.float64))) for w in (0.0, 1.0)]
    likelihood = [stats_of(np.array([[1, 0, 0], [3, 1, 2]]) @ [20, 10, w], [0.0, 1]) for w in (0, 1)]
    # A standard normal falls by a half from 0 to 1.
    assert at[1] - at[0] == pytest.approx(likelihood[1] - likelihood[0] - 0.5)


def stats_of(mean: np.ndarray, y: list[float]) -> float:
    """Minus half the squares: the log density of normals with scale 1, up to a constant."""
    return float(-0.5 * ((mean - np.array(y)) ** 2).sum())


def test_weights_of_inputs_without_names_are_known_by_position(rng):
    """Two groups of inputs side by side: what stands first now may be what stood second."""
    text = """
        data row { x[feature] = [FEATURES]; z[other] = [w]; y : real }
        layer f : [feature], [other] -> [] = Linear(3, 1) { weight, bias ~ Normal(0, 1) }
        observe y ~ Normal(f(x, z), 1)
        infer nuts(chains = 1)
        """
    data = {"row": {"u": [0.0, 1], "v": [1.0, 3], "w": [0.0, 2], "y": [0.0, 1]}}
    before, after = (bd.compile_text(text.replace("FEATURES", order)) for order in ("u, v", "v, u"))
    draws = {"f.0.weight": rng.normal(size=(50, 1, 3)), "f.0.bias": rng.normal(size=(50, 1))}
    run = fit_with(before, data, draws)
    assert before.bind(data, prior_from=run).prior.numbers == 4
    with pytest.raises(BayesError) as error:
        after.bind(data, prior_from=run)
    assert codes(error) == ["BD844"]


# What is wrong


def test_a_point_is_refused(rng):
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng, count=1), kind="point")
    with pytest.raises(BayesError) as error:
        model.bind(houses("ABC"), prior_from=run)
    assert codes(error) == ["BD842"]


def test_a_guide_that_is_a_point_for_one_unknown_is_refused(rng):
    model = bd.compile_text(HOUSES)
    draws = of_houses(rng) | {"tau": np.full(200, 0.7)}
    with pytest.raises(BayesError) as error:
        model.bind(houses("ABC"), prior_from=fit_with(model, houses("ABC"), draws))
    assert codes(error) == ["BD842"]
    assert "`tau`" in str(error.value)


def test_a_handful_of_draws_is_refused(rng):
    model = bd.compile_text(HOUSES)
    with pytest.raises(BayesError) as error:
        model.bind(houses("ABC"), prior_from=fit_with(model, houses("ABC"), of_houses(rng, count=5)))
    assert codes(error) == ["BD842"]


def test_a_run_of_something_else_has_nothing_to_carry(rng):
    model = bd.compile_text(HOUSES)
    other = bd.compile_text("data d { y : real }\nm ~ Normal(0, 1)\nobserve y ~ Normal(m, 1)\n")
    with pytest.raises(BayesError) as error:
        model.bind(houses("ABC"), prior_from=fit_with(other, {"d": {"y": [1.0]}}, {"m": rng.normal(size=99)}))
    assert codes(error) == ["BD843"]


CHANGED = {
    "a plate less": (HOUSES, "a[county] ~ Normal(mu, tau) noncentered", "a ~ Normal(mu, tau)", "BD844"),
    "another support": (HOUSES, "tau ~ HalfNormal(2)", "tau ~ Uniform(0, 9)", "BD845"),
    "whole numbers": (HOUSES, "mu ~ Normal(0, 5)", "mu ~ Poisson(5)", "BD845"),
    "bounds that move": (HOUSES, "mu ~ Normal(0, 5)", "z ~ HalfNormal(1)\nmu ~ Uniform(0, z)", "BD845"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_unknowns_that_changed_are_refused(case: str, rng):
    text, old, new, code = CHANGED[case]
    changed = text.replace(old, new)
    if "Poisson" in new:
        changed = changed.replace("infer nuts(chains = 1)\n", "")
    if "a ~" in new:
        changed = changed.replace("Normal(a[county], 1)", "Normal(a, 1)")
    run = fit_with(bd.compile_text(text), houses("ABC"), of_houses(rng))
    with pytest.raises(BayesError) as error:
        bd.compile_text(changed).bind(houses("ABC"), prior_from=run)
    assert codes(error) == [code]
    assert error.value.diagnostics[0].primary is not None


def test_a_numbered_plate_of_another_size_is_refused(rng):
    text = "plate k = {}\ndata d {{ y : real }}\nb[k] ~ Normal(0, 1)\nobserve y ~ Normal(sum[k](b), 1)\n"
    data = {"d": {"y": [1.0]}}
    run = fit_with(bd.compile_text(text.format(2)), data, {"b": rng.normal(size=(50, 2))})
    with pytest.raises(BayesError) as error:
        bd.compile_text(text.format(3)).bind(data, prior_from=run)
    assert codes(error) == ["BD844"]
    assert "3 members here and 2 in" in str(error.value)


def test_a_vector_over_other_members_is_refused(rng):
    text = """
        data d { g : category; y : real }
        w[g] ~ Dirichlet(1)
        observe y ~ Normal(w[g], 1)
        infer nuts(chains = 1)
        """
    model = bd.compile_text(text)
    run = fit_with(model, {"d": {"g": list("ABC"), "y": [0.0, 1, 2]}}, {"w": rng.dirichlet([1, 2, 3], size=99)})
    with pytest.raises(BayesError) as error:
        model.bind({"d": {"g": list("ABD"), "y": [0.0, 1, 2]}}, prior_from=run)
    assert codes(error) == ["BD844"]


def test_maximum_likelihood_has_no_use_for_it(rng):
    model = bd.compile_text(HOUSES)
    with pytest.raises(BayesError) as error:
        model.fit("mle", data=houses("ABC"), prior_from=fit_with(model, houses("ABC"), of_houses(rng)))
    assert codes(error) == ["BD846"]


# What is doubtful


def warned(bound: bd.Bound) -> list[str]:
    return [finding.code for finding in bound.warnings if finding.code.startswith("BD84")]


def test_a_run_without_a_fault_gives_no_warning(rng):
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    assert run.verdict().ok, str(run.verdict())
    assert warned(model.bind(houses("ABC"), prior_from=run)) == []


def test_an_interrupted_run_gets_a_warning(rng):
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng))
    run = replace(run, posterior=replace(run.posterior, interrupted=True))
    assert "BD847" in warned(model.bind(houses("ABC"), prior_from=run))


def test_few_draws_get_a_warning(rng):
    model = bd.compile_text(HOUSES)
    run = fit_with(model, houses("ABC"), of_houses(rng, count=30))
    assert "BD847" in warned(model.bind(houses("ABC"), prior_from=run))


def test_a_column_measured_by_the_data_at_hand_gets_a_warning(rng):
    text = "data d { x : real = zscore(raw); y : real }\nb ~ Normal(0, 1)\nobserve y ~ Normal(b * x, 1)\n"
    model = bd.compile_text(text)
    data = {"d": {"raw": [1.0, 2, 3], "y": [0.0, 1, 2]}}
    bound = model.bind(data, prior_from=fit_with(model, data, {"b": rng.normal(size=100)}))
    assert warned(bound) == ["BD847"]
    assert "zscore" in str(bound.warnings[-1])


def test_a_param_that_is_learned_anew_gets_a_warning(rng):
    text = "data d { y : real }\nm ~ Normal(0, 9)\nparam s : positive = 1\nobserve y ~ Normal(m, s)\n"
    model = bd.compile_text(text)
    data = {"d": {"y": [0.0, 1.0, 3.0]}}
    bound = model.bind(data, prior_from=fit_with(model, data, {"m": rng.normal(size=100)}))
    assert warned(bound) == ["BD847"]
    assert "`s`" in str(bound.warnings[-1])


def test_two_modes_get_a_warning(rng):
    model = bd.compile_text(HOUSES)
    draws = of_houses(rng, count=1_000)
    draws["mu"] = rng.choice([-3.0, 3.0], 1_000) + rng.normal(size=1_000) / 2
    assert "BD848" in warned(model.bind(houses("ABC"), prior_from=fit_with(model, houses("ABC"), draws)))
