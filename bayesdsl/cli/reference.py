"""What `bayesdsl explain` says of the language's catalogues: a page for each name, a list for each kind.

    page of Normal: how it is called, what its arguments must be, other ways to give them

Everything is read off the catalogues' rows; nothing is written down twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bayesdsl.catalogue.distributions import (
    CONTINUOUS,
    DISCRETE,
    DISTRIBUTIONS,
    LEFT_OUT,
    MATRIX_VALUED,
    SPECIAL,
    VECTORS,
)
from bayesdsl.catalogue.functions import ALIASES, COLUMN_FUNCTIONS, FUNCTIONS, OPERATORS, REDUCTIONS, SCANS
from bayesdsl.catalogue.inference import (
    ENGINES,
    GUIDES,
    GUIDES_LEFT_OUT,
    LOSSES,
    LOSSES_LEFT_OUT,
    OPTIMISERS,
    OPTIMISERS_LEFT_OUT,
)
from bayesdsl.catalogue.rows import (
    Alternative,
    ColumnFunction,
    Component,
    DataType,
    Distribution,
    Engine,
    Extent,
    Function,
    Parameter,
    Reduction,
    Setting,
    SettingKind,
)
from bayesdsl.catalogue.types import DATA_TYPES
from bayesdsl.cli.screen import WIDTH, fold
from bayesdsl.results.settings import written
from bayesdsl.types.supports import REAL, Support

INDENT = "  "
# Names in a list that are longer than this get a line of their own.
NAME_WIDTH = 18


@dataclass(frozen=True)
class Topic:
    """A kind of thing that can be looked up: its members' pages by name, and the list of them all."""

    name: str
    about: str
    pages: Mapping[str, Callable[[], str]]
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    def listing(self) -> str:
        """Every member with its line of doc."""
        parts = [f"{self.name}: {self.about}"]
        for title, members in self.groups:
            lines = [title] if title else []
            lines += [_entry(name, doc) for name, doc in members]
            parts.append("\n".join(lines))
        parts.append(f"bayesdsl explain {next(iter(self.pages))}    tells more of one of them")
        return "\n\n".join(parts)


def _entry(name: str, doc: str) -> str:
    """`  Normal            The normal distribution ..`, folded under the doc's beginning."""
    hanging = " " * (len(INDENT) + NAME_WIDTH + 2)
    if len(name) > NAME_WIDTH:
        return f"{INDENT}{name}\n{fold(doc, WIDTH, hanging, hanging)}"
    return fold(doc, WIDTH, f"{INDENT}{name:<{NAME_WIDTH}}  ", hanging)


def _docs(rows: Iterable[object]) -> tuple[tuple[str, str], ...]:
    return tuple((row.name, row.doc) for row in rows)


def _title(signature: str, kind: str) -> str:
    """A page's first line: the signature, and at the right what it is."""
    if len(signature) + len(kind) + 3 > WIDTH:
        return f"{fold(signature, WIDTH, hanging=' ' * 4)}\n{INDENT}({kind})"
    return f"{signature}{kind:>{WIDTH - len(signature)}}"


