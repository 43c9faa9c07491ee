"""Machine code gives what torch gives: values and gradients, for data of any length."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch.func import grad_and_value

from bayesdsl.runtime.compiled import compiler
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import Kernel, Library, Program, program
from bayesdsl.runtime.compiled.operations import Trial

REAL = torch.float64
GROUPS = 7

pytestmark = pytest.mark.skipif(compiler.why_not() is not None, reason="there is no C compiler here")


@dataclass(frozen=True)
class Data:
    """Rows of a table: three columns, a number, a positive number, and the row's group."""

    x: torch.Tensor
    y: torch.Tensor
    s: torch.Tensor
    group: torch.Tensor

    @classmethod
    def of(cls, rows: int, seed: int = 0) -> Data:
        generator = torch.Generator().manual_seed(seed + rows)

        def draw(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator, dtype=REAL)

        group = torch.randint(GROUPS, (rows,), generator=generator)
        return cls(draw(rows, 3), draw(rows), draw(rows).exp(), group)

    @property
    def inputs(self) -> list[torch.Tensor]:
        return [self.x, self.y, self.s, self.group]


Model = Callable[[torch.Tensor, Data], torch.Tensor]


def _diagonals(matrices: torch.Tensor) -> torch.Tensor:
    return (matrices * matrices.diagonal(dim1=-2, dim2=-1).exp()[:, None]).square().sum()


