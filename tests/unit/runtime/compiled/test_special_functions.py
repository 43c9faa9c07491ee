"""The functions of the prelude against SciPy and, where that is not exact enough, against mpmath."""

from __future__ import annotations

import ctypes
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scipy import special

from bayesdsl.runtime.compiled.compiler import build, why_not
from bayesdsl.runtime.compiled.prelude import PRELUDE, SPECIAL

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")

LOOP = """
void f_{0}(const double *restrict x, double *restrict y, int64_t n) {{
    for (int64_t i = 0; i < n; i++) y[i] = {1};
}}
"""
PLAIN = ("exp", "log", "log1p", "expm1", "tanh", "erf", "sin", "atan", "cbrt")
TEXT = PRELUDE + "".join(
    [LOOP.format(name, f"bd_{name}(x[i])") for name in SPECIAL]
    + [LOOP.format(name, f"{name}(x[i])") for name in PLAIN]
    + [LOOP.format(f"polygamma{n}", f"bd_polygamma({n}, x[i])") for n in range(5)]
    + [LOOP.format("xlogy_two", "bd_xlogy(2.0, x[i])"), LOOP.format("xlogy_none", "bd_xlogy(0.0, x[i])")]
    + [LOOP.format("softplus", "bd_softplus(x[i], 2.0, 20.0)"), LOOP.format("no_times", "0.0 * x[i]")]
    + [LOOP.format("xlog1py_two", "bd_xlog1py(2.0, x[i])"), LOOP.format("xlog1py_none", "bd_xlog1py(0.0, x[i])")]
)
# Polynomials and series are exact to some 1e-15, the C library's vector functions to 4 units in the last place, and a
# result that is the difference of two larger numbers loses a digit more. Relative to what is asked for:
EXACT = 1e-12

