"""Well-typed specs with data, as a hypothesis strategy.

A spec is built as text, statement by statement. Whatever is written is meant to check: who uses this treats a finding
as a mistake. The elements of every plate are few, so that a spec runs in milliseconds, and no two plates have the same
size unless there are many, so that what is laid out wrongly shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

MAX_ELEMENTS = 80
MAX_DEPTH = 3

REALS = ("0", "1", "-1", "0.5", "2.5", "-0.3")
POSITIVES = ("0.5", "1", "2", "1.5", "3")
UNITS = ("0.2", "0.5", "0.7")

# How one kind of value is made of others, by kinds of the arguments.
OPERATIONS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "real": (
        ("{} + {}", ("real", "real")),
        ("{} - {}", ("real", "real")),
        ("{} * {}", ("real", "real")),
        ("{} / {}", ("real", "positive")),
        ("-{}", ("real",)),
        ("log({})", ("positive",)),
        ("logit({})", ("unit",)),
        ("{} ^ 2", ("real",)),
        ("tanh({})", ("real",)),
        ("sin({})", ("real",)),
        ("abs({})", ("real",)),
        ("where({}, {}, {})", ("binary", "real", "real")),
        ("{} * {}", ("binary", "real")),
        ("minimum({}, {})", ("real", "real")),
        ("clamp({}, -1, 2)", ("real",)),
        ("logaddexp({}, {})", ("real", "real")),
        ("probit({})", ("unit",)),
    ),
    "positive": (
        ("exp(tanh({}))", ("real",)),
        ("softplus({})", ("real",)),
        ("1 + square({})", ("real",)),
        ("{} + {}", ("positive", "positive")),
        ("{} * {}", ("positive", "unit")),
        ("{} / {}", ("positive", "positive")),
        ("sqrt({})", ("positive",)),
        ("where({}, {}, {})", ("binary", "positive", "positive")),
        ("maximum({}, {})", ("positive", "real")),
    ),
    "unit": (("inv_logit({})", ("real",)), ("{} * {}", ("unit", "unit")), ("1 - {}", ("unit",))),
    "binary": (
        ("({} > {})", ("real", "real")),
        ("({} <= {})", ("real", "real")),
        ("({} and {})", ("binary", "binary")),
        ("({} or {})", ("binary", "binary")),
        ("(not {})", ("binary",)),
    ),
}
# Reductions of a kind to itself, as far as the checker can see that.
REDUCTIONS = {
    "real": ("sum", "mean", "max", "min", "logsumexp", "prod"),
    "positive": ("sum", "mean", "max", "min"),
    "unit": ("mean", "max", "min", "prod"),
    "binary": ("any", "all"),
}
# Which kinds will do where one is wanted.
FITTING = {
    "real": ("real", "positive", "unit", "binary", "count"),
    "positive": ("positive", "unit"),
    "unit": ("unit",),
    "binary": ("binary",),
}

# Distributions by the kind of their values; capitals stand for arguments of a kind.
PRIORS: dict[str, tuple[str, ...]] = {
    "real": (
        "Normal(R, P)",
        "Normal(R, P) noncentered",
        "Normal(R, var = P)",
        "Normal(R, precision = P)",
        "StudentT(P, R, P)",
        "StudentT(df = P, loc = R, scale = P) noncentered",
        "Cauchy(R, P)",
        "Laplace(R, P)",
        "Logistic(scale = P, loc = R)",
        "Flat()",
        "Uniform(-3, 3)",
        "SoftAsymmetricLaplace(tanh(R), 1, 1)",
    ),
    "positive": (
        "HalfNormal(P)",
        "Exponential(P)",
        "Exponential(mean = P)",
        "Gamma(P, P)",
        "Gamma(mean = P, sd = P)",
        "Gamma(shape = P, scale = P)",
        "LogNormal(R, P)",
        "InverseGamma(P, P)",
        "Weibull(P, P)",
        "Flat(positive)",
        ": positive ~ Normal(R, P)",
        "FoldedDistribution(Normal(R, P))",
    ),
    "unit": ("Beta(P, P)", "Beta(mean = U, concentration = P)", "Flat(unit)", ": unit ~ Normal(R, P)"),
}
LIKELIHOODS: dict[str, tuple[str, ...]] = {
    "real": ("Normal(R, P)", "Normal(R, var = P)", "StudentT(P, R, P)", "Gumbel(R, P)"),
    "positive": ("LogNormal(R, P)", "Gamma(P, P)", "Exponential(P)"),
    "count": (
        "Poisson(P)",
        "NegativeBinomial(mean = P, concentration = P)",
        "ZeroInflatedPoisson(P, gate = 0.1 + 0.8 * U)",
        "Binomial(9, 0.1 + 0.8 * U)",
    ),
    "binary": ("Bernoulli(0.1 + 0.8 * U)", "Bernoulli(logits = R)"),
    "share": ("Bernoulli(0.1 + 0.8 * U)", "Bernoulli(logits = R)"),
}
# Torch holds probabilities a rounding away from 0 and 1, where the interpreter does not: they stay well inside.
# Names that mean something in Python, in the program, or that Python folds together.
ODD_NAMES = (
    *("lambda", "print", "None", "exp", "torch", "dist", "constraints", "model", "real", "mixture", "DTYPE", "value"),
    *("settings", "IN_PLACE", "n_k", "n_game", "k_plate", "k_1", "county_of_game", "x_raw", "b_raw", "s_prior"),
    *("é", "µ", "μ", "ﬁt", "ϕ"),
)
COMMENTS = ("", "", "", "  # \\", '  # """ quoted', "  # µ ’ \t", "  # é" + "x" * 150)

