"""The posterior of an earlier run in the place of priors: a function with its density, and a factor that adds it.

tau ~ HalfNormal(5)     ->  tau = pyro.sample("tau", dist.HalfNormal(real(5)).mask(False))
theta ~ Normal(mu, tau)     theta = pyro.sample("theta", dist.Normal(mu, tau).mask(~EARLIER["theta known"]))
                            pyro.factor("earlier", earlier(tau, theta))

Sites keep their names, their shapes and their supports, so that every engine and every guide works on them as before;
`mask` takes the density out of the count. Of copies that the run did not have it stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bayesdsl.lower.distributions import constraint
from bayesdsl.lower.names import Names
from bayesdsl.model import ir
from bayesdsl.model.earlier import FARTHEST, Bend, Carried, Conditional, Earlier, LowRank, Matrix, Vector
from bayesdsl.pysrc import nodes as py

# The latents whose density was fitted as they are.
_REALS = frozenset({"real", "real_vector", "real_matrix"})


@dataclass
class EarlierPrior:
    """The pieces that a program with an earlier run needs.

    `names` are the program's, `plate_dims` the dimensions that its plates take up. A loss may take many draws at once:
    they are then a dimension in front of those, and all here is done for each.
    """

    earlier: Earlier
    names: Names
    plate_dims: int

    def __post_init__(self) -> None:
        self.function = self.names.fresh("earlier")
        self.numbers = self.names.fresh("EARLIER")

    # In the model

    def uncounted(self, name: str, dist: py.Expr) -> py.Expr:
        """The distribution of a latent, its density counted for the copies alone that the run did not have."""
        return py.method(dist, "mask", self._mask(self.earlier.of(name)))

    def _mask(self, carried: Carried) -> py.Expr:
        return py.Constant(False) if carried.known is None else py.UnaryOp("~", self._known(carried))

    def _known(self, carried: Carried) -> py.Expr:
        return self._number(f"{carried.name} known")

    def weighted(self, name: str, density: py.Expr) -> py.Expr | None:
        """A term of a latent's prior, for the copies that the run did not have; None where it had all."""
        carried = self.earlier.of(name)
        return None if carried.known is None else py.method(density, "masked_fill", self._known(carried), 0)

    def factor(self, site: str) -> py.Stmt:
        values = [py.Name(self.names.of(latent.name)) for latent in self.earlier.latents]
        comment = f"In the place of their priors: the posterior of {self.earlier.run}."
        return py.ExprStmt(py.call("pyro.factor", site, py.call(self.function, *values)), comment=comment)

    # Beside it

    def constants(self) -> py.Stmt:
        """Every number of the density, in one dict."""
        density = self.earlier.density
        items: dict[str, py.Value] = {
            f"{latent.name} known": _mask_tensor(latent) for latent in self.earlier.latents if latent.known is not None
        }
        match density:
            case LowRank():
                rows = zip(density.centre, density.spread, density.noise, strict=True)
                items |= {"numbers": _tensor(tuple(rows)), "factors": _tensor(density.factors)}
            case Conditional():
                rows = zip(density.centre, density.spread, density.mean, density.log_scale, strict=True)
                items["numbers"] = _tensor(tuple(rows))
                slopes = {"slopes": density.slopes, "scale_slopes": density.scale_slopes}
                items |= {name: _triangle(matrix) for name, matrix in slopes.items() if matrix is not None}
                if density.bend is not None:
                    items["bend"] = _tensor(tuple(zip(*_bend_numbers(density.bend), strict=True)))
        comment = f"Fitted to {self.earlier.draws:,} draws of {self.earlier.run}: see `{self.function}`."
        return py.Assign((py.Name(self.numbers),), py.expr(items), comment=comment)

    def definition(self) -> py.FunctionDef:
        """The log density as a function of the latents."""
        self._locals: dict[str, str] = {}
        params = tuple(py.Param(self.names.of(latent.name)) for latent in self.earlier.latents)
        body: list[py.Stmt] = []
        numbers: list[py.Expr] = []
        volumes: list[py.Expr] = []
        for latent in self.earlier.latents:
            value, dims = self._copies(latent)
            if latent.support.name in _REALS:
                numbers.append(py.call("flat", value, dims))
                continue
            free, volume = self._local(f"{latent.name}_free"), self._local(f"{latent.name}_volume")
            mapped = py.call("unconstrained", value, dims, constraint(latent.support))
            body.append(py.Assign((py.Tuple((free, volume)),), mapped))
            numbers.append(free)
            volumes.append(volume)
        t, u, centre, spread = map(self._local, ("t", "u", "centre", "spread"))
        body += [
            py.assign(u, py.call("torch.cat", numbers, -1) if len(numbers) > 1 else numbers[0]),
            self._unpacked("numbers", (centre, spread, *map(self._local, self._others()))),
            py.assign(t, py.binary("/", py.binary("-", u, centre), spread)),
        ]
        match self.earlier.density:
            case LowRank():
                value = self._low_rank(t)
            case Conditional() as density:
                rows, value = self._conditional(density, t)
                body += rows
        value = py.binary("-", value, _summed(py.method(spread, "log")), *volumes)
        body.append(py.Return(py.call("before_plates", value, self.plate_dims) if self.plate_dims else value))
        return py.FunctionDef(self.function, params, tuple(body), docstring=self._doc())

    def _others(self) -> tuple[str, ...]:
        """What there is for each number besides its centre and its spread."""
        return ("noise",) if isinstance(self.earlier.density, LowRank) else ("mean", "log_scale")

    def _unpacked(self, key: str, targets: tuple[py.Expr, ...]) -> py.Stmt:
        """A column each of a table that has a row for each number."""
        return py.Assign((py.Tuple(targets),), py.attr(self._number(key), "T"))

    def _copies(self, latent: Carried) -> tuple[py.Expr, int]:
        """The copies that the run had, and the number of their dimensions."""
        value = py.Name(self.names.of(latent.name))
        if latent.known is None:
            return value, len(latent.shape) + latent.event
        items = (py.Constant(...), self._known(latent), *(slice(None),) * latent.event)
        return py.index(value, *items), 1 + latent.event

    def _low_rank(self, t: py.Expr) -> py.Expr:
        zeros = py.call("torch.zeros_like", t)
        normal = py.call("dist.LowRankMultivariateNormal", zeros, self._number("factors"), self._local("noise"))
        return py.method(normal, "log_prob", t)

    def _conditional(self, density: Conditional, t: py.Expr) -> tuple[list[py.Stmt], py.Expr]:
        log_scale, rest = self._local("log_scale"), self._local("rest")
        body: list[py.Stmt] = []
        if density.scale_slopes is not None:
            near = py.method(t, "clamp", -FARTHEST, FARTHEST)
            moved = py.BinOp("@", near, py.attr(self._number("scale_slopes"), "T"))
            body.append(py.assign(log_scale, py.binary("+", log_scale, moved)))
        left = py.binary("-", t, self._local("mean"))
        if density.slopes is not None:
            left = py.binary("-", left, py.BinOp("@", t, py.attr(self._number("slopes"), "T")))
        body.append(py.assign(rest, py.binary("/", left, py.method(log_scale, "exp"))))
        normal, terms = rest, []
        if density.bend is not None:
            rows, normal, stretch = self._bent(rest)
            body += rows
            terms.append(_summed(stretch))
        standard = py.call("dist.Normal", py.call("real", 0), py.call("real", 1))
        value = py.binary("+", _summed(py.method(standard, "log_prob", normal)), *terms)
        return body, py.binary("-", value, _summed(log_scale))

    def _bent(self, rest: py.Expr) -> tuple[list[py.Stmt], py.Expr, py.Expr]:
        """sinh(skew + tail * asinh(y)) for y = (rest - shift) / width, and the log of its derivative."""
        shift, width, skew, tail = columns = tuple(map(self._local, ("shift", "width", "skew", "tail")))
        y, bent, stretch = map(self._local, ("y", "bent", "stretch"))
        slope = py.binary("/", py.binary("*", tail, py.method(bent, "cosh")), width)
        root = py.call("torch.sqrt", py.binary("+", 1, py.binary("**", y, 2)))
        rows: list[py.Stmt] = [
            self._unpacked("bend", columns),
            py.assign(y, py.binary("/", py.binary("-", rest, shift), width)),
            py.assign(bent, py.binary("+", skew, py.binary("*", tail, py.method(y, "asinh")))),
            py.assign(stretch, py.call("torch.log", py.binary("/", slope, root))),
        ]
        return rows, py.method(bent, "sinh"), stretch

    def _number(self, key: str) -> py.Expr:
        return py.index(self.numbers, key)

    def _local(self, wanted: str) -> py.Name:
        """A variable of the function, which is none of its arguments."""
        if wanted not in self._locals:
            self._locals[wanted] = self.names.fresh(wanted)
        return py.Name(self._locals[wanted])

    def _doc(self) -> str:
        first = f"The log density of {_listed(self.earlier)} together, as {self.earlier.run} found them."
        density = self.earlier.density
        if isinstance(density, LowRank):
            return f"{first}\n\nOn the real line they are normal, with correlations in a few directions."
        lines = [first, ""]
        if density.slopes is not None:
            lines.append("On the real line, standardised, each number's mean is linear in those before it.")
        if density.scale_slopes is not None:
            lines.append(f"So is the logarithm of its scale, within {FARTHEST:g} standard deviations.")
        left = "What is left" if density.slopes is not None else "On the real line each number, standardised,"
        bend = "" if density.bend is None else " after a sinh-arcsinh transform"
        return "\n".join([*lines, f"{left} is standard normal{bend}."])


