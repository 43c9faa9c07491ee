"""A model with its data: what engines run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch


@dataclass(frozen=True)
class Variable:
    """A quantity of the model that is reported.

    `dims` are its plates in the order of the spec's left side. `layout` is how the emitted program lays it out: a
    plate's name for each tensor dimension, None for one of size 1 that stands for a plate it does not have.
    `role` is `"latent"`, `"param"` or `"derived"`.
    """

    name: str
    role: str
    dims: tuple[str, ...]
    layout: tuple[str | None, ...]


@dataclass(frozen=True)
class Minibatch:
    """How a program takes a minibatch of the rows of `plate`.

    `argument` is where it is given their positions. `site` and `dim` are those of Pyro's plate. `dims` maps the
    arguments that have a value for each row to the dimension they have it in.
    """

    plate: str
    argument: str
    site: str
    dim: int
    dims: dict[str, int]

    def inputs(self, inputs: dict[str, Any], rows: torch.Tensor) -> dict[str, Any]:
        """The arguments for these rows, int64 of shape (rows,), from those for all of them."""
        data = {name: inputs[name].index_select(dim, rows) for name, dim in self.dims.items() if name in inputs}
        return {**inputs, **data, self.argument: rows}


@dataclass(frozen=True)
class Start:
    """Where unconstrained numbers of a latent are thought to be.

    `places` are their positions among all of the latent's, flat; `centre` and `spread` are as long.
    """

    site: str
    places: torch.Tensor
    centre: torch.Tensor
    spread: torch.Tensor


@dataclass(frozen=True)
class BoundModel:
    """The emitted program's callables, with the arguments that the data gave.

    `model(**inputs)` is a Pyro model, every observed site with its data. `guides` maps the name of each guide of the
    spec to a callable that takes the same arguments, or to a function from the model to an autoguide (`automatic`).
    `source` is the program's text, `module_name` names it in tracebacks. `coords` holds the members of every plate.
    `learned` are the weights of layers and the params of guides by their names in the parameter store, of which a run
    has one value and no draws. `dtype` is that of every real in the program. `moving_supports` names the latents whose
    support depends on other latents, `prior_terms` the factors that are part of a prior. `minibatches` are the tables
    of which the program takes some rows, where it is asked to. `starts` tell where latents are that an earlier run had.
    `counts` maps the arguments that are the size of a plate to it, `layouts` those that are tensors to the plates of
    their dimensions, `growing` are the plates whose sizes only the data tell: with them a program can be made for data
    of any length.
    """

    name: str
    source: str
    model: Callable[..., Any]
    inputs: dict[str, Any]
    variables: tuple[Variable, ...]
    coords: dict[str, list[Any]]
    learned: tuple[Variable, ...] = ()
    observed: tuple[str, ...] = ()
    guides: dict[str, Callable[..., Any]] = field(default_factory=dict)
    automatic: frozenset[str] = frozenset()
    moving_supports: tuple[str, ...] = ()
    prior_terms: tuple[str, ...] = ()
    dtype: torch.dtype = torch.float64
    minibatches: dict[str, Minibatch] = field(default_factory=dict)
    starts: tuple[Start, ...] = ()
    counts: dict[str, str] = field(default_factory=dict)
    layouts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    growing: frozenset[str] = frozenset()

    def variables_in(self, *roles: str) -> tuple[Variable, ...]:
        return tuple(v for v in self.variables if v.role in roles)
