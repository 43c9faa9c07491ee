"""Layers on the data: sizes that only the data tell, held against what the modules take.

layer f : [pixel] -> [k] = Flatten -> Linear(64, k)   with 49 pixels   ->   finding: Linear takes 64, and 49 come in
"""

from __future__ import annotations

from collections.abc import Iterator

from bayesdsl.check.errors import layers as layer_errors
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.model.shapes import follow, sizes_of
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.plates import Joined
from bayesdsl.types.sizes import Misfit


def layer_findings(joined: Joined) -> Iterator[Diagnostic]:
    """Where the sizes of a layer's modules do not fit the data."""
    model = joined.model
    known = {name: joined.size(name) for name in model.plates if name in joined.members}
    bodies = [guide.layers for guide in model.guides.values() if isinstance(guide, ir.GuideBody)]
    for layers in (model.layers, *bodies):
        for layer in layers.values():
            finding = _finding(joined, layer, known)
            if finding is not None:
                yield finding


def _finding(joined: Joined, layer: ir.Layer, known: dict[str, int]) -> Diagnostic | None:
    source = joined.model.source
    try:
        layer = follow(layer, known)
    except Misfit as found:
        step, before, first = found.at
        return errors.with_data(layer_errors.misfit(source, step.span, step.row, found, before, first))
    for steps, wanted in zip(layer.heads or (layer.steps,), layer.outputs, strict=True):
        asked = [size.known for size in sizes_of(wanted, known)]
        given = [size.known for size in steps[-1].after if size is not None]
        if None not in asked and len(given) == len(asked) and given != asked:
            return errors.with_data(layer_errors.wrong_output(source, steps[-1].span, wanted, steps[-1].after))
    return None
