"""From operations on tensors to stages: loops, scans, calls.

What does not depend on the varying inputs is left to torch, to be worked out once when data arrive; the rest becomes
stages. Views cost nothing: they say where a loop reads. A tensor of one number everywhere is that number.

    mul(expand(a), x[n]) ; sum    operations
    for i: s += a * x[i]          stages, once fused
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from bayesdsl.runtime.compiled.builder import Builder, Handler, spanned, splat
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.loops import Apply, Buffer, Splat, Stage, Value, View
from bayesdsl.runtime.compiled.operations import Operation, Operations
from bayesdsl.runtime.compiled.places import PLACES
from bayesdsl.runtime.compiled.pointwise import POINTWISE
from bayesdsl.runtime.compiled.products import PRODUCTS
from bayesdsl.runtime.compiled.reductions import REDUCTIONS
from bayesdsl.runtime.compiled.sizes import Share, Size
from bayesdsl.runtime.compiled.views import VIEWS


@dataclass
class Lowered:
    """Stages in order, with the buffers that come from outside.

    `given` maps an input buffer to the position of the function's input or to the operation, worked out beforehand,
    that it holds; `varying` are the positions of the inputs that change between calls. `outputs` are where the
    function's results are.
    """

    stages: list[Stage]
    given: dict[Buffer, int | Operation]
    outputs: tuple[Value, ...]
    varying: frozenset[int]


def lower(program: Operations, varying: frozenset[int]) -> Lowered:
    """The stages of a program, of whose inputs those at the positions `varying` change between calls and the others
    stay. Raises NotCompilable with the name of the operation that it does not know."""
    lowering = _Lowering(program, varying, element_wise=_element_wise(program, varying))
    for operation in program.list:
        lowering.take(operation)
    return lowering.finish(program.outputs)


# On one array of data they cost less than reading their results from memory.
_CHEAP = ("neg", "add", "sub", "rsub", "mul")


@dataclass
class _Lowering(Builder):
    # Operations of which all that is made goes on element by element, and varies in the end.
    element_wise: frozenset[Operation] = frozenset()

    def take(self, operation: Operation) -> None:
        first = self.first.setdefault(_key(operation, self.same), operation)
        self.same[operation] = first
        if first is not operation:
            # What is worked out twice is worked out once.
            self.values[operation] = self.values[first]
            if first in self.moving:
                self.moving.add(operation)
            return
        match operation.target:
            case "input":
                (position,) = operation.args
                if position in self.varying:
                    self.moving.add(operation)
                self.values[operation] = View.whole(self.input(operation, position))
            case "constant":
                (tensor,) = operation.args
                self.values[operation] = (
                    Splat(tensor.item(), tensor.dtype, operation.shape) if tensor.numel() == 1 else None
                )
            case _ if any(source in self.moving for source in operation.sources()):
                self.moving.add(operation)
                self.values[operation] = self.simplified(operation) or self.handle(operation)
            case _:
                self.values[operation] = self.settled(operation)

    def settled(self, operation: Operation) -> Any:
        """What does not vary: a number everywhere, a view of what is there, or None, to be worked out beforehand."""
        target = operation.target
        if target == "full.default":
            value = operation.args[1]
            number = self.number(value) if isinstance(value, Operation) else value
            return None if number is None else splat(number, operation.kind)
        if target in VIEWS:
            known = all(self.values.get(source) is not None for source in operation.sources())
            return self.handle(operation) if known else None
        name = target.partition(".")[0]
        if name in POINTWISE:
            folded = self.folded(operation)
            return self.handle(operation) if folded is None and self.repeated(operation) else folded
        return None

    def repeated(self, operation: Operation) -> bool:
        """Whether what does not vary is cheaper to work out at every call, where it is read, than to keep."""
        name = operation.target.partition(".")[0]
        if name not in _CHEAP or operation not in self.element_wise or not operation.dtype.is_floating_point:
            return False
        known = [self.values.get(source) for source in operation.sources()]
        arrays = [value for value in known if not isinstance(value, Splat)]
        return len(arrays) == 1 and isinstance(arrays[0], View) and arrays[0].shape == operation.shape

    def folded(self, operation: Operation) -> Splat | None:
        """The number that an operation on numbers gives."""
        tensors = {}
        for source in operation.sources():
            value = self.values.get(source)
            if not isinstance(value, Splat) or isinstance(value.value, Size | Share):
                return None
            tensors[source] = torch.tensor(value.value, dtype=value.dtype)
        if any(isinstance(arg, Size | Share) for arg in operation.args):
            return None
        args = [tensors.get(arg, arg) if isinstance(arg, Operation) else arg for arg in operation.args]
        packet, _, overload = operation.target.partition(".")
        kwargs = {k: v for k, v in operation.kwargs.items() if k != "memory_format"}
        result = getattr(getattr(torch.ops.aten, packet), overload)(*args, **kwargs)
        return splat(result.item(), operation.kind)

    def simplified(self, operation: Operation) -> Value | None:
        """The argument, where the operation gives it back."""
        name = operation.target.partition(".")[0]
        if name not in ("mul", "div", "add", "sub", "pow") or operation.kwargs or len(operation.args) != 2:
            return None
        neutral = 0 if name in ("add", "sub") else 1
        pairs = [operation.args, operation.args[::-1]] if name in ("mul", "add") else [operation.args]
        for kept, other in pairs:
            number = self.number(other) if isinstance(other, Operation) else other
            if (
                not isinstance(kept, Operation)
                or isinstance(number, Size | Share)
                or number is None
                or number != neutral
            ):
                continue
            value = self.value(kept)
            if value.shape == operation.shape and value.dtype == operation.dtype:
                return value
        return None

    def handle(self, operation: Operation) -> Any:
        name = operation.target.partition(".")[0]
        handler = _HANDLERS.get(operation.target) or _HANDLERS.get(name) or VIEWS.get(operation.target)
        if handler is not None:
            return handler(self, operation)
        if name in POINTWISE and "_mode" not in operation.target:
            return self.pointwise(operation, POINTWISE[name])
        raise NotCompilable(f"there is no machine code for torch's `{name}`")

    def view_of(self, operation: Operation) -> Any:
        return self.handle(operation) if operation.target in VIEWS and operation.target != "getitem" else None

    def finish(self, outputs: tuple[Operation, ...]) -> Lowered:
        found = tuple(self.value(o) for o in outputs)
        return Lowered(self.stages, self.given, found, self.varying)


def _element_wise(program: Operations, varying: frozenset[int]) -> frozenset[Operation]:
    """The operations that only operations on single numbers take, of the same shape, each on its way to what varies."""
    moving: set[Operation] = set()
    takers: dict[Operation, list[Operation]] = {operation: [] for operation in program.list}
    for operation in program.list:
        for source in operation.sources():
            takers[source].append(operation)
        varies = operation.target == "input" and operation.args[0] in varying
        if varies or moving.intersection(operation.sources()):
            moving.add(operation)
    found: set[Operation] = set()
    for operation in reversed(program.list):
        alike = (
            taker.target.partition(".")[0] in POINTWISE
            and taker.shape == operation.shape
            and (taker in moving or taker in found)
            for taker in takers[operation]
        )
        if takers[operation] and operation not in program.outputs and all(alike):
            found.add(operation)
    return frozenset(found)


def _key(operation: Operation, same: dict[Operation, Operation]) -> object:
    """What two operations have in common that give the same."""

    def of(value: Any) -> object:
        match value:
            case Operation():
                return id(same[value])
            case tuple():
                return tuple(of(part) for part in value)
            case torch.Tensor():
                return id(value)
            case _:
                # 0, 0.0 and False are equal, and not the same here.
                return type(value).__name__, value

    if operation.target in ("input", "constant"):
        return id(operation)
    kwargs = tuple((name, of(value)) for name, value in sorted(operation.kwargs.items()))
    return operation.target, of(operation.args), kwargs


def _exp(build: Builder, o: Operation) -> View:
    """`exp(-max(n, 0))` and `exp(n - max(n, 0))`, which a log of a sum of exponentials begins with: of the two one is 1
    and the other `exp(-|n|)`, which is worked out once for both."""
    (of,) = o.args
    parts = [build.same[part] for part in of.sources()]
    if of.target == "neg.default" and (n := _positive_part(build, parts[0])) is not None:
        larger, text = n, "({0} > 0 || {0} != {0} ? {1} : 1.0)"
    elif of.target == "sub.Tensor" and len(parts) == 2 and parts[0] is _positive_part(build, parts[1]):
        larger, text = parts[0], "({0} > 0 ? 1.0 : {1})"
    else:
        return build.pointwise(o, POINTWISE["exp"])
    shape, dims = o.shape, spanned(o.shape)
    n = build.load(larger, shape, dims)
    small = Apply("exp(-fabs({0}))", (n,), o.dtype, o.dtype)
    return build.filled(o.kind, Apply(text, (n, small), o.dtype, o.dtype))


def _positive_part(build: Builder, operation: Operation) -> Operation | None:
    """The operation whose positive part another is; None where it is none."""
    if operation.target == "clamp_min.default" and operation.args[1] == 0 and operation.args[0] in build.moving:
        return build.same[operation.args[0]]
    return None


def _clamp(build: Builder, o: Operation) -> View:
    low, high = ([*o.args[1:], None, None])[:2]
    low, high = o.kwargs.get("min", low), o.kwargs.get("max", high)
    text, args = "{0}", [o.args[0]]
    for bound, sign in ((low, "<"), (high, ">")):
        if bound is not None:
            args.append(bound)
            place = f"{{{len(args) - 1}}}"
            text = f"bd_clamp_{'low' if sign == '<' else 'high'}({text}, {place})"
    return build.apply(text, args, o.kind)


def _divide(build: Builder, o: Operation) -> View:
    mode = o.kwargs.get("rounding_mode")
    text = {"floor": "floor({0} / {1})", "trunc": "trunc({0} / {1})", None: "({0} / {1})"}[mode]
    return build.apply(text, o.args[:2], o.kind)


_HANDLERS: dict[str, Handler] = {
    **VIEWS,
    **REDUCTIONS,
    **PRODUCTS,
    **PLACES,
    "exp": _exp,
    "clamp": _clamp,
    "div.Tensor_mode": _divide,
    "div.Scalar_mode": _divide,
}
