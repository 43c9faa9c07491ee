"""Functions of tensors as machine code: made, kept, loaded, called."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.blas import addresses
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.lowering import lower
from bayesdsl.runtime.compiled.operations import Function, Operations, Trial, operations
from bayesdsl.runtime.compiled.prelude import PRELUDE
from bayesdsl.runtime.compiled.settled import Settled, settled
from bayesdsl.runtime.compiled.sizes import Size
from bayesdsl.runtime.compiled.source import write

# Goes into every key: programs of another version are of no use.
VERSION = 36

RUNTIME = (resources.files("bayesdsl.runtime.compiled") / "runtime.h").read_text(encoding="utf-8")

_POINTER = ctypes.c_void_p

# What `bd_blas` of the runtime holds, in its order.
_BLAS = ("dgemm", "sgemm", "dpotrf", "spotrf", "dtrsm", "strsm")

# The functions of the runtime that call it.
_BY_BLAS = ("bd_gemm_", "bd_cholesky_", "bd_solve_triangular_")


@dataclass(frozen=True)
class Program:
    """A function of tensors, written down.

    `text` is its C. `inputs` says for each of its arguments what it is: the position of one of the function's inputs,
    or what is worked out from those that do not vary. `by_column` are the arguments wanted with their first dimension
    last. `outputs` are the shapes and types of what it gives, `takes` those of the function's inputs. `plates` names
    the sizes.
    """

    name: str
    text: str
    inputs: tuple[int | str, ...]
    by_column: tuple[bool, ...]
    outputs: tuple[tuple[tuple[Size, ...], str], ...]
    plates: tuple[str, ...]
    settled: Settled
    takes: tuple[tuple[tuple[Size, ...], str], ...]

    def dump(self) -> bytes:
        """As JSON, with the constants in it."""
        return json.dumps(
            {
                "name": self.name,
                "text": self.text,
                "inputs": self.inputs,
                "by_column": self.by_column,
                "outputs": _as_lists(self.outputs),
                "plates": self.plates,
                "settled": self.settled.dump(),
                "takes": _as_lists(self.takes),
            }
        ).encode()

    @classmethod
    def read(cls, data: bytes) -> Program:
        """The program that `dump` wrote."""
        found = json.loads(data)
        return cls(
            found["name"],
            found["text"],
            tuple(found["inputs"]),
            tuple(found["by_column"]),
            _of_lists(found["outputs"]),
            tuple(found["plates"]),
            Settled.read(found["settled"]),
            _of_lists(found["takes"]),
        )


def _as_lists(kinds: Sequence[tuple[tuple[Size, ...], str]]) -> list[Any]:
    return [[[size.text() for size in shape], dtype] for shape, dtype in kinds]


def _of_lists(kinds: list[Any]) -> tuple[tuple[tuple[Size, ...], str], ...]:
    return tuple((tuple(Size.read(size) for size in shape), dtype) for shape, dtype in kinds)


def program(
    name: str, function: Callable[[Trial], Function], trials: Sequence[Trial], varying: Sequence[int]
) -> Program:
    """The function of `trials[0]`, as `operations` takes it, written down in C. `varying` are the positions of the
    inputs that change from call to call. Raises NotCompilable."""
    return program_of(name, operations(function, trials), tuple(sorted(trials[0].sizes)), varying)


def program_of(name: str, found: Operations, plates: Sequence[str], varying: Sequence[int]) -> Program:
    """Operations written down in C. `plates` names the sizes in them. Raises NotCompilable."""
    lowered = lower(found, frozenset(varying))
    text = write(name, lowered, plates)
    given = [lowered.given[buffer] for buffer in text.inputs]
    beforehand = settled(found, [g for g in given if not isinstance(g, int)])
    return Program(
        name,
        text.text,
        tuple(g if isinstance(g, int) else g.name for g in given),
        tuple(buffer in text.by_column for buffer in text.inputs),
        tuple(_kind(value) for value in lowered.outputs),
        tuple(plates),
        beforehand,
        tuple(map(_kind, found.inputs)),
    )


def _kind(value: Any) -> tuple[tuple[Size, ...], str]:
    return value.shape, str(value.dtype).removeprefix("torch.")


class Library:
    """A shared object made of programs. Raises BuildError."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.text = "\n".join((PRELUDE, RUNTIME, *(p.text for p in programs)))
        self.loaded = compiler.load(self.text)
        if any(function in p.text for p in programs for function in _BY_BLAS):
            # Loading SciPy takes a while: only where it is called.
            table = (_POINTER * len(_BLAS)).in_dll(self.loaded, "bd_blas")
            for position, name in enumerate(_BLAS):
                table[position] = addresses().get(name)
        self.loaded.bd_each.restype = None

    def kernel(self, program: Program, inputs: Sequence[Any], sizes: Mapping[str, int], threads: int = 1) -> Kernel:
        """A function of the varying inputs, the others being those given."""
        return Kernel(self, program, inputs, sizes, threads)

    def address(self, name: str) -> int:
        return ctypes.cast(getattr(self.loaded, name), _POINTER).value or 0


