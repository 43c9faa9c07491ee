"""The picture of any well-typed model is sound: nothing overlaps, boxes hold their members and nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import HealthCheck, given, settings
from reference.generator import Spec, specs
from reference.pictures import faults

from bayesdsl.driver import analyse
from bayesdsl.export.graph.build import model_graph
from bayesdsl.export.graph.layout import layout
from bayesdsl.export.graph.svg import render_svg
from bayesdsl.source import Source


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(specs())
def test_pictures_of_generated_models_are_sound(spec: Spec):
    model = analyse(Source("generated.bayes", spec.text)).model
    assert model is not None
    graph = model_graph(model)
    assert faults(graph, layout(graph)) == []
    ElementTree.fromstring(render_svg(graph))
