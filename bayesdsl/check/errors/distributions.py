"""Supports, and distributions and their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from bayesdsl.catalogue.rows import Distribution
from bayesdsl.check.errors.words import STRUCTURES, Leaf, argument, bounds_of, did_you_mean, lies_in, quoted, spoken
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model.ir import Kind
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


def argument_support(
    source: Source, span: Span, row: Distribution, argument: str, wanted: Support, found: Support, leaf: Leaf | None
) -> Diagnostic:
    what = f"`{leaf.name}`" if leaf else "this"
    logits = argument == "probs" and row.parameter("logits") is not None
    return Diagnostic(
        "BD401",
        f"`{argument}` of {row.name} must be {spoken(wanted)}, but {what} {can_be(found, wanted)}",
        source,
        Label(span, lies_in(found)),
        hint=support_hint(wanted, found, leaf, logits),
    )


def outside_support(source: Source, span: Span, what: str, wanted: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD401",
        f"{what} must be {spoken(wanted)}",
        source,
        Label(span, lies_in(found)),
        hint=support_hint(wanted, found, None, False),
    )


def nothing_between(source: Source, span: Span, dist: str, low: str, high: str) -> Diagnostic:
    return Diagnostic(
        "BD401",
        f"`{low}` of {dist} must be under `{high}`, and never is",
        source,
        Label(span),
        hint=f"the lower bound comes first, as in {low} = 0, {high} = 10",
    )


def impossible_parameters(source: Source, span: Span, dist: str, given: Sequence[tuple[str, str]]) -> Diagnostic:
    shown = " and ".join(f"{name} = {value}" for name, value in given)
    return Diagnostic(
        "BD401",
        f"no {dist} has {shown}",
        source,
        Label(span),
        hint="the spread must fit between the bounds of its values" if len(given) > 1 else None,
    )


def can_be(found: Support, wanted: Support) -> str:
    if found.constant is not None:
        return f"is {found.constant:g}"
    if wanted.integer and not found.integer:
        return "need not be whole"
    if wanted.name in STRUCTURES and found.name != wanted.name:
        return "need not be"
    if found.lo < wanted.lo:
        return "can be negative" if wanted.lo == 0 else f"can be under {wanted.lo:g}"
    if found.hi > wanted.hi:
        return f"can be over {wanted.hi:g}"
    return f"can be {wanted.lo if found.lo == wanted.lo else wanted.hi:g}"


def support_hint(wanted: Support, found: Support, leaf: Leaf | None, logits: bool, maps: bool = True) -> str | None:
    """How a value comes to lie in a support; with `maps` also by a function onto it."""
    if found.constant is not None:
        return None
    match wanted.name:
        case "positive" | "nonnegative" | "positive_vector" | "positive_matrix":
            prior = "a positive prior such as HalfNormal(1)"
            return _declared_hint(leaf, "positive", prior, "exp({})" if maps else None, "maximum({}, 0.001)")
        case "unit" | "open unit":
            mapped = "inv_logit({})" if maps else None
            hint = _declared_hint(leaf, "unit", "a Beta prior", mapped, "clamp({}, 0.001, 0.999)")
            return f"{hint}; or give it as `logits =`" if logits else hint
        case "simplex":
            return "use a Dirichlet prior or softmax[k](..)" + (", or give it as `logits =`" if logits else "")
        case "ordered":
            return "declare it in increasing order, c[k] : ordered ~ Normal(0, 2), or add up steps: cumsum[k](exp(..))"
        case "lower_cholesky":
            return "use an LKJCholesky prior, with its rows scaled: sigma * L"
        case "binary":
            return f"compare it, as in {leaf.name if leaf else '(..)'} > 0, or declare data as binary"
        case "count" | "int" | "positive int":
            return "declare data as count, or use a constant"
    return None


def _declared_hint(leaf: Leaf | None, type_: str, prior: str, mapped: str | None, held: str) -> str:
    """By its declaration, by a function onto the type, or by being held there."""
    inner = leaf.name if leaf else ".."
    written = f"write {mapped.format(inner)}" if mapped else ""
    match leaf.kind if leaf else None:
        case Kind.COLUMN:
            declared = f"declare the column with that type, {inner} : {type_}"
        case Kind.PARAM:
            declared = f"declare it with that type, param {inner} : {type_}"
        case Kind.LATENT:
            declared = f"give `{inner}` {prior}"
        case _:
            return f"{f'{written}, or ' if written else ''}where it cannot be outside, hold it: {held.format(inner)}"
    return f"{declared}, or {written}" if written else declared


def cannot_produce(source: Source, span: Span, name: str, column: Span, support: Support, data: Support) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"this likelihood cannot produce `{name}`: its values are {values_of(support)}",
        source,
        Label(span),
        (Label(column, f"lies in: {data}"),),
        hint=f"declare `{name}` with a type it can produce, such as {_type_for(support)}, or choose another likelihood",
    )


def values_of(support: Support) -> str:
    """A support as the complement of `its values are`."""
    if support.name in STRUCTURES or support.event:
        return f"{'vectors' if support.event == 1 else 'matrices'} ({str(support).replace('_', ' ')})"
    if support.name == "binary":
        return "0 or 1"
    kind = "whole numbers" if support.integer else "real numbers"
    return " ".join(word for word in (kind, bounds_of(support)) if word)


def _type_for(support: Support) -> str:
    if support.name in ("count", "binary", "int", "positive", "nonnegative", "unit", "real"):
        return f"`{support.name}`"
    if support.integer:
        return "`count`" if support.lo >= 0 else "`int`"
    if support.hi == inf:
        return "`positive`" if support.lo >= 0 else "`real`"
    return f"`interval({support.lo:g}, {support.hi:g})`"


def category_likelihood(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"`{name}` is a category, which this likelihood cannot produce",
        source,
        Label(span),
        (Label(column, "a category"),),
        hint=f"use Categorical(p) with p over its levels, or OrderedLogistic; a number is declared {name} : count",
    )


def flat_likelihood(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD413", "Flat has no density over data", source, Label(span), hint="a likelihood needs a proper distribution"
    )


def _signature(row: Distribution, names: Sequence[str]) -> str:
    return f"{row.name}({', '.join(names)})"


def too_many_arguments(source: Source, span: Span, row: Distribution, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} takes at most {len(names)} argument{'s' if len(names) != 1 else ''}",
        source,
        Label(span),
        hint=f"its arguments are {_signature(row, names)}",
    )


def positional_after_keyword(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "an argument by position stands after one by name",
        source,
        Label(span),
        hint="give this one by name too",
    )


def unknown_argument(
    source: Source, span: Span, row: Distribution, name: str, near: str | None, names: Sequence[str]
) -> Diagnostic:
    known = f"; or by name: {_ways(row, ())}" if row.alternatives else ""
    return Diagnostic(
        "BD403",
        f"{row.name} has no argument `{name}`",
        source,
        Label(span),
        hint=did_you_mean(near, f"its arguments are {_signature(row, names)}{known}"),
    )


def argument_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD403", f"`{name}` is given twice", source, Label(span, "again here"), (Label(first, "first here"),)
    )


def missing_argument(source: Source, span: Span, row: Distribution, wanted: Sequence[str]) -> Diagnostic:
    names = [*row.takes, *(p.name for p in row.parameters if p.name not in row.sizes)]
    return Diagnostic(
        "BD403",
        f"{row.name} needs {quoted(wanted, 'or')}",
        source,
        Label(span),
        hint=f"its arguments are {_signature(row, names)}",
    )


def one_of(source: Source, span: Span, row: Distribution, choice: Sequence[str], given: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} takes one of {quoted(choice)}, not {quoted(given)} together",
        source,
        Label(span),
        hint="leave out all but one",
    )


def no_such_parameterisation(source: Source, span: Span, row: Distribution, given: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} cannot be given by {quoted(given)}{' alone' if len(given) == 1 else ''}",
        source,
        Label(span),
        hint=f"ways to give it: {_ways(row, given) or _ways(row, ())}",
    )


def _ways(row: Distribution, holding: Sequence[str]) -> str:
    """The parameterisations that have all of these arguments, each with every argument it needs."""
    ways = []
    for alternative in row.alternatives:
        replaced = {name for name, _ in alternative.gives}
        left = [p.name for p in row.parameters if p.name not in replaced and p.default is None]
        chosen = {name for choice in row.choices if replaced & set(choice) for name in choice}
        names = [name for name in left if name not in chosen and name not in row.sizes]
        names += [p.name for p in alternative.parameters if p.name not in names]
        if set(holding) <= set(names):
            ways.append(f"{row.name}({', '.join(f'{name} = ..' for name in names)})")
    return ", ".join(ways)


def argument_given_by_another(
    source: Source, span: Span, row: Distribution, name: str, others: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"`{name}` of {row.name} is given twice: {quoted(others)} already say{'s' if len(others) == 1 else ''} it",
        source,
        Label(span),
        hint="leave one of them out",
    )


def inner_distribution(source: Source, span: Span, row: Distribution, name: str, wanted: Support) -> Diagnostic:
    example = "Poisson(rate)" if wanted.integer else "StudentT(3, 0, 2)"
    return Diagnostic(
        "BD403",
        f"{argument(row, name)} must be a distribution with all {values_of(wanted)} for its values",
        source,
        Label(span),
        hint=f"as in {row.name}({example}{', gate = g' if row.choices else ''})",
    )


def mixture_arguments(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "a mixture takes its weights and one distribution whose arguments vary over the components",
        source,
        Label(span),
        hint="write: Mixture(w, Normal(mu, sigma)), with w[k] ~ Dirichlet(1) and mu[k], sigma[k]",
    )


def flat_takes_a_type(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD403",
        "Flat takes a type or nothing",
        source,
        Label(span),
        hint="write Flat(), Flat(positive) or Flat(interval(0, 10))",
    )


def must_be_known(source: Source, span: Span, dist: str, argument: str) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"`{argument}` of {dist} must be a known number",
        source,
        Label(span),
        hint="write a number or a `const`",
    )
