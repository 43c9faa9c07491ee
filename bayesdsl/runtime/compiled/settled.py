"""What depends on data that stay the same: worked out by torch once, when the data arrive."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from bayesdsl.runtime.compiled.operations import Operation, Operations
from bayesdsl.runtime.compiled.sizes import Share, Size


@dataclass(frozen=True)
class Settled:
    """Operations in order, as JSON values, and the names of those whose results are wanted."""

    steps: tuple[dict[str, Any], ...]
    wanted: tuple[str, ...]

    def dump(self) -> list[Any]:
        return [list(self.steps), list(self.wanted)]

    @classmethod
    def read(cls, data: list[Any]) -> Settled:
        return cls(tuple(data[0]), tuple(data[1]))

    def values(self, inputs: Sequence[Any], sizes: Mapping[str, int]) -> dict[str, torch.Tensor]:
        """The results that are wanted, from the inputs by position."""
        done: dict[str, Any] = {}
        last = {name: at for at, step in enumerate(self.steps) for name in _names([step["args"], step["kwargs"]])}
        with torch.no_grad():
            for at, step in enumerate(self.steps):
                match step["target"]:
                    case "input":
                        done[step["name"]] = inputs[step["args"][0]]
                    case "constant":
                        done[step["name"]] = _tensor(step["args"][0])
                    case "getitem":
                        done[step["name"]] = done[step["args"][0]["of"]][step["args"][1]]
                    case target:
                        args = [_value(arg, done, sizes) for arg in step["args"]]
                        kwargs = {k: _value(v, done, sizes) for k, v in step["kwargs"].items()}
                        packet, _, overload = target.partition(".")
                        # Data need not lie in memory as those did that the program was traced with.
                        packet, overload = ("reshape", "default") if packet == "view" else (packet, overload)
                        done[step["name"]] = getattr(getattr(torch.ops.aten, packet), overload)(*args, **kwargs)
                        args = kwargs = None
                # Of large data each is as large as they are.
                for name in _names([step["args"], step["kwargs"]]):
                    if last[name] == at and name not in self.wanted:
                        done.pop(name, None)
        return {name: done[name] for name in self.wanted}


def settled(program: Operations, wanted: Sequence[Operation]) -> Settled:
    """The operations of a program that give those wanted."""
    needed: set[Operation] = set(wanted)
    added = [operation for operation in wanted if operation not in set(program.list)]
    for operation in reversed(program.list):
        if operation in needed:
            needed.update(operation.sources())
    return Settled(
        tuple(_step(operation) for operation in (*added, *(o for o in program.list if o in needed))),
        tuple(operation.name for operation in wanted),
    )


def fixed(program: Operations, operation: Operation) -> torch.Tensor | None:
    """What an operation gives that depends on no input and no length of data; None for others."""
    closure = settled(program, [operation])
    if any(
        step["target"] == "input" or '"size"' in json.dumps(step) or '"share"' in json.dumps(step)
        for step in closure.steps
    ):
        return None
    return closure.values([], {})[operation.name]


def _step(operation: Operation) -> dict[str, Any]:
    if operation.target == "constant":
        args = [_packed(operation.args[0])]
    else:
        args = [_written(arg) for arg in operation.args]
    kwargs = {name: _written(value) for name, value in operation.kwargs.items()}
    step = {"name": operation.name, "target": operation.target, "args": args, "kwargs": kwargs}
    return json.loads(json.dumps(step))


def _written(value: Any) -> Any:
    match value:
        case Operation():
            return {"of": value.name}
        case Size():
            return {"size": value.text()}
        case Share():
            return {"share": value.text()}
        case tuple():
            return [_written(part) for part in value]
        case torch.dtype():
            return {"dtype": str(value).removeprefix("torch.")}
        case torch.device():
            return {"device": str(value)}
        case torch.layout():
            return {"layout": str(value).removeprefix("torch.")}
        case torch.memory_format():
            return {"memory": str(value).removeprefix("torch.")}
        case float() if value != value or abs(value) == float("inf"):
            return {"float": repr(value)}
        case _:
            return value


def _names(written: Any) -> Iterator[str]:
    """The operations that arguments refer to."""
    match written:
        case {"of": name}:
            yield name
        case dict():
            yield from (name for part in written.values() for name in _names(part))
        case list() | tuple():
            yield from (name for part in written for name in _names(part))


def _value(written: Any, done: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    match written:
        case {"of": name}:
            return done[name]
        case {"size": text}:
            return Size.read(text).at(sizes)
        case {"share": text}:
            return Share.read(text).at(sizes)
        case {"dtype": name} | {"layout": name} | {"memory": name}:
            return getattr(torch, name)
        case {"device": name}:
            return torch.device(name)
        case {"float": text}:
            return float(text)
        case list():
            return [_value(part, done, sizes) for part in written]
        case _:
            return written


def _packed(tensor: torch.Tensor) -> dict[str, Any]:
    data = base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "data": data}


def _tensor(packed: dict[str, Any]) -> torch.Tensor:
    dtype = getattr(torch, packed["dtype"])
    data = bytearray(base64.b64decode(packed["data"]))
    if not data:
        return torch.empty(packed["shape"], dtype=dtype)
    return torch.frombuffer(data, dtype=dtype).reshape(packed["shape"]).clone()