def _page(title: str, doc: str, *sections: Iterable[str]) -> str:
    parts = [f"{title}\n{fold(doc, WIDTH, INDENT, INDENT)}"]
    for section in sections:
        lines = list(section)
        if lines:
            parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Lines of two columns, the second folded."""
    table = list(rows)
    width = max((len(left) for left, _ in table), default=0)
    hanging = " " * (len(INDENT) + width + 3)
    for left, right in table:
        yield fold(right, WIDTH, f"{INDENT}{left:<{width}}   ", hanging)


# Supports in words

_IN_WORDS = {
    "real": "any number",
    "positive": "over 0",
    "nonnegative": "0 or more",
    "unit": "from 0 to 1",
    "open unit": "between 0 and 1",
    "int": "a whole number",
    "count": "0, 1, 2 and so on",
    "positive int": "1, 2, 3 and so on",
    "binary": "0 or 1",
    "category": "a level of a category",
    "real_vector": "a vector",
    "positive_vector": "a vector of numbers over 0",
    "count_vector": "a vector of counts",
    "simplex": "a vector of probabilities that sum to 1",
    "one_hot": "a vector with one 1 and else 0",
    "ordered": "a vector of growing numbers",
    "positive_ordered": "a vector of growing numbers over 0",
    "unit_vector": "a vector of length 1",
    "real_matrix": "a matrix",
    "positive_matrix": "a matrix of numbers over 0",
    "cholesky_corr": "a Cholesky factor of a correlation matrix",
    "lower_cholesky": "a Cholesky factor (lower triangular)",
    "correlation": "a correlation matrix",
    "covariance": "a covariance matrix",
}


def in_words(support: Support) -> str:
    """A set of numbers as a person says it; intervals without a name stay as they are written: [-1, 1]."""
    return _IN_WORDS.get(support.name, f"in {support.name}")


# Distributions


def distribution_page(row: Distribution) -> str:
    """How a distribution is called, where its values and arguments lie, and other ways to give the arguments."""
    return _page(
        _title(signature(row), "distribution"),
        row.doc,
        _columns([("values", _values(row)), *((p.name, _argument(row, p)) for p in _arguments(row))]),
        _alternatives(row),
        (fold(remark, WIDTH, INDENT, INDENT) for remark in _remarks(row)),
    )


def signature(row: Distribution) -> str:
    """`StudentT(df, loc = 0, scale = 1)`, `Bernoulli(probs or logits)`."""
    inside: list[str] = [*map(_taken, row.takes)]
    for parameter in _arguments(row):
        choice = next((c for c in row.choices if parameter.name in c), None)
        if choice is None:
            inside.append(_with_default(parameter))
        elif choice[0] == parameter.name:
            inside.append(" or ".join(choice))
    return f"{row.name}({', '.join(inside)})"


def alternative_signature(row: Distribution, alternative: Alternative) -> str:
    """`Normal(loc, var = ..)`: what Pyro's arguments are left, by position as far as that goes, then the others."""
    replaced = {name for name, _ in alternative.gives}
    own = {parameter.name for parameter in alternative.parameters}
    decided = {name for choice in row.choices if replaced & set(choice) for name in choice}
    before: list[str] = []
    after: list[str] = []
    by_position = True
    for parameter in _arguments(row):
        if parameter.name in replaced | own | decided or parameter.default is not None:
            by_position = False
        elif (choice := next((c for c in row.choices if parameter.name in c), None)) is not None:
            if choice[0] == parameter.name:
                after.append(f"{choice[0]} = ..")
            by_position = False
        elif by_position and not parameter.keyword:
            before.append(parameter.name)
        else:
            after.append(f"{parameter.name} = ..")
    given = [f"{parameter.name} = .." for parameter in alternative.parameters]
    return f"{row.name}({', '.join([*before, *given, *after])})"


def _arguments(row: Distribution) -> list[Parameter]:
    """The arguments that users write."""
    return [parameter for parameter in row.parameters if parameter.name not in row.sizes]


def _taken(name: str) -> str:
    return "D(..)" if name == "base_dist" else name


def _with_default(parameter: Parameter) -> str:
    return parameter.name if parameter.default is None else f"{parameter.name} = {parameter.default:g}"


def _values(row: Distribution) -> str:
    low, high = row.bounds
    words = in_words(row.support)
    if low is not None and low == high:
        return f"`{low}`"
    if low is not None and high is not None:
        return f"from `{low}` to `{high}`"
    if low is not None:
        return f"`{low}` or more"
    if high is not None:
        words += f", at most `{high}`"
    if row.accepts is not None:
        words += f"; data may lie {in_words(row.accepts)}"
    return words


_SPANS = {
    Extent.VALUE: "over the plate of the value",
    Extent.OWN: "over a plate of its own",
    Extent.SQUARE: "over the plate of the value, twice",
    Extent.VALUE_OWN: "over the plate of the value and one of its own",
    Extent.OWN_VALUE: "over a plate of its own and that of the value",
}


def _argument(row: Distribution, parameter: Parameter) -> str:
    words = [in_words(parameter.support)]
    if parameter.extent in _SPANS:
        words.append(_SPANS[parameter.extent])
    if parameter.short:
        words.append("with one member less")
    if parameter.static:
        words.append("a known number")
    choice = next((c for c in row.choices if parameter.name in c), None)
    if choice is not None:
        others = [f"`{name}`" for name in choice if name != parameter.name]
        words.append(f"unless {' or '.join(others)} is given")
    if parameter.default is not None:
        words.append(f"{parameter.default:g} if not given")
    return ", ".join(words)


