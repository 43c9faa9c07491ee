"""What the checker can find, one constructor a finding: the only place where its messages are written.

`diagnostics/codes/` holds why each rule exists; here stand the words for one occurrence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bayesdsl.catalogue.rows import Distribution, Setting, SettingKind
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support


def _quoted(names: Iterable[str], last: str = "and") -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {last} {shown[-1]}" if shown else ""


def _plate_set(plates: Sequence[str]) -> str:
    return "{" + ", ".join(plates) + "}"


def _did_you_mean(near: str | None, otherwise: str | None = None) -> str | None:
    return f"did you mean `{near}`?" if near else otherwise


def _one(support: Support) -> str:
    """A support as the complement of `must be`: `positive`, `between 0 and 1`."""
    match support.name:
        case "unit":
            return "between 0 and 1"
        case "count":
            return "a whole number, 0 or more"
        case "positive int":
            return "a whole number, 1 or more"
        case "int":
            return "a whole number"
        case "binary":
            return "0 or 1"
        case "nonnegative":
            return "0 or more"
        case "simplex":
            return "a simplex: probabilities that sum to one"
        case "lower_cholesky":
            return "a Cholesky factor (lower triangular)"
        case "ordered":
            return "in increasing order (type `ordered`)"
        case "covariance":
            return "a covariance matrix"
    return str(support).replace("_", " ") if support.event == 0 else f"a {support}".replace("_", " ")


# Names


def undeclared(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(
        near, f"declare it above: a prior `{name} ~ ..`, a definition `{name} = ..`, or a column of data"
    )
    return Diagnostic("BD201", f"`{name}` is not declared", source, Label(span), hint=hint)


def declared_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD202",
        f"`{name}` is declared twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint="give one of them another name",
    )


def observed_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD202",
        f"`{name}` is observed twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
        hint="its rows would count double; keep one likelihood",
    )


def used_before_declared(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD203",
        f"`{name}` is used before it is declared",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"move the declaration of `{name}` above this line",
    )


def plate_as_value(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD211",
        f"`{name}` is a plate, not a value",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"a plate stands in brackets: a[{name}], sum[{name}](..)",
    )


def layer_as_value(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD211",
        f"`{name}` is a layer, not a value",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"call it: {name}(x)",
    )


def value_called(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD211",
        f"`{name}` is a value and cannot be called",
        source,
        Label(span),
        hint=f"a product is written with `*`: {name} * (..); an index with brackets: {name}[..]",
    )


def names_a_plate(source: Source, span: Span, name: str, plate: Span) -> Diagnostic:
    return Diagnostic(
        "BD207",
        f"`{name}` is the name of a plate",
        source,
        Label(span, "a value here"),
        (Label(plate, "a plate here"),),
        hint="give the value another name",
    )


def shadows_site(source: Source, span: Span, name: str, site: Span) -> Diagnostic:
    return Diagnostic(
        "BD207",
        f"`{name}` in the guide hides the model's `{name}`",
        source,
        Label(span),
        (Label(site, "the model's"),),
        hint=f"give the guide's another name, or approximate the model's: {name} ~ ..",
    )


def unknown_plate(source: Source, span: Span, name: str, near: str | None, is_value: bool) -> Diagnostic:
    message = f"`{name}` is a value, not a plate" if is_value else f"there is no plate `{name}`"
    hint = _did_you_mean(
        near, f"declare it: `plate {name} = 10`, a table `data {name} ..`, or a column `{name} : category`"
    )
    return Diagnostic("BD210", message, source, Label(span), hint=hint)


def unknown_distribution(source: Source, span: Span, name: str, known: str | None, near: str | None) -> Diagnostic:
    hint = (
        f"here it is called `{known}`"
        if known
        else _did_you_mean(near, "`bayesdsl explain distributions` lists them all")
    )
    return Diagnostic("BD204", f"there is no distribution `{name}`", source, Label(span), hint=hint)


def distribution_without_arguments(source: Source, span: Span, name: str) -> Diagnostic:
    hint = "write: Flat()" if name == "Flat" else f"write its arguments: {name}(..)"
    return Diagnostic("BD204", f"`{name}` is a distribution and needs parentheses", source, Label(span), hint=hint)


def not_a_distribution(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD204",
        "what stands on the right of `~` is not a distribution",
        source,
        Label(span),
        hint="write a distribution, as in Normal(mu, sigma); a deterministic quantity is written with `=`",
    )


def distribution_in_expression(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD204",
        f"the distribution {name} stands in an expression",
        source,
        Label(span),
        hint=f"draw from it on a line of its own, `x ~ {name}(..)`, and use `x` here",
    )


def unknown_function(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic("BD205", f"there is no function `{name}`", source, Label(span), hint=_did_you_mean(near))


def unknown_reduction(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(near, "reductions are sum, mean, prod, min, max, logsumexp, sd, var, dot")
    return Diagnostic("BD205", f"`{name}` is not a reduction over plates", source, Label(span), hint=hint)


def reduction_without_plate(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD205",
        f"`{name}` needs the plate it runs over",
        source,
        Label(span),
        hint=f"name it in brackets: {name}[feature](..)",
    )


def column_function(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD205",
        f"`{name}` works on columns of data only",
        source,
        Label(span),
        hint=f"use it where the column is declared: z : real = {name}(x)",
    )


def column_reduction(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD205",
        f"`{name}` cannot stand in a column's expression",
        source,
        Label(span),
        hint="declare the column as it is, and reduce it in the model: sum[feature](x)",
    )


def one_plate(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic("BD205", f"`{name}` runs along one plate", source, Label(span), hint=f"name one: {name}[k](..)")


def keyword_in_function(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD206", f"`{name}` takes its arguments by position", source, Label(span), hint="leave the name out"
    )


def wrong_arity(source: Source, span: Span, name: str, arity: tuple[int, int], given: int) -> Diagnostic:
    wants = str(arity[0]) if arity[0] == arity[1] else f"{arity[0]} to {arity[1]}"
    plural = "" if wants == "1" else "s"
    return Diagnostic("BD206", f"`{name}` takes {wants} argument{plural}, not {given}", source, Label(span))


def prior_on_data(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD208",
        f"`{name}` is data; a likelihood must say `observe`",
        source,
        Label(span),
        (Label(column, "a column of data"),),
        hint=f"write: observe {name} ~ ..",
    )


def observes_latent(source: Source, span: Span, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD209",
        f"`{name}` is not data and cannot be observed",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint=f"remove `observe` for a prior, or declare `{name}` as a column of a data block",
    )


def observes_nothing(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(near, f'declare it as a column: data rows from "file.csv" {{ {name} : real }}')
    return Diagnostic("BD209", f"there is no data column `{name}` to observe", source, Label(span), hint=hint)


def many_targets(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD212", "a definition gives one name a value", source, Label(span), hint="write a line for each name"
    )


# Plates and indices


def extra_plate(
    source: Source,
    span: Span,
    name: str | None,
    plate: str,
    left: str,
    left_span: Span,
    left_plates: Sequence[str],
    mapping: tuple[str, Span, str] | None,
    is_event: bool,
) -> Diagnostic:
    what = f"`{name}`" if name else "this"
    labels: tuple[Label, ...] = ()
    if is_event:
        message = f"{what} varies over plate `{plate}`, which runs over the elements of one value of `{left}`"
        hint = f"leave `{plate}` out here: this argument is one number for the whole vector"
    else:
        message = f"{what} varies over plate `{plate}`, but `{left}` does not"
        if mapping is not None:
            column, column_span, table = mapping
            labels = (Label(column_span, f"maps each {table} to a {plate}"),)
            hint = f"index it by row: {name or 'name'}[{column}]"
        else:
            wider = ", ".join([*left_plates, plate])
            hint = f"reduce over it, as in sum[{plate}](..), select a member, or write {left}[{wider}]"
            labels = (Label(left_span, f"has plates {_plate_set(left_plates)}"),) if left_span != span else ()
    return Diagnostic("BD302", message, source, Label(span, f"has plates {_plate_set([plate])}"), labels, hint=hint)


def event_plate_missing(source: Source, span: Span, name: str, dist: Span, count: int) -> Diagnostic:
    what = "a vector" if count == 1 else "a matrix"
    example = f"{name}[k]" if count == 1 else f"{name}[k, k']"
    return Diagnostic(
        "BD303",
        f"one value of this distribution is {what}, and `{name}` names no plate for it",
        source,
        Label(span),
        (Label(dist, f"its values are {'vectors' if count == 1 else 'matrices'}"),),
        hint=f"name the plate last on the left: {example} ~ ..",
    )


def does_not_vary(source: Source, span: Span, plate: str, plate_span: Span, plates: Sequence[str]) -> Diagnostic:
    over = _plate_set(plates) if plates else "no plate"
    return Diagnostic(
        "BD304",
        f"this does not vary over `{plate}`",
        source,
        Label(span, f"varies over {over}"),
        (Label(plate_span, "to be reduced"),),
        hint="name one of its own plates, or leave the reduction out",
    )


def no_such_plate(
    source: Source, span: Span, name: str, plate: str, plates: Sequence[str], declared: Span | None
) -> Diagnostic:
    over = f"it varies over {_plate_set(plates)}" if plates else "it is one number"
    labels = (Label(declared, over),) if declared is not None else ()
    hint = f"index it by one of {_quoted(plates, 'or')}" if plates else f"write `{name}` alone"
    return Diagnostic("BD305", f"`{name}` does not vary over `{plate}`", source, Label(span), labels, hint=hint)


def own_plate(source: Source, span: Span, what: str, found: Sequence[str]) -> Diagnostic:
    message = (
        f"{what} must vary over a plate of its own"
        if not found
        else f"{what} must vary over one plate of its own, not over {_quoted(found)}"
    )
    return Diagnostic(
        "BD306", message, source, Label(span), hint="declare it with one extra plate, as in p[k] ~ Dirichlet(1)"
    )


def not_a_matrix(source: Source, span: Span, dist: str, argument: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"`{argument}` of {dist} must be a matrix over `{plate}` and `{plate}'`",
        source,
        Label(span),
        hint=f"declare it as S[{plate}, {plate}'], or scale a Cholesky factor: scale_tril = sigma * L",
    )


def wrong_own_plate(source: Source, span: Span, left: str, category: str, found: str) -> Diagnostic:
    return Diagnostic(
        "BD306",
        f"`{left}` has the levels of `{category}`, but these are probabilities over `{found}`",
        source,
        Label(span),
        hint=f"declare them over the plate `{category}`",
    )


def no_such_member(
    source: Source, span: Span, plate: str, label: object, labels: Sequence[object], near: str | None
) -> Diagnostic:
    shown = ", ".join(f'"{known}"' for known in labels[:6]) + (", .." if len(labels) > 6 else "")
    return Diagnostic(
        "BD307",
        f"plate `{plate}` has no member `{label}`",
        source,
        Label(span),
        hint=f'did you mean "{near}"?' if near else f"its members are {shown}",
    )


def bad_plate_size(source: Source, span: Span, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD308",
        "a plate's members are a whole number of them, or a list of names",
        source,
        Label(span),
        hint=f'write `plate k = 20` (1 to {limit:,}) or `plate k = ["a", "b"]`; a table declares the plate of its rows',
    )


def labels_repeat(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD308", "a plate's members must have different names", source, Label(span))


def plate_twice(source: Source, span: Span, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD309",
        f"plate `{plate}` stands here already",
        source,
        Label(span),
        hint=f"for the second index of a matrix write a prime: {plate}'",
    )


def prime_alone(source: Source, span: Span, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD309",
        f"`{plate}` is a second index, and the first is missing",
        source,
        Label(span),
        hint=f"write both: [{plate.rstrip(chr(39))}, {plate}]",
    )


def observe_plate(source: Source, span: Span, name: str, plate: str, plates: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD310",
        f"`{name}` does not vary over plate `{plate}`",
        source,
        Label(span),
        hint=f"data bring their own plates, here {_plate_set(plates)}: write `observe {name} ~ ..`",
    )


def matrix_plates(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD311", "a column has at most one plate beside that of its rows", source, Label(span))


def columns_pattern(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD311",
        "`columns` stacks the columns of a name pattern into a matrix",
        source,
        Label(span),
        hint='write: x[feature] = columns("x*")',
    )


def bad_index(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD301",
        "this is not an index",
        source,
        Label(span),
        hint='index by a plate or a category column, a[county], or by a label, a[county = "HENNEPIN"]',
    )


def positional_index(source: Source, span: Span, name: str, plate: str, text: str) -> Diagnostic:
    return Diagnostic(
        "BD301",
        "members are selected by the name of their plate, not by position",
        source,
        Label(span),
        hint=f"write: {name}[{plate} = {text}]",
    )


def lags_not_yet(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD490",
        "lagged values are not part of the language yet",
        source,
        Label(span),
        hint="give the lagged values as columns of the data, which a regression on past values can use",
    )


def index_of_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD301",
        "only names can be indexed",
        source,
        Label(span),
        hint="give the expression a name with `name = ..` first",
    )


def index_of_constant(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD301", f"`{name}` is one number and has no members", source, Label(span), hint=f"write `{name}` alone"
    )


def indexed_twice(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    return Diagnostic("BD301", f"plate `{plate}` of `{name}` is indexed twice", source, Label(span))


def not_an_index(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD301",
        f"`{name}` is not a category column with the levels of `{plate}`",
        source,
        Label(span),
        hint=f'name a column of type category({plate}), or a label in quotes: {plate} = "{name}"',
    )


# Types, supports, arguments


def argument_support(
    source: Source, span: Span, dist: str, argument: str, wanted: Support, found: Support, name: str | None
) -> Diagnostic:
    what = f"`{name}`" if name else "this"
    message = f"`{argument}` of {dist} must be {_one(wanted)}, but {what} {_can_be(found, wanted)}"
    return Diagnostic(
        "BD401", message, source, Label(span, f"lies in: {found}"), hint=_support_hint(wanted, found, name)
    )


def outside_support(source: Source, span: Span, what: str, wanted: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD401",
        f"{what} must be {_one(wanted)}",
        source,
        Label(span, f"lies in: {found}"),
        hint=_support_hint(wanted, found, None),
    )


def _can_be(found: Support, wanted: Support) -> str:
    if found.constant is not None:
        return f"is {found.constant:g}"
    if wanted.integer and not found.integer:
        return "need not be whole"
    if (wanted.event > 0 and found.event == 0) or wanted.name in ("simplex", "lower_cholesky", "covariance", "ordered"):
        return "need not be"
    if found.lo < wanted.lo:
        return "can be negative" if wanted.lo == 0 else f"can be under {wanted.lo:g}"
    if found.hi > wanted.hi:
        return f"can be over {wanted.hi:g}"
    return f"can be {wanted.lo if found.lo == wanted.lo else wanted.hi:g}"


def _support_hint(wanted: Support, found: Support, name: str | None) -> str | None:
    inner = name or ".."
    if found.constant is not None:
        return None
    match wanted.name:
        case "positive" | "nonnegative" | "positive_vector":
            return f"give it a positive prior such as HalfNormal(1), declare data as positive, or write exp({inner})"
        case "unit" | "open unit":
            return f"write inv_logit({inner}), give the argument `logits =` instead of `probs =`, or use a Beta prior"
        case "simplex":
            return "use a Dirichlet prior, softmax[k](..), or `logits =`"
        case "ordered":
            return "declare it in increasing order: c[k] : ordered ~ Normal(0, 2)"
        case "lower_cholesky":
            return "use an LKJCholesky prior, with its rows scaled: sigma * L"
        case "count" | "int" | "positive int" | "binary":
            return "declare data as count, or use a constant"
    return None


def cannot_produce(source: Source, span: Span, name: str, column: Span, support: Support, data: Support) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"this likelihood cannot produce `{name}`: its values are {_values(support)}",
        source,
        Label(span),
        (Label(column, f"lies in: {data}"),),
        hint=f"declare `{name}` with a type it can produce, such as {_type_for(support)}, or choose another likelihood",
    )


def _values(support: Support) -> str:
    names = {"count": "whole numbers from 0 up", "binary": "0 or 1", "int": "whole numbers"}
    return names.get(support.name, str(support).replace("_", " "))


def _type_for(support: Support) -> str:
    if support.name in ("count", "binary", "int", "positive", "nonnegative", "unit"):
        return f"`{support.name}`"
    return "`int`" if support.integer else f"`interval({support.lo:g}, {support.hi:g})`"


def category_likelihood(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD402",
        f"`{name}` is a category, which this likelihood cannot produce",
        source,
        Label(span),
        (Label(column, "a category"),),
        hint="use Categorical(p) with p over its levels, or OrderedLogistic for ordered levels",
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
    alternatives = [", ".join(p.name for p in a.parameters) for a in row.alternatives]
    known = "; or by name: " + "; ".join(alternatives) if alternatives else ""
    return Diagnostic(
        "BD403",
        f"{row.name} has no argument `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"its arguments are {_signature(row, names)}{known}"),
    )


def argument_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD403", f"`{name}` is given twice", source, Label(span, "again here"), (Label(first, "first here"),)
    )


def missing_argument(source: Source, span: Span, row: Distribution, name: str) -> Diagnostic:
    names = [p.name for p in row.parameters if p.name not in row.sizes]
    return Diagnostic(
        "BD403", f"{row.name} needs `{name}`", source, Label(span), hint=f"its arguments are {_signature(row, names)}"
    )


def one_of(source: Source, span: Span, row: Distribution, choice: Sequence[str], given: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"{row.name} takes one of {_quoted(choice)}, not {_quoted(given)} together",
        source,
        Label(span),
        hint="leave out all but one",
    )


def no_such_parameterisation(source: Source, span: Span, row: Distribution, given: Sequence[str]) -> Diagnostic:
    ways = ["; ".join(", ".join(p.name for p in a.parameters) for a in row.alternatives)]
    return Diagnostic(
        "BD403",
        f"{row.name} cannot be given by {_quoted(given)} alone",
        source,
        Label(span),
        hint=f"other ways to give it: {ways[0]}",
    )


def argument_given_by_another(
    source: Source, span: Span, row: Distribution, name: str, others: Sequence[str]
) -> Diagnostic:
    return Diagnostic(
        "BD403",
        f"`{name}` of {row.name} is given twice: {_quoted(others)} already says it",
        source,
        Label(span),
        hint="leave one of them out",
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


def unknown_type(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    hint = _did_you_mean(
        near, "types are real, positive, nonnegative, unit, interval(a, b), int, count, binary, category, .."
    )
    return Diagnostic("BD404", f"there is no type `{name}`", source, Label(span), hint=hint)


def type_takes_no_arguments(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD404", f"the type `{name}` takes no arguments", source, Label(span), hint="bounds are written interval(a, b)"
    )


def interval_bounds(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD404", "`interval` takes its two bounds, the lower first", source, Label(span), hint="write: interval(0, 10)"
    )


def category_argument(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD404",
        "`category` takes the plate whose levels it has, or nothing",
        source,
        Label(span),
        hint="write `home : category(team)`, or `county : category` for a plate of its own",
    )


def column_without_type(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405", f"the column `{name}` has no type", source, Label(span), hint=f"write: {name} : real = .."
    )


def text_column(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` holds text, which is not a number",
        source,
        Label(span),
        hint=f"declare it as {name} : category = [..]",
    )


def structured_column(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"a column cannot have the type `{name}`",
        source,
        Label(span),
        hint="declare the type of one cell: real, positive, unit, count, ..",
    )


def literal_outside_type(source: Source, span: Span, value: float, support: Support) -> Diagnostic:
    return Diagnostic(
        "BD405", f"{value:g} is not {_one(support)}, which the column's type asks for", source, Label(span)
    )


def unequal_lengths(source: Source, span: Span, lengths: Sequence[int]) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"the columns have {' and '.join(map(str, lengths))} values",
        source,
        Label(span),
        hint="every column of a table has one value for each row",
    )


def literal_in_file(source: Source, span: Span, file: Span) -> Diagnostic:
    return Diagnostic(
        "BD405",
        "values in place stand beside a file",
        source,
        Label(span),
        (Label(file, "the table's file"),),
        hint="put them into the file, or into a data block of their own",
    )


def empty_list(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD405", "the column has no values", source, Label(span))


def column_without_values(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD405",
        f"`{name}` has no values, and other columns of the table have theirs in place",
        source,
        Label(span),
        hint=f"write them: {name} = [..]",
    )


def no_columns(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD405", "the table has no columns", source, Label(span), hint="declare those the model uses: { y : real }"
    )


def bad_column_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD405", "a column's expression is made of the source's columns, numbers and functions", source, Label(span)
    )


def category_as_number(source: Source, span: Span, name: str, column: Span) -> Diagnostic:
    return Diagnostic(
        "BD406",
        f"`{name}` is a category, not a number",
        source,
        Label(span),
        (Label(column, "declared here"),),
        hint=f"index by it, as in a[{name}], with a prior a[{name}] ~ ..",
    )


def text_in_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD406",
        "text has no value in the model",
        source,
        Label(span),
        hint='a label selects a member: a[county = "HENNEPIN"]',
    )


def list_in_expression(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD406",
        "a list has no value in the model",
        source,
        Label(span),
        hint="put the numbers into a data block, `data k { x = [1, 2, 3] }`, and use the name",
    )


def outside_domain(source: Source, span: Span, function: str, domain: Support, found: Support) -> Diagnostic:
    what = f"is {found.constant:g}" if found.constant is not None else _can_be(found, domain)
    return Diagnostic(
        "BD407",
        f"`{function}` needs a value that is {_one(domain)}, and this one {what}",
        source,
        Label(span, f"lies in: {found}"),
        hint=_support_hint(domain, found, None),
    )


def not_a_known_number(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD408", "this must be a known number", source, Label(span), hint="write a number, or one made of constants"
    )


def cannot_evaluate(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD408",
        "this has no finite value",
        source,
        Label(span),
        hint="a division by zero, or a function outside its domain",
    )


def not_finite(source: Source, span: Span) -> Diagnostic:
    return Diagnostic("BD408", "this number is too large to be represented", source, Label(span))


def unknown_modifier(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD409",
        f"`{name}` says nothing after a distribution",
        source,
        Label(span),
        hint=_did_you_mean(near, "the one word that may stand here is `noncentered`"),
    )


def cannot_noncenter(source: Source, span: Span, dist: str) -> Diagnostic:
    return Diagnostic(
        "BD409",
        f"{dist} is not a location and a scale, and cannot be noncentered",
        source,
        Label(span),
        hint="noncentered goes with Normal, StudentT, Cauchy, Laplace, Logistic and Gumbel, without a type on the left",
    )


def type_outside_support(source: Source, span: Span, declared: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD410",
        f"the type `{declared}` is not part of where the distribution lies",
        source,
        Label(span),
        hint=f"the distribution's values are {_values(found)}",
    )


def discrete_param(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"the param `{name}` cannot be a whole number: it is learned by gradients",
        source,
        Label(span),
        hint="use real or positive, or a `const`",
    )


def param_init_outside(source: Source, span: Span, name: str, support: Support, found: Support) -> Diagnostic:
    return Diagnostic(
        "BD411", f"`{name}` must be {_one(support)}, and starts outside", source, Label(span, f"lies in: {found}")
    )


def param_init_varies(source: Source, span: Span, name: str, other: str) -> Diagnostic:
    return Diagnostic(
        "BD411",
        f"the start of `{name}` depends on `{other}`, which is not known",
        source,
        Label(span),
        hint="start it from a number or from data",
    )


def unknown_option(source: Source, span: Span, name: str | None, known: Sequence[str], near: str | None) -> Diagnostic:
    message = f"`data` has no option `{name}`" if name else "an option of `data` has a name"
    return Diagnostic(
        "BD412", message, source, Label(span), hint=_did_you_mean(near, f"options are {', '.join(known)}")
    )


def option_value(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD412",
        f"the option `{name}` does not take this",
        source,
        Label(span),
        hint="write a text in quotes, or a list of texts",
    )


def unknown_policy(
    source: Source, span: Span, what: str, name: str, known: Sequence[str], near: str | None
) -> Diagnostic:
    return Diagnostic(
        "BD412",
        f"`{what}` does not take `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"it is one of: {', '.join(known)}"),
    )


# What the language leaves room for


def layers_not_yet(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD490",
        "layers are read but cannot be run yet",
        source,
        Label(span),
        hint="write the function out with plates and expressions: sum[hidden](w * tanh(..))",
    )


def batches_not_yet(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD490",
        "minibatches cannot be run yet",
        source,
        Label(span),
        hint="leave `batch` out: every step uses all rows",
    )


def arrow_outside_layer(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD490",
        "`->` joins the stages of a layer",
        source,
        Label(span),
        hint="in an expression, call one function on another: f(g(x))",
    )


# Inference and guides


def not_an_engine(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD501",
        "this is not an inference",
        source,
        Label(span),
        hint="write: infer nuts(chains = 4), or infer quick = svi(steps = 2000)",
    )


def unknown_engine(source: Source, span: Span, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD501",
        f"there is no inference `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, "there are nuts, svi, map and mle"),
    )


def setting_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD502",
        f"the setting `{name}` is given twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
    )


def setting_by_position(source: Source, span: Span, owner: str, known: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD502",
        f"the settings of {owner} are given by name",
        source,
        Label(span),
        hint=f"they are {', '.join(known)}" if known else f"{owner} has none",
    )


def unknown_setting(
    source: Source, span: Span, owner: str, name: str, near: str | None, known: Sequence[str]
) -> Diagnostic:
    listed = f"its settings are {', '.join(known)}" if known else "it has no settings"
    return Diagnostic(
        "BD502", f"{owner} has no setting `{name}`", source, Label(span), hint=_did_you_mean(near, listed)
    )


def setting_value(source: Source, span: Span, owner: str, row: Setting, reason: str) -> Diagnostic:
    return Diagnostic("BD503", f"`{row.name}` of {owner} {reason}", source, Label(span), hint=row.doc)


_KINDS = {
    SettingKind.INT: "a whole number",
    SettingKind.FLOAT: "a number",
    SettingKind.BOOL: "true or false",
    SettingKind.TEXT: "a text in quotes",
    SettingKind.FLOATS: "a list of numbers, as in [0.9, 0.999]",
    SettingKind.INTS: "a list of whole numbers, as in [10, 10]",
}
_LISTS = (SettingKind.FLOATS, SettingKind.INTS)


def setting_problem(row: Setting, value: object) -> str | None:
    """Why a value does not do for a setting, None where it does."""
    if not _of_kind(row.kind, value):
        return f"must be {_KINDS[row.kind]}"
    if row.choices and value not in row.choices:
        return f"must be one of {', '.join(row.choices)}"
    if row.kind in _LISTS and isinstance(row.default, tuple) and len(value) != len(row.default):
        return f"must have {len(row.default)} numbers"
    for number in value if row.kind in _LISTS else (value,):
        problem = _bound_problem(row, number) if _is_number(number) else None
        if problem is not None:
            return problem
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_kind(kind: SettingKind, value: object) -> bool:
    match kind:
        case SettingKind.INT:
            return _is_number(value) and float(value).is_integer()
        case SettingKind.FLOAT:
            return _is_number(value)
        case SettingKind.BOOL:
            return isinstance(value, bool)
        case SettingKind.TEXT:
            return isinstance(value, str)
        case SettingKind.FLOATS:
            return isinstance(value, tuple) and all(map(_is_number, value))
        case SettingKind.INTS:
            return isinstance(value, tuple) and all(_is_number(v) and float(v).is_integer() for v in value)
    return True


def _bound_problem(row: Setting, value: float) -> str | None:
    if row.lo is not None and (value < row.lo or (row.lo_open and value == row.lo)):
        return f"must be {'over' if row.lo_open else 'at least'} {row.lo:g}"
    if row.hi is not None and (value > row.hi or (row.hi_open and value == row.hi)):
        return f"must be {'under' if row.hi_open else 'at most'} {row.hi:g}"
    if value in row.excludes:
        return f"must not be {value:g}"
    return None


def not_a_component(source: Source, span: Span, kind: str) -> Diagnostic:
    return Diagnostic(
        "BD504", f"this is not {_article(kind)}", source, Label(span), hint=f"give the name of {_article(kind)}"
    )


def unknown_component(source: Source, span: Span, kind: str, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD504",
        f"there is no {kind} `{name}`",
        source,
        Label(span),
        hint=_did_you_mean(near, f"`bayesdsl explain {_plural(kind)}` lists them all"),
    )


def _plural(word: str) -> str:
    return f"{word}es" if word.endswith("s") else f"{word}s"


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def discrete_latent(source: Source, span: Span, engine: str, name: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD505",
        f"{engine} follows gradients, and `{name}` takes whole numbers only",
        source,
        Label(span),
        (Label(declared, "discrete"),),
        hint="sum it out: Mixture(w, D(..)) in the likelihood says the same without it",
    )


def param_without_prior(
    source: Source, span: Span, engine: str, name: str, declared: Span, support: Support
) -> Diagnostic:
    flat = "Flat()" if support.name == "real" else f"Flat({support.name})"
    return Diagnostic(
        "BD506",
        f"{engine} samples, and the param `{name}` has no prior to sample from",
        source,
        Label(span),
        (Label(declared, "learned, not sampled"),),
        hint=f"give it a prior, `{name} ~ {flat}`, or use svi, map or mle",
    )


def minibatch(source: Source, span: Span, engine: str) -> Diagnostic:
    return Diagnostic(
        "BD511",
        f"{engine} needs all rows at every step and cannot take minibatches",
        source,
        Label(span),
        hint="leave `batch` out, or use svi",
    )


def nothing_to_infer(source: Source, span: Span, engine: str) -> Diagnostic:
    return Diagnostic(
        "BD510",
        f"the model has nothing for {engine} to infer",
        source,
        Label(span),
        hint="give at least one quantity a prior",
    )


def not_a_site(source: Source, span: Span, name: str, declared: Span | None, near: str | None) -> Diagnostic:
    labels = (Label(declared, "not a latent"),) if declared is not None else ()
    return Diagnostic(
        "BD507",
        f"the model has no latent `{name}`",
        source,
        Label(span),
        labels,
        hint=_did_you_mean(near, "a guide approximates the model's latents, and only them"),
    )


def guide_incomplete(
    source: Source, span: Span, guide: str, missing: Sequence[str], places: Sequence[Span]
) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` says nothing of {_quoted(missing)}",
        source,
        Label(span),
        tuple(Label(place, "not in the guide") for place in places[:4]),
        hint="a guide covers every latent of the model",
    )


def empty_guide(source: Source, span: Span, guide: str, latents: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` is empty",
        source,
        Label(span),
        hint=f"cover {_quoted(latents)}" if latents else None,
    )


def mixed_guide(source: Source, span: Span, guide: str) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` mixes a mapping to autoguides with statements",
        source,
        Label(span),
        hint="write it all by hand (`x ~ ..`), or all as a mapping (`x : AutoNormal`)",
    )


def guide_of_noncentered(source: Source, span: Span, name: str, model: Span) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"`{name}` is noncentered in the model, and a guide by hand cannot speak of it",
        source,
        Label(span),
        (Label(model, "noncentered here"),),
        hint="remove `noncentered`, or use a mapping to autoguides",
    )


def guide_plates(
    source: Source, span: Span, name: str, guide: Sequence[str], model: Sequence[str], declared: Span
) -> Diagnostic:
    return Diagnostic(
        "BD508",
        f"`{name}` has other plates in the guide than in the model",
        source,
        Label(span, f"has plates {_plate_set(guide)}"),
        (Label(declared, f"has plates {_plate_set(model)}"),),
        hint=f"write: {name}[{', '.join(model)}] ~ .." if model else f"write: {name} ~ ..",
    )


def guide_support(source: Source, span: Span, name: str, guide: Support, model: Support, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD509",
        f"the guide can draw `{name}` where the model has no density",
        source,
        Label(span, f"lies in: {guide}"),
        (Label(declared, f"lies in: {model}"),),
        hint=f"choose a distribution on {model}",
    )


# Lints


def unused(source: Source, span: Span, name: str, what: str) -> Diagnostic:
    if what == "the guide":
        return Diagnostic(
            "BD601", f"`{name}` is not used in the guide", source, Label(span), hint="use it or remove it"
        )
    message = (
        f"{what[0].upper()}{what[1:]} is never used: `{name}`"
        if what == "a plate"
        else f"`{name}` is {what} that nothing uses"
    )
    hint = "use it, remove it, or report it with `derive`" if what == "a definition" else "use it or remove it"
    return Diagnostic("BD601", message, source, Label(span), hint=hint)


def square_as_scale(source: Source, span: Span, dist: str, argument: str, keyword: str | None) -> Diagnostic:
    hint = (
        f"if this is a variance, write {dist}(.., {keyword} = ..)"
        if keyword
        else "if this is a variance, take its square root"
    )
    return Diagnostic(
        "BD602", f"`{argument}` of {dist} is a standard deviation, and this is a square", source, Label(span), hint=hint
    )


def centred_hierarchy(source: Source, span: Span, name: str, plate: str, scale: Span) -> Diagnostic:
    return Diagnostic(
        "BD603",
        f"`{name}` is centred, with one row of data for each {plate}",
        source,
        Label(span),
        (Label(scale, "a small value of this makes a funnel"),),
        hint="say `noncentered` after the distribution",
    )


def few_rows(source: Source, span: Span, name: str, plate: str, rows: float) -> Diagnostic:
    return Diagnostic(
        "BD603",
        f"`{name}` is centred, with about {rows:g} rows of data for each {plate}",
        source,
        Label(span),
        hint="say `noncentered` after the distribution: it samples better where groups are small",
    )


def moving_likelihood(source: Source, span: Span, name: str, latent: str) -> Diagnostic:
    return Diagnostic(
        "BD604",
        f"where `{name}` can lie depends on `{latent}`, so the density falls to zero at a step",
        source,
        Label(span),
        hint=f"bound the prior of `{latent}` by the data, or choose a likelihood with a fixed support",
    )


def no_likelihood(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD605",
        "nothing is observed: the posterior is the prior",
        source,
        Label(span),
        hint="add a likelihood: observe y ~ ..",
    )


def empty_spec(source: Source) -> Diagnostic:
    return Diagnostic(
        "BD606", "the spec says nothing", source, Label(Span(0, 0)), hint="begin with data, a prior and a likelihood"
    )
