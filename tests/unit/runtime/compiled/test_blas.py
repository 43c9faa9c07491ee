"""SciPy's BLAS and LAPACK, called by address as C calls them."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from bayesdsl.runtime.compiled import blas


def test_a_product_by_address_is_the_product() -> None:
    random = np.random.default_rng(0)
    a, b = (np.asfortranarray(random.normal(size=shape)) for shape in ((3, 4), (4, 5)))
    c = np.zeros((3, 5), order="F")
    assert called("dgemm", b"N", b"N", 3, 5, 4, 1.0, a, 3, b, 4, 0.0, c, 3) is None
    np.testing.assert_allclose(c, a @ b, rtol=1e-14)  # sums of four products: a few units in the last place


def test_a_factor_by_address_is_choleskys() -> None:
    root = np.tril(np.random.default_rng(1).uniform(0.5, 2.0, (6, 6)))
    matrix = np.asfortranarray(root @ root.T)
    called("dpotrf", b"L", 6, matrix, 6, 0)
    np.testing.assert_allclose(np.tril(matrix), root, rtol=1e-10)  # the matrix's condition times one rounding


def test_all_routines_have_addresses() -> None:
    assert set(blas.addresses()) == {*blas.BLAS, *blas.LAPACK}


def test_a_routine_with_wide_whole_numbers_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_signature", lambda capsule: "void (char *, long *, double *)")
    assert blas.addresses.__wrapped__() == {}


def test_one_thread_is_for_as_long_as_it_says() -> None:
    before = blas.threads()
    if before is None:
        pytest.skip("this BLAS does not tell how many threads it uses")
    blas.addresses()
    with blas.one_thread():
        assert blas.threads() == 1
    assert blas.threads() == before


def called(name: str, *given: object) -> None:
    """Call a routine of Fortran: everything by pointer."""

    def pointer(value: object) -> ctypes.c_void_p:
        match value:
            case np.ndarray():
                return value.ctypes.data_as(ctypes.c_void_p)
            case bytes():
                kept.append(ctypes.c_char(value))
            case int():
                kept.append(ctypes.c_int(value))
            case _:
                kept.append(ctypes.c_double(value))
        return ctypes.cast(ctypes.pointer(kept[-1]), ctypes.c_void_p)

    kept: list[ctypes._SimpleCData] = []
    routine = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(given))(blas.addresses()[name])
    routine(*map(pointer, given))
