"""The end of the page: the spec as it was run, every setting, and what it was run with."""

from __future__ import annotations

from bayesdsl.results.report.material import Material
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.settings import setting


def spec(material: Material) -> list[Element]:
    """The text of the spec with the numbers of its lines."""
    lines = material.source.removesuffix("\n").split("\n")
    return [h("div", h("ol", [h("li", line.rstrip("\r") or " ") for line in lines]), class_="listing mono")]


def settings(material: Material) -> list[Element]:
    """Every setting of the inference, the data and the versions."""
    manifest = material.manifest
    environment = manifest.environment
    rows = [(name, h("code", setting(name, value))) for name, value in manifest.settings.items()]
    rows += [("seed", h("code", str(manifest.seed))), ("precision", h("code", manifest.dtype))]
    for record in manifest.data:
        rows.append(
            (f"data {record.plate}", h("code", record.source or "in the spec", h("br"), f"sha256 {record.sha256}"))
        )
    rows.append(("spec", h("code", f"sha256 {manifest.spec_sha256}")))
    versions = f"bayesdsl {environment.bayesdsl}, Pyro {environment.pyro}, torch {environment.torch}, "
    versions += f"numpy {environment.numpy}, Python {environment.python}, {environment.platform}"
    rows.append(("made with", versions))
    body = [h("tr", h("th", name, scope="row"), h("td", value)) for name, value in rows]
    return [h("table", h("tbody", body), class_="settings")]
