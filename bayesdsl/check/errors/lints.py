"""What is legal and probably not meant."""

from __future__ import annotations

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span


def unused(source: Source, span: Span, name: str, what: str) -> Diagnostic:
    hint = "use it, remove it, or report it with `derive`" if what == "a definition" else "use it or remove it"
    return Diagnostic("BD601", f"`{name}` is {what} that nothing uses", source, Label(span), hint=hint)


def unused_in_guide(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic("BD601", f"`{name}` is not used in the guide", source, Label(span), hint="use it or remove it")


def unused_guide(source: Source, span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "BD601",
        f"`{name}` is a guide that no inference uses",
        source,
        Label(span),
        hint=f"use it, infer svi(guide = {name}), or remove it",
    )


def square_as_scale(source: Source, span: Span, dist: str, argument: str, keyword: str | None) -> Diagnostic:
    hint = (
        f"if this is a variance, say so: {dist}(.., {keyword} = {source.slice(span)})"
        if keyword
        else f"if this is a variance, take its square root: sqrt({source.slice(span)})"
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


def predicts_itself(source: Source, span: Span, name: str, use: Span) -> Diagnostic:
    labels = (Label(use, "here"),) if use != span else ()
    return Diagnostic(
        "BD607",
        f"the likelihood of `{name}` is given `{name}` itself",
        source,
        Label(span),
        labels,
        hint="predict it by other columns; its values of the time before are a column of their own",
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
