"""A log density as machine code: value and gradient, and the values of sites at many points at once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import torch

from bayesdsl.runtime.compiled import cache, compiler
from bayesdsl.runtime.compiled.compiler import BuildError
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import VERSION, Library, Program, aligned, pointers, program
from bayesdsl.runtime.compiled.operations import Function, Trial
from bayesdsl.runtime.compiled.trials import made_up, plates_of, shortened, sizes_of, tensors_of, trial_of
from bayesdsl.runtime.density import Density, no_validation
from bayesdsl.runtime.recording import value_and_gradient

_DENSITY, _VALUES = "bd_density", "bd_values"
_FILES = {_DENSITY: "density.json", _VALUES: "values.json"}

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

    def __init__(self, density: Density, names: Sequence[str], programs: Sequence[Program], threads: int) -> None:
        self.dimension = density.dimension
        self.names = tuple(names)
        bound = density.bound
        self._library = Library(programs)
        self.data = [bound.inputs[name] for name in tensors_of(bound)]
        inputs = [None, *self.data]
        sizes = sizes_of(bound) or {}
        self._density = self._library.kernel(programs[0], inputs, sizes, threads)
        self._values = self._library.kernel(programs[1], inputs, sizes, threads)
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
        us = np.ascontiguousarray(us, dtype=np.float64)
        kernel = self._values
        given = kernel.arguments([None])
        results = [np.empty((len(us), *shape), dtype=_numpy(dtype)) for shape, dtype in kernel.outputs]
        positions = [i for i, source in enumerate(kernel.program.inputs) if source == 0]
        addresses = (ctypes.c_void_p * max(1, len(given)))(
            *(us.ctypes.data if i in positions else t.data_ptr() for i, t in enumerate(given))
        )
        out = (ctypes.c_void_p * max(1, len(results)))(*(r.ctypes.data for r in results))
        in_steps = np.array([8 * self.dimension if i in positions else 0 for i in range(len(given))], dtype=np.int64)
        out_steps = np.array([r.nbytes // max(1, len(us)) for r in results], dtype=np.int64)
        work = aligned(kernel.workspace_bytes)
        self._library.loaded.bd_each(
            ctypes.c_void_p(kernel.address),
            ctypes.c_int64(len(us)),
            addresses,
            ctypes.c_int64(len(given)),
            ctypes.c_void_p(in_steps.ctypes.data),
            out,
            ctypes.c_int64(len(results)),
            ctypes.c_void_p(out_steps.ctypes.data),
            ctypes.c_void_p(kernel.sizes.ctypes.data),
            ctypes.c_void_p(work.ctypes.data),
        )
        return dict(zip(self.names, results, strict=True))


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
    recent = _recent_key(density, names, threads)
    if recent in _RECENT:
        return _RECENT[recent]
    try:
        programs = _known(density, names)
        if programs is None:
            if compiler.why_not() is None:
                compiling()
            programs = _written(density, names)
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


def _recent_key(density: Density, names: Sequence[str], threads: int) -> object:
    # Tensors that are held cannot have made room for others; their versions tell whether they were written into.
    data = (density.bound.inputs[name] for name in tensors_of(density.bound))
    places = tuple((value.data_ptr(), value._version, tuple(value.shape), value.stride()) for value in data)
    return _keys(density, names), threads, places


def _difference(density: Density, native: NativeDensity, programs: Sequence[Program], threads: int) -> str:
    """What differs between the machine code and the model, empty where nothing does."""
    fewer = shortened(density.bound)
    if fewer is None:
        return density.difference(native.value_and_grad)
    # Python would take long for all rows, and many times their memory.
    short = Density(fewer, jacobian=density.jacobian, prior=density.prior, params=density.learnable)
    return short.difference(NativeDensity(short, native.names, programs, threads).value_and_grad)


def _key(density: Density, names: Sequence[str]) -> str:
    """What the programs of a density are kept by: all that they depend on."""
    bound = density.bound
    names_in_c = plates_of(bound)
    fixed = {
        name: value
        for name, value in bound.inputs.items()
        if isinstance(value, int) and bound.counts.get(name) not in names_in_c
    }
    shapes = {
        name: [names_in_c.get(plate, size) for plate, size in zip(bound.layouts.get(name, value.shape), value.shape)]
        for name, value in bound.inputs.items()
        if isinstance(value, torch.Tensor)
    }
    kind = (
        density.jacobian,
        density.prior,
        density.learnable,
        bound.prior_terms,
        str(bound.dtype),
        sizes_of(bound) is None,
    )
    parts = (VERSION, torch.__version__, kind, sorted(fixed.items()), sorted(shapes.items()), names_in_c, names)
    return cache.digest("density", repr(parts), bound.source)


def _known(density: Density, names: Sequence[str]) -> list[Program] | None:
    if not density.bound.source:
        return None
    for key in _keys(density, names):
        files = cache.find(key)
        if files is None:
            continue
        try:
            return [Program.read(files[file]) for file in _FILES.values()]
        except (KeyError, ValueError, TypeError):
            # A file that was cut off, as on a full disk.
            cache.current().discard(key)
    return None


def _keys(density: Density, names: Sequence[str]) -> tuple[str, str]:
    """The key of programs for data of any length, and that of those for the lengths at hand alone."""
    key = _key(density, names)
    return key, cache.digest(key, repr(sorted((sizes_of(density.bound) or {}).items())))


def _written(density: Density, names: Sequence[str]) -> list[Program]:
    general, special = _keys(density, names)
    made = made_up(density.bound)
    key = general
    try:
        if not made:
            raise NotCompilable("the lengths of its data are not known by name")
        found = _programs(density, names, made)
    except (NotCompilable, RuntimeError, ValueError, IndexError):
        # Of a program that knows the size of a plate as a number, data of another length make no sense to the model.
        found, key = _programs(density, names, [density.bound]), special
    if density.bound.source:
        # A full disk costs the next run some seconds, and this one nothing.
        with suppress(OSError):
            cache.store(key, {file: p.dump() for file, p in zip(_FILES.values(), found, strict=True)})
    return found


def _programs(density: Density, names: Sequence[str], bounds: Sequence[object]) -> list[Program]:
    """The programs traced with the data of `bounds`; with one of them, they hold for its lengths alone."""
    densities = [Density(b, jacobian=density.jacobian, prior=density.prior, params=density.learnable) for b in bounds]
    trials, fixed = [], len(bounds) == 1
    for trial in densities:
        u = torch.rand(trial.dimension, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) - 0.5
        found = trial_of(trial.bound, [u])
        trials.append(Trial({} if fixed else found.sizes, found.inputs))
    by_trial = dict(zip(map(id, trials), densities, strict=True))

    def made(name: str, function: Callable[[Density], Callable[[torch.Tensor], tuple[torch.Tensor, ...]]]) -> Program:
        with no_validation():
            return program(name, lambda trial: _of_data(by_trial[id(trial)], function), trials, [0])

    return [made(_DENSITY, _value_and_gradient), made(_VALUES, lambda d: _site_values(d, names))]


def _of_data(density: Density, function: Callable[[Density], Function]) -> Function:
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


def _numpy(dtype: torch.dtype) -> np.dtype:
    return torch.empty(0, dtype=dtype).numpy().dtype