class Kernel:
    """A program with its data.

    Called with the inputs in the function's order (those that do not vary may be None), it gives its outputs. The last
    of those that vary need not be known before. For
    callers in C: `address` of the function, `arguments(..)` for its first parameter, `sizes`, `workspace_bytes`.
    """

    def __init__(
        self, library: Library, program: Program, inputs: Sequence[Any], sizes: Mapping[str, int], threads: int
    ) -> None:
        self.library, self.program = library, program
        self.address = library.address(program.name)
        self._function = getattr(library.loaded, program.name)
        self._function.restype = None
        self.sizes = np.array([*(sizes[plate] for plate in program.plates), threads], dtype=np.int64)
        shape_of = dict(zip(program.plates, self.sizes.tolist()))
        workspace = getattr(library.loaded, f"{program.name}_workspace")
        workspace.restype = ctypes.c_int64
        self.workspace_bytes = int(workspace(_POINTER(self.sizes.ctypes.data))) + 64
        self.outputs = _at(program.outputs, shape_of)
        # Machine code takes them to be as large as that.
        for value, (shape, _) in zip(inputs, self.takes(), strict=False):
            if value is not None and tuple(value.shape) != shape:
                raise NotCompilable("a size in the program is no simple expression of the lengths of the data")
        values = program.settled.values(inputs, shape_of)
        self._held: list[torch.Tensor | None] = []
        for given, by_column in zip(program.inputs, program.by_column, strict=True):
            value = values[given] if isinstance(given, str) else inputs[given] if given < len(inputs) else None
            self._held.append(None if value is None else _laid_out(value, by_column))

    def takes(self) -> list[tuple[tuple[int, ...], torch.dtype]]:
        """The shapes and types of the function's inputs."""
        return _at(self.program.takes, dict(zip(self.program.plates, self.sizes.tolist())))

    def arguments(self, inputs: Sequence[torch.Tensor | None]) -> list[torch.Tensor]:
        """The tensors to hand over, laid out as they are read. Keep them while their addresses are used."""
        found = []
        for given, by_column, held in zip(self.program.inputs, self.program.by_column, self._held, strict=True):
            value = inputs[given] if isinstance(given, int) and given < len(inputs) else None
            found.append(held if value is None else _laid_out(value, by_column))
        return found

    def __call__(self, *inputs: torch.Tensor | None) -> tuple[torch.Tensor, ...]:
        given = self.arguments(inputs)
        results = [torch.empty(shape, dtype=dtype) for shape, dtype in self.outputs]
        work = aligned(self.workspace_bytes)
        self._function(pointers(given), pointers(results), _POINTER(self.sizes.ctypes.data), _POINTER(work.ctypes.data))
        return tuple(results)

    def moving(
        self, inputs: Sequence[torch.Tensor | None], moving: Mapping[int, torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[int]]:
        """As `arguments`, where some inputs, by position, are given for many calls at once, of shape (calls, ..): those
        of the first call, and by how many bytes each moves on with every call."""
        first = [moving[place][0] if place in moving else value for place, value in enumerate(inputs)]
        found, steps = self.arguments(first), [0] * len(self.program.inputs)
        for at, (given, by_column) in enumerate(zip(self.program.inputs, self.program.by_column, strict=True)):
            if isinstance(given, int) and given in moving:
                found[at] = _of_many(moving[given].detach(), by_column)
                steps[at] = found[at].stride(0) * found[at].element_size()
        return found, steps

    def each(self, inputs: Sequence[torch.Tensor | None], moving: Mapping[int, torch.Tensor]) -> list[torch.Tensor]:
        """The outputs of many calls, each of shape (calls, ..), for `moving` inputs as there."""
        given, steps = self.moving(inputs, moving)
        count = len(next(iter(moving.values())))
        results = [torch.empty((count, *shape), dtype=dtype) for shape, dtype in self.outputs]
        work = aligned(self.workspace_bytes)
        in_steps, out_steps = (
            np.array(values, dtype=np.int64) for values in (steps, [r.nbytes // max(1, count) for r in results])
        )
        self.library.loaded.bd_each(
            _POINTER(self.address),
            ctypes.c_int64(count),
            pointers(given),
            ctypes.c_int64(len(given)),
            _POINTER(in_steps.ctypes.data),
            pointers(results),
            ctypes.c_int64(len(results)),
            _POINTER(out_steps.ctypes.data),
            _POINTER(self.sizes.ctypes.data),
            _POINTER(work.ctypes.data),
        )
        return results


def _at(
    kinds: Sequence[tuple[tuple[Size, ...], str]], sizes: Mapping[str, int]
) -> list[tuple[tuple[int, ...], torch.dtype]]:
    return [(tuple(size.at(sizes) for size in shape), getattr(torch, dtype)) for shape, dtype in kinds]


def pointers(tensors: Sequence[torch.Tensor]) -> Any:
    """An array of the tensors' addresses."""
    return (_POINTER * max(1, len(tensors)))(*(t.data_ptr() for t in tensors))


def aligned(count: int) -> np.ndarray:
    """So many bytes, from an address that is a multiple of 64."""
    raw = np.empty(count + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count]


def _laid_out(value: torch.Tensor, by_column: bool) -> torch.Tensor:
    value = value.detach()
    if by_column:
        return value.reshape(value.shape[0], -1).t().contiguous()
    return value.contiguous()


def _of_many(values: torch.Tensor, by_column: bool) -> torch.Tensor:
    """Values of several calls, those of each together in memory."""
    if by_column:
        return values.flatten(2).transpose(1, 2).contiguous() if values.dim() > 2 else values.contiguous()
    return values if values.dim() == 1 or (len(values) and values[0].is_contiguous()) else values.contiguous()
