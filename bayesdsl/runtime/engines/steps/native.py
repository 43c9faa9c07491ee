"""Steps in machine code, and the loop around them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import resources
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.blas import one_thread
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import Kernel, Library, Program, aligned, pointers
from bayesdsl.runtime.engines.steps.code import Code, code_of
from bayesdsl.runtime.engines.steps.loop import Block
from bayesdsl.runtime.engines.steps.noise import Noise
from bayesdsl.runtime.engines.steps.objective import Objective
from bayesdsl.runtime.engines.steps.step import Optimiser

# Threads share a step where it is given so many numbers; elsewhere they wait for each other.
_LARGE = 500_000

# The same sums in another order, and other last digits of exp, log and the like.
_AGREEMENT = {torch.float64: 1e-10, torch.float32: 1e-3}

_LOOP = (resources.files("bayesdsl.runtime.engines.steps") / "loop.c").read_text(encoding="utf-8")


class Native:
    """The machine code of an objective's steps and draws, held against Pyro where the fit starts.

    `compiling` is called where it has to be made. Raises NotCompilable and BuildError.
    """

    engine = "compiled"
    note = ""

    def __init__(
        self, objective: Objective, optimiser: Optimiser, compiling: Callable[[], None] = lambda: None
    ) -> None:
        self.objective, self.optimiser = objective, optimiser
        code_of(objective, optimiser, self._use, compiling)

    def _use(self, code: Code) -> None:
        self.code, self._library = code, Library(code.programs)
        self._check(self.loop())

    def loop(self) -> NativeLoop:
        """What runs steps with the data in force."""
        return NativeLoop(self._kernel(self.code.step), self.code, self.objective.varying, self.optimiser.carried)

    def drawing(self) -> NativeDrawing | None:
        """What makes draws with the data in force; None where the loss is not of single draws."""
        if self.code.draw is None:
            return None
        return NativeDrawing(self._kernel(self.code.draw), self.code, self.objective)

    def _kernel(self, program: Program) -> Kernel:
        inputs = self._inputs(self.objective.start, self.optimiser.scalars[0])
        large = sum(value.numel() for value in inputs) >= _LARGE
        sizes = (self.objective.sizes or {}) if program.plates else {}
        return self._library.kernel(program, inputs, sizes, torch.get_num_threads() if large else 1)

    def _inputs(self, vector: torch.Tensor, scalars: Any) -> list[torch.Tensor]:
        """All arguments but noise."""
        scalars = torch.as_tensor(scalars).to(vector.dtype)
        return [vector, *self.optimiser.state(vector), scalars, *self.objective.examples]

    def _check(self, loop: NativeLoop) -> None:
        """Hold steps against Pyro's loss and gradient. Where there is a state it says more than the parameters, which
        an optimiser may move by the sign of a gradient that is nothing but rounding. Raises NotCompilable."""
        for vector, noise, value, gradient in self.objective.witnesses():
            inputs = self._inputs(vector, self.optimiser.scalars[0])
            if len(noise) != len(loop.noises):
                raise NotCompilable("the guide does not draw the same every time")
            after, states = self.optimiser.after(
                vector, gradient, tuple(inputs[1 : loop.carried]), inputs[loop.carried]
            )
            loss, moved, *kept = loop.kernel(*inputs, *noise)
            _agree("loss", value, loss)
            for expected, found in zip(states or (after,), kept or (moved,), strict=True):
                _agree("gradient", expected, found)


def _agree(name: str, expected: torch.Tensor, found: torch.Tensor) -> None:
    expected, within = expected.detach().double(), _AGREEMENT[found.dtype]
    scale = max(1.0, float(expected.abs().max()))
    difference = float((found.double() - expected).abs().max())
    if not difference <= within * scale:
        raise NotCompilable(f"the {name} of the machine code differs from Pyro's by {difference:.3g}")


class NativeDrawing:
    """Draws of a guide by the parameters that it has now."""

    def __init__(self, kernel: Kernel, code: Code, objective: Objective) -> None:
        self._kernel, self._objective = kernel, objective
        self.names, self.noises = code.names, code.noise(kernel)
        self.size = sum(noise.size for noise in self.noises) + sum(math.prod(shape) for shape, _ in kernel.outputs)

    def many(self, noise: Sequence[torch.Tensor], count: int) -> Sequence[torch.Tensor]:
        """So many draws from noise of shape (count, ..): see `Draws`."""
        kernel, vector = self._kernel, self._objective.start
        taken = len(kernel.program.takes)
        inputs = [vector, *[None] * (taken - 1)]
        if noise:
            return kernel.each(inputs, dict(enumerate(noise, taken - len(noise))))
        return [value.expand(count, *value.shape) for value in kernel(*inputs)]


class NativeLoop:
    """Runs steps without Python in between. Arguments of the kernel are those `carried` from step to step, the rates,
    data of which the first `rows` differ at each step, the others, and noise."""

    def __init__(self, kernel: Kernel, code: Code, rows: int, carried: int) -> None:
        self.kernel, self.carried, self._rows = kernel, carried, rows
        self.noises: tuple[Noise, ...] = code.noise(kernel)
        self._threads = int(kernel.sizes[-1])
        self._run = compiler.load(_LOOP).bd_steps
        self._run.restype = None
        self._work = aligned(kernel.workspace_bytes)

    def run(self, block: Block) -> None:
        given, steps = self._given(block)
        places = [p if isinstance(p, int) and p < self.carried else -1 for p in self.kernel.program.inputs]
        now = [value.contiguous().clone() for value in block.carried]
        following = [torch.empty_like(value) for value in now]
        here, there = pointers(now), pointers(following)
        losses, done = torch.empty(block.steps, dtype=now[0].dtype), ctypes.c_int64(0)
        arrays = [np.array(values, dtype=np.int64) for values in (steps, places)]
        try:
            with one_thread() if self._threads == 1 else nullcontext():
                self._run(
                    ctypes.c_void_p(self.kernel.address),
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
                    _address(self.kernel.sizes),
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
        taken = len(self.kernel.program.takes) - len(self.noises)
        moving = dict(enumerate([block.scalars, *block.rows], self.carried)) | dict(enumerate(block.noise, taken))
        # What stays the same was laid out when the kernel was made.
        first = [*block.carried, *[None] * (taken + len(self.noises) - self.carried)]
        return self.kernel.moving(first, moving)


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
