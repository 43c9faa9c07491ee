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
from bayesdsl.runtime.compiled.lowering import lower
from bayesdsl.runtime.compiled.operations import Function, Trial, operations
from bayesdsl.runtime.compiled.prelude import PRELUDE
from bayesdsl.runtime.compiled.settled import Settled, settled
from bayesdsl.runtime.compiled.sizes import Size
from bayesdsl.runtime.compiled.source import write

# Goes into every key: programs of another version are of no use.
VERSION = 15

RUNTIME = (resources.files("bayesdsl.runtime.compiled") / "runtime.h").read_text(encoding="utf-8")

_POINTER = ctypes.c_void_p

# What `bd_blas` of the runtime holds, in its order.
_BLAS = ("dgemm", "sgemm", "dpotrf", "dtrsm")

# The functions of the runtime that call it.
_BY_BLAS = ("bd_gemm_", "bd_cholesky(", "bd_solve_triangular(")


@dataclass(frozen=True)
class Program:
    """A function of tensors, written down.

    `text` is its C. `inputs` says for each of its arguments what it is: the position of one of the function's inputs,
    or what is worked out from those that do not vary. `by_column` are the arguments wanted with their first dimension
    last. `outputs` are the shapes and types of what it gives. `plates` names the sizes.
    """

    name: str
    text: str
    inputs: tuple[int | str, ...]
    by_column: tuple[bool, ...]
    outputs: tuple[tuple[tuple[Size, ...], str], ...]
    plates: tuple[str, ...]
    settled: Settled

    def dump(self) -> bytes:
        """As JSON, with the constants in it."""
        return json.dumps(
            {
                "name": self.name,
                "text": self.text,
                "inputs": self.inputs,
                "by_column": self.by_column,
                "outputs": [[[size.text() for size in shape], dtype] for shape, dtype in self.outputs],
                "plates": self.plates,
                "settled": self.settled.dump(),
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
            tuple((tuple(Size.read(s) for s in shape), dtype) for shape, dtype in found["outputs"]),
            tuple(found["plates"]),
            Settled.read(found["settled"]),
        )


def program(
    name: str, function: Callable[[Trial], Function], trials: Sequence[Trial], varying: Sequence[int]
) -> Program:
    """The function of `trials[0]`, as `operations` takes it, written down in C. `varying` are the positions of the
    inputs that change from call to call. Raises NotCompilable."""
    found = operations(function, trials)
    lowered = lower(found, frozenset(varying))
    plates = tuple(sorted(trials[0].sizes))
    text = write(name, lowered, plates)
    given = [lowered.given[buffer] for buffer in text.inputs]
    beforehand = settled(found, [g for g in given if not isinstance(g, int)])
    return Program(
        name,
        text.text,
        tuple(g if isinstance(g, int) else g.name for g in given),
        tuple(buffer in text.by_column for buffer in text.inputs),
        tuple((value.shape, str(value.dtype).removeprefix("torch.")) for value in lowered.outputs),
        plates,
        beforehand,
    )


class Library:
    """A shared object made of programs. Raises BuildError."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.text = "\n".join((PRELUDE, RUNTIME, *(p.text for p in programs)))
        self.loaded = compiler.load(self.text)
        if any(function in p.text for p in programs for function in _BY_BLAS):
            # Loading SciPy takes a while: only where it is called.
            table = (_POINTER * 4).in_dll(self.loaded, "bd_blas")
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

    Called with the inputs in the function's order (those that do not vary may be None), it gives its outputs. For
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
        self.outputs = [
            (tuple(size.at(shape_of) for size in shape), getattr(torch, dtype)) for shape, dtype in program.outputs
        ]
        values = program.settled.values(inputs, shape_of)
        self._held: list[torch.Tensor | None] = []
        for given, by_column in zip(program.inputs, program.by_column, strict=True):
            value = inputs[given] if isinstance(given, int) else values[given]
            self._held.append(None if value is None else _laid_out(value, by_column))

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
