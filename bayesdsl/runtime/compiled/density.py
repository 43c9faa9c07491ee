"""A log density as machine code: value and gradient, and the values of sites at many points at once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.compiler import BuildError
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kept import Keys, keys_of, obtained
from bayesdsl.runtime.compiled.kernel import Library, Program, aligned, pointers, program
from bayesdsl.runtime.compiled.operations import Function, Trial
from bayesdsl.runtime.compiled.trials import made_up, shortened, sizes_of, tensors_of, trial_of
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.handlers import no_validation
from bayesdsl.runtime.recording import value_and_gradient

_DENSITY, _VALUES = "bd_density", "bd_values"

# More workspaces than threads that call at the same time.
_WORKSPACES = 64

# How many numbers the workspaces of a density may hold in all, beyond which there are fewer of them.
_WORK_BYTES = 512 * 2**20


class NativeDensity:
    """The machine code of a density, with its data.

    `address` is a C function `int64_t f(uint64_t dimension, const double *u, double *gradient, double *value, void
    *context)` that any number of threads may call at once with `context`; it gives 0. The value is NaN where the
    density is, and zeros of the gradient are tiny numbers. `copy` is the address of `int64_t f(uint64_t, uint64_t,
    const double *from, double *to, void *)`.
    """

    def __init__(self, density: Density, names: Sequence[str], programs: _Programs, threads: int) -> None:
        self.dimension = density.dimension
        self.names = tuple(names)
        bound = density.bound
        self._library = Library([programs.density, programs.values])
        self.data = [bound.inputs[name] for name in tensors_of(bound)]
        inputs = [None, *self.data]
        sizes = sizes_of(bound) or {}
        self._density = self._library.kernel(programs.density, inputs, sizes, threads)
        self._values = self._library.kernel(programs.values, inputs, sizes, threads)
        self.address = self._library.address("bd_density_drawn")
        self.copy = self._library.address("bd_copy")
        self._context = _Context.of(self._density)
        self.context = ctypes.addressof(self._context)

    def value_and_grad(self, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As `Density.value_and_grad`, of a float64 vector."""
        u = u.detach().contiguous()
        value, gradient = torch.empty((), dtype=torch.float64), torch.empty(self.dimension, dtype=torch.float64)
        self._library.loaded.bd_density_call(
            ctypes.c_uint64(self.dimension),
            ctypes.c_void_p(u.data_ptr()),
            ctypes.c_void_p(gradient.data_ptr()),
            ctypes.c_void_p(value.data_ptr()),
            ctypes.c_void_p(self.context),
        )
        return value, gradient

    def values(self, us: np.ndarray) -> dict[str, np.ndarray]:
        """The values of the named sites at each of the vectors `us`, shape (count, dimension): (count, *site)."""
        results = self._values.each([None], {0: torch.from_numpy(np.ascontiguousarray(us, dtype=np.float64))})
        return {name: found.numpy() for name, found in zip(self.names, results, strict=True)}


