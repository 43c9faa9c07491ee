"""A posterior as a netCDF file in the conventions of ArviZ's InferenceData, and back.

Groups: `posterior` (dims chain, draw, then the plates, with their members as coordinates), `sample_stats`,
`observed_data`, `constant_data`, and three of our own: `learned` (weights and params that have one value),
`optimisation` (the losses, dim step) and `bayesdsl` (what the engine had to say, as JSON). The same posterior gives the
same bytes: no time, no host, no path is in the file.

Names that netCDF or these conventions have no room for (the plate `k'` of a matrix, a plate called `draw`, a plate
called as a variable) are changed and the name in the spec is kept in the attribute `bayesdsl_name`. Members of a
plate that are not all strings, all whole numbers, all reals or all true or false are kept as JSON
(attribute `bayesdsl_labels`).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdsl.results.elements import members
from bayesdsl.results.errors import RunError
from bayesdsl.results.groups import Array, Group, tree_of, write_groups
from bayesdsl.results.versions import version_of
from bayesdsl.runtime.posterior import Posterior

if TYPE_CHECKING:
    import xarray as xr

Arrays = Mapping[str, tuple[tuple[str, ...], np.ndarray]]

_NAME = "bayesdsl_name"
_LABELS = "bayesdsl_labels"
_IMPLIED = "bayesdsl_implied"
_RESERVED = ("chain", "draw", "step")
_OUR_GROUPS = ("learned", "optimisation", "bayesdsl")
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Stored:
    """What a file holds. `observed` and `constant` map a name to its plates and its values."""

    posterior: Posterior
    observed: dict[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)
    constant: dict[str, tuple[tuple[str, ...], np.ndarray]] = field(default_factory=dict)


def to_datatree(posterior: Posterior, observed: Arrays | None = None, constant: Arrays | None = None) -> xr.DataTree:
    """An xarray DataTree in ArviZ's groups.

    `observed` and `constant` map a name to the plates of its dimensions and its values: data of the likelihoods, and
    predictors and known numbers. ValueError where an array has not as many dimensions as plates.
    """
    return tree_of(_groups(posterior, observed or {}, constant or {}))


def _groups(posterior: Posterior, observed: Arrays, constant: Arrays) -> dict[str, Group]:
    learned = {name: (posterior.dims[name], values) for name, values in posterior.learned.items()}
    naming = _Naming.of(posterior, observed, constant, learned)
    draws = {name: (posterior.dims[name], values) for name, values in posterior.draws.items()}
    groups = {"/posterior": naming.group(draws, posterior, sampled=True, also=posterior.coords)}
    if learned:
        groups["/learned"] = naming.group(learned, posterior)
    if posterior.stats:
        groups["/sample_stats"] = naming.group(
            {name: ((), values) for name, values in posterior.stats.items()}, posterior, sampled=True
        )
    if observed:
        groups["/observed_data"] = naming.group(observed, posterior)
    if constant:
        groups["/constant_data"] = naming.group(constant, posterior)
    if posterior.losses is not None:
        losses = np.asarray(posterior.losses)
        steps = Array(("step",), np.arange(len(losses)))
        groups["/optimisation"] = Group({"loss": Array(("step",), losses)}, {"step": steps})
    facts = json.dumps(posterior.facts, default=_as_json, sort_keys=True, ensure_ascii=False)
    groups["/bayesdsl"] = Group({"facts": Array((), np.array(facts))})
    for name, group in groups.items():
        if name[1:] not in _OUR_GROUPS:
            groups[name] = replace(group, attributes=_library())
    groups["/"] = Group(attributes=_attributes(posterior))
    return groups


def write_netcdf(
    path: Path | str, posterior: Posterior, observed: Arrays | None = None, constant: Arrays | None = None
) -> None:
    """Write a posterior as netCDF 4. RunError where the libraries for it are missing or the disk refuses."""
    groups = _groups(posterior, observed or {}, constant or {})
    _need_hdf5()
    try:
        write_groups(path, groups)
    except OSError as refused:
        # HDF5 says much more than the system did.
        said = os.strerror(refused.errno).lower() if refused.errno else str(refused).splitlines()[0]
        raise RunError(f"cannot write {path}: {said}", "check the room on the disk and the permissions") from refused


def read_netcdf(path: Path | str) -> Stored:
    """Read what `write_netcdf` wrote, all of it into memory. RunError where the file is missing or damaged."""
    import xarray as xr

    _need_hdf5()
    if not Path(path).is_file():
        raise RunError(f"there is no file {path}", "check the path")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            tree = opened.load()
        return _stored(tree)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as damage:
        reason = str(damage).splitlines()[0] if str(damage) else type(damage).__name__
        message = f"{path} cannot be read as draws: {reason}"
        raise RunError(message, "it is damaged or was not written by bayesdsl; run the model again") from damage


# Names


@dataclass(frozen=True)
class _Naming:
    """What plates and variables are called in the file."""

    plates: dict[str, str]
    variables: dict[str, str]

    @classmethod
    def of(cls, posterior: Posterior, *others: Arrays) -> _Naming:
        names = dict.fromkeys([*posterior.draws, *(name for arrays in others for name in arrays)])
        plates = dict.fromkeys(posterior.coords)
        for dims in (*posterior.dims.values(), *(dims for arrays in others for dims, _ in arrays.values())):
            plates |= dict.fromkeys(dims)
        variables = _valid_names(names, taken=_RESERVED)
        return cls(_valid_names(plates, taken=[*_RESERVED, *variables.values()]), variables)

    def group(self, arrays: Arrays, posterior: Posterior, sampled: bool = False, also: Iterable[str] = ()) -> Group:
        """Arrays with their plates' members as coordinates; `sampled` ones have chain and draw before their plates.

        `also` names plates whose members are kept though no array has them.
        """
        leading = ("chain", "draw") if sampled else ()
        sizes = {plate: len(posterior.coords[plate]) for plate in also}
        variables, coords = {}, {}
        for name, (dims, values) in arrays.items():
            values = np.asarray(values)
            if len(leading) + len(dims) != values.ndim:
                spoken = ", ".join((*leading, *dims)) or "none"
                raise ValueError(f"{name} has {values.ndim} dimensions, and those named are: {spoken}")
            sizes |= dict(zip(dims, values.shape[len(leading) :], strict=True))
            coords |= {dim: Array((dim,), np.arange(size)) for dim, size in zip(leading, values.shape, strict=False)}
            renamed = (*leading, *(self.plates[dim] for dim in dims))
            variables[self.variables.get(name, name)] = Array(renamed, values, self._attributes(name))
        coords |= {self.plates[plate]: self._coordinate(plate, size, posterior) for plate, size in sizes.items()}
        return Group(variables, coords)

    def _attributes(self, name: str) -> dict[str, str]:
        return {} if self.variables.get(name, name) == name else {_NAME: name}

    def _coordinate(self, plate: str, size: int, posterior: Posterior) -> Array:
        labels, attributes = _encoded_labels(members(posterior, plate, size))
        name = self.plates[plate]
        if name != plate:
            attributes[_NAME] = plate
        if plate not in posterior.coords:
            attributes[_IMPLIED] = 1
        return Array((name,), labels, attributes)


def _valid_names(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """A valid and unused name for each: `k'` becomes `k_prime`, a name that is taken gets a number."""
    names = list(names)
    used = set(taken)
    result: dict[str, str] = {}
    # Names that can stay come first, so that what has to change gives way to them.
    for name in sorted(names, key=lambda name: _cleaned(name) != name):
        valid, number = _cleaned(name), 2
        while valid in used:
            valid, number = f"{_cleaned(name)}_{number}", number + 1
        used.add(valid)
        result[name] = valid
    return {name: result[name] for name in names}


def _cleaned(name: str) -> str:
    cleaned = re.sub(r"\W", "_", name.replace("'", "_prime"))
    return cleaned if cleaned and not cleaned[0].isdigit() else f"_{cleaned}"


# Members of plates


def _encoded_labels(labels: Sequence[Any]) -> tuple[np.ndarray, dict[str, str]]:
    """Labels as an array that netCDF holds, and the attributes that say how to read them."""
    if isinstance(labels, range) and labels:
        return np.arange(labels.start, labels.stop, labels.step), {}
    labels = [label.item() if isinstance(label, np.generic) else label for label in labels]
    kinds = {type(label) for label in labels}
    if kinds == {int} and all(_INT64.min <= label <= _INT64.max for label in labels):
        return np.array(labels, dtype=np.int64), {}
    if kinds in ({bool}, {float}):
        return np.array(labels), {}
    if kinds <= {str}:
        return np.array(labels, dtype=object if labels else "U1"), {}
    texts = [json.dumps(label, default=str, ensure_ascii=False) for label in labels]
    return np.array(texts, dtype=object), {_LABELS: "json"}


def _decoded_labels(coordinate: xr.DataArray) -> list[Any]:
    labels = coordinate.values.tolist()
    return [json.loads(label) for label in labels] if coordinate.attrs.get(_LABELS) == "json" else labels


# Attributes


def _library() -> dict[str, str]:
    return {
        "inference_library": "bayesdsl",
        "inference_library_version": version_of("bayesdsl"),
        "creation_library": "bayesdsl",
        "creation_library_version": version_of("bayesdsl"),
        "creation_library_language": "Python",
    }


def _attributes(posterior: Posterior) -> dict[str, Any]:
    run = {"kind": posterior.kind, "engine": posterior.engine, "warmup": int(posterior.warmup)}
    return _library() | run | {"interrupted": int(posterior.interrupted)}


def _as_json(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON's; anything else by its text."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else str(value)


# Back


def _stored(tree: xr.DataTree) -> Stored:
    draws, dims = {}, {}
    for name, (plates, values) in _arrays(tree["posterior"]).items():
        draws[name], dims[name] = values, plates[2:]
    learned = _arrays(tree.get("learned"))
    dims |= {name: plates for name, (plates, _) in learned.items()}
    optimisation = tree.get("optimisation")
    posterior = Posterior(
        kind=str(tree.attrs["kind"]),
        engine=str(tree.attrs["engine"]),
        draws=draws,
        dims=dims,
        coords=_coords(tree["posterior"]) | _coords(tree.get("learned")),
        learned={name: values for name, (_, values) in learned.items()},
        stats={name: values for name, (_, values) in _arrays(tree.get("sample_stats")).items()},
        losses=None if optimisation is None else np.asarray(optimisation["loss"].values),
        warmup=int(tree.attrs["warmup"]),
        interrupted=bool(tree.attrs["interrupted"]),
        facts=json.loads(str(tree["bayesdsl"]["facts"].values)),
    )
    return Stored(posterior, _arrays(tree.get("observed_data")), _arrays(tree.get("constant_data")))


def _arrays(group: xr.DataTree | None) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    if group is None:
        return {}
    return {
        _spec_name(name, variable.attrs): (
            tuple(_spec_name(dim, group.coords[dim].attrs) for dim in variable.dims),
            np.asarray(variable.values),
        )
        for name, variable in group.data_vars.items()
    }


def _coords(group: xr.DataTree | None) -> dict[str, list[Any]]:
    if group is None:
        return {}
    return {
        _spec_name(name, coordinate.attrs): _decoded_labels(coordinate)
        for name, coordinate in group.coords.items()
        if name not in ("chain", "draw") and _IMPLIED not in coordinate.attrs
    }


def _spec_name(name: Any, attributes: Mapping[Any, Any]) -> str:
    return str(attributes.get(_NAME, name))


def _need_hdf5() -> None:
    try:
        import h5netcdf  # noqa: F401
        import h5py  # noqa: F401
    except ImportError as missing:
        message = f"draws are kept as netCDF, which needs {missing.name}, and it is not installed"
        raise RunError(message, "pip install 'h5netcdf[h5py]'") from missing
