"""Steps in machine code, and the loop around them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import resources

import numpy as np
import torch

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.blas import one_thread
from bayesdsl.runtime.compiled.compiler import BuildError
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import Library, aligned, pointers, program
from bayesdsl.runtime.compiled.operations import Trial
from bayesdsl.runtime.engines.steps.listing import Listing
from bayesdsl.runtime.engines.steps.loop import Block, ListLoop, Loop

# Threads share a step where something in it has so many numbers; elsewhere they wait for each other.
_LARGE = 500_000

# The same sums in another order, and other last digits of exp, log and the like.
_AGREEMENT = {torch.float64: 1e-9, torch.float32: 1e-3}

_LOOP = (resources.files("bayesdsl.runtime.engines.steps") / "loop.c").read_text(encoding="utf-8")


def loop_of(step: Listing, carried: int, varying: int) -> Loop:
    """What runs the steps: machine code where that can be had, else the operations one by one.

    Of the step's arguments the first `carried` are handed on from step to step, the next `varying` differ at each.
    """
    try:
        return NativeLoop(step, carried, varying)
    except NotCompilable as error:
        return ListLoop(step, str(error))
    except BuildError as error:
        return ListLoop(step, str(error))


class NativeLoop:
    """Steps without Python in between. Raises NotCompilable and BuildError."""

    engine = "compiled"
    note = ""

    def __init__(self, step: Listing, carried: int, varying: int) -> None:
        inputs, function = step.examples, step.function()
        written = program("bd_step", lambda _: function, [Trial({}, inputs)], range(carried + varying))
        self._carried, self._varying = carried, varying
        self._threads = torch.get_num_threads() if step.largest >= _LARGE else 1
        self._kernel = Library([written]).kernel(written, inputs, {}, self._threads)
        self._run = compiler.load(_LOOP).bd_steps
        self._run.restype = None
        self._work = aligned(self._kernel.workspace_bytes)
        self._check(function(*inputs), self._kernel(*inputs))

    def _check(self, expected: Sequence[torch.Tensor], found: Sequence[torch.Tensor]) -> None:
        """Hold a step against torch's own. Where there is a state it says more than the parameters, which an optimiser
        may move by the sign of a gradient that is nothing but rounding. Raises NotCompilable."""
        kept = [0, *range(2, len(expected))] if self._carried > 1 else [0, 1]
        for place in kept:
            one, other = expected[place].detach().double(), found[place].double()
            within = _AGREEMENT[found[place].dtype] * max(1.0, float(one.abs().max()))
            if not torch.allclose(other, one, rtol=0.0, atol=within, equal_nan=True):
                raise NotCompilable("what was compiled gives other numbers than torch")

    def run(self, block: Block) -> None:
        given, steps = self._given(block)
        places = [p if isinstance(p, int) and p < self._carried else -1 for p in self._kernel.program.inputs]
        now = [value.contiguous().clone() for value in block.carried]
        following = [torch.empty_like(value) for value in now]
        here, there = pointers(now), pointers(following)
        losses, done = torch.empty(block.steps, dtype=now[0].dtype), ctypes.c_int64(0)
        arrays = [np.array(values, dtype=np.int64) for values in (steps, places)]
        try:
            with one_thread() if self._threads == 1 else nullcontext():
                self._run(
                    ctypes.c_void_p(self._kernel.address),
                    ctypes.c_int64(block.steps),
                    ctypes.c_int64(len(given)),
                    pointers(given),
                    *(_address(array) for array in arrays),
                    ctypes.c_int64(len(now)),
                    here,
                    there,
                    pointers([losses, *now]),
                    ctypes.c_void_p(losses.data_ptr()),
                    ctypes.c_void_p(0 if block.summed is None else block.summed.data_ptr()),
                    ctypes.c_int64(now[0].numel()),
                    ctypes.c_int64(now[0].element_size()),
                    _address(self._kernel.sizes),
                    _address(self._work),
                    ctypes.byref(done),
                )
        finally:
            # The two sides of the carried values change places at every step.
            block.done = done.value
            block.carried = following if block.done % 2 else now
            block.losses[: block.done] = losses[: block.done].numpy()

    def _given(self, block: Block) -> tuple[list[torch.Tensor], list[int]]:
        """What the kernel reads, and by how many bytes it moves on at each step."""
        given, steps = [], []
        # What stays the same was laid out when the kernel was made.
        held = self._kernel.arguments([*block.carried, *(values[0] for values in block.varying)])
        kernel = self._kernel.program
        for place, by_column, value in zip(kernel.inputs, kernel.by_column, held, strict=True):
            if not isinstance(place, int) or not 0 <= place - self._carried < self._varying:
                given.append(value)
                steps.append(0)
                continue
            values = _laid_out(block.varying[place - self._carried], by_column)
            given.append(values)
            steps.append(values.stride(0) * values.element_size())
        return given, steps


def _laid_out(values: torch.Tensor, by_column: bool) -> torch.Tensor:
    """Values of several steps, those of each together in memory."""
    if by_column:
        return values.flatten(2).transpose(1, 2).contiguous() if values.dim() > 2 else values.contiguous()
    return values if values.dim() == 1 or values[0].is_contiguous() else values.contiguous()


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
