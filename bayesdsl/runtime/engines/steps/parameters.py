"""The parameters of Pyro's store as one vector, and a program run on the parts of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyro
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from bayesdsl.runtime.tracing import NotTraceable


class Parameters:
    """Some parameters of the store, unconstrained, in its order. `names` leaves others out."""

    def __init__(self, names: Sequence[str], dtype: torch.dtype) -> None:
        store = {name: leaf for name, leaf in pyro.get_param_store().named_parameters() if name in set(names)}
        # A module may have a parameter under two names.
        once = {id(leaf): name for name, leaf in store.items()}
        self.leaves = {name: leaf for name, leaf in store.items() if once[id(leaf)] == name}
        other = next((name for name, leaf in self.leaves.items() if leaf.dtype != dtype), None)
        if other is not None:
            raise NotTraceable(f"the parameter `{other}` is not of the model's precision")
        self.sizes = [leaf.numel() for leaf in self.leaves.values()]

    def vector(self) -> torch.Tensor:
        """Their values, one after another."""
        return torch.cat([leaf.detach().reshape(-1) for leaf in self.leaves.values()])

    def gradient(self) -> torch.Tensor:
        """The gradients that were left with them, laid out like the values."""
        return torch.cat([leaf.grad.reshape(-1) for leaf in self.leaves.values()])

    def split(self, vector: torch.Tensor) -> dict[str, torch.Tensor]:
        """The parts of a vector by name, each in its parameter's shape."""
        parts = vector.split(self.sizes)
        return {name: part.view(leaf.shape) for (name, leaf), part in zip(self.leaves.items(), parts, strict=True)}

    def write(self, vector: torch.Tensor) -> None:
        """Give the store's parameters these values."""
        with torch.no_grad():
            for name, part in self.split(vector).items():
                self.leaves[name].copy_(part)

    def identities(self) -> set[int]:
        return {id(leaf) for leaf in self.leaves.values()}

    def given(self, vector: torch.Tensor) -> Replaced:
        """A context in which the parts of `vector` take the place of the parameters, which stay as they are."""
        parts = self.split(vector)
        return Replaced({id(self.leaves[name]): part for name, part in parts.items()})


class Replaced(TorchFunctionMode):
    """Whatever is done to a tensor inside is done to another, by the tensor's identity.

    Modules and the store hold their parameters in several ways; all of them meet torch's functions in the end.
    """

    def __init__(self, others: dict[int, torch.Tensor]) -> None:
        super().__init__()
        self.others = others

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*tree_map(self.other, args), **tree_map(self.other, kwargs or {}))

    def other(self, value: Any) -> Any:
        """What stands for a value inside. Where nothing is done to one it has to be asked for, as for a param over the
        reals that is kept as it is."""
        return self.others.get(id(value), value) if isinstance(value, torch.Tensor) else value
