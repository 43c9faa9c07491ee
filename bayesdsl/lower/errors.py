"""What can be wrong with a spec for one of the languages that it is lowered to: a function for each finding."""

from __future__ import annotations

from bayesdsl.catalogue.numpyro import Missing
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.source import Source, Span


def no_numpyro_distribution(source: Source, span: Span, name: str, missing: Missing) -> Diagnostic:
    message = f"`{name}` cannot be written for NumPyro"
    return Diagnostic("BD838", message, source, Label(span), notes=(missing.reason,), hint=missing.instead)


def no_numpyro_mixture(source: Source, span: Span, name: str, missing: Missing) -> Diagnostic:
    message = f"a mixture of `{name}` cannot be written for NumPyro"
    return Diagnostic("BD838", message, source, Label(span), notes=(missing.reason,), hint=missing.instead)


def no_numpyro_guide(source: Source, span: Span, guide: str, part: str, missing: Missing) -> Diagnostic:
    message = f"the guide `{guide}` cannot be written for NumPyro: it has no `{part}`"
    return Diagnostic("BD839", message, source, Label(span), notes=(missing.reason,), hint=missing.instead)


def no_numpyro_draw(source: Source, span: Span, guide: str, latent: str, prior: Span) -> Diagnostic:
    return Diagnostic(
        "BD839",
        f"the guide `{guide}` cannot be written for NumPyro: a part of it leaves out `{latent}`",
        source,
        Label(span),
        labels=(Label(prior, "has no distribution to draw from"),),
        notes=("NumPyro's guides for parts of a model draw the other latents from their priors to look at it.",),
        hint=f"give `{latent}` a proper prior, or write a guide by hand",
    )


def no_numpyro_layer(source: Source, span: Span, name: str, missing: Missing) -> Diagnostic:
    message = f"the module `{name}` cannot be written for NumPyro"
    return Diagnostic("BD840", message, source, Label(span), notes=(missing.reason,), hint=missing.instead)


def no_numpyro_construct(source: Source, line: int | None, name: str) -> Diagnostic:
    """Something in the program of a line of the spec has no counterpart that is known."""
    label = Label(_of_line(source, line)) if line is not None else None
    return Diagnostic(
        "BD841",
        f"this cannot be written for NumPyro: nothing stands for `{name}` there",
        source if label else None,
        label,
        hint="write it in another way, or use the program for Pyro",
    )


def _of_line(source: Source, line: int) -> Span:
    """The text of a line, without the space around it."""
    lines = source.text.split("\n")
    start = sum(len(text) + 1 for text in lines[: line - 1])
    text = lines[line - 1]
    return Span(start + len(text) - len(text.lstrip()), start + len(text.rstrip()))
