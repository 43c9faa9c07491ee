"""BLAS and LAPACK for C: the addresses of SciPy's own, which it offers to Cython.

Its routines are Fortran's: every argument is a pointer, whole numbers have 32 bits, and matrices stand by columns.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

BLAS = ("dgemm", "dgemv", "dtrsm", "sgemm", "strsm")
LAPACK = ("dpotrf", "dpotrs", "dtrtrs", "spotrf")
# What sets the number of threads and tells it, by the library that SciPy may be linked with.
THREADS = (
    ("scipy_openblas_set_num_threads", "scipy_openblas_get_num_threads"),
    ("openblas_set_num_threads", "openblas_get_num_threads"),
    ("MKL_Set_Num_Threads", "MKL_Get_Max_Threads"),
)


@cache
def addresses() -> dict[str, int]:
    """Addresses of routines of BLAS and LAPACK by name.

    One whose whole numbers are not C's `int`, as with 64 bits, is left out: C that calls it would be wrong. On large
    matrices they are as fast as torch's, on small ones faster, as nothing stands before them: of 20 rows dgemm takes
    0.5 us for 1.7, dgemv 0.05 for 1.2.
    """
    from scipy.linalg import cython_blas, cython_lapack

    named = ((module.__pyx_capi__, names) for module, names in ((cython_blas, BLAS), (cython_lapack, LAPACK)))
    return {name: _address(offered[name]) for offered, names in named for name in names if _usable(offered, name)}


def _usable(offered: dict[str, object], name: str) -> bool:
    return name in offered and not re.search(r"\b(long|int64_t)\b", _signature(offered[name]))


def _signature(capsule: object) -> str:
    """What Cython says of a function: its C type, as `void (char *, int *, ..)`."""
    named = ctypes.pythonapi.PyCapsule_GetName
    named.restype, named.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return (named(capsule) or b"").decode()


def _address(capsule: object) -> int:
    pointer, named = ctypes.pythonapi.PyCapsule_GetPointer, ctypes.pythonapi.PyCapsule_GetName
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    named.restype, named.argtypes = ctypes.c_char_p, [ctypes.py_object]
    return pointer(capsule, named(capsule))


@cache
def _threads() -> tuple[ctypes._CFuncPtr, ctypes._CFuncPtr] | None:
    """What sets and what tells the number of threads of SciPy's BLAS; None where it is not known how."""
    from scipy.linalg import cython_blas

    try:
        # A name is looked for in what the module is linked with, too.
        library = ctypes.CDLL(cython_blas.__file__)
    except OSError:
        return None
    for setter, getter in THREADS:
        try:
            return getattr(library, setter), getattr(library, getter)
        except AttributeError:
            continue
    return None


def threads() -> int | None:
    """How many threads SciPy's BLAS uses for one product; None where it does not tell."""
    found = _threads()
    return None if found is None else int(found[1]())


@contextmanager
def one_thread() -> Iterator[None]:
    """SciPy's BLAS with one thread of its own, as where chains or particles have the cores already.

    The number is the process's: others that use SciPy meanwhile have one thread, too. Nothing is done, nor SciPy
    loaded, where no code has asked for its `addresses`.
    """
    found = _threads() if addresses.cache_info().currsize else None
    if found is None:
        yield
        return
    set_number, number = found
    before = number()
    set_number(1)
    try:
        yield
    finally:
        set_number(before)