class _Context(ctypes.Structure):
    """`bd_context` of the runtime."""

    _fields_ = [
        ("function", ctypes.c_void_p),
        ("inputs", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("sizes", ctypes.c_void_p),
        ("work", ctypes.c_void_p),
        ("work_bytes", ctypes.c_int64),
        ("workspaces", ctypes.c_int64),
        ("busy", ctypes.c_void_p),
    ]

    @classmethod
    def of(cls, kernel: object) -> _Context:
        vector = torch.zeros(1, dtype=torch.float64)
        given = [vector if t is None else t for t in kernel.arguments([])]
        table = pointers(given)
        each = (kernel.workspace_bytes + 63) // 64 * 64
        count = max(1, min(_WORKSPACES, _WORK_BYTES // each))
        work, busy = aligned(each * count), np.zeros(count, dtype=np.uint8)
        made = cls(
            kernel.address,
            ctypes.cast(table, ctypes.c_void_p),
            len(given),
            kernel.sizes.ctypes.data,
            work.ctypes.data,
            each,
            count,
            busy.ctypes.data,
        )
        # What the addresses point to lives as long as they do.
        made.held = (kernel, given, table, work, busy)
        return made


def native_density(
    density: Density, threads: int = 1, compiling: Callable[[], None] = lambda: None
) -> NativeDensity | str:
    """The machine code of a density, made now, made before, or compiled ahead; why there is none, as a clause.

    It is compared with the model at random points. `threads` share the rows of large data within one call.
    `compiling` is called where it has to be made.
    """
    names = [variable.name for variable in density.bound.variables]
    keys = _keys(density, names)
    recent = _recent_key(density, keys, threads)
    if recent in _RECENT:
        return _RECENT[recent]
    try:
        programs = obtained(
            keys,
            _Programs,
            lambda: _written(density, names, [m.bound for m in made_up(density.bound)]),
            lambda: _written(density, names, [density.bound]),
            compiling,
        )
        with compiler.telling(compiling):
            native = NativeDensity(density, names, programs, threads)
        reason = _difference(density, native, programs, threads)
    except NotCompilable as error:
        return str(error)
    except BuildError as error:
        return str(error)
    if reason:
        return reason
    if sum(value.nbytes for value in native.data) <= _RECENT_BYTES:
        _RECENT[recent] = native
        while len(_RECENT) > _RECENT_ENTRIES:
            del _RECENT[next(iter(_RECENT))]
    return native


# Densities checked before in this process, with the same data: a second fit begins at once.
_RECENT: dict[object, NativeDensity] = {}
_RECENT_ENTRIES, _RECENT_BYTES = 4, 8 * 2**20


def _recent_key(density: Density, keys: Keys, threads: int) -> object:
    # Tensors that are held cannot have made room for others; their versions tell whether they were written into.
    data = (density.bound.inputs[name] for name in tensors_of(density.bound))
    places = tuple((value.data_ptr(), value._version, tuple(value.shape), value.stride()) for value in data)
    return keys, threads, places


def _difference(density: Density, native: NativeDensity, programs: _Programs, threads: int) -> str:
    """What differs between the machine code and the model, empty where nothing does."""
    fewer = shortened(density.bound)
    if fewer is None:
        return density.difference(native.value_and_grad)
    # Python would take long for all rows, and many times their memory.
    short = Density(fewer, jacobian=density.jacobian, prior=density.prior, params=density.learnable)
    return short.difference(NativeDensity(short, native.names, programs, threads).value_and_grad)


@dataclass(frozen=True)
class _Programs:
    """What a density is made of."""

    density: Program
    values: Program

    def dump(self) -> dict[str, bytes]:
        return {"density.json": self.density.dump(), "values.json": self.values.dump()}

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> _Programs:
        return cls(Program.read(files["density.json"]), Program.read(files["values.json"]))


def _keys(density: Density, names: Sequence[str]) -> Keys:
    kind = density.jacobian, density.prior, density.learnable
    return keys_of("density", density.bound, sizes_of(density.bound), kind, names)


def _written(density: Density, names: Sequence[str], bounds: Sequence[BoundModel]) -> _Programs | None:
    """The programs traced with the data of `bounds`; with one of them, they hold for its lengths alone."""
    densities = [Density(b, jacobian=density.jacobian, prior=density.prior, params=density.learnable) for b in bounds]
    trials, fixed = [], len(bounds) == 1
    for trial in densities:
        u = torch.rand(trial.dimension, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 0.5
        found = trial_of(trial.bound, [u])
        parts = [site.free_shape for site in trial.sites]
        trials.append(Trial({} if fixed else found.sizes, found.inputs, parts=parts))
    if not trials:
        return None
    by_trial = dict(zip(map(id, trials), densities, strict=True))

    def made(name: str, function: Callable[[Density], Callable[[torch.Tensor], tuple[torch.Tensor, ...]]]) -> Program:
        with no_validation():
            return program(name, lambda trial: of_data(by_trial[id(trial)], function), trials, [0])

    return _Programs(made(_DENSITY, _value_and_gradient), made(_VALUES, lambda d: _site_values(d, names)))


def of_data(density: Density, function: Callable[[Density], Function]) -> Function:
    """`function` of the density's vector, as a function of the vector and of the data."""
    names = tensors_of(density.bound)

    def both(u: torch.Tensor, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
        before = density.bound
        density.bound = replace(before, inputs={**before.inputs, **dict(zip(names, data, strict=True))})
        try:
            return function(density)(u)
        finally:
            density.bound = before

    return both


def _value_and_gradient(density: Density) -> Function:
    return value_and_gradient(density.log_density)


def _site_values(density: Density, names: Sequence[str]) -> Function:
    def values(u: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = density.constrain(u)
        return tuple(found[name] for name in names)

    return values
