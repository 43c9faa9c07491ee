"""The head of the page: what was run, on what, and whether the result can be used."""

from __future__ import annotations

from datetime import UTC

from bayesdsl.results.manifest import DataRecord
from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, Node, h
from bayesdsl.results.settings import duration, table_of, worth_reading

# What a run that went as runs do was done by, or what was asked for.
_EXPECTED = ("", "compiled", "Pyro's")


def title(material: Material) -> str:
    return f"{material.manifest.spec}: {material.manifest.inference}"


def heading(material: Material) -> Element:
    """The title and the facts of the run."""
    manifest = material.manifest
    method = worth_reading(manifest.engine, manifest.settings)
    data = "; ".join(table_of(_by_its_name(record)) for record in manifest.data) or "no data"
    began = manifest.started.astimezone(UTC)
    when = f"{began.day} {began:%B %Y, %H:%M} UTC, {duration(manifest.elapsed_seconds)}"
    named = "" if manifest.inference == manifest.engine else f"{manifest.inference} = "
    return h(
        "header",
        h("h1", manifest.spec),
        h("p", h("code", f"{named}{method}"), class_="facts"),
        h("p", f"engine: {manifest.machinery}", class_="facts") if manifest.machinery not in _EXPECTED else None,
        h("p", f"{data} · seed {manifest.seed} · {when}", ", interrupted" * manifest.interrupted, class_="facts"),
    )


def _by_its_name(record: DataRecord) -> DataRecord:
    """A file by its name alone: where it lies is among the settings."""
    source = None if record.source is None else record.source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return record.model_copy(update={"source": source})


def verdict(material: Material) -> Element:
    """Whether the result can be used, in words, with what to try where not."""
    found = [
        h(
            "li",
            h("p", h("span", "! " if finding.serious else "– ", class_="mark"), *_quoted(finding.message)),
            h("p", "Try: ", *_quoted(finding.advice), class_="try"),
        )
        for finding in material.verdict.findings
    ]
    kind = "verdict" if material.verdict.ok else "verdict bad"
    return h(
        "section",
        h("p", *_quoted(material.verdict.sentence)),
        h("ul", found) if found else None,
        class_=kind,
        id="verdict",
    )


def _quoted(text: str) -> list[Node]:
    """What stands in backticks as code."""
    return [h("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))]