def _alternatives(row: Distribution) -> Iterator[str]:
    """Each parameterisation with what it makes of Pyro's arguments: beside it where there is room, else below."""
    if row.alternatives:
        yield f"{INDENT}or with other arguments, by name:"
    ways = [(alternative_signature(row, a), [f"{n} = {formula}" for n, formula in a.gives]) for a in row.alternatives]
    width = max((len(text) for text, _ in ways), default=0)
    room = WIDTH - 2 * len(INDENT) - width - 3
    for text, formulas in ways:
        if all(len(formula) <= room for formula in formulas):
            yield f"{2 * INDENT}{text:<{width}}   {formulas[0]}"
            yield from (f"{'':{2 * len(INDENT) + width + 3}}{formula}" for formula in formulas[1:])
        else:
            yield 2 * INDENT + text
            yield from (4 * INDENT + formula for formula in formulas)


def _remarks(row: Distribution) -> Iterator[str]:
    if row.takes:
        yield f"D(..) is another distribution, as in {row.name}(Normal(0, 1){', ..' if row.parameters else ''})."
    if row.event_sizes:
        *others, last = map(str, row.event_sizes)
        sizes = f"{', '.join(others)} or {last}" if others else last
        yield f"The plate of its value has {sizes} members."
    if row.location_scale:
        yield f"Over a plate, `x[p] ~ {row.name}(..) noncentered` is the same prior in standard units."
    if row.discrete:
        yield "Discrete: for likelihoods. Nuts cannot sample a discrete latent; `Mixture(w, D(..))` sums it out."


# Functions


def function_page(row: Function) -> str:
    """An elementwise function: what it takes and what it gives."""
    names = _operands(row.arity[1])
    asked = row.domain or REAL
    # Where the order of the arguments matters, the doc gives them names.
    told = re.match(rf"`({row.name}\(.*?\))`", row.doc)
    return _page(
        _title(told[1] if told else f"{row.name}({', '.join(names)})", "function"),
        row.doc,
        _columns([*_domain(row, names), ("gives", in_words(row.rule(*[asked] * len(names))))]),
        _also_called(row.name),
    )


def operator_page(row: Function) -> str:
    a, *b = _operands(row.arity[1])
    word = f"{row.symbol} " if row.symbol.isalpha() else row.symbol
    names = [a, *b]
    text = f"{a} {row.symbol} {b[0]}" if b else f"{word}{a}"
    return _page(_title(text, "operator"), row.doc, _columns(_domain(row, names)))


def _domain(row: Function, names: list[str]) -> list[tuple[str, str]]:
    return [] if row.domain is None else [(" and ".join(names), in_words(row.domain))]


def _operands(arity: int) -> list[str]:
    return ["x"] if arity == 1 else ["a", "b", "c"][:arity]


def reduction_page(row: Reduction) -> str:
    """A reduction, or a scan, which keeps the plate."""
    scan = row.name in SCANS
    inside = ", ".join(_operands(row.arity))
    effect = "keeps the plate it runs along" if scan else "runs over one plate or several: sum[p, q](x)"
    return _page(
        _title(f"{row.name}[plate]({inside})", "function along a plate" if scan else "reduction"),
        row.doc,
        _columns([("plate", effect), ("gives", in_words(row.rule(*[REAL] * row.arity)))]),
        _also_called(row.name),
    )


def column_function_page(row: ColumnFunction) -> str:
    return _page(
        _title(f"{row.name}(column)", "function of a column"),
        row.doc,
        _columns([("gives", in_words(row.support))]),
        ["  It needs the whole column: it stands in `data` blocks alone."],
        _also_called(row.name),
    )


def _also_called(name: str) -> Iterator[str]:
    others = [alias for alias, meant in ALIASES.items() if meant == name]
    if others:
        yield f"  Also called {' or '.join(others)}."


# Inference


def engine_page(row: Engine) -> str:
    """An engine with every setting."""
    abilities = [
        ("discrete latents", row.discrete),
        ("params without a prior", row.params),
        ("improper priors", row.improper),
    ]
    return _page(
        _title(f"infer {row.name}(..)", "engine"),
        row.doc,
        _columns(map(_setting, row.settings)),
        _columns(
            (verb, ", ".join(names))
            for verb, able in (("takes", True), ("does not take", False))
            if (names := [name for name, is_able in abilities if is_able is able])
        ),
    )


def component_page(row: Component, kind: str) -> str:
    """A guide, an optimiser or a loss."""
    first = ", ".join(setting.name for setting in row.settings[: row.positional])
    by_position = f"By position: {first}; the others by name." if row.positional and row.settings else ""
    return _page(
        _title(f"{row.name}({'..' if row.settings else ''})" if row.settings else row.name, kind),
        row.doc,
        _columns(map(_setting, row.settings)),
        [INDENT + by_position] if by_position else [],
        [f"{INDENT}It is {row.path}."],
    )


