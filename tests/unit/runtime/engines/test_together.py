"""Many chains of NUTS at once: the sampler against a plain recursion and closed forms, and what runs have of it.

It is the same code on every device. Here it is the cores; `test_together_device.py` has what a GPU adds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from engine_models import bind, normal_mean_posterior, world
from scipy import stats as distributions

from bayesdsl.runtime.bound import BoundModel, Start
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines import nuts
from bayesdsl.runtime.engines.errors import DeviceFull, InitFailed, Interrupted, NotTogether, PyroOnDevice
from bayesdsl.runtime.engines.together import sample
from bayesdsl.runtime.engines.together.density import ManyPoints, ValuesAt
from bayesdsl.runtime.engines.together.metric import Metric, Moments
from bayesdsl.runtime.engines.together.trajectories import DIVERGENCE, Points, Trajectories
from bayesdsl.runtime.engines.together.warmup import StepSize, windows
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress

CORES = torch.device("cpu")
SHORT = {"chains": 24, "warmup": 80, "draws": 100}


def run(bound: BoundModel, settings: dict[str, Any] = SHORT, seed: int = 1, **rest: Any) -> Posterior:
    return nuts.run(bound, settings, seed, device=CORES, **rest)


def tolerance(spread: float, draws: int) -> float:
    """Four standard errors of a mean, if a draw in four counts, which NUTS exceeds on densities near normal ones."""
    return 4 * spread * (4 / draws) ** 0.5


# The sampler


def ridge(us: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Normal, ten times as long in one direction as across."""
    scale = torch.tensor([1.0, 0.1, 0.3], dtype=us.dtype)
    return -0.5 * (us / scale).square().sum(-1), -us / scale.square()


