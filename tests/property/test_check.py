"""Whatever the text, the checker gives findings and never an exception, soon, and what it hands on is well formed."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.generator import Spec, specs

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.functions import COLUMN_FUNCTIONS, FUNCTIONS, REDUCTIONS, SCANS
from bayesdsl.catalogue.inference import ENGINES, GUIDES, OPTIMISERS
from bayesdsl.catalogue.types import DATA_TYPES
from bayesdsl.check import Checked, check
from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Severity
from bayesdsl.diagnostics.render import render_text
from bayesdsl.diagnostics.schema import render_json
from bayesdsl.model.invariants import verify
from bayesdsl.model.printer import print_model
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

# A spec of a page is checked in some milliseconds; this allows for a machine that does much else.
SECONDS = 5.0

ROOT = Path(__file__).parents[1]
MODELS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "unit" / "check" / "models").glob("*.bayes"))]
SNIPPETS = [text for row in CODES.values() if row.code < "BD7" for text in (row.wrong, row.right)]
VALID = [*MODELS, *SNIPPETS]

NAMES = ("x", "y", "a", "b", "mu", "k", "k'", "house", "county", "f", "q", "n")
WORDS = (
    *("data", "plate", "const", "param", "derive", "observe", "layer", "guide", "infer", "unseen", "from", "where"),
    *("missing", "and", "or", "not", "of", "noncentered", "redraw", "error", "drop", "columns", "present", "true"),
)
SIGNS = ("~", "=", ":", "+", "-", "*", "/", "%", "^", "==", "<", ">=", "->", "(", ")", "[", "]", "{", "}", ",", ";")
LITERALS = ("0", "1", "2.5", "-1", "1e400", '"A"', '"a.csv"', '"x*"', "[1, 2]", '["A", "B"]', "1_000", "100000000000")
KNOWN = (
    *sorted(DISTRIBUTIONS)[::4],
    *("Flat", "Mixture", "Normal", "Dirichlet", "LKJCholesky", "Categorical"),
    *sorted({*FUNCTIONS, *REDUCTIONS, *SCANS, *COLUMN_FUNCTIONS})[::3],
    *DATA_TYPES,
    *ENGINES,
    *sorted(GUIDES)[::4],
    *sorted(OPTIMISERS)[::5],
)
TOKENS = (*NAMES, *WORDS, *SIGNS, *LITERALS, *KNOWN, "\n")


def checked(text: str) -> Checked:
    """What is found in a text, held against what must hold of it."""
    started = time.perf_counter()
    found = check(parse(Source("any.bayes", text)))
    assert time.perf_counter() - started < SECONDS
    for finding in found.diagnostics:
        assert finding.code in CODES
        assert finding.message
        for label in (finding.primary, *finding.labels):
            if label is not None:
                assert 0 <= label.span.start <= label.span.end <= len(text) + 1
        assert render_text(finding)
    assert render_json(found.diagnostics, ["any.bayes"])
    assert len(set(found.diagnostics)) == len(found.diagnostics)
    has_error = any(finding.severity is Severity.ERROR for finding in found.diagnostics)
    assert (found.model is None) == has_error
    if found.model is not None:
        verify(found.model)
        assert print_model(found.model) == print_model(found.model)
    return found


def many(examples: int):
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=checks)


@many(150)
@given(st.text(max_size=300))
def test_any_text_gives_findings(text: str):
    checked(text)


soups = st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join)


@many(250)
@given(soups)
def test_any_soup_of_words_gives_findings(text: str):
    checked(text)


@st.composite
def statements(draw) -> str:
    """Statements that have the shape of the language, and seldom a meaning."""
    return "\n".join(draw(st.lists(statement(), min_size=1, max_size=8)))


@st.composite
def expression(draw, depth: int = 0) -> str:
    if depth == 3 or draw(st.booleans()):
        return draw(st.sampled_from([*NAMES, *LITERALS]))
    inner = expression(depth + 1)
    shape = draw(
        st.sampled_from(["{} + {}", "{} * {}", "{} ^ {}", "({} > {})", "-{}", "{}[{}]", "{}[{} = {}]", "call", "over"])
    )
    if shape == "call":
        name = draw(st.sampled_from([*NAMES, *KNOWN]))
        return f"{name}({', '.join(draw(st.lists(argument(depth + 1), max_size=3)))})"
    if shape == "over":
        plates = ", ".join(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2)))
        return f"{draw(st.sampled_from([*REDUCTIONS, *SCANS]))}[{plates}]({draw(inner)})"
    return shape.format(*(draw(inner) for _ in range(shape.count("{}"))))


@st.composite
def argument(draw, depth: int) -> str:
    keyword = draw(st.sampled_from(["", "", "scale = ", "logits = ", "mean = ", "var = ", "guide = ", "steps = "]))
    return keyword + draw(expression(depth))


@st.composite
def target(draw) -> str:
    plates = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    return draw(st.sampled_from(NAMES)) + (f"[{', '.join(plates)}]" if plates else "")


@st.composite
def statement(draw) -> str:
    left, right = draw(target()), draw(expression())
    name, other = draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES))
    type_ = draw(st.sampled_from([*DATA_TYPES, "interval(0, 1)", f"category({other})", "foo"]))
    dist = f"{draw(st.sampled_from(KNOWN))}({', '.join(draw(st.lists(argument(1), max_size=3)))})"
    word = draw(st.sampled_from(["", "", " noncentered"]))
    shapes = [
        f"{left} ~ {dist}{word}",
        f"{left} : {type_} ~ {dist}{word}",
        f"observe {left} ~ {dist}",
        f"{left} = {right}",
        f"derive {left} = {right}",
        f"param {left} : {type_} = {right}",
        f"const {name} = {right}",
        f"plate {name} = {right}",
        f"data {name} {{ {left} : {type_}; {other} : category; y = [1, 2, 3] }}",
        f'data {name} from "a.csv" (key = "name") {{ {left} : {type_} = {right}; {other} = columns("x*") }}',
        f"plate {name} {{ {left} ~ {dist} }}",
        f"guide {name} {{ {left} ~ {dist}; param {other} }}",
        f"guide {name} {{ {other} : {draw(st.sampled_from([*GUIDES, 'Foo']))} }}",
        f"unseen {name} redraw",
        f"infer {draw(st.sampled_from([*ENGINES, 'foo']))}({draw(argument(1))})",
    ]
    return draw(st.sampled_from(shapes))


@many(400)
@given(statements())
def test_statements_without_sense_give_findings(text: str):
    checked(text)


@st.composite
def mutated(draw) -> str:
    """A valid spec with a few of its words changed for others, left out, or said twice."""
    words = re.findall(r'"[^"\n]*"|\w+\'?|\s+|[^\w\s]', draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["other", "token", "none", "twice", "swap"])):
            case "other":
                words[at] = draw(st.sampled_from(words))
            case "token":
                words[at] = draw(st.sampled_from(TOKENS))
            case "none":
                words[at] = ""
            case "twice":
                words.insert(at, words[at])
            case "swap":
                to = draw(st.integers(0, len(words) - 1))
                words[at], words[to] = words[to], words[at]
    return "".join(words)


@many(500)
@given(mutated())
def test_a_valid_spec_with_a_few_words_changed_gives_findings(text: str):
    checked(text)


@many(100)
@given(specs())
def test_a_generated_spec_has_a_well_formed_model(spec: Spec):
    assert checked(spec.text).errors == ()


@pytest.mark.parametrize("index", range(len(MODELS)))
def test_every_prefix_of_a_model_gives_findings(index: int):
    lines = MODELS[index].splitlines(keepends=True)
    for end in range(0, len(lines), 3):
        checked("".join(lines[:end]))


@pytest.mark.parametrize(
    "text",
    [
        "y = " + "+".join(["1"] * 5000),
        "y = " + "-" * 150 + "1",
        "y = " + "(" * 49 + "1" + ")" * 49,
        "y = " + "f(" * 49 + "1" + ")" * 49,
        "y = " + "^".join(["2"] * 150),
        "x0 ~ Normal(0, 1)\n" + "\n".join(f"x{i} = x{i - 1} * x{i - 1} + x{i - 1}" for i in range(1, 400)),
        "u0, v0 ~ Beta(1, 1)\n" + "\n".join(f"u{i} = u{i - 1} / (u{i - 1} + v0)" for i in range(1, 300)),
        "plate k = 100000000\na[k] ~ Normal(0, 1)\nb = a[k = 99999999] + a[k = 0]",
        "data d { y = [" + ", ".join(["1"] * 20000) + "] }\nobserve y ~ Normal(0, 1)",
        "\n".join(f"x{i} ~ Normal(0, 1)" for i in range(1500)),
        "\n".join(f"a{i} = b{i}" for i in range(1500)),
        "\n".join("a ~ Normal(0, 1)" for _ in range(1500)),
    ],
    ids=lambda text: text[:12],
)
def test_specs_that_are_long_or_deep_are_checked_in_time(text: str):
    checked(text)


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(soups, statements(), mutated()))
def test_many_texts_give_findings(text: str):
    checked(text)
