"""Posteriors in files: the conventions, the round trip, the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bayesdsl.results.errors import RunError
from bayesdsl.results.netcdf import read_netcdf, to_datatree, write_netcdf
from bayesdsl.results.summary import summarise
from bayesdsl.runtime.posterior import Posterior


def assert_same(one: Posterior, other: Posterior) -> None:
    assert (one.kind, one.engine, one.warmup, one.interrupted) == (
        other.kind,
        other.engine,
        other.warmup,
        other.interrupted,
    )
    assert (one.dims, one.coords) == (other.dims, other.coords)
    for mine, theirs in ((one.draws, other.draws), (one.stats, other.stats)):
        assert list(mine) == list(theirs)
        for name, values in mine.items():
            assert values.dtype == theirs[name].dtype, name
            np.testing.assert_array_equal(values, theirs[name])
    assert (one.losses is None) == (other.losses is None)
    if one.losses is not None:
        np.testing.assert_array_equal(one.losses, other.losses)


def plates(**coords: list) -> Posterior:
    """A posterior with a variable over each of the given plates."""
    rng = np.random.default_rng(15)
    draws = {f"over_{i}": rng.normal(size=(2, 5, len(labels))) for i, labels in enumerate(coords.values())}
    dims = {f"over_{i}": (plate,) for i, plate in enumerate(coords)}
    return Posterior("mcmc", "nuts", draws, dims, coords)


def test_round_trip(tmp_path, penguins):
    posterior = penguins(facts={"khat": 0.5, "names": ["a", "b"], "nested": {"x": [1, 2.5, None]}}, interrupted=True)
    write_netcdf(tmp_path / "draws.nc", posterior)
    stored = read_netcdf(tmp_path / "draws.nc")
    assert_same(stored.posterior, posterior)
    assert stored.posterior.facts == posterior.facts
    assert (stored.observed, stored.constant) == ({}, {})


def test_round_trip_of_losses_and_of_facts_that_are_arrays(tmp_path, penguins):
    facts = {"std_errors": {"a": np.array([0.1, 0.2]), "mu": np.float64(0.5)}, "steps": np.int64(3)}
    posterior = penguins(chains=1, kind="svi", losses=np.linspace(9, 1, 100), facts=facts)
    write_netcdf(tmp_path / "draws.nc", posterior)
    stored = read_netcdf(tmp_path / "draws.nc").posterior
    assert_same(stored, posterior)
    assert stored.facts == {"std_errors": {"a": [0.1, 0.2], "mu": 0.5}, "steps": 3}
    with xr.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as tree:
        assert tree["optimisation"]["loss"].dims == ("step",)


def test_facts_may_be_long(tmp_path, penguins):
    posterior = penguins(facts={"std_errors": {"z": list(np.arange(20_000.0))}})  # attributes end at 64 KiB
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert read_netcdf(tmp_path / "draws.nc").posterior.facts == posterior.facts


@pytest.mark.parametrize(
    "labels",
    [
        ["Adelie", "Gentoo"],
        ["", "ÆØÅ 東京", 'with "quotes", and / slash'],
        [1, 2, 30],
        [0.5, 1.5],
        [True, False],
        ["a", 1, 2.5, None, True],
        [2**80, 1],
        [],
    ],
)
def test_labels_come_back_with_their_types(tmp_path, labels):
    posterior = plates(p=labels)
    write_netcdf(tmp_path / "draws.nc", posterior)
    read = read_netcdf(tmp_path / "draws.nc").posterior
    assert_same(read, posterior)
    assert [type(label) for label in read.coords["p"]] == [type(label) for label in labels]


def test_a_matrix_keeps_the_plate_it_names_twice(tmp_path):
    draws = {"L": np.random.default_rng(16).normal(size=(2, 5, 3, 3))}
    posterior = Posterior("mcmc", "nuts", draws, {"L": ("k", "k'")}, {"k": ["x", "y", "z"]})
    tree = to_datatree(posterior)
    assert tree["posterior"]["L"].dims == ("chain", "draw", "k", "k_prime")
    assert list(tree["posterior"].coords["k_prime"].values) == ["x", "y", "z"]
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert_same(read_netcdf(tmp_path / "draws.nc").posterior, posterior)


def test_names_that_are_taken_give_way_and_come_back(tmp_path):
    rng = np.random.default_rng(17)
    draws = {
        "draw": rng.normal(size=(2, 5)),
        "feature": rng.normal(size=(2, 5, 2)),
        "b": rng.normal(size=(2, 5, 3, 2)),
        "M": rng.normal(size=(2, 5, 2, 2, 2)),
    }
    dims = {"draw": (), "feature": ("feature",), "b": ("chain", "feature"), "M": ("k", "k'", "k_prime")}
    coords = {"feature": ["f", "g"], "chain": [7, 8, 9], "k": [1, 2], "k_prime": [3, 4]}
    posterior = Posterior("mcmc", "nuts", draws, dims, coords, {"lp": rng.normal(size=(2, 5))})
    tree = to_datatree(posterior)
    assert set(tree["posterior"]["b"].dims[:2]) == {"chain", "draw"}
    assert tree["posterior"].sizes["chain"] == 2
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert_same(read_netcdf(tmp_path / "draws.nc").posterior, posterior)


def test_plates_without_labels_and_plates_that_nothing_uses_come_back(tmp_path):
    posterior = Posterior("mcmc", "nuts", {"a": np.ones((2, 5, 3))}, {"a": ("p",)}, {"unused": ["x", "y"]})
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert_same(read_netcdf(tmp_path / "draws.nc").posterior, posterior)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
def test_dtypes_come_back(tmp_path, dtype):
    draws = {"x": np.random.default_rng(18).integers(0, 2, (2, 5)).astype(dtype)}
    posterior = Posterior("mcmc", "nuts", draws, {"x": ()}, {}, {"diverging": np.zeros((2, 5), dtype=bool)})
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert_same(read_netcdf(tmp_path / "draws.nc").posterior, posterior)


def test_data_have_their_plates_and_come_back(tmp_path, penguins):
    observed = {"mass": (("penguin",), np.array([3.5, np.nan, 5.0]))}
    constant = {
        "flipper": (("penguin",), np.arange(3.0)),
        "species_of": (("penguin",), np.array(["Adelie", "Gentoo", "Gentoo"], dtype=object)),
        "scale": ((), np.array(2.0)),
    }
    posterior = penguins()
    posterior.coords["penguin"] = [11, 12, 13]
    write_netcdf(tmp_path / "draws.nc", posterior, observed, constant)
    stored = read_netcdf(tmp_path / "draws.nc")
    assert_same(stored.posterior, posterior)
    for expected, given in ((observed, stored.observed), (constant, stored.constant)):
        assert list(expected) == list(given)
        for name, (dims, values) in expected.items():
            assert given[name][0] == dims
            np.testing.assert_array_equal(given[name][1], values)
    with xr.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as tree:
        assert tree["observed_data"].coords["penguin"].values.tolist() == [11, 12, 13]


def test_an_array_whose_plates_do_not_match_is_refused(penguins):
    with pytest.raises(ValueError, match="mass has 2 dimensions"):
        to_datatree(penguins(), observed={"mass": (("penguin",), np.zeros((3, 1)))})


def test_the_groups_are_those_of_arviz(tmp_path, penguins):
    write_netcdf(tmp_path / "draws.nc", penguins(), {"y": (("n",), np.zeros(2))}, {"x": (("n",), np.zeros(2))})
    with xr.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as tree:
        assert set(tree.children) == {"posterior", "sample_stats", "observed_data", "constant_data", "bayesdsl"}
        assert tree["posterior"]["a"].dims == ("chain", "draw", "species")
        assert tree["posterior"]["a"].sel(species="Gentoo").mean() == pytest.approx(5.08, abs=0.01)
        assert set(tree["sample_stats"].data_vars) == {"diverging", "energy", "tree_depth"}
        assert tree["sample_stats"]["diverging"].dtype == bool
        for name in ("posterior", "sample_stats", "observed_data"):
            assert tree[name].attrs["inference_library"] == "bayesdsl"
            assert "created_at" not in tree[name].attrs


def test_arviz_finds_in_the_file_what_the_summary_says(tmp_path, penguins):
    from arviz_stats.base import array_stats

    posterior = penguins()
    write_netcdf(tmp_path / "draws.nc", posterior)
    summary = summarise(posterior)
    with xr.open_dataset(tmp_path / "draws.nc", group="posterior", engine="h5netcdf") as group:
        values = group["a"].transpose("species", "chain", "draw").values
    rhat, ess = array_stats.rhat(values), array_stats.ess(values)
    for i, label in enumerate(posterior.coords["species"]):
        assert summary[f"a[{label}]"].rhat == pytest.approx(rhat[i], rel=1e-12)
        assert summary[f"a[{label}]"].ess_bulk == pytest.approx(ess[i], rel=1e-12)


def test_arviz_takes_the_tree_as_it_is(tmp_path, penguins):
    arviz_stats = pytest.importorskip("arviz_stats")
    pytest.importorskip("arviz_base")
    posterior = penguins()
    write_netcdf(tmp_path / "draws.nc", posterior)
    with xr.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as tree:
        frame = arviz_stats.summary(tree, round_to="none")
    ours = summarise(posterior)
    assert list(frame.index) == ["mu", "tau", "a[Adelie]", "a[Chinstrap]", "a[Gentoo]", "sigma"]
    for name in frame.index:
        assert float(frame.loc[name, "r_hat"]) == pytest.approx(ours[name].rhat, rel=1e-9)


WRITE_ONE = """
import sys
import numpy as np
from bayesdsl.results.netcdf import write_netcdf
from bayesdsl.runtime.posterior import Posterior
rng = np.random.default_rng(1)
draws = {"a": rng.normal(size=(2, 20, 3)), "L": rng.normal(size=(2, 20, 2, 2)), "n": rng.integers(0, 9, (2, 20))}
dims = {"a": ("p",), "L": ("k", "k'"), "n": ()}
coords = {"p": ["x", "yy", "zzz"], "k": [1, 2], "mixed": [1, "a", None]}
stats = {"lp": rng.normal(size=(2, 20)), "diverging": np.zeros((2, 20), bool)}
facts = {"names": {"b", "a", "c"}, "khat": 0.4}
posterior = Posterior("svi", "svi", draws, dims, coords, stats, np.arange(50.0), facts=facts)
write_netcdf(sys.argv[1], posterior, {"y": (("p",), np.arange(3.0))})
"""


def test_the_same_posterior_gives_the_same_bytes_in_another_process_and_second(tmp_path):
    root = Path(__file__).parents[3]
    written = []
    for seed in ("0", "1"):
        path = tmp_path / f"draws-{seed}.nc"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        environment["PYTHONPATH"] = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
        subprocess.run([sys.executable, "-c", WRITE_ONE, str(path)], check=True, cwd=tmp_path, env=environment)
        written.append(path.read_bytes())
        time.sleep(1.1)  # HDF5 counts time in seconds, where it does
    assert written[0] == written[1]


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(RunError, match="there is no file"):
        read_netcdf(tmp_path / "draws.nc")


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "foreign"])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path, penguins, damage):
    path = tmp_path / "draws.nc"
    write_netcdf(path, penguins())
    whole = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("hello")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "foreign":
            xr.Dataset({"x": ("t", np.arange(3))}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(RunError, match="cannot be read as draws"):
        read_netcdf(path)


def test_a_file_that_cannot_be_written_is_no_traceback(tmp_path, penguins):
    with pytest.raises(RunError, match="cannot write"):
        write_netcdf(tmp_path / "nowhere" / "draws.nc", penguins())


def test_without_the_library_the_error_says_what_to_install(tmp_path, penguins, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(RunError, match="h5py") as caught:
        write_netcdf(tmp_path / "draws.nc", penguins())
    assert "pip install" in caught.value.hint


def test_an_interrupted_run_without_draws_can_be_kept(tmp_path, penguins):
    posterior = replace(penguins(draws=0), interrupted=True)
    write_netcdf(tmp_path / "draws.nc", posterior)
    assert_same(read_netcdf(tmp_path / "draws.nc").posterior, posterior)