# Scalars of 16 numbers and data: what lowering, fusion and regions have to get right, one thing each.
MODELS: dict[str, Model] = {
    "rows": lambda u, d: (-((d.y - u[0] - d.x @ u[1:4]) ** 2) / d.s).sum(),
    "groups": lambda u, d: ((d.y - u[:GROUPS][d.group]) ** 2 * torch.exp(-u[8])).sum(),
    "groups of rows of a matrix": lambda u, d: (
        ((u[:14].view(GROUPS, 2)[d.group] * d.x[:, :2]).sum(1) * d.y).tanh().sum()
    ),
    "groups of groups": lambda u, d: ((u[7:10][torch.arange(GROUPS) % 3] + u[:GROUPS])[d.group] * d.y).sin().sum(),
    "groups twice": lambda u, d: ((u[:GROUPS][d.group] - d.y) / u[8 : 8 + GROUPS][d.group].exp()).square().sum(),
    "places that unknowns choose": lambda u, d: (u[:2][(d.y > u[3]).long()] * u[4:7][d.group % 3] * d.y).tanh().sum(),
    "the place of each row's own that data choose": lambda u, d: (
        ((d.x * u[:3]).exp() + u[3]).gather(1, (d.group % 3).unsqueeze(1)).log1p().sum()
    ),
    "tables of data under one": lambda u, d: (d.x.unsqueeze(0).exp() * u[:3] + u[4]).sin().sum(),
    "rows after a sum over rows": lambda u, d: (torch.softmax(d.y * u[0], 0) * d.x[:, 0] * u[1]).sum(),
    "sums along rows": lambda u, d: torch.logsumexp(d.x * u[:3], 1).sum() + torch.log_softmax(u[4:9], 0)[2],
    "a matrix of one number": lambda u, d: (
        torch.linalg.solve_triangular(torch.linalg.cholesky(u[:1].exp().view(1, 1)), d.y.mean().view(1, 1), upper=False)
        .square()
        .sum()
    ),
    "diagonals of small matrices of rows": lambda u, d: _diagonals(d.x[:, :2, None] * u[:2]),
    "extremes": lambda u, d: (d.x * u[:3]).max(1).values.sum() + (d.y * u[3]).min() + u.amax(),
    "outcomes of two kinds": lambda u, d: (
        -torch.nn.functional.binary_cross_entropy_with_logits(
            30 * u[0] + d.x @ u[1:4] * 9, (d.y > 0).double(), reduction="sum"
        )
    ),
    "data after a cheap step": lambda u, d: (((2 - d.y) * u[0]).exp() * -(1 - d.s) + (u[1] * (3 * d.y)).sin()).sum(),
    "data after a cheap step, by their places": lambda u, d: (
        ((1 - d.y)[d.group % 3] * u[0]).sin().sum() + ((2 * d.x) @ u[:3]).tanh().sum() + ((-d.y) * u[4]).exp().sum()
    ),
    "a network": lambda u, d: (torch.tanh(d.x @ u[:12].view(3, 4) + u[12:16]) @ u[4:8] - d.y).square().sum(),
    "a wide network": lambda u, d: (
        (torch.tanh(torch.tanh(d.x[:, :1] * _long(u)) @ _square(u)).sum(1) - d.y).square().sum()
    ),
    "pieces": lambda u, d: (torch.cat([u[3:5] * 2, u[:2].exp(), u[9:10]]) * torch.stack([u[5:10], u[1:6]])).sum(),
    "windows": lambda u, d: (d.y[1:] - u[0] * d.y[:-1] - u[1] * d.x[1:, 1]).square().sum(),
    "what is put beside zeros": lambda u, d: (
        (torch.nn.functional.pad((d.x[:, :2] * u[:2]).exp(), (1, 0)) + d.x * u[2:5]).tanh().sum()
    ),
    "running totals": lambda u, d: (torch.cumsum(u[:6].exp(), 0) * u[3:9]).sum() + torch.cumprod(u[:4], 0).sum(),
    "a factor of one number": lambda u, d: (
        torch.linalg.cholesky((u[0] ** 2 + u[1].exp()).view(1, 1)).sum()
        * torch.linalg.cholesky(u[2:3].exp().diag()).sum()
    ),
    "a factor": lambda u, d: _covariance(u).diagonal().log().sum() + _whitened(u).square().sum(),
    "a large factor": lambda u, d: _kernel_matrix(u, d).diagonal().log().sum(),
    "wide products": lambda u, d: (torch.outer(d.y[:4], u).exp() @ u[:16].view(16, 1)).sum(),
    "products of matrices": lambda u, d: (_wide(u) @ _wide(u).mT).tanh().sum(),
    "choices": lambda u, d: (
        torch.where(d.y > u[0], d.y * u[1], u[2].exp()).sum() + torch.clamp(d.y * u[3], -1, 0.5).sum()
    ),
    "special": lambda u, d: (torch.lgamma(d.s + u[0].exp()) + torch.sigmoid(u[1]) * d.y + torch.erf(d.y * u[2])).sum(),
    "counts": lambda u, d: torch.xlogy(d.s, u[0].exp()).sum() - torch.log1p(torch.expm1(u[1].exp()) * d.s).sum(),
    "a mean": lambda u, d: (d.x * u[:3]).mean() + (d.y * u[5]).var() + (d.x * u[4]).mean(0).prod(),
    "triangles": lambda u, d: torch.tril(u.view(4, 4)).matrix_power(2).triu(-1).sum() + torch.diag(u[:3]).exp().sum(),
    "flips": lambda u, d: (d.y.flip(0) * u[0] * d.y).sum() + u.flip(0)[:3].cumsum(0).prod(),
    "nothing varies": lambda u, d: d.y.sum() + 0 * u[0],
}


def _long(u: torch.Tensor) -> torch.Tensor:
    return torch.cat([u, u[:5] * 2])


def _square(u: torch.Tensor) -> torch.Tensor:
    return torch.outer(_long(u), torch.arange(18, dtype=REAL)).sin()


def _covariance(u: torch.Tensor) -> torch.Tensor:
    a = u[:9].view(3, 3)
    return torch.linalg.cholesky(a @ a.mT + torch.eye(3, dtype=REAL))


def _whitened(u: torch.Tensor) -> torch.Tensor:
    return torch.linalg.solve_triangular(_covariance(u), u[9:12].unsqueeze(1), upper=False)


def _kernel_matrix(u: torch.Tensor, d: Data) -> torch.Tensor:
    at = torch.linspace(0, 3, 40, dtype=REAL)
    matrix = torch.exp(-((at.unsqueeze(0) - at.unsqueeze(1)) ** 2) * u[0].exp())
    return torch.linalg.cholesky(matrix + torch.eye(40, dtype=REAL) * u[1].exp())


def _wide(u: torch.Tensor) -> torch.Tensor:
    return (u.unsqueeze(0) * torch.arange(30, dtype=REAL).unsqueeze(1)).sin().repeat(1, 4)