_MOST_LISTED = 6


def _listed(earlier: Earlier) -> str:
    names = [latent.name for latent in earlier.latents]
    if len(names) == 1:
        return names[0]
    if len(names) > _MOST_LISTED:
        return f"{', '.join(names[: _MOST_LISTED - 1])} and {len(names) - _MOST_LISTED + 1} others"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _tensor(values: Vector | Matrix) -> py.Expr:
    rows = [list(row) if isinstance(row, tuple) else row for row in values]
    return py.call("torch.tensor", rows, dtype=py.Name("DTYPE"))


def _mask_tensor(latent: Carried) -> py.Expr:
    made = py.call("torch.tensor", list(latent.known))
    return py.method(made, "reshape", *latent.shape) if len(latent.shape) > 1 else made


def _triangle(matrix: Matrix) -> py.Expr:
    """A strictly lower triangular matrix, each row without the zeros that end it."""
    rows = [list(row[: max((i + 1 for i, value in enumerate(row) if value), default=0)]) for row in matrix]
    return py.call("triangle", rows)


def _bend_numbers(bend: Bend) -> tuple[Vector, ...]:
    return bend.shift, bend.width, bend.skew, bend.tail


def _summed(value: py.Expr) -> py.Expr:
    return py.method(value, "sum", -1)