PARAM_TYPES = {"real": "real", "positive": "positive", "unit": "unit"}


@dataclass(frozen=True)
class Value:
    """A name that expressions can use, its plates, and what kind its elements are.

    `structure` is what the last plates hold together: `"simplex"`, or a `"cholesky"` factor over `k, k'`.
    """

    name: str
    plates: tuple[str, ...]
    kind: str
    structure: str = ""


@dataclass(frozen=True)
class Text:
    """An expression and the plates it varies over."""

    text: str
    plates: frozenset[str]


@dataclass(frozen=True)
class Category:
    """A category column: for each row of `table` a member of `plate`."""

    column: str
    table: str
    plate: str


@dataclass
class Spec:
    """A spec as text with the data for its tables."""

    text: str
    data: dict[str, dict[str, object]]

    def __repr__(self) -> str:
        return f"\n{self.text}\n{self.data}"


@dataclass
class Builder:
    draw: Callable
    lines: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    labels: dict[str, list[str]] = field(default_factory=dict)
    values: list[Value] = field(default_factory=list)
    categories: list[Category] = field(default_factory=list)
    observable: list[Value] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    data: dict[str, dict[str, object]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    count: int = 0

    # Choices

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one_of(self, options):
        return self.draw(st.sampled_from(list(options)))

    def chance(self, of: int) -> bool:
        """True one time in `of`."""
        return self.number(1, of) == of

    def some(self, options, most: int) -> list:
        """Different ones of the options, in any order."""
        options = list(options)
        return self.draw(st.lists(st.sampled_from(options), unique=True, max_size=most)) if options else []

    def name(self, stem: str) -> str:
        self.count += 1
        odd = [name for name in ODD_NAMES if name not in self.taken]
        name = self.one_of(odd) if odd and self.chance(8) else f"{stem}{self.count}"
        self.taken.add(name)
        return name

    # Data

    def world(self) -> None:
        self._literal_plates()
        for table in ("team", "game", "other")[: self.number(1, 3)] if self.chance(2) else ("game",):
            self._table(table)

    def _literal_plates(self) -> None:
        for name, size in (("k", 3), ("j", 2), ("one", 1)):
            if name != "k" and not self.chance(3):
                continue
            self.sizes[name] = size
            if self.chance(2):
                self.labels[name] = [f"{name} {i}" for i in range(size)]
                quoted = ", ".join(f'"{label}"' for label in self.labels[name])
                self.lines.append(f"plate {name} = [{quoted}]")
            else:
                self.labels[name] = [str(i + 1) for i in range(size)]
                self.lines.append(f"plate {name} = {size}")

    def _table(self, table: str) -> None:
        rows = {"team": 2, "game": 5, "other": 3}[table]
        rng = np.random.default_rng(self.number(0, 1000))
        given: dict[str, object] = {}
        items: list[str] = []
        keyed = table == "team"
        if keyed:
            given["name"] = self.labels[table] = ["red", "blue"]
        else:
            self.labels[table] = [str(i + 1) for i in range(rows)]
        self.sizes[table] = rows
        for kind, type_, values in (
            ("real", "real", rng.normal(size=rows)),
            ("real", "real", rng.normal(size=rows)),
            ("positive", "positive", rng.gamma(2.0, size=rows)),
            ("count", "count", rng.integers(0, 6, size=rows)),
            ("binary", "binary", rng.integers(0, 2, size=rows)),
            ("share", "unit", rng.uniform(size=rows)),
        ):
            column = f"{table}_{kind}{len(items)}"
            items.append(f"{column} : {type_}")
            given[column] = values.tolist()
            found = Value(column, (table,), kind)
            self.observable.append(found)
            if kind != "share":
                self.values.append(found)
        self._categories(table, rows, rng, given, items)
        if self.chance(2):
            self._matrix(table, rows, rng, given, items)
        opening = f'data {table} from "{table}.csv" (key = "name") {{' if keyed else f"data {table} {{"
        self.lines += [opening, *(f"    {item}" for item in items), "}"]
        self.data[table] = given

    def _categories(self, table, rows, rng, given, items) -> None:
        if table == "game":
            column = "county"
            self.sizes[column], self.labels[column] = 4, ["a", "b", "c", "d"]
            given[column] = ["b", "a", "d", "c", "a"]
            items.append(f"{column} : category")
            self.categories.append(Category(column, table, column))
            self.observable.append(Value(column, (table,), "category"))
        for plate in ("k", "team", "team", *(["county"] if table == "other" else [])):
            if plate in self.sizes and plate != table and self.chance(2):
                column = f"{table}_in_{plate}{len(items)}"
                given[column] = [self.labels[plate][i] for i in rng.integers(0, self.sizes[plate], size=rows)]
                items.append(f"{column} : category({plate})")
                self.categories.append(Category(column, table, plate))

    def _matrix(self, table, rows, rng, given, items) -> None:
        stem = f"{table}_m"
        for i in range(3):
            given[f"{stem}{i}"] = rng.normal(size=rows).tolist()
        if self.chance(2):
            items.append(f'{table}_matrix[{table}_f] = columns("{stem}*")')
            labels = [f"{stem}{i}" for i in range(3)]
        else:
            labels = [f"{stem}0", f"{stem}1 * {stem}2"]
            items.append(f"{table}_matrix[{table}_f] = [{', '.join(labels)}]")
        self.sizes[f"{table}_f"], self.labels[f"{table}_f"] = len(labels), labels
        found = Value(f"{table}_matrix", (table, f"{table}_f"), "real")
        self.values.append(found)
        self.observable.append(found)

    # Expressions

    def expression(self, kind: str, here: tuple[str, ...], depth: int = 0) -> Text:
        """An expression of a kind in a statement over the plates `here`, which may be used bare or by index."""
        leaf = depth >= MAX_DEPTH or self.chance(2)
        if leaf:
            return self._leaf(kind, here)
        if self.chance(4):
            reduced = self._reduction(kind, here, depth)
            if reduced is not None:
                return reduced
        template, kinds = self.one_of(OPERATIONS[kind])
        parts = [self.expression(k, here, depth + 1) for k in kinds]
        texts = [f"({part.text})" if "(" not in template else part.text for part in parts]
        return Text(template.format(*texts), frozenset().union(*(part.plates for part in parts)))

    def _leaf(self, kind: str, here: tuple[str, ...]) -> Text:
        usable = [v for v in self.values if v.kind in FITTING[kind]]
        if usable and not self.chance(4):
            # Newer values first: a chain of dependences is worth more than many leaves.
            value = self.one_of(usable[-6:] if self.chance(2) else usable)
            return self._use(value, kind, here)
        if kind == "binary":
            return Text("(0.3 > 0.2)", frozenset())
        return Text(self.one_of({"real": REALS, "positive": POSITIVES, "unit": UNITS}[kind]), frozenset())

    def _use(self, value: Value, kind: str, here: tuple[str, ...], keep: frozenset[str] = frozenset()) -> Text:
        """A value brought to the plates `here` and `keep`: members by row and by label, reductions over the rest."""
        items: list[str] = []
        left: set[str] = set()
        over: list[str] = []
        for plate in value.plates:
            text, plates, reduced = self._index(value, plate, here, keep)
            if text:
                items.append(text)
            left |= plates
            over += [plate] if reduced else []
        items = self.draw(st.permutations(items)) if items else items
        text = f"{value.name}[{', '.join(items)}]" if items else value.name
        for plate in over:
            text = f"{self.one_of(REDUCTIONS[kind])}[{plate}]({text})"
            left.discard(plate)
        return Text(text, frozenset(left))

    def _index(self, value: Value, plate: str, here: tuple[str, ...], keep: frozenset[str]):
        """How one plate of a value is indexed: the text, the plates it leaves, and whether it must be reduced over."""
        ways: list[tuple[str, set[str], bool]] = []
        if plate in keep:
            return "", {plate}, False
        if plate in here:
            ways += [("", {plate}, False)] * 3
            ways.append((plate, {plate}, False))
        for category in self.categories:
            if category.plate != plate or category.table not in here:
                continue
            if category.column != plate or plate not in here:
                ways += [(category.column, {category.table}, False)] * 3
            if category.column != plate:
                ways.append((f"{plate} = {category.column}", {category.table}, False))
        primed = f"{plate}'"
        if primed in here and primed not in value.plates and not plate.endswith("'"):
            ways += [(primed, {primed}, False)] * 2
        if not ways or self.chance(4):
            base = plate.rstrip("'")
            ways.append((f'{plate} = "{self.one_of(self.labels[base])}"', set(), False))
            ways.append(("", {plate}, True))
        return self.one_of(ways)

    def _reduction(self, kind: str, here: tuple[str, ...], depth: int) -> Text | None:
        """A reduction over one or two plates, which the statement may run over as well."""
        vary = [v for v in self.values if v.plates and v.kind in FITTING[kind]]
        if not vary:
            return None
        value = self.one_of(vary)
        over = self.some(value.plates, 2)
        if not over:
            return None
        inner = (*here, *(plate for plate in over if plate not in here))
        kept = self._use(value, kind, here, frozenset(over))
        other = self.expression("unit" if kind != "real" else "real", inner, depth + 1)
        if kind == "binary":
            other = self.expression("binary", inner, depth + 1)
        plates = (kept.plates | other.plates) - set(over)
        listed = ", ".join(over)
        if kind == "real" and self.chance(3):
            return Text(f"dot[{listed}]({kept.text}, {other.text})", plates)
        if kind == "real" and len(over) == 1 and over[0] in here and self.chance(2):
            scan = self.one_of(("softmax", "cumsum"))
            return Text(f"{scan}[{listed}]({kept.text} + {other.text})", plates | set(over))
        join = "and" if kind == "binary" else "*"
        name = self.one_of(REDUCTIONS[kind])
        return Text(f"{name}[{listed}]({kept.text} {join} ({other.text}))", plates)

    def filled(self, template: str, here: tuple[str, ...], depth: int = 0) -> str:
        """A distribution with its arguments written in."""
        head, bracket, arguments = template.partition("(")
        for letter, kind in (("R", "real"), ("P", "positive"), ("U", "unit")):
            arguments, *pieces = arguments.split(letter)
            for piece in pieces:
                # A capital inside a name (`Normal` within another distribution) is no argument.
                bare = not (arguments[-1:].isalnum() or piece[:1].isalnum())
                arguments += (f"\0{kind}\0" if bare else letter) + piece
        parts = arguments.split("\0")
        for i in range(1, len(parts), 2):
            text = self.expression(parts[i], here, depth).text
            parts[i] = f"({text})" if parts[i - 1].endswith("* ") else text
        return head + bracket + "".join(parts)

    # Statements

    def line(self, text: str) -> None:
        self.lines.append(text + self.one_of(COMMENTS))

    def left(self, most: int = 3) -> tuple[str, ...]:
        """Plates for the left of a statement, few enough members in all."""
        found: list[str] = []
        for plate in self.some(self.sizes, most):
            if np.prod([self.sizes[p] for p in (*found, plate)]) <= MAX_ELEMENTS:
                found.append(plate)
        if "k" in found and len(found) < 3 and self.chance(6):
            found.insert(self.number(0, len(found)), "k'")
        return tuple(found)

    def add(self, head: str, plates: tuple[str, ...], rest: str) -> None:
        """A statement, some of its plates taken to blocks around it."""
        outer = self.number(0, len(plates)) if self.chance(3) else 0
        while any(plate.endswith("'") and plate.rstrip("'") not in plates[:outer] for plate in plates[:outer]):
            outer -= 1
        inner = plates[outer:]
        line = f"{head}{bracketed(inner)} {rest}"
        if outer and self.chance(2) and not any("'" in plate for plate in plates):
            self.lines += [f"plate {', '.join(plates[:outer])} {{ {line} }}"]
        elif outer and not any("'" in plate for plate in plates):
            for plate in plates[:outer]:
                self.lines.append(f"plate {plate} {{")
            self.lines += [line, *("}" for _ in range(outer))]
        else:
            self.line(f"{head}{bracketed(plates)} {rest}")

    def latent(self) -> None:
        kind = self.one_of(("real", "real", "positive", "unit"))
        plates = self.left()
        name = self.name({"real": "b", "positive": "s", "unit": "q"}[kind])
        dist = self.filled(self.one_of(PRIORS[kind]), plates)
        names = [name, self.name("b")] if not plates and self.chance(4) else [name]
        self.add(", ".join(names), plates, dist if dist.startswith(":") else f"~ {dist}")
        self.values += [Value(name, plates, kind) for name in names]

    def event(self) -> str:
        """A plate for the elements of one value."""
        return self.one_of(p for p in ("k", "j", "game_f", "team_f") if p in self.sizes)

    def copies(self, event: str) -> tuple[str, ...]:
        """Plates for independent copies of values over the plate `event`."""
        return tuple(p for p in self.left(2) if p.rstrip("'") != event)

    def simplex(self) -> None:
        event = self.event()
        plates = (*self.copies(event), event)
        name = self.name("w")
        self.line(f"{name}{bracketed(plates)} ~ Dirichlet({self.expression('positive', plates).text})")
        self.values.append(Value(name, plates, "positive", "simplex"))

    def ordered(self) -> None:
        event = self.event()
        plates = (*self.copies(event), event)
        name = self.name("c")
        kind = self.one_of(("ordered", "positive_ordered"))
        self.line(f"{name}{bracketed(plates)} : {kind} ~ {self.filled('Normal(R, P)', plates)}")
        self.values.append(Value(name, plates, "real" if kind == "ordered" else "positive", "ordered"))

    def cholesky(self) -> None:
        event = self.event()
        plates = (*self.copies(event), event, f"{event}'")
        name = self.name("L")
        self.line(f"{name}{bracketed(plates)} ~ LKJCholesky({self.expression('positive', plates[:-2]).text})")
        self.values.append(Value(name, plates, "real", "cholesky"))

    def vector(self) -> None:
        factors = [v for v in self.values if v.structure == "cholesky"]
        if not factors:
            return self.cholesky()
        factor = self.one_of(factors)
        event = factor.plates[-2]
        batch = [*self.copies(event)]
        batch += [p for p in factor.plates[:-2] if p not in batch]
        plates = (*batch, event)
        name = self.name("v")
        loc = self.expression("real", plates).text
        self.line(f"{name}{bracketed(plates)} ~ MultivariateNormal({loc}, scale_tril = {self.factor(factor, plates)})")
        self.values.append(Value(name, plates, "real"))
        return None

    def factor(self, factor: Value, plates: tuple[str, ...]) -> str:
        return f"({self.expression('positive', plates).text}) * {factor.name}" if self.chance(2) else factor.name

    def parameter(self) -> None:
        kind = self.one_of(PARAM_TYPES)
        plates = self.left(2)
        name = self.name("t")
        init = {"real": " = 0.5", "positive": " = 1.5", "unit": " = 0.25"}[kind] if self.chance(2) else ""
        self.add(f"param {name}", plates, f": {PARAM_TYPES[kind]}{init}")
        self.values.append(Value(name, plates, kind))

    def definition(self) -> None:
        kind = self.one_of(("real", "positive", "unit", "binary"))
        head = self.one_of(("", "derive "))
        name = self.name("d")
        if self.chance(2):
            plates = self.left()
            expr = self.expression(kind, plates)
            self.line(f"{head}{name}{bracketed(plates)} = {expr.text}")
            self.values.append(Value(name, plates, kind))
            return
        # Without a left side the rows of a table are known by a column of it that stands by itself.
        table = self.one_of(self.data)
        column = self.one_of(v for v in self.values if v.plates == (table,) and v.name.startswith(f"{table}_r"))
        expr = self.expression("real", (table,))
        self.line(f"{head}{name} = {column.name} + ({expr.text})")
        self.values.append(Value(name, tuple(sorted(expr.plates | {table})), "real"))

    def block(self) -> None:
        """Statements in a block over the rows of a table."""
        table = self.one_of(self.data)
        name = self.name("d")
        expr = self.expression("real", (table,))
        latent = self.name("b")
        dist = self.filled(self.one_of(PRIORS["real"]), (table,))
        self.line(f"plate {table} {{ {latent} ~ {dist}; derive {name} = {expr.text} }}")
        self.values.append(Value(latent, (table,), "real"))
        self.values.append(Value(name, tuple(sorted(expr.plates | {table})), "real"))

    def observation(self) -> None:
        free = [v for v in self.observable if v.name not in self.seen]
        if not free:
            return
        value = self.one_of(free)
        text = self.likelihood(value)
        if text is not None:
            self.seen.add(value.name)
            line = f"observe {value.name} ~ {text}"
            self.line(f"plate {value.plates[0]} {{ {line} }}" if self.chance(6) else line)

    def likelihood(self, value: Value) -> str | None:
        (table, *rest), fill = value.plates, self.filled
        if value.kind == "category":
            return self.category_likelihood(table)
        inner = [v for v in self.values if set(v.plates[:-1]) <= {table} and v.plates]
        weights = [v for v in inner if v.structure == "simplex" and v.plates[-1] not in value.plates]
        factors = [v for v in self.values if v.structure == "cholesky" and v.plates[-2:-1] == tuple(rest)]
        factors = [v for v in factors if set(v.plates[:-2]) <= {table}]
        if factors and self.chance(2):
            loc = self.expression("real", value.plates).text
            return f"MultivariateNormal({loc}, scale_tril = {self.factor(self.one_of(factors), value.plates)})"
        if value.kind in ("real", "count") and weights and self.chance(2):
            weight = self.one_of(weights)
            inside = (*value.plates, weight.plates[-1])
            component = "Normal(R, P)" if value.kind == "real" else "Poisson(P)"
            return f"Mixture({weight.name}, {fill(component, inside)})"
        return fill(self.one_of(LIKELIHOODS[value.kind]), value.plates)

    def category_likelihood(self, table: str) -> str | None:
        cuts = [v for v in self.values if v.structure == "ordered" and v.plates[-1] == "k" and len(v.plates) == 1]
        if cuts and self.chance(2):
            # The county has four levels, and `k` three members.
            return f"OrderedLogistic({self.expression('real', (table,)).text}, {self.one_of(cuts).name})"
        own = [v for v in self.values if "county" in v.plates and v.kind == "real"]
        if not own:
            return None
        logits = self._use(self.one_of(own), "real", (table,), frozenset({"county"})).text
        other = self.expression("real", (table,)).text
        if self.chance(2):
            return f"Categorical(logits = {logits} + ({other}))"
        return f"Categorical(softmax[county]({logits} + ({other})))"

    def spec(self) -> Spec:
        self.world()
        steps = {
            self.latent: 6,
            self.definition: 4,
            self.simplex: 1,
            self.ordered: 1,
            self.vector: 1,
            self.parameter: 2,
            self.observation: 3,
            self.block: 1,
        }
        menu = [step for step, weight in steps.items() for _ in range(weight)]
        self.latent()
        for _ in range(self.number(1, 8)):
            self.one_of(menu)()
        self.observation()
        return Spec("\n".join(self.lines) + "\n", self.data)


def bracketed(plates: tuple[str, ...]) -> str:
    return f"[{', '.join(plates)}]" if plates else ""


@st.composite
def specs(draw) -> Spec:
    """Well-typed specs with data for their tables."""
    return Builder(draw).spec()
