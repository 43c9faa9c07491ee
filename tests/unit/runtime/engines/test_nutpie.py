"""What we ask of nutpie, which moves, and what its chains are."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from native_densities import Make

from bayesdsl.runtime.engines import nutpie
from bayesdsl.runtime.engines.chain import NutsSettings
from bayesdsl.runtime.engines.nutpie import (
    LEAST_WARMUP,
    STATISTICS,
    VERSIONS,
    WARMUP_OF_DRAWS,
    Chain,
    Failed,
    library,
    refusal,
)

SHORT = NutsSettings(warmup=100, draws=200)

# nutpie's own signatures, as Python tells them. Where one of these has changed, so must the module that calls it, and
# the versions that it takes.
SIGNATURES = {
    "LogpFunc": "(ptr, user_data_ptr, keep_alive)",
    "ExpandFunc": "(dim, expanded_dim, ptr, user_data_ptr, keep_alive)",
    "PyMcModel": "(density, expand, variables, dim, dim_sizes, coords, init_func, transform_adapter)",
    "PyVariable.new_variables": "(names, item_types, shapes, dim_sizes, dims)",
    "PyNutsSettings.Diag": "(seed=None)",
    "PyNutsSettings.LowRank": "(seed=None)",
    "PyStorage.arrow": "()",
    "ProgressType.template_callback": "(rate, template, n_cores, callback)",
    "PySampler.from_pymc": "(settings, cores, model, progress_type, store)",
    "PySampler.wait": "(self, /, timeout_seconds=None)",
    "PySampler.abort": "(self, /)",
    "PySampler.take_results": "(self, /)",
    "PyTrace.get_arrow_trace": "(self, /)",
}


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_nutpies_private_signatures_are_those_that_are_called(name: str, signature: str) -> None:
    found: object = library()
    for part in name.split("."):
        found = getattr(found, part)
    assert str(inspect.signature(found)) == signature, f"nutpie's {name} has changed: see engines/nutpie.py"


def test_nutpies_settings_have_the_names_and_defaults_that_were_measured() -> None:
    settings = library().PyNutsSettings.Diag(1)
    assert settings.use_grad_based_mass_matrix is True
    assert settings.max_energy_error == 1000.0
    assert settings.step_size_adapt_method == "dual_average"
    for name in ("num_chains", "num_tune", "num_draws", "maxdepth", "initial_step", "step_size_jitter"):
        setattr(settings, name, getattr(settings, name))
    settings.target_accept = 0.9
    assert settings.set_target_accept == 0.9


@pytest.mark.parametrize(
    ("settings", "by_gradients"),
    [
        (NutsSettings(), False),
        (NutsSettings(warmup=WARMUP_OF_DRAWS), False),
        (NutsSettings(warmup=WARMUP_OF_DRAWS - 1), True),
    ],
)
def test_the_mass_matrix_is_learned_from_draws_where_there_are_enough(
    settings: NutsSettings, by_gradients: bool
) -> None:
    assert nutpie._settings(library(), settings, 1).use_grad_based_mass_matrix is by_gradients


def test_the_versions_of_the_project_are_those_of_the_module() -> None:
    project = tomllib.loads(Path(__file__).parents[4].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    (asked,) = (line for line in project["project"]["dependencies"] if line.startswith("nutpie"))
    assert asked == f"nutpie>={VERSIONS[0]},<{VERSIONS[1]}"


def test_loading_it_loads_nothing_else_and_leaves_nutpie_as_it_is() -> None:
    script = """
import sys
from bayesdsl.runtime.engines.nutpie import library
ours = library()
print([name for name in ("arviz", "pandas", "pyarrow", "xarray", "torch", "nutpie") if name in sys.modules])
import nutpie
print(nutpie._lib.PySampler is ours.PySampler)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ran.stdout.split("\n")[:2] == ["[]", "True"], ran.stderr


@pytest.mark.parametrize(
    ("version", "reason"),
    [("0.15.2", "nutpie 0.15.2 is installed"), ("0.17.0", "nutpie 0.17.0 is installed"), (None, "not installed")],
)
def test_another_version_is_refused_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, version: str | None, reason: str
) -> None:
    def installed(name: str) -> str:
        if version is None:
            raise nutpie.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(nutpie, "version", installed)
    library.cache_clear()
    try:
        with pytest.raises(ImportError, match=re.escape(reason)):
            library()
        assert reason in (refusal(SHORT) or "")
    finally:
        library.cache_clear()


def test_what_nutpie_cannot_do_is_refused() -> None:
    assert refusal(NutsSettings()) is None
    assert "mass matrix" in (refusal(NutsSettings(adapt_mass_matrix=False)) or "")
    assert f"{LEAST_WARMUP} steps" in (refusal(NutsSettings(warmup=LEAST_WARMUP - 1)) or "")
    assert refusal(NutsSettings(warmup=LEAST_WARMUP)) is None


