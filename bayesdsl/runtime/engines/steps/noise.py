"""Random numbers as arguments of a list of tensor operations.

empty([5]) ; normal_functional(empty, 0, 1)   before
normal_0                                      after: an argument, of shape (5,)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from bayesdsl.runtime.engines.steps.numbers import Numbers
from bayesdsl.runtime.tracing import NotTraceable

aten = torch.ops.aten

# A value is `shift + scale * z`, z being what is drawn; both from the operation's own two arguments.
Affine = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """A way to draw: `method` is that of a tensor that fills it with z."""

    name: str
    affine: Callable[[Sequence[float]], Affine] = lambda given: (0.0, 1.0)
    defaults: tuple[float, ...] = ()


def _location_scale(given: Sequence[float]) -> Affine:
    return float(given[0]), float(given[1])


_NORMAL = Kind("normal_", _location_scale, (0.0, 1.0))
_UNIFORM = Kind("uniform_", lambda given: (float(given[0]), float(given[1]) - float(given[0])), (0.0, 1.0))
_CAUCHY = Kind("cauchy_", _location_scale, (0.0, 1.0))
_EXPONENTIAL = Kind("exponential_", lambda given: (0.0, 1.0 / float(given[0])), (1.0,))

# Operations that take the tensor to fill and two numbers or one, and those that take a shape or a tensor of that shape.
_FILLING = {"normal": _NORMAL, "uniform": _UNIFORM, "cauchy": _CAUCHY, "exponential": _EXPONENTIAL}
_MAKING = {"rand": _UNIFORM, "randn": _NORMAL, "rand_like": _UNIFORM, "randn_like": _NORMAL}

# What is drawn otherwise, by the name of the operation.
_OTHERS = {
    "_standard_gamma": "gamma",
    "_sample_dirichlet": "beta and Dirichlet",
    "bernoulli": "Bernoulli",
    "binomial": "binomial",
    "multinomial": "categorical",
    "poisson": "Poisson",
}


@dataclass(frozen=True)
class Noise:
    """One random argument: `kind` names the tensor method that draws it, `shape` is its own."""

    kind: str
    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def size(self) -> int:
        return torch.Size(self.shape).numel()


def is_random(target: Any) -> bool:
    return torch.Tag.nondeterministic_seeded in getattr(target, "tags", ())


def lift(graph: fx.Graph) -> tuple[Noise, ...]:
    """Turn the graph's random operations into arguments behind those that it has, in their order.

    Raises NotTraceable for operations whose draws are not a fixed kind of noise.
    """
    noises: list[Noise] = []
    last = [node for node in graph.nodes if node.op == "placeholder"][-1]
    for node in list(graph.nodes):
        if node.op != "call_function" or not is_random(node.target):
            continue
        kind, (shift, scale) = _read(node.target, node.args, node.kwargs)
        like = node.meta["val"]
        with graph.inserting_after(last):
            last = drawn = graph.placeholder(f"{kind.name}{len(noises)}")
        noises.append(Noise(kind.name, tuple(like.shape), like.dtype))
        with graph.inserting_before(node):
            value = graph.call_function(aten.mul.Tensor, (drawn, scale)) if scale != 1 else drawn
            value.meta = dict(node.meta)
            value = graph.call_function(aten.add.Tensor, (value, shift)) if shift != 0 else value
        drawn.meta, value.meta = dict(node.meta), dict(node.meta)
        node.replace_all_uses_with(value)
        graph.erase_node(node)
    return tuple(noises)


def _read(target: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Kind, Affine]:
    name = target._schema.name.split("::")[1].removesuffix("_").removesuffix("_functional")
    numbers = tuple(a for a in (*args[1:], *kwargs.values()) if isinstance(a, (int, float)) and not isinstance(a, bool))
    if name in _MAKING:
        return _MAKING[name], (0.0, 1.0)
    tensors = [a for a in args[1:] if isinstance(a, (torch.Tensor, fx.Node))]
    if name not in _FILLING or tensors or isinstance(args[0], (int, float)):
        raise NotTraceable(f"draws of {_OTHERS.get(name, name)} distributions are no fixed function of noise")
    kind = _FILLING[name]
    return kind, kind.affine((*numbers, *kind.defaults[len(numbers) :]))


class MadeAnew(TorchFunctionMode):
    """Inside, a tensor that is filled with normal or uniform noise is another, made of it.

    To tell that the first is written into, torch runs what has it load its compiler, which takes a second and more.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        make = _ANEW.get(func)
        if make is None or kwargs or any(isinstance(arg, torch.Tensor) for arg in args[1:]):
            return func(*args, **kwargs)
        kind, make = make
        shift, scale = kind.affine((*args[1:], *kind.defaults[len(args) - 1 :]))
        drawn = make(args[0].shape, dtype=args[0].dtype)
        drawn = drawn if scale == 1 else drawn * scale
        return drawn if shift == 0 else drawn + shift