def of_data(model: Model) -> Callable[..., tuple[torch.Tensor, ...]]:
    def both(u: torch.Tensor, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
        gradient, value = grad_and_value(lambda v: model(v, Data(*data)))(u)
        return value, gradient

    return both


def vector(seed: int = 0) -> torch.Tensor:
    return torch.randn(16, generator=torch.Generator().manual_seed(seed), dtype=REAL) / 2


def written(model: Model, name: str = "bd_test") -> Program:
    trials = [Trial({"n": rows}, [vector(), *Data.of(rows).inputs]) for rows in (11, 17, 29)]
    return program(name, lambda trial: of_data(model), trials, [0])


@pytest.fixture(scope="module")
def library() -> tuple[Library, dict[str, Program]]:
    """All models in one object, through what is kept from run to run."""
    programs = {name: Program.read(written(m, f"bd_test{i}").dump()) for i, (name, m) in enumerate(MODELS.items())}
    return Library(list(programs.values())), programs


def kernel(library: tuple[Library, dict[str, Program]], name: str, data: Data, threads: int = 1) -> Kernel:
    loaded, programs = library
    return loaded.kernel(programs[name], [None, *data.inputs], {"n": len(data.y)}, threads)


# Both sum the same float64 terms in another order: some hundred roundings of 1e-16, more where there are more rows.
def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    scale = expected.abs().max().clamp(min=1.0)
    return bool(((found - expected).abs() <= 1e-11 * scale).all())


@pytest.mark.parametrize("rows", [5, 170, 1000])
@pytest.mark.parametrize("name", MODELS)
def test_values_and_gradients_are_torchs_for_data_of_any_length(library, name: str, rows: int) -> None:
    data = Data.of(rows)
    made = kernel(library, name, data)
    for seed in range(3):
        value, gradient = made(vector(seed))
        expected, slope = of_data(MODELS[name])(vector(seed), *data.inputs)
        assert close(value, expected), (value, expected)
        assert close(gradient, slope), (gradient - slope).abs().max()


@pytest.mark.parametrize("name", ["rows", "groups", "sums along rows", "a network"])
def test_many_rows_are_summed_alike_however_many_threads_share_them(library, name: str) -> None:
    data = Data.of(100_003)
    one, two = (kernel(library, name, data, threads)(vector()) for threads in (1, 2))
    expected, slope = of_data(MODELS[name])(vector(), *data.inputs)
    assert close(one[0], expected)
    assert close(one[1], slope)
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])


def test_what_is_not_a_number_stays_so(library) -> None:
    data = Data.of(50)
    data.y[7] = torch.nan
    value, gradient = kernel(library, "rows", data)(vector())
    assert value.isnan()
    assert gradient.isnan().any()


def test_a_matrix_that_is_not_positive_definite_gives_no_number() -> None:
    made = written(lambda u, d: torch.linalg.cholesky(torch.diag(u[:2] + 3)).diagonal().log().sum())
    found = Library([made]).kernel(made, [None, *Data.of(5).inputs], {"n": 5})
    u = vector()
    u[:2] = torch.tensor([1.0, -4.0])
    assert found(u)[0].isnan()


# In single precision, of three numbers u and rows of two.
SINGLE: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "a layer": lambda u, x: ((x @ u[:2]).tanh() * u[2].exp()).sum(),
    "links": lambda u, x: (
        torch.nn.functional.softplus(x * u[0])
        + torch.sigmoid(x * u[1])
        + (x * u[2]).abs().pow(1.7)
        + (x / 3).atan2(u[0])
    ).sum(),
    "densities": lambda u, x: (
        -torch.nn.functional.binary_cross_entropy_with_logits(x * u[0], (x > 0).float(), reduction="sum")
        + torch.log1p((x * u[1]).square()).mean()
        + torch.lgamma(u[2].exp() + x.square()).sum()
    ),
    "a factor": lambda u, x: _whitened_single(u, x, 3),
    "a large factor": lambda u, x: _whitened_single(u, x, 40),
}


