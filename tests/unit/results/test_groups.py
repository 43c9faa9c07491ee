"""Groups of arrays in files: what h5netcdf writes is what xarray would write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from bayesdsl.results import groups
from bayesdsl.results.groups import Array, Group, write_groups
from bayesdsl.results.netcdf import to_datatree, write_netcdf
from bayesdsl.runtime.posterior import Posterior

LINKS = ("DIMENSION_LIST", "REFERENCE_LIST")


def described(path: Path) -> dict[str, Any]:
    """Everything in a file but where it stands there."""
    found: dict[str, Any] = {}

    def note(name: str, item: Any) -> None:
        attributes = {key: np.asarray(value).tolist() for key, value in item.attrs.items() if key not in LINKS}
        if isinstance(item, h5py.Dataset):
            attributes |= {"type": str(item.dtype), "shape": item.shape, "fill": str(item.fillvalue)}
            attributes |= {"values": str(np.asarray(item).tolist())}
        found[name] = {key: str(value) for key, value in attributes.items()}

    with h5py.File(path) as file:
        note("/", file)
        file.visititems(note)
    return found


def chains() -> Posterior:
    rng = np.random.default_rng(5)
    draws = {"mu": rng.normal(size=(2, 5)), "a": rng.normal(size=(2, 5, 3)), "k": np.arange(10).reshape(2, 5)}
    stats = {"diverging": np.eye(2, 5, dtype=bool), "lp": rng.normal(size=(2, 5))}
    coords = {"species": ["Adélie", "Chinstrap", "x"], "draw": [1, 2]}
    return Posterior("mcmc", "nuts", draws, {"mu": (), "a": ("species",), "k": ()}, coords, stats=stats, warmup=3)


def guide() -> Posterior:
    draws = {"w": np.ones((1, 3, 2), np.float32), "z": np.ones((1, 3, 0)), "m": np.zeros((1, 3, 2))}
    dims = {"w": ("f",), "z": ("none",), "m": ("truth",), "v": ("f", "f'")}
    coords = {"f": [0.5, 1.5], "none": [], "truth": [True, False], "mixed": [1, "a"]}
    learned = {"v": np.eye(2)}
    return Posterior("svi", "svi", draws, dims, coords, losses=np.arange(4.0), facts={"khat": 0.1}, learned=learned)


@pytest.mark.parametrize("posterior", [chains(), guide()], ids=["chains", "guide"])
def test_the_file_is_as_xarray_writes_it(tmp_path: Path, posterior: Posterior) -> None:
    observed = {"y": (("row",), np.array([1.0, np.nan]))}
    constant = {"x": (("row", "col"), np.array([[1, 2], [3, 4]])), "t": ((), np.array(3.5))}
    write_netcdf(tmp_path / "ours.nc", posterior, observed, constant)
    to_datatree(posterior, observed, constant).to_netcdf(tmp_path / "theirs.nc", engine="h5netcdf", format="NETCDF4")
    assert described(tmp_path / "ours.nc") == described(tmp_path / "theirs.nc")
    with (
        xr.open_datatree(tmp_path / "ours.nc", engine="h5netcdf") as ours,
        xr.open_datatree(tmp_path / "theirs.nc", engine="h5netcdf") as theirs,
    ):
        assert ours.identical(theirs)


def test_members_that_are_numbers_in_order_are_not_written_out_one_by_one(tmp_path: Path) -> None:
    draws = {"a": np.zeros((1, 2, 4))}
    write_netcdf(tmp_path / "range.nc", Posterior("mcmc", "nuts", draws, {"a": ("row",)}, {"row": range(1, 5)}))
    write_netcdf(tmp_path / "list.nc", Posterior("mcmc", "nuts", draws, {"a": ("row",)}, {"row": [1, 2, 3, 4]}))
    assert (tmp_path / "range.nc").read_bytes() == (tmp_path / "list.nc").read_bytes()


def test_an_array_in_another_order_is_written_in_parts_to_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(groups, "_AT_ONCE", 1_000)
    values = np.random.default_rng(0).normal(size=(301, 7))
    for name, array in (("c", values), ("f", np.asfortranarray(values))):
        write_groups(tmp_path / name, {"/": Group(), "/constant_data": Group({"x": Array(("row", "k"), array)})})
    assert (tmp_path / "c").read_bytes() == (tmp_path / "f").read_bytes()