Call = Callable[[str, np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def library() -> Path:
    return build(TEXT)


@pytest.fixture(scope="module")
def call(library: Path) -> Call:
    """`call("lgamma", x)`: a loop over numbers, in C."""
    loaded = ctypes.CDLL(str(library))

    def run(name: str, x: np.ndarray) -> np.ndarray:
        given = np.ascontiguousarray(x, dtype=np.float64)
        found = np.empty_like(given)
        pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (given, found))
        getattr(loaded, f"f_{name}")(*pointers, ctypes.c_int64(given.size))
        return found

    return run


def numbers(n: int = 20_000) -> np.random.Generator:
    return np.random.default_rng(n)


def positive() -> np.ndarray:
    """Of every size, with many between 0 and 30."""
    random = numbers()
    return np.concatenate([np.exp(random.uniform(-600, 600, 20_000)), random.uniform(0, 30, 20_000)])


def either_sign() -> np.ndarray:
    random = numbers()
    return np.concatenate([random.uniform(-40, 40, 20_000), random.choice([-1, 1], 9_000) * positive()[:9_000]])


def probabilities() -> np.ndarray:
    random = numbers()
    return np.concatenate([random.uniform(0, 1, 20_000), np.exp(-random.uniform(0, 700, 20_000))])


def polygamma(n: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: special.polygamma(n, x)


@pytest.mark.parametrize(
    ("name", "reference", "x"),
    [
        ("digamma", special.digamma, positive()),
        ("trigamma", polygamma(1), positive()),
        ("trigamma", polygamma(1), numbers().uniform(-30, 0, 20_000)),
        # SciPy's own lgamma is rough next to its zeros: those are compared with mpmath below.
        ("lgamma", special.gammaln, positive()[np.abs(positive() - 1.5) > 0.6]),
        ("polygamma0", special.digamma, positive()),
        ("polygamma1", polygamma(1), positive()),
        ("polygamma2", polygamma(2), numbers().uniform(1e-3, 1e3, 2_000)),
        ("polygamma4", polygamma(4), numbers().uniform(1e-3, 1e3, 2_000)),
        ("erfcx", special.erfcx, np.abs(either_sign())),
        ("erfcx", special.erfcx, numbers().uniform(-26, 0, 20_000)),
        ("erfinv", special.erfinv, 2 * probabilities() - 1),
        ("erfinv", special.erfinv, probabilities()),
        ("ndtri", special.ndtri, probabilities()),
        ("ndtr", special.ndtr, numbers().uniform(-37, 9, 20_000)),
        ("log_ndtr", special.log_ndtr, np.minimum(either_sign(), 30.0)),
        ("expit", special.expit, np.maximum(either_sign(), -708.0)),
        ("logit", special.logit, probabilities()),
        ("log1pexp", lambda x: np.logaddexp(0, x), np.maximum(either_sign(), -708.0)),
        ("softplus", lambda x: np.where(x > 10, x, np.logaddexp(0, 2 * x) / 2), np.maximum(either_sign(), -350.0)),
        ("i0", special.i0, numbers().uniform(-700, 700, 20_000)),
        ("i1", special.i1, numbers().uniform(-700, 700, 20_000)),
        ("i0e", special.i0e, either_sign()),
        ("i1e", special.i1e, either_sign()),
        ("xlogy_two", lambda x: special.xlogy(2.0, x), positive()),
        ("xlog1py_two", lambda x: special.xlog1py(2.0, x), positive()),
    ],
)
def test_functions_agree_with_scipy(
    call: Call, name: str, reference: Callable[[np.ndarray], np.ndarray], x: np.ndarray
) -> None:
    with np.errstate(all="ignore"):
        expected = reference(x)
    # 1e-13 of ndtr is what rounding its argument costs at -37, where its logarithm changes 37 times as fast.
    np.testing.assert_allclose(call(name, x), expected, rtol=EXACT, atol=1e-307)


@pytest.mark.parametrize(
    ("name", "reference", "around"),
    [
        ("lgamma", mpmath.loggamma, 1.0),
        ("lgamma", mpmath.loggamma, 2.0),
        ("digamma", mpmath.digamma, 1.4616321449683623),
        ("logit", lambda p: mpmath.log(p / (1 - p)), 0.5),
        ("sinc", mpmath.sincpi, 3.0),
        ("sinc", mpmath.sincpi, -20.0),
    ],
)
def test_functions_are_exact_beside_their_zeros(
    call: Call, name: str, reference: Callable[[mpmath.mpf], mpmath.mpf], around: float
) -> None:
    random = numbers()
    x = around + random.choice([-1, 1], 100) * np.exp(random.uniform(-33, -1.4, 100))
    with mpmath.workdps(40):
        expected = [float(reference(mpmath.mpf(float(value)))) for value in x]
    np.testing.assert_allclose(call(name, x), expected, rtol=EXACT)


@pytest.mark.parametrize(("name", "reference"), [("lgamma", mpmath.gamma), ("digamma", mpmath.digamma)])
def test_gamma_functions_of_negative_numbers(
    call: Call, name: str, reference: Callable[[mpmath.mpf], mpmath.mpf]
) -> None:
    x = numbers().uniform(-60, 0, 300)
    with mpmath.workdps(40):
        values = [reference(mpmath.mpf(float(value))) for value in x]
        expected = [float(mpmath.log(abs(v)) if name == "lgamma" else v) for v in values]
    # They have a zero between any two poles, and are the difference of two numbers there: absolute errors count.
    np.testing.assert_allclose(call(name, x), expected, rtol=EXACT, atol=EXACT)


EDGES = np.array([0.0, 1.0, -1.0, -2.0, 0.5, 7.0, 8.0, np.inf, -np.inf, np.nan, 1e308, -710.0, 710.0])


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("lgamma", lambda x: np.array([math.inf if v == -math.inf else float(special.gammaln(v)) for v in x])),
        ("erfcx", special.erfcx),
        ("erfinv", special.erfinv),
        ("ndtr", special.ndtr),
        ("ndtri", special.ndtri),
        ("log_ndtr", special.log_ndtr),
        ("expit", special.expit),
        ("logit", special.logit),
        ("log1pexp", lambda x: np.logaddexp(0, x)),
        ("i0e", special.i0e),
        ("i1e", special.i1e),
        ("xlogy_two", lambda x: special.xlogy(2.0, x)),
        ("xlogy_none", lambda x: special.xlogy(0.0, x)),
        ("xlog1py_two", lambda x: special.xlog1py(2.0, x)),
        ("xlog1py_none", lambda x: special.xlog1py(0.0, x)),
    ],
)
def test_edges_infinities_and_nan(call: Call, name: str, reference: Callable[[np.ndarray], np.ndarray]) -> None:
    with np.errstate(all="ignore"):
        expected = reference(EDGES)
    np.testing.assert_allclose(call(name, EDGES), expected, rtol=EXACT, atol=1e-307)