def triangle_helper() -> py.FunctionDef:
    """`triangle`, for programs that use it."""
    row, rows = py.Name("row"), py.Name("rows")
    missing = py.binary("-", py.call("len", rows), py.call("len", row))
    padded = py.binary("+", row, py.binary("*", py.List((py.Constant(0.0),)), missing))
    square = py.call("list", py.call("map", py.Lambda((py.Param("row"),), padded), rows))
    doc = "A square matrix from the beginnings of its rows; the rest is zero."
    body = (py.Return(py.call("torch.tensor", square, dtype=py.Name("DTYPE"))),)
    return py.FunctionDef("triangle", (py.Param("rows"),), body, docstring=doc)


def unconstrained_helper() -> py.FunctionDef:
    """`unconstrained`, for programs that use it."""
    doc = "A value mapped to the real line, and the log of the volume that a unit there takes up."
    value, support, dims = py.Name("value"), py.Name("support"), py.Name("dims")
    transform, free, volume, draws = py.Name("transform"), py.Name("free"), py.Name("volume"), py.Name("draws")
    lengths = py.method(free, "reshape", py.binary("+", draws, py.Tuple((py.Constant(-1),))))
    body = (
        py.assign(transform, py.call("biject_to", support)),
        py.assign(free, py.method(transform, "inv", value)),
        py.assign(volume, py.method(transform, "log_abs_det_jacobian", free, value)),
        py.assign(draws, _draws(value, dims)),
        py.Return(py.Tuple((lengths, _summed(py.method(volume, "reshape", lengths.args[0]))))),
    )
    params = (py.Param("value"), py.Param("dims"), py.Param("support"))
    return py.FunctionDef("unconstrained", params, body, docstring=doc)


def _draws(value: py.Expr, dims: py.Expr) -> py.Expr:
    """How many draws a value holds, as a shape: `(n,)`, or `()` for one."""
    lead = py.Subscript(py.attr(value, "shape"), (py.Slice(None, py.binary("-", py.method(value, "dim"), dims)),))
    return py.Subscript(lead, (py.Slice(None, py.Constant(1)),))


def flat_helper() -> py.FunctionDef:
    """`flat`, for programs that use it."""
    value, dims = py.Name("value"), py.Name("dims")
    doc = "The last `dims` dimensions of a value as one; draws that are taken all at once stay in front."
    shape = py.binary("+", _draws(value, dims), py.Tuple((py.Constant(-1),)))
    params = (py.Param("value"), py.Param("dims"))
    return py.FunctionDef("flat", params, (py.Return(py.method(value, "reshape", shape)),), docstring=doc)


def before_plates_helper() -> py.FunctionDef:
    """`before_plates`, for programs that use it."""
    value, dims = py.Name("value"), py.Name("dims")
    doc = "A number, or one for each of the draws that are taken all at once, to the left of the plates."
    ones = py.binary("*", py.Tuple((py.Constant(1),)), py.binary("*", dims, py.method(value, "dim")))
    made = py.method(value, "reshape", py.binary("+", py.attr(value, "shape"), ones))
    return py.FunctionDef("before_plates", (py.Param("value"), py.Param("dims")), (py.Return(made),), docstring=doc)


def carried_statements(model: ir.Model, earlier: Earlier) -> ir.Model:
    """The model with the latents that a run gives as they are written: a draw of their own scale, and no other."""
    names = {latent.name for latent in earlier.latents}
    statements = tuple(
        replace(s, noncentered=False) if isinstance(s, ir.Sample) and s.name in names else s for s in model.statements
    )
    return replace(model, statements=statements)
