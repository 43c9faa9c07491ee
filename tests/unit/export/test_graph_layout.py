"""The layout: what stands where. Pictures are sound by `faults`, and read as people expect."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from reference.pictures import faults
from test_graph_value import HORSESHOE, RADON, graph_of

from bayesdsl.driver import analyse, read_spec
from bayesdsl.export.graph.build import model_graph
from bayesdsl.export.graph.layout import Picture, layout
from bayesdsl.export.graph.metrics import text_width, wrapped
from bayesdsl.export.graph.place import Rect
from bayesdsl.export.graph.ranks import acyclic, ranks
from bayesdsl.export.graph.route import Curve
from bayesdsl.export.graph.solve import solve
from bayesdsl.export.graph.value import Box, Edge, Graph, Kind, Node

ROOT = Path(__file__).parents[3]
SPECS = sorted((ROOT / "specs").glob("*.bayes"))
GOLDEN = sorted(
    path for kind in ("canonical", "tour") for path in (ROOT / "tests" / "golden").glob(f"{kind}_*/spec.bayes")
)
MODELS = sorted((ROOT / "tests" / "unit" / "check" / "models").glob("*.bayes"))


def rects(picture: Picture) -> dict[str, Rect]:
    return {placed.node.name: placed.rect for placed in picture.nodes}


def test_there_are_specs_to_draw():
    assert min(map(len, (SPECS, GOLDEN, MODELS))) > 3


@pytest.mark.parametrize("path", [*SPECS, *GOLDEN, *MODELS], ids=lambda path: f"{path.parent.name}_{path.stem}")
def test_pictures_of_specs_are_sound(path: Path):
    model = analyse(read_spec(path)).model
    assert model is not None
    graph = model_graph(model)
    assert faults(graph, layout(graph)) == []


def crossing(seed: int) -> str:
    """A spec whose quantities vary over any of up to five plates, and depend on any that were there before."""
    chance = random.Random(seed)
    plates = [f"p{i}" for i in range(chance.randint(2, 5))]
    over: dict[str, list[str]] = {}
    lines = [f"plate {plate} = 2" for plate in plates]
    for i in range(chance.randint(4, 14)):
        own = [plate for plate in plates if chance.random() < 0.35]
        terms = ["0.5"]
        for name, others in over.items():
            if chance.random() < 0.2:
                extra = [plate for plate in others if plate not in own]
                terms.append(f"sum[{', '.join(extra)}]({name})" if extra else name)
        name = f"n{i}" * chance.choice((1, 1, 3))
        left, value = f"{name}[{', '.join(own)}]" if own else name, " + ".join(terms)
        lines.append(chance.choice((f"{left} ~ Normal({value}, 1)", f"{left} = {value}", f"param {left} : real")))
        over[name] = own
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(40))
def test_pictures_of_plates_that_cross_in_every_way_are_sound(seed: int):
    graph = graph_of(crossing(seed))
    assert faults(graph, layout(graph)) == []


def test_the_same_graph_gives_the_same_picture():
    assert graph_of(RADON).svg() == graph_of(RADON).svg()


def test_what_depends_on_something_stands_below_it():
    graph = graph_of(RADON)
    at = rects(layout(graph))
    assert all(at[edge.source].bottom < at[edge.target].top for edge in graph.edges)


def test_two_parents_stand_at_equal_distances_of_their_child():
    at = rects(layout(graph_of("data s { y = [1, 2] }\nm ~ Normal(0, 1)\nt ~ HalfNormal(1)\nobserve y ~ Normal(m, t)")))
    middle = {name: (rect.left + rect.right) / 2 for name, rect in at.items()}
    assert middle["m"] + middle["t"] == pytest.approx(2 * middle["y"], abs=0.5)


def test_two_plates_that_cross_are_two_boxes_that_overlap():
    picture = layout(graph_of(HORSESHOE))
    boxes = {box.box.plate: box for box in picture.boxes}
    assert len(picture.boxes) == 2
    assert set(boxes["sample"].members) == {"x", "y"}
    assert set(boxes["feature"].members) == {"x", "lam", "beta"}
    assert boxes["sample"].rect.overlaps(boxes["feature"].rect)


def test_nodes_of_unlike_sizes_in_one_row_do_not_touch_edges():
    layer = Node("f", Kind.LAYER, (), ("Linear(1, 10) → (Tanh → Linear(10, 10)) × 4 → Linear(10, 1)", "bias learned"))
    names = ("a", "b", "c")
    nodes = (layer, *(Node(name, Kind.LATENT) for name in names), Node("y", Kind.OBSERVED, ("s",)))
    edges = tuple(Edge(name, "y") for name in ("f", *names))
    graph = Graph("made", nodes, edges, ("f", *names), (Box("s", "s", ("y",)),), ())
    assert faults(graph, layout(graph)) == []


def test_an_empty_graph_is_a_picture():
    assert Graph("none", (), (), (), (), ()).svg().startswith("<svg")


def test_faults_are_found():
    """What the other tests rely on."""
    graph = graph_of(RADON)
    picture = layout(graph)
    moved = tuple(type(p)(p.node, picture.boxes[0].rect if p.node.name == "mu" else p.rect) for p in picture.nodes)
    found = faults(graph, Picture(picture.frame, moved, picture.boxes, picture.curves))
    assert "mu touches the box house" in found
    assert "mu overlaps county" in found or "county overlaps mu" in found
    straight = tuple(
        Curve(c.source, c.target, c.start, ((c.start, c.tip, c.tip),), (c.tip[0] + 99, c.tip[1]))
        for c in picture.curves
    )
    found = faults(graph, Picture(picture.frame, picture.nodes, picture.boxes, straight))
    assert "mu -> a does not meet a" in found


# Parts


def test_ranks_are_below_sources_and_no_further_than_they_must_be():
    edges = [("mu", "theta"), ("theta", "y"), ("sigma", "y")]
    assert ranks(["mu", "theta", "sigma", "y"], edges) == {"mu": 0, "theta": 1, "sigma": 1, "y": 2}


def test_an_edge_on_a_circle_is_turned_around():
    edges = acyclic(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("b", "b")])
    assert sorted(edges) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_solving_gives_the_closed_form():
    # Springs hold 0 and 1 together and pull 2 to both; 0 and 1 keep a distance of 4: 2 goes to their middle.
    x = solve([0.0, 0.0, 9.0], [(0, 1, 0.0, 1.0), (0, 2, 0.0, 1.0), (1, 2, 0.0, 1.0)], [(0, 1, 4.0)])
    # The solver stops at a hundredth of a pixel, which nobody sees.
    assert x[1] - x[0] == pytest.approx(4, abs=0.01)
    assert x[2] == pytest.approx((x[0] + x[1]) / 2, abs=0.01)
    # One spring of weight 3 against two of weight 1 that want 2 further: the weighted mean.
    x = solve([0.0, 5.0], [(0, 1, 0.0, 3.0), (0, 1, 2.0, 2.0)], [])
    assert x[1] - x[0] == pytest.approx(4 / 5, abs=0.01)


def test_gaps_that_cannot_be_are_refused():
    with pytest.raises(AssertionError, match="circle"):
        solve([0.0, 0.0], [], [(0, 1, 1.0), (1, 0, 1.0)])


def test_widths_of_texts():
    # From Helvetica's metrics: i is 222 thousandths wide, m 833; a wide character takes the whole of the size.
    assert text_width("im", 10) == pytest.approx(2.22 + 8.33)
    assert text_width("日", 10) == 10
    assert text_width("e\N{COMBINING ACUTE ACCENT}", 10) == text_width("e", 10)


def test_wrapped_lines_are_as_long_as_they_may_be():
    assert wrapped("aaa bbb ccc", 10, text_width("aaa bbb", 10)) == ["aaa bbb", "ccc"]
    assert wrapped("a" * 50, 10, 20) == ["a" * 50]