@pytest.mark.parametrize("seed", range(5))
def test_the_least_warmup_does(native: Make, seed: int) -> None:
    density = native("normal", 5, [*np.diag([1e-4, 1e-2, 1.0, 1e2, 1e4]).ravel(), 0.0])
    start = np.random.default_rng(seed).uniform(-2, 2, 5)
    chain = Chain(density, NutsSettings(warmup=LEAST_WARMUP, draws=50), seed, start, 1.0)
    assert chain.wait(60)
    _, stats = chain.drawn()
    # Aimed at 0.8, and seldom under 0.75 in sixty runs on each of three densities.
    assert stats["acceptance_rate"].mean() > 0.5
    assert not stats["diverging"].any()


def test_a_chain_starts_where_it_is_told(native: Make) -> None:
    density = native("island", 3, [1.5])
    settings = replace(SHORT, adapt_step_size=False, step_size=0.5)
    chain = Chain(density, settings, 1, np.array([1.5, 2.0, -3.0]), 1.0)
    assert chain.wait(60)
    draws, stats = chain.drawn()
    # Nowhere else is the density a number: it stays, and every trajectory diverges.
    assert draws.shape == (200, 3)
    assert (draws == [1.5, 2.0, -3.0]).all()
    assert stats["diverging"].all()
    assert all(np.isfinite(values).all() for values in stats.values())


def test_statistics_are_of_the_draws(native: Make) -> None:
    precision = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 3.0]])
    density = native("normal", 3, [*precision.ravel(), 7.0])
    chain = Chain(density, SHORT, 1, np.ones(3), 1.0)
    assert chain.wait(60)
    draws, stats = chain.drawn()
    assert set(stats) == set(STATISTICS)
    assert all(values.shape == (200,) for values in stats.values())
    expected = [float(density.value_and_grad(torch.from_numpy(u))[0]) for u in draws]
    # The same function at the same point: the same bits.
    assert stats["lp"].tolist() == expected
    kinetic = stats["energy"] + stats["lp"]
    assert (kinetic >= 0).all()
    # Half a chi squared variable of 3 degrees of freedom, with variance 3/2, in 200 draws; four standard errors.
    assert kinetic.mean() == pytest.approx(1.5, abs=4 * (1.5 / 200) ** 0.5)
    assert stats["diverging"].dtype == bool
    assert stats["n_steps"].dtype == stats["tree_depth"].dtype == np.int64
    assert (stats["n_steps"] >= 2 ** stats["tree_depth"] - 1).all()


def test_a_chain_that_is_stopped_has_the_first_of_its_draws(native: Make) -> None:
    density = native("slow", 3, [10_000.0])
    settings = NutsSettings(warmup=20, draws=100_000)
    stopped, whole = (Chain(density, s, 3, np.ones(3), 0.01) for s in (settings, NutsSettings(warmup=20, draws=50)))
    assert whole.wait(60)
    assert not stopped.wait(0.5)
    done, divergences, step_size = stopped.news
    assert done > 20
    assert divergences == 0
    assert step_size > 0
    stopped.stop()
    draws, _ = stopped.drawn()
    first, _ = whole.drawn()
    assert done - 20 <= len(draws) < 100_000
    assert len(draws) >= 50
    assert (draws[:50] == first).all()


def test_a_chain_that_is_stopped_at_once_has_no_draws(native: Make) -> None:
    chain = Chain(native("slow", 3, [1e6]), SHORT, 3, np.ones(3), 1.0)
    chain.stop()
    try:
        draws, _ = chain.drawn()
    except Failed:
        return
    assert len(draws) == 0


def test_where_nutpie_gives_up_the_message_is_a_line(native: Make) -> None:
    level = Chain(native("level", 3), SHORT, 3, np.ones(3), 1.0)
    with pytest.raises(Failed, match=r"^All initialization points failed: Could not initialize[^\n]*$"):
        level.wait(60)
    refusing = Chain(native("refusing", 3, [500.0]), SHORT, 3, np.full(3, 0.5), 1.0)
    with pytest.raises(Failed, match=r"^[^\n]*Logp function returned error[^\n]*$"):
        refusing.wait(60)


def test_the_step_size_is_the_one_that_is_asked_for(native: Make) -> None:
    density = native("normal", 3, [*np.eye(3).ravel(), 0.0])
    settings = NutsSettings(warmup=50, draws=20, step_size=0.125, adapt_step_size=False)
    chain = Chain(density, settings, 3, np.ones(3), 1.0)
    assert chain.wait(60)
    assert (chain.drawn()[1]["step_size"] == 0.125).all()