def _whitened_single(u: torch.Tensor, x: torch.Tensor, size: int) -> torch.Tensor:
    at = torch.linspace(0, 3, size)
    matrix = torch.exp(-((at.unsqueeze(0) - at.unsqueeze(1)) ** 2) * u[0].exp()) + torch.eye(size) * u[1].exp()
    factor = torch.linalg.cholesky(matrix)
    given = torch.linalg.solve_triangular(factor, x[:4, :1].T * u[2] + at.unsqueeze(1), upper=False)
    return given.square().sum() + factor.diagonal().log().sum()


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision_is_computed_in_single_precision(name: str) -> None:
    def both(u: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        gradient, value = grad_and_value(lambda v: SINGLE[name](v, x))(u)
        return value, gradient

    u, x = vector()[:3].float(), Data.of(400).x[:, :2].float()
    trials = [Trial({"n": rows}, [u, x[:rows]]) for rows in (11, 17, 29)]
    made = program("bd_single", lambda trial: both, trials, [0])
    loaded = Library([made])
    value, gradient = loaded.kernel(made, [None, x], {"n": 400})(u)
    expected, slope = both(u, x)
    # Some hundred terms, each good to some units of 6e-8; factors of matrices lose a digit.
    assert value.dtype == gradient.dtype == torch.float32
    assert value.item() == pytest.approx(expected.item(), rel=1e-5, abs=1e-5)
    assert torch.allclose(gradient, slope, rtol=1e-5, atol=1e-5 * float(slope.abs().max()))
    if name == "links" and compiler.compiler().vector_math and "clang" not in compiler.compiler().version:
        called = set(re.findall(rb"_ZGV[A-Za-z0-9]+_(\w+)", compiler.build(loaded.text).read_bytes()))
        assert {b"expf", b"log1pf"} <= called
        assert not called & {b"exp", b"log1p"}


def test_loops_of_one_block_give_what_torch_gives_and_are_vector_code() -> None:
    def guide(u: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, ...]:
        scale = torch.nn.functional.softplus(u)
        value = u + scale * noise
        return (value**2 - scale.log()).sum(), value, 1 / scale

    given = [torch.randn(85, generator=torch.Generator().manual_seed(i), dtype=REAL) for i in range(2)]
    made = program("bd_block", lambda trial: guide, [Trial({}, given)], [0, 1])
    loaded = Library([made])
    for found, expected in zip(loaded.kernel(made, [None, None], {})(*given), guide(*given), strict=True):
        assert close(found, expected)
    if compiler.compiler().vector_math and "clang" not in compiler.compiler().version:
        # The C library's names of what takes several numbers at once.
        called = set(re.findall(rb"_ZGV[A-Za-z0-9]+_(\w+)", compiler.build(loaded.text).read_bytes()))
        assert {b"log", b"log1p"} <= called


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lambda u, d: u[0] * torch.randn((), dtype=REAL), "draws at random"),
        (lambda u, d: u[u > 0].sum(), "choosing by a mask"),
        (lambda u, d: u[0] if u[0] > 0 else -u[0], "looks at a number in Python"),
        (lambda u, d: torch.linalg.svdvals(u.view(4, 4)).sum(), "svd"),
        (lambda u, d: sum((d.y[i] * u[0] for i in range(len(d.y))), u[1]), "other operations for other lengths"),
    ],
)
def test_what_cannot_be_machine_code_says_why(model: Model, reason: str) -> None:
    with pytest.raises(NotCompilable, match=reason):
        written(model)


def test_no_draw_is_frozen_and_no_data_are_constants() -> None:
    made = written(MODELS["rows"])
    loaded = Library([made])
    first, second = (loaded.kernel(made, [None, *Data.of(20, seed).inputs], {"n": 20})(vector())[0] for seed in (1, 2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        (MODELS["data after a cheap step"], 0),
        # A logarithm is dearer than a number in memory; places are chosen from what lies there.
        (lambda u, d: (u[0] * (d.s.log() - 1)).exp().sum(), 1),
        (lambda u, d: (u[0] * (1 - d.y)[d.group % 3]).exp().sum(), 1),
        # One array is read instead of two.
        (lambda u, d: (u[0] * (d.y - d.s)).exp().sum(), 1),
    ],
)
def test_of_data_only_what_is_dear_is_kept(model: Model, kept: int) -> None:
    assert len(written(model).settled.wanted) == kept
