"""What is not part of the language yet; inference settings, minibatches and guides."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdsl.catalogue.rows import REQUIRED, Setting, SettingKind
from bayesdsl.check.errors.distributions import values_of
from bayesdsl.check.errors.words import did_you_mean, has_plates, left_side, quoted
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span
from bayesdsl.types.supports import Support

# What the language leaves room for


def arrow_outside_layer(source: Source, span: Span) -> Diagnostic:
    return Diagnostic(
        "BD206",
        "`->` joins the modules of a layer",
        source,
        Label(span),
        hint="call one function on another, f(g(x)); a layer is declared first: layer f = Linear(1, 5) -> Tanh",
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
        hint=did_you_mean(near, "there are nuts, svi, map and mle"),
    )


def setting_twice(source: Source, span: Span, name: str, first: Span) -> Diagnostic:
    return Diagnostic(
        "BD502",
        f"the setting `{name}` is given twice",
        source,
        Label(span, "again here"),
        (Label(first, "first here"),),
    )


def schedule_too_short(source: Source, span: Span, planned: int, steps: int) -> Diagnostic:
    return Diagnostic(
        "BD503",
        f"the schedule ends after {planned:,} steps, and there are {steps:,}",
        source,
        Label(span),
        hint=f"write: OneCycleLR(.., total_steps = {steps})",
    )


def setting_missing(source: Source, span: Span, owner: str, names: Sequence[str], known: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD502", f"{owner} lacks {quoted(names)}", source, Label(span), hint=f"{owner}({', '.join(known)})"
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
    return Diagnostic("BD502", f"{owner} has no setting `{name}`", source, Label(span), hint=did_you_mean(near, listed))


def setting_value(source: Source, span: Span, owner: str, row: Setting, reason: str) -> Diagnostic:
    return Diagnostic("BD503", f"`{row.name}` of {owner} {reason}", source, Label(span), hint=_setting_hint(row))


def _setting_hint(row: Setting) -> str:
    """What a setting is for, and the value that it has where nothing is said."""
    doc = f"{row.doc[0].lower()}{row.doc[1:].rstrip('.')}"
    if row.default in (None, REQUIRED):
        return doc
    default = row.default if row.kind is SettingKind.WORD else _written(row.default)
    return f"{doc}; {default} if it is not said"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.islower():
        return f'"{value}"'
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, tuple) else str(value)


_KINDS = {
    SettingKind.INT: "a whole number",
    SettingKind.FLOAT: "a number",
    SettingKind.BOOL: "true or false",
    SettingKind.TEXT: "a text in quotes",
    SettingKind.FLOATS: "a list of numbers, as in [0.9, 0.999]",
    SettingKind.INTS: "a list of whole numbers, as in [10, 10]",
    SettingKind.BATCH: "a whole number of rows",
    SettingKind.EXTENTS: "a whole number, or one for each dimension, as in [3, 3]",
}
_LISTS = (SettingKind.FLOATS, SettingKind.INTS, SettingKind.EXTENTS)


def setting_problem(row: Setting, value: object) -> str | None:
    """Why a value does not do for a setting, None where it does."""
    if row.choices and row.kind is not SettingKind.EXTENTS and value not in row.choices:
        if row.kind is SettingKind.WORD:
            return f"must be {' or '.join(row.choices)}, without quotes"
        return "must be one of " + ", ".join(f'"{choice}"' for choice in row.choices)
    if not _of_kind(row.kind, value):
        return f"must be {_KINDS[row.kind]}"
    if isinstance(value, tuple) and isinstance(row.default, tuple) and len(value) != len(row.default):
        return f"must have {len(row.default)} numbers"
    for number in value if isinstance(value, tuple) else (value,):
        problem = _bound_problem(row, number) if _is_number(number) else None
        if problem is not None:
            return problem
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_kind(kind: SettingKind, value: object) -> bool:
    match kind:
        case SettingKind.INT | SettingKind.BATCH:
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
            return isinstance(value, tuple) and all(_of_kind(SettingKind.INT, v) for v in value)
        case SettingKind.EXTENTS:
            return _of_kind(SettingKind.INT, value) or _of_kind(SettingKind.INTS, value)
    return True


def _bound_problem(row: Setting, value: float) -> str | None:
    if row.lo is not None and (value < row.lo or (row.lo_open and value == row.lo)):
        return f"must be {'over' if row.lo_open else 'at least'} {row.lo:g}"
    if row.hi is not None and (value > row.hi or (row.hi_open and value == row.hi)):
        return f"must be {'under' if row.hi_open else 'at most'} {row.hi:g}"
    if value in row.excludes:
        return f"must not be {value:g}"
    return None


def not_a_component(source: Source, span: Span, kind: str, example: str) -> Diagnostic:
    return Diagnostic(
        "BD504",
        f"this is not {with_article(kind)}",
        source,
        Label(span),
        hint=f"give the name of {with_article(kind)}, as in {example}",
    )


def unknown_component(source: Source, span: Span, kind: str, name: str, near: str | None) -> Diagnostic:
    return Diagnostic(
        "BD504",
        f"there is no {kind} `{name}`",
        source,
        Label(span),
        hint=did_you_mean(near, f"`bayesdsl explain {_plural(kind)}` lists them all"),
    )


def _plural(word: str) -> str:
    return f"{word}es" if word.endswith("s") else f"{word}s"


def with_article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def discrete_latent(source: Source, span: Span, engine: str, name: str, declared: Span, finite: bool) -> Diagnostic:
    hint = (
        "sum it out: Mixture(w, D(..)) in the likelihood says the same without it"
        if finite
        else "sum it out by hand, as a NegativeBinomial does with a Poisson's rate, or give it a continuous prior"
    )
    return Diagnostic(
        "BD505",
        f"{engine} follows gradients, and `{name}` takes whole numbers only",
        source,
        Label(span),
        (Label(declared, "discrete"),),
        hint=hint,
    )


def param_without_prior(
    source: Source, span: Span, engine: str, name: str, declared: Span, support: Support
) -> Diagnostic:
    bounded = support.name.startswith(("[", "("))
    type_ = f"interval({support.lo:g}, {support.hi:g})" if bounded else support.name
    flat = "Flat()" if support.name == "real" else f"Flat({type_})"
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


def not_a_batch(source: Source, span: Span, tables: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        "BD518",
        "a minibatch is a number of rows of a table",
        source,
        Label(span),
        hint=f"name the table, as in batch = 256 of {tables[0] if tables else 'obs'}",
    )


def of_a_plate(source: Source, span: Span, name: str, plate: str) -> Diagnostic:
    hint = f"leave `of {plate}` out"
    return Diagnostic("BD518", f"`{name}` is not a number of members of a plate", source, Label(span), hint=hint)


def batch_of_members(source: Source, span: Span, plate: str, declared: Span, tables: Sequence[str]) -> Diagnostic:
    hint = f"the tables of this spec are {quoted(tables)}" if tables else "put the data into a table"
    labels = (Label(declared, "declared here"),)
    return Diagnostic(
        "BD518",
        f"minibatches are of a table's rows, and `{plate}` is not a table",
        source,
        Label(span),
        labels,
        hint=hint,
    )


def batch_of_nothing(source: Source, span: Span, plate: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD518",
        f"minibatches of `{plate}` leave nothing out: neither a likelihood nor a latent varies over it",
        source,
        Label(span),
        (Label(declared, "declared here"),),
        hint="leave `batch` out, or name the table whose rows are observed",
    )


def mixes_rows(source: Source, span: Span, plate: str, what: str, batch: Span) -> Diagnostic:
    return Diagnostic(
        "BD519",
        f"{what}, and a minibatch has only some rows of `{plate}`",
        source,
        Label(span),
        (Label(batch, f"minibatches of `{plate}`"),),
        hint="leave `batch` out, or compute it from the data beforehand, as a column",
    )


def guide_of_rows(source: Source, span: Span, guide: str, plate: str, site: str, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD520",
        f"{guide} holds all of `{site}` at once, and a minibatch has only some rows of `{plate}`",
        source,
        Label(span),
        (Label(declared, "a value for each row"),),
        hint=f"give `{site}` AutoNormal or AutoDelta, or a guide by hand that computes it from the row's data",
    )


def loss_of_rows(source: Source, span: Span, loss: str, plate: str) -> Diagnostic:
    return Diagnostic(
        "BD521",
        f"{loss} is not a sum over rows, so minibatches of `{plate}` would bias it",
        source,
        Label(span),
        hint="use Trace_ELBO or TraceMeanField_ELBO, or leave `batch` out",
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
        hint=did_you_mean(near, "a guide approximates the model's latents, and only them"),
    )


def guide_incomplete(
    source: Source, span: Span, guide: str, missing: Sequence[str], places: Sequence[Span]
) -> Diagnostic:
    return Diagnostic(
        "BD507",
        f"the guide `{guide}` says nothing of {quoted(missing)}",
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
        hint=f"cover {quoted(latents)}" if latents else None,
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
        Label(span, has_plates(guide)),
        (Label(declared, has_plates(model)),),
        hint=f"write: {left_side(name, model)} ~ ..",
    )


def guide_support(source: Source, span: Span, name: str, guide: Support, model: Support, declared: Span) -> Diagnostic:
    return Diagnostic(
        "BD509",
        f"the guide can draw `{name}` where the model has no density",
        source,
        Label(span, f"lies in: {guide}"),
        (Label(declared, f"lies in: {model}"),),
        hint=f"choose a distribution whose values are {values_of(model)}",
    )


def cannot_draw(source: Source, span: Span, name: str, why: str) -> Diagnostic:
    return Diagnostic(
        "BD512",
        f"the guide cannot draw `{name}`: {why}",
        source,
        Label(span),
        hint="a guide is a distribution to draw from: Normal, LogNormal, Beta, Dirichlet, Delta, ..",
    )