def funnel(us: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Neal's: so narrow below that trajectories diverge there."""
    v, x = us[:, :1], us[:, 1:]
    n = x.shape[1]
    value = -(v[:, 0] ** 2) / 18 - 0.5 * (x.square() * (-v).exp()).sum(-1) - 0.5 * n * v[:, 0]
    by_v = -v / 9 + 0.5 * (x.square() * (-v).exp()).sum(-1, keepdim=True) - 0.5 * n
    return value, torch.cat([by_v, -x * (-v).exp()], -1)


class Recursion:
    """One trajectory of one chain as a recursion over halves, for the number of its leaves, its depth and whether it
    diverges. The `sides` of its subtrees are given."""

    def __init__(self, density: Any, variance: np.ndarray, step_size: float, deepest: int) -> None:
        self.density, self.variance, self.step_size, self.deepest = density, variance, step_size, deepest

    def of(self, position: np.ndarray, momentum: np.ndarray, sides: list[int]) -> tuple[int, int, bool, float]:
        value, gradient = self._at(position)
        self.start = self._energy(value, momentum)
        self.steps, self.accepted, self.diverged = 0, 0.0, False
        ends = [(position, momentum, gradient)] * 2
        total, depth = momentum, 0
        while depth < self.deepest:
            side = sides[depth]
            near, far = ends[side][1], ends[1 - side][1]
            built = self._build(ends[side], depth, 2 * side - 1)
            if built is None:
                break
            ends[side], sub, first, last = built
            depth += 1
            whole = total + sub
            if not (
                self._onwards(far, last, whole)
                and self._onwards(far, first, total + first)
                and self._onwards(near, last, sub + near)
            ):
                break
            total = whole
        return self.steps, depth, self.diverged, self.accepted / self.steps

    def _build(self, end: Any, depth: int, sign: int) -> Any:
        """The new end, the sum of momenta, the first and the last; None where it turns or diverges."""
        if depth == 0:
            position, momentum, gradient = end
            half = momentum + 0.5 * sign * self.step_size * gradient
            position = position + sign * self.step_size * self.variance * half
            value, gradient = self._at(position)
            momentum = half + 0.5 * sign * self.step_size * gradient
            gain = self.start - self._energy(value, momentum)
            self.steps += 1
            self.accepted += min(1.0, np.exp(gain))
            if not gain >= -DIVERGENCE:
                self.diverged = True
                return None
            return (position, momentum, gradient), momentum, momentum, momentum
        one = self._build(end, depth - 1, sign)
        if one is None:
            return None
        other = self._build(one[0], depth - 1, sign)
        if other is None:
            return None
        (_, sum_1, first_1, last_1), (end, sum_2, first_2, last_2) = one, other
        onwards = (
            self._onwards(first_1, last_2, sum_1 + sum_2)
            and self._onwards(first_1, first_2, sum_1 + first_2)
            and self._onwards(last_1, last_2, sum_2 + last_1)
        )
        return (end, sum_1 + sum_2, first_1, last_2) if onwards else None

    def _onwards(self, one: np.ndarray, other: np.ndarray, total: np.ndarray) -> bool:
        return (one * self.variance) @ total > 0 and (other * self.variance) @ total > 0

    def _energy(self, value: float, momentum: np.ndarray) -> float:
        return 0.5 * (momentum**2 * self.variance).sum() - value

    def _at(self, position: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = self.density(torch.from_numpy(position)[None])
        return float(value[0]), gradient[0].numpy()


@pytest.mark.parametrize(
    ("density", "step_size", "deepest"), [(ridge, 0.12, 10), (ridge, 0.02, 4), (funnel, 0.5, 8), (ridge, 0.3, 1)]
)
def test_trajectories_are_those_of_the_recursion(density: Any, step_size: float, deepest: int) -> None:
    chains = Trajectories(density, torch.Generator().manual_seed(4), deepest)
    uniform, noise, drawn, pushed = chains._uniform, chains.noise, [], []
    chains._uniform = lambda: drawn.append(uniform()) or drawn[-1]
    chains.noise = lambda like: pushed.append(noise(like)) or pushed[-1]
    us = 2 * torch.randn(60, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    metric = Metric(torch.tensor([0.8, 0.3, 1.5], dtype=torch.float64))
    chains.begin(Points(us, *density(us)), metric, torch.tensor(step_size, dtype=torch.float64))
    momenta = metric.momentum(pushed[0])
    found: dict[int, tuple[int, int, bool, float]] = {}
    while len(found) < len(us):
        for ended in chains.advance(4):
            for chain in ended.chains.nonzero().flatten().tolist():
                figures = (ended.steps, ended.depth, ended.diverging, ended.acceptance)
                found.setdefault(chain, tuple(figure[chain].item() for figure in figures))
    recursion = Recursion(density, metric.covariance.numpy(), step_size, deepest)
    for chain, (steps, depth, diverging, acceptance) in found.items():
        # The side of a subtree is drawn when the one before is full, which has taken 2^k - 1 leaves.
        sides = [int(drawn[2**k - 1][2, chain] < 0.5) for k in range(deepest) if 2**k - 1 < len(drawn)]
        expected = recursion.of(us[chain].numpy(), momenta[chain].numpy(), sides)
        assert (steps, depth, diverging) == expected[:3], chain
        assert acceptance == pytest.approx(expected[3], rel=1e-9)
    assert len({steps for steps, *_ in found.values()}) > 2 or deepest == 1
    assert density is ridge or any(diverging for _, _, diverging, _ in found.values())


def test_draws_of_a_normal_density_are_normal() -> None:
    """Chains begin at draws of the density, so that all they give are draws as well; a Kolmogorov-Smirnov test."""
    chains = Trajectories(ridge, torch.Generator().manual_seed(8), 8)
    scale = torch.tensor([1.0, 0.1, 0.3], dtype=torch.float64)
    us = torch.randn(2000, 3, generator=torch.Generator().manual_seed(7), dtype=torch.float64) * scale
    chains.begin(Points(us, *ridge(us)), Metric(torch.ones(3, dtype=torch.float64)), torch.tensor(0.15).double())
    block = sample._Block(Points(us, *ridge(us)), 3)
    while not block.full:
        for ended in chains.advance(8):
            block.add(ended)
        block.look()
    last = np.stack([draws[-1] for draws, _ in block.taken()]) / scale.numpy()
    # The chains are independent of each other, and two tests in a thousand of right draws would fail.
    assert all(distributions.kstest(last[:, i], "norm").pvalue > 0.002 for i in range(3))
    assert (np.abs(np.corrcoef(last.T) - np.eye(3)) < 4 / len(last) ** 0.5).all()


def test_momenta_have_the_inverse_of_the_covariance() -> None:
    covariance = torch.tensor([[2.0, 0.6, 0.0], [0.6, 0.5, 0.1], [0.0, 0.1, 1.0]], dtype=torch.float64)
    noise = torch.randn(200_000, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for given in (covariance, covariance.diagonal()):
        metric = Metric(given)
        full = given if given.dim() == 2 else given.diag()
        momenta = metric.momentum(noise)
        # An element's standard error is at most sqrt(2 / 200000) of the largest variance: some four of them.
        largest = float(full.inverse().max())
        np.testing.assert_allclose(momenta.T.cov(), full.inverse(), atol=4 * largest * (2 / 200_000) ** 0.5)
        np.testing.assert_allclose(metric.velocity(momenta[:5]), momenta[:5] @ full, rtol=1e-12)
        np.testing.assert_allclose(metric.kinetic(momenta[:1]), 0.5 * momenta[0] @ full @ momenta[0], rtol=1e-12)


@pytest.mark.parametrize("full", [False, True])
def test_a_metric_is_the_variance_within_chains(full: bool) -> None:
    random = np.random.default_rng(0)
    draws = random.normal(size=(4, 50, 3)) * [1.0, 2.0, 0.1] + 100 * random.normal(size=(4, 1, 3))
    taken = random.random((4, 50)) < [[0.9], [0.5], [1.0], [0.0]]
    moments = Moments(torch.from_numpy(draws[:, 0]), full)
    for i in range(50):
        moments.add(torch.from_numpy(taken[:, i]), torch.from_numpy(draws[:, i]))
    kept = [chain[mask] for chain, mask in zip(draws, taken, strict=True) if mask.any()]
    count = sum(len(chain) - 1 for chain in kept)
    within = sum((chain - chain.mean(0)).T @ (chain - chain.mean(0)) for chain in kept) / count
    expected = (count * within + 5 * 1e-3 * np.eye(3)) / (count + 5)
    np.testing.assert_allclose(moments.metric().covariance, expected if full else np.diag(expected), rtol=1e-9)


def test_windows_double_and_leave_the_last_steps_to_the_step_size() -> None:
    assert windows(1000) == [(75, 100), (100, 150), (150, 250), (250, 450), (450, 950)]
    assert windows(150) == [(75, 100)]
    assert windows(100) == [(15, 75)]
    assert windows(19) == []


def test_the_step_size_settles_where_acceptance_is_as_wanted() -> None:
    size = StepSize(0.8)
    size.restart(5.0)
    for _ in range(300):
        size.learn(float(np.exp(-size.now)))
    # An average over all steps so far, the first ones with it.
    assert size.settled == pytest.approx(-np.log(0.8), rel=0.1)


# The density


def test_a_matrix_that_is_not_positive_definite_is_its_own_chains_affair() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(2.0)))
        matrix = torch.stack([torch.stack([real(1.0), a]), torch.stack([a, real(1.0)])])
        pyro.factor("inside", torch.linalg.cholesky(matrix).diagonal().log().sum())
    """
    density = Density(bind(text, latents="a"))
    us = torch.tensor([[0.5], [1.5], [-0.2], [-3.0]], dtype=torch.float64)
    values, gradients = ManyPoints(density, 4, CORES)(us)
    assert values.isfinite().tolist() == [True, False, True, False]
    for row in (0, 2):
        value, gradient = density.value_and_grad(us[row])
        assert values[row].item() == pytest.approx(value.item(), rel=1e-12)
        np.testing.assert_allclose(gradients[row], gradient, rtol=1e-12)
    found = run(bind(text, latents="a"))
    assert (np.abs(found.draws["a"]) < 1).all()
    assert not any(len(np.unique(chain)) == 1 for chain in found.draws["a"])


def test_more_points_than_are_done_at_once_are_done_in_parts(rugged: BoundModel, monkeypatch: Any) -> None:
    monkeypatch.setattr("bayesdsl.runtime.engines.together.density._NUMBERS", 4 * 170)
    density = Density(rugged)
    many = ManyPoints(density, 11, CORES)
    assert many._both.size == 4
    us = torch.randn(11, density.dimension, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values, gradients = many(us)
    for u, value, gradient in zip(us, values, gradients, strict=True):
        expected, slope = density.value_and_grad(u)
        assert value.item() == pytest.approx(expected.item(), rel=1e-10)
        np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-10 * float(slope.abs().max()))
    names = [variable.name for variable in rugged.variables]
    found = ValuesAt(density, names, 99, CORES)(us.numpy()[None])
    for row, u in enumerate(us):
        for name, expected in density.constrain(u).items():
            np.testing.assert_allclose(found[name][0, row], expected, rtol=1e-12)


def test_a_constant_mask_and_what_makes_tensors_are_no_matter_of_the_cores(monkeypatch: Any) -> None:
    """Every operation is done on a device that has shapes and no numbers; one that mixes devices would raise."""
    text = """
    def model(y, group, seen):
        level = pyro.sample("level", dist.Normal(real(0.0), real(1.0)).expand([3]).to_event(1))
        factor = pyro.sample("factor", dist.LKJCholesky(3, real(2.0)))
        share = pyro.sample("share", dist.Dirichlet(torch.ones(3, dtype=torch.float64)))
        mean = (factor @ level + share.log())[group] + torch.arange(len(y)) * torch.zeros(len(y))
        with pyro.plate("row", int(seen.sum()), dim=-1):
            pyro.sample("y", dist.Normal(mean[seen], torch.full((), 2.0, dtype=torch.float64)), obs=y[seen])
    """
    y = torch.arange(6.0, dtype=torch.float64)
    inputs = {"y": y, "group": torch.arange(6) % 3, "seen": y != 2}
    density = Density(bind(text, inputs, "level"))
    from bayesdsl.runtime.engines.together.recorded import Recorded
    from bayesdsl.runtime.recording import value_and_gradient

    us = torch.rand(5, density.dimension, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    nowhere = torch.device("meta")
    there = Recorded(value_and_gradient(density.log_density), us, nowhere)
    assert [(v.device, v.shape) for v in there(us.to(nowhere))] == [
        (nowhere, (5,)),
        (nowhere, (5, density.dimension)),
    ]
    chains = Trajectories(there, torch.Generator(), 6)
    monkeypatch.setattr(chains, "noise", torch.randn_like)
    monkeypatch.setattr(chains, "_uniform", lambda: torch.rand(3, 5, dtype=torch.float64, device=nowhere))
    points = Points(us.to(nowhere), *there(us.to(nowhere)))
    for shape in ((density.dimension,), (density.dimension, density.dimension)):
        chains.begin(points, Metric(torch.ones(shape, dtype=torch.float64, device=nowhere)), points.value[0])
        ended = chains._step(4)
        block, moments = sample._Block(points, 2), Moments(points.position, full=len(shape) == 2)
        block.add(ended)
        moments.add(ended.chains, ended.points.position)
        assert {block._draws.device, block.points.position.device, moments.metric().covariance.device} == {nowhere}


# Runs


def test_a_normal_mean_has_its_closed_form(normal_mean: BoundModel) -> None:
    found = run(normal_mean).draws["mu"]
    mean, spread = normal_mean_posterior(normal_mean)
    assert found.shape == (24, 100)
    assert found.mean() == pytest.approx(mean, abs=tolerance(spread, found.size))
    assert found.std() == pytest.approx(spread, abs=tolerance(spread, found.size))


def test_a_coin_has_its_closed_form_and_its_derived_quantities(coin: BoundModel) -> None:
    found = run(coin)
    p = found.draws["p"]
    assert p.mean() == pytest.approx(8 / 12, abs=tolerance((8 * 4 / 12**2 / 13) ** 0.5, p.size))
    assert np.allclose(found.draws["odds"], p / (1 - p), rtol=1e-12)
    # Seven heads, three tails, and the volume change p (1 - p).
    assert np.allclose(found.stats["lp"], 8 * np.log(p) + 4 * np.log1p(-p), rtol=1e-12)


def test_a_support_that_moves_is_followed(triangle: BoundModel) -> None:
    draws = run(triangle).draws
    # a is uniform, b uniform below 1 - a: E[b] = 1/4, var(b) = 7/144.
    assert draws["b"].mean() == pytest.approx(1 / 4, abs=tolerance((7 / 144) ** 0.5, 2400))
    assert (draws["a"] + draws["b"] < 1).all()


@pytest.mark.parametrize(
    "changed",
    [
        {"full_mass": True},
        {"adapt_step_size": False, "step_size": 0.5},
        {"adapt_mass_matrix": False},
        {"warmup": 0, "step_size": 0.5, "draws": 150},
        {"init_strategy": "init_to_median"},
        {"max_tree_depth": 2},
        {"chains": 1, "draws": 1000},
    ],
    ids=str,
)
def test_every_setting_gives_the_posterior(normal_mean: BoundModel, changed: dict[str, Any]) -> None:
    found = run(normal_mean, SHORT | changed)
    mean, spread = normal_mean_posterior(normal_mean)
    # Without a warmup the first draws are on their way.
    draws = found.draws["mu"][:, 0 if found.warmup else 50 :]
    assert draws.mean() == pytest.approx(mean, abs=tolerance(spread, draws.size))
    assert draws.std() == pytest.approx(spread, abs=tolerance(spread, draws.size))
    if "step_size" in changed:
        assert (found.stats["step_size"] == 0.5).all()
    assert found.stats["tree_depth"].max() <= changed.get("max_tree_depth", 10)


def test_runs_have_what_those_on_the_cores_have(normal_mean: BoundModel) -> None:
    found = run(normal_mean)
    pyros = nuts.run(normal_mean, {"chains": 1, "warmup": 5, "draws": 5, "engine": "pyro"}, 1)
    assert found.draws.keys() == pyros.draws.keys()
    assert {name: s.dtype for name, s in found.stats.items()} == {name: s.dtype for name, s in pyros.stats.items()}
    assert pyros.facts.keys() <= found.facts.keys()
    assert found.facts["engine_note"] == "24 chains at once on cpu"
    stats = found.stats
    assert (stats["n_steps"] < 2 ** (stats["tree_depth"] + 1)).all()
    assert ((stats["acceptance_rate"] > 0) & (stats["acceptance_rate"] <= 1)).all()
    # What is left of the energy is kinetic: half a chi-square with one degree of freedom.
    assert (stats["energy"] + stats["lp"]).min() > 0
    assert (stats["energy"] + stats["lp"]).mean() == pytest.approx(0.5, abs=tolerance(0.5**0.5, stats["lp"].size))
    # In one dimension acceptance falls from 1 to 0 at about one step size, and eight steps are left to find it.
    assert stats["acceptance_rate"].mean() > 0.7


def test_the_draws_depend_on_the_seed_alone(triangle: BoundModel) -> None:
    settings = {"chains": 6, "warmup": 30, "draws": 20}
    before = world()
    one, two, other = (run(triangle, settings, seed) for seed in (5, 5, 6))
    assert world() == before
    assert not torch.are_deterministic_algorithms_enabled()
    for name, draws in one.draws.items():
        assert draws.tobytes() == two.draws[name].tobytes()
        assert draws.tobytes() != other.draws[name].tobytes()
        assert len({chain.tobytes() for chain in draws}) == 6


def test_draws_leave_the_device_in_blocks(normal_mean: BoundModel, monkeypatch: Any) -> None:
    monkeypatch.setattr(sample, "_BLOCK_BYTES", 8 * 24 * 30)
    found = run(normal_mean)
    mean, spread = normal_mean_posterior(normal_mean)
    draws = found.draws["mu"]
    assert draws.shape == found.stats["lp"].shape == (24, 100)
    assert draws.mean() == pytest.approx(mean, abs=tolerance(spread, draws.size))
    assert draws.std() == pytest.approx(spread, abs=tolerance(spread, draws.size))
    # No block begins with the draw that the one before ended with, as it would if it began anew from the warmup.
    assert (draws[:, 29] != draws[:, 30]).mean() > 0.9
    assert len(np.unique(draws[:, [0, 30, 60, 90]])) > 0.9 * 4 * 24


def stopping(phase: str, after: int) -> Any:
    def report(progress: Progress) -> None:
        if progress.phase == phase and progress.done >= after:
            raise KeyboardInterrupt

    return report


def test_an_interrupt_keeps_the_draws_so_far(normal_mean: BoundModel, monkeypatch: Any) -> None:
    monkeypatch.setattr(sample, "_EVERY", 0.0)
    monkeypatch.setattr(sample, "_BLOCK_BYTES", 8 * 24 * 15)
    found = run(normal_mean, report=stopping("draws", 40))
    assert found.interrupted
    chains, draws = found.draws["mu"].shape
    assert chains > 12
    assert 30 <= draws < 100
    assert len(found.facts["chains_kept"]) == chains
    with pytest.raises(Interrupted, match="before the first draw"):
        run(normal_mean, report=stopping("warmup", 10))

    def impatient(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "starts", impatient)
    with pytest.raises(Interrupted, match="its preparation"):
        run(normal_mean)


def test_progress_is_that_of_all_chains(normal_mean: BoundModel, monkeypatch: Any) -> None:
    monkeypatch.setattr(sample, "_EVERY", 0.0)
    told: list[Progress] = []
    run(normal_mean, report=told.append)
    assert {progress.chain for progress in told} == {0}
    for phase, total in (("warmup", 80), ("draws", 100)):
        done = [progress.done for progress in told if progress.phase == phase]
        assert done == sorted(done)
        assert done[-1] == total
        assert {progress.total for progress in told if progress.phase == phase} == {total}


def test_starts_of_an_earlier_run_are_kept(coin: BoundModel) -> None:
    far = Start("p", torch.tensor([0]), torch.tensor([25.0]).double(), torch.tensor([1e-3]).double())
    settings = {"chains": 3, "warmup": 0, "draws": 1, "step_size": 1e-6, "adapt_step_size": False, "max_tree_depth": 1}
    found = run(replace(coin, starts=(far,)), settings)
    assert (found.draws["p"] > 0.999).all()


def test_chains_start_where_there_is_a_density() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        pyro.factor("inside", torch.where((a > -1.9) & (a < -1.6), real(0.0), real(-float("inf"))))
    """
    bound = bind(text, latents="a")
    # One point in thirteen is there, and none of the random ones to compare at: where chains start they are compared.
    assert ManyPoints(Density(bound), 4, CORES).compared == 0
    found = run(bound, {"chains": 4, "warmup": 20, "draws": 20})
    assert ((found.draws["a"] > -1.9) & (found.draws["a"] < -1.6)).all()


def test_a_model_without_a_start_says_which_site() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        pyro.factor("nowhere", torch.where(a > 5, real(0.0), real(-float("inf"))) + a)
    """
    with pytest.raises(InitFailed) as caught:
        run(bind(text, latents="a"))
    assert caught.value.site == "nowhere"


# What is refused


def test_a_program_that_looks_at_a_number_says_so() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        pyro.factor("kink", a if a > 0 else -a)
    """
    with pytest.raises(NotTogether, match="the program looks at a number in Python"):
        run(bind(text, latents="a"))


def test_what_torch_does_point_by_point_is_named() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(torch.zeros(4, 2, dtype=torch.float64), real(1.0)).to_event(2))
        pyro.factor("apart", torch.pdist(a).sum())
    """
    with pytest.raises(NotTogether, match="torch does aten::_pdist_forward for one point at a time"):
        run(bind(text, latents="a"))
    assert torch._C._functorch._is_vmap_fallback_enabled()


def test_a_program_that_fills_a_tensor_with_what_differs_between_chains_says_so() -> None:
    """Pyro's OrderedLogistic does, where its predictor is a constant and its cut points are not."""
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(torch.zeros(2, dtype=torch.float64), real(1.0)).to_event(1))
        cuts = torch.cumsum(a.exp(), -1)
        pyro.sample("y", dist.OrderedLogistic(real(2.5), cuts), obs=torch.tensor(1))
    """
    with pytest.raises(NotTogether, match="the program fills a tensor of its own with what differs from chain to"):
        run(bind(text, latents="a"))


def test_a_program_that_draws_at_random_has_no_density() -> None:
    text = """
    def model():
        a = pyro.sample("a", dist.Normal(real(0.0), real(1.0)))
        pyro.factor("noise", a * torch.randn((), dtype=torch.float64))
    """
    with pytest.raises(NotTogether, match="the program draws at random"):
        run(bind(text, latents="a"))


def test_a_device_that_gives_something_else_is_found_out(normal_mean: BoundModel, monkeypatch: Any) -> None:
    from bayesdsl.runtime.engines.together.recorded import Recorded

    right = Recorded.__call__

    def wrong(self: Any, us: torch.Tensor) -> Any:
        value, *rest = right(self, us)
        # In one place of the batch alone.
        return (value + 1e-7 * (torch.arange(len(us)) == len(us) - 1), *rest)

    monkeypatch.setattr(Recorded, "__call__", wrong)
    with pytest.raises(NotTogether, match="cpu does not give what the model gives: its value differs by 1e-07"):
        run(normal_mean)


def test_what_a_device_cannot_do_is_said_before_the_run(normal_mean: BoundModel, monkeypatch: Any) -> None:
    from bayesdsl.runtime.engines.together.recorded import Recorded

    def cannot(self: Any, us: torch.Tensor) -> Any:
        raise NotImplementedError("Could not run 'aten::frobnicate' with arguments from the 'CUDA' backend.")

    monkeypatch.setattr(Recorded, "__call__", cannot)
    with pytest.raises(NotTogether, match="cpu cannot do it: Could not run 'aten::frobnicate'"):
        run(normal_mean)


def test_pyros_chains_run_on_the_cores(normal_mean: BoundModel) -> None:
    with pytest.raises(PyroOnDevice):
        run(normal_mean, SHORT | {"engine": "pyro"})


def test_a_device_without_room_says_so(normal_mean: BoundModel, monkeypatch: Any) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(Trajectories, "_step", full)
    with pytest.raises(DeviceFull, match="cpu has not enough memory for 24 chains at once, with 1 unconstrained"):
        run(normal_mean)