def test_poles_and_ends_of_the_gamma_functions(call: Call) -> None:
    x = np.array([0.0, -3.0, np.inf, np.nan, 1e-300, 1e300])
    np.testing.assert_allclose(
        call("digamma", x), [-np.inf, np.nan, np.inf, np.nan, -1e300, math.log(1e300)], rtol=EXACT
    )
    np.testing.assert_allclose(call("trigamma", x), [np.inf, np.inf, 0, np.nan, np.inf, 1e-300], rtol=EXACT)
    np.testing.assert_allclose(call("lgamma", np.array([-1e308, -5e-324])), [np.inf, special.gammaln(5e-324)])
    np.testing.assert_allclose(call("polygamma3", x[:5]), [np.inf, np.nan, 0, np.nan, np.inf])


def test_sinc_is_one_at_zero_and_zero_at_whole_numbers(call: Call) -> None:
    found = call("sinc", np.array([0.0, 1.0, -7.0, 1e308, np.inf, np.nan, 0.5]))
    np.testing.assert_allclose(found, [1, 0, 0, 0, np.nan, np.nan, 2 / np.pi], rtol=EXACT)


def test_what_is_not_a_number_is_not_taken_for_one(call: Call) -> None:
    found = call("no_times", np.tile([np.nan, np.inf, -np.inf, 2.0], 8))
    np.testing.assert_array_equal(found, np.tile([np.nan, np.nan, np.nan, 0.0], 8))


@pytest.mark.parametrize("name", PLAIN)
def test_functions_of_the_c_library_keep_four_units_in_the_last_place(call: Call, name: str) -> None:
    x = numbers().uniform(0.01, 30, 20_000)
    reference = getattr(np, {"atan": "arctan"}.get(name, name), None)
    expected = special.erf(x) if reference is None else reference(x.astype(np.longdouble)).astype(float)
    # Of the vector versions, those of glibc promise 4; SciPy's erf is one off itself.
    np.testing.assert_array_max_ulp(call(name, x), expected, maxulp=5)
    np.testing.assert_array_equal(call(name, np.array([np.nan])), [np.nan])


@pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump, which shows machine code, is not installed")
def test_every_loop_is_vector_code(library: Path) -> None:
    from bayesdsl.runtime.compiled.compiler import compiler
    from bayesdsl.runtime.compiled.cpu import cpu

    made_by = compiler()
    if not made_by.vector_math or cpu().architecture != "x86_64" or "clang" in made_by.version:
        pytest.skip("the vector functions of the C library are not used with this compiler")
    shown = subprocess.run(["objdump", "-d", str(library)], capture_output=True, text=True, check=True).stdout
    parts = {found[1]: part for part in shown.split("\n\n") if (found := re.search(r"<f_(\w+)>:", part))}
    for name in SPECIAL:
        called = set(re.findall(r"call\s+\S+ <(\w+)", parts[name]))
        one_by_one = {f for f in called if not f.startswith("_ZGV")} - {"exp", "log", "log1p", "atanh", "erfc"}
        assert not one_by_one, f"{name} calls {one_by_one}"
        assert re.search(r"[yz]mm\d", parts[name]), f"{name} has no vectors"
        # What is left over of a loop is done one by one, the loop itself is not.
        assert called == set() or any(f.startswith("_ZGV") for f in called), f"{name} calls {called}"