def _setting(setting: Setting) -> tuple[str, str]:
    return f"{setting.name}{_default(setting)}", " ".join(filter(None, (setting.doc, _range(setting))))


def _default(setting: Setting) -> str:
    if setting.default is None:
        return ""
    if setting.kind in (SettingKind.GUIDE, SettingKind.OPTIMISER, SettingKind.LOSS, SettingKind.WORD):
        return f" = {setting.default}"
    return f" = {written(setting.default)}"


def _range(setting: Setting) -> str:
    """What the value may be, where the name and the default do not tell."""
    if setting.choices:
        return f"One of {', '.join(setting.choices)}."
    if setting.kind is SettingKind.BATCH:
        return "As in 256 of image."
    parts = []
    if setting.lo is not None:
        parts.append(f"over {setting.lo:g}" if setting.lo_open else f"at least {setting.lo:g}")
    if setting.hi is not None:
        parts.append(f"under {setting.hi:g}" if setting.hi_open else f"at most {setting.hi:g}")
    text = " and ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


# Types


def type_page(row: DataType) -> str:
    name = f"{row.name}(a, b)" if row.arguments else row.name
    example = f"y : {name}"
    return _page(_title(name, "type"), row.doc, [f"{INDENT}in a data block, or of a param:  {example}"])


# What can be looked up


def _pages(rows: Mapping[str, object], page: Callable[..., str], *more: object) -> dict[str, Callable[[], str]]:
    return {name: (lambda row=row: page(row, *more)) for name, row in rows.items()}


def _text(text: str) -> Callable[[], str]:
    return lambda: text


def _special_pages() -> dict[str, Callable[[], str]]:
    return {name: _text(_page(_title(f"{name}(..)", "distribution"), doc)) for name, doc in SPECIAL.items()}


TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic(
            "distributions",
            "priors and likelihoods, under Pyro's names",
            {**_pages(DISTRIBUTIONS, distribution_page), **_special_pages()},
            (
                ("Continuous", _docs(CONTINUOUS)),
                ("Discrete", _docs(DISCRETE)),
                ("Vectors", _docs(VECTORS)),
                ("Matrices", _docs(MATRIX_VALUED)),
                ("Others", tuple(SPECIAL.items())),
            ),
        ),
        Topic(
            "functions",
            "what expressions are made of",
            {
                **_pages(FUNCTIONS, function_page),
                **_pages(REDUCTIONS, reduction_page),
                **_pages(SCANS, reduction_page),
                **_pages(COLUMN_FUNCTIONS, column_function_page),
                **_pages(OPERATORS, operator_page),
            },
            (
                ("Of each value", _docs(FUNCTIONS.values())),
                ("Reductions over plates: sum[p](x)", _docs(REDUCTIONS.values())),
                ("Along a plate, which they keep: softmax[p](x)", _docs(SCANS.values())),
                ("Of a column, in data blocks", _docs(COLUMN_FUNCTIONS.values())),
                ("Operators", _docs(OPERATORS.values())),
            ),
        ),
        Topic(
            "types",
            "what columns of data and params are declared as",
            _pages(DATA_TYPES, type_page),
            (("", _docs(DATA_TYPES.values())),),
        ),
        Topic(
            "engines",
            "what `infer` can be, with their settings",
            _pages(ENGINES, engine_page),
            (("", _docs(ENGINES.values())),),
        ),
        Topic(
            "guides",
            "families that svi fits: svi(guide = AutoNormal)",
            _pages(GUIDES, component_page, "guide"),
            (("", _docs(GUIDES.values())),),
        ),
        Topic(
            "optimisers",
            "how svi, map and mle take steps: map(optim = Adam(lr = 0.01))",
            _pages(OPTIMISERS, component_page, "optimiser"),
            (("", _docs(OPTIMISERS.values())),),
        ),
        Topic(
            "losses",
            "what svi minimises: svi(loss = Trace_ELBO)",
            _pages(LOSSES, component_page, "loss"),
            (("", _docs(LOSSES.values())),),
        ),
    )
}

# Names that the libraries have and the language has not, with the reason.
ABSENT: dict[str, str] = {**LEFT_OUT, **GUIDES_LEFT_OUT, **OPTIMISERS_LEFT_OUT, **LOSSES_LEFT_OUT}
