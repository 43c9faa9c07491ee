"""Groups of arrays with named dimensions, as netCDF 4 files hold them: written straight, or made an xarray tree.

Written with h5netcdf alone: xarray brings pandas, and the two take a third of a second to import, which is most of
what the writing of a small run would take. The file is, to the byte, the one that xarray would write.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from h5netcdf import File, Variable


# Bytes of an array that are put in order at once.
_AT_ONCE = 1 << 23
# What the names and attributes of an array take in a file, at most about.
_HEADER = 4096


@dataclass(frozen=True, eq=False)
class Array:
    """An array with the names of its dimensions. `attributes` are texts and numbers."""

    dims: tuple[str, ...]
    values: np.ndarray
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """`coords` are the members of dimensions, arrays of one dimension that has their name."""

    arrays: Mapping[str, Array] = field(default_factory=dict)
    coords: Mapping[str, Array] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


# Groups by their path, the root, "/", last.
Groups = Mapping[str, Group]


def tree_of(groups: Groups) -> xr.DataTree:
    import xarray as xr

    def variables(arrays: Mapping[str, Array]) -> dict[str, xr.Variable]:
        return {name: xr.Variable(a.dims, a.values, dict(a.attributes)) for name, a in arrays.items()}

    return xr.DataTree.from_dict(
        {
            path: xr.Dataset(variables(group.arrays), variables(group.coords), dict(group.attributes))
            for path, group in groups.items()
        }
    )


def write_groups(path: Path | str, groups: Groups) -> None:
    """Write groups as netCDF 4. OSError where the disk refuses."""
    import h5netcdf

    _check_room(Path(path), groups)
    written: list[tuple[Variable, np.ndarray]] = []
    with h5netcdf.File(path, "w") as file:
        for name, group in sorted(groups.items(), key=lambda item: item[0] != "/"):
            place = file if name == "/" else file.create_group(name)
            place.attrs.update(group.attributes)
            members = {**group.arrays, **group.coords}
            for array in members.values():
                for dim, size in zip(array.dims, array.values.shape, strict=True):
                    if dim not in place.dimensions:
                        place.dimensions[dim] = size
            written += [_created(place, name, array) for name, array in members.items()]
        for variable, values in written:
            for part in _parts(values):
                variable[part] = values[part]


def _check_room(path: Path, groups: Groups) -> None:
    """Raise OSError where the disk has too little room: HDF5 that finds out in the middle of a file may not be able to
    close it, and ends the process with it."""
    arrays = [array for group in groups.values() for array in (*group.arrays.values(), *group.coords.values())]
    if shutil.disk_usage(path.parent).free < sum(array.values.nbytes + _HEADER for array in arrays):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _parts(values: np.ndarray) -> list[Any]:
    """An array that HDF5 would first copy into another order is handed over some rows at a time."""
    if values.flags.c_contiguous or values.nbytes <= _AT_ONCE:
        return [...]
    rows = max(1, len(values) * _AT_ONCE // values.nbytes)
    return [slice(start, start + rows) for start in range(0, len(values), rows)]


def _created(place: File, name: str, array: Array) -> tuple[Variable, np.ndarray]:
    """A variable as the conventions of netCDF for climate and forecast have it, and the values that belong in it.

    Reals say that NaN stands for what is missing; truth values are small integers that say so.
    """
    import h5py

    values, attributes = array.values, dict(array.attributes)
    kind, fill = values.dtype, None
    if kind.kind in "OU":
        kind, values = h5py.string_dtype(), values.astype(object)
    elif kind.kind == "b":
        kind, values, attributes = np.dtype("i1"), values.astype("i1"), {**attributes, "dtype": "bool"}
    elif kind.kind == "f":
        fill = kind.type(np.nan)
    variable = place.create_variable(name, dimensions=array.dims, dtype=kind, fillvalue=fill)
    variable.attrs.update(attributes)
    return variable, values