_ANEW = {torch.Tensor.normal_: (_NORMAL, torch.randn), torch.Tensor.uniform_: (_UNIFORM, torch.rand)}


@dataclass
class Recorded(TorchDispatchMode):
    """Writes down what is drawn inside, as a list of operations would be given it."""

    drawn: list[torch.Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Torch would load its compiler, which takes a second and more, to keep it from looking in here.
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        value = func(*args, **kwargs)
        if is_random(func):
            _, (shift, scale) = _read(func, args, kwargs)
            self.drawn.append((value.detach().clone() - shift) / scale)
        return value


# The noise of some steps is made at once: of as many as fit into so many bytes, at most so many.
_BYTES = 2 << 20
_MOST = 1 << 16


class Source:
    """Noise for steps one after another. `generator` gives no more than what tells it from others.

    A number depends on that, on its step and on its place there: what a step gets does not depend on who asks for how
    much.
    """

    def __init__(self, noises: Sequence[Noise], generator: torch.Generator) -> None:
        self.noises = noises
        self._numbers = Numbers(int(torch.randint(2**62, (), generator=generator)))
        sizes: dict[tuple[str, torch.dtype], int] = {}
        self._starts = []
        for key, noise in ((_key(noise), noise) for noise in noises):
            self._starts.append(sizes.get(key, 0))
            sizes[key] = self._starts[-1] + noise.size
        self._sizes = sizes
        self._done = 0
        self._at_once = max(1, min(_MOST, _BYTES // max(1, sum(noise.size * noise.dtype.itemsize for noise in noises))))

    def left(self) -> int:
        """For how many steps noise can be taken at once."""
        return self._at_once

    def take(self, steps: int) -> list[torch.Tensor]:
        """The noise of the next steps, at most as many as are `left`: for each argument a tensor (steps, *its shape).

        A step's part of it lies together in memory; those of several steps need not follow one another.
        """
        first, self._done = self._done, self._done + steps
        made = {
            key: self._numbers.of(*key, stream, first, steps, size)
            for stream, (key, size) in enumerate(self._sizes.items())
        }
        return [
            made[_key(noise)][:, start : start + noise.size].reshape(steps, *noise.shape)
            for noise, start in zip(self.noises, self._starts, strict=True)
        ]


def _key(noise: Noise) -> tuple[str, torch.dtype]:
    return noise.kind, noise.dtype


def draw(noises: Sequence[Noise], count: int, generator: torch.Generator) -> list[torch.Tensor]:
    """Noise for so many draws, all of a kind in one go: for each argument a tensor (count, *its shape)."""
    blocks: dict[tuple[str, torch.dtype], torch.Tensor] = {}
    for key in dict.fromkeys((noise.kind, noise.dtype) for noise in noises):
        total = sum(noise.size for noise in noises if (noise.kind, noise.dtype) == key)
        blocks[key] = getattr(torch.empty(count, total, dtype=key[1]), key[0])(generator=generator)
    parts, taken = [], dict.fromkeys(blocks, 0)
    for noise in noises:
        key = (noise.kind, noise.dtype)
        start, taken[key] = taken[key], taken[key] + noise.size
        parts.append(blocks[key][:, start : start + noise.size].unflatten(1, noise.shape or (1,)))
    return [part if noise.shape else part.squeeze(1) for part, noise in zip(parts, noises, strict=True)]
