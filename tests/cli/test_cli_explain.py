"""`bayesdsl explain` knows every code and every name of the catalogues, and what it says of them is true."""

from __future__ import annotations

from math import inf

import pytest

from bayesdsl.catalogue import spelling
from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.catalogue.functions import ALIASES
from bayesdsl.catalogue.inference import ENGINES
from bayesdsl.catalogue.rows import Extent
from bayesdsl.check import check
from bayesdsl.cli.explain import explained, overview
from bayesdsl.cli.reference import ABSENT, TOPICS, alternative_signature, in_words, signature
from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.explain import explain
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse
from bayesdsl.types.supports import Support

NAMES = [name for topic in TOPICS.values() for name in topic.pages]


def test_a_code_is_explained_as_the_table_of_codes_has_it(command):
    done = command("explain", "BD302")
    assert (done.status, done.out) == (0, explain("BD302") + "\n")


def test_a_name_of_several_words_needs_no_quotes(command):
    assert command("explain", "plate", "mismatch").out == explain("BD302") + "\n"


def test_alone_it_lists_every_topic_and_every_code(command):
    done = command("explain")
    assert done.status == 0
    for word in (*TOPICS, *CODES):
        assert f"  {word}  " in done.out


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_lists_all_of_its_names(command, topic):
    done = command("explain", topic)
    assert done.status == 0
    lines = done.out.splitlines()
    for name in TOPICS[topic].pages:
        assert any(line == f"  {name}" or line.startswith(f"  {name} ") for line in lines), name


@pytest.mark.parametrize("asked", ["guide", "loss", "losss", "optimiser", "distribution", "Engines", "type"])
def test_a_topic_is_found_in_the_singular_too(command, asked):
    assert command("explain", asked).status == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_page_for_eighty_columns(name):
    page = explained(name)
    assert page.splitlines()[0].startswith((name, f"infer {name}", "a ", "-x", "not x"))
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("text", [overview(), *(topic.listing() for topic in TOPICS.values())])
def test_every_list_fits_eighty_columns(text):
    assert max(map(len, text.splitlines())) <= 80


def test_no_name_stands_for_two_things():
    assert len(NAMES) == len(set(NAMES))
    assert not set(NAMES) & set(ABSENT)


def test_the_page_of_a_distribution_has_arguments_and_other_ways_to_give_them(command):
    assert (
        command("explain", "Normal").out
        == """\
Normal(loc, scale)                                                  distribution
  The normal distribution with mean `loc` and standard deviation `scale`.

  values   any number
  loc      any number
  scale    over 0

  or with other arguments, by name:
    Normal(loc, var = ..)         scale = sqrt(var)
    Normal(loc, precision = ..)   scale = 1 / sqrt(precision)

  Over a plate, `x[p] ~ Normal(..) noncentered` is the same prior in standard
  units.
"""
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_of_an_engine_has_every_setting_and_default(command, engine):
    page = command("explain", engine).out
    for setting in ENGINES[engine].settings:
        assert f"  {setting.name} {'= ' if setting.default is not None else ''}" in page


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("StudentT", "StudentT(df, loc = 0, scale = 1)"),
        ("Bernoulli", "Bernoulli(probs or logits)"),
        ("LKJCholesky", "LKJCholesky(concentration = 1)"),
        ("FoldedDistribution", "FoldedDistribution(D(..))"),
    ],
)
def test_signatures_show_defaults_and_choices_and_no_sizes(row, text):
    assert signature(DISTRIBUTIONS[row]) == text


ALTERNATIVES = [(row, alternative) for row in DISTRIBUTIONS.values() for alternative in row.alternatives]


@pytest.mark.parametrize(
    ("row", "alternative"), ALTERNATIVES, ids=[alternative_signature(*pair) for pair in ALTERNATIVES]
)
def test_every_parameterisation_that_is_shown_is_one_that_the_checker_takes(row, alternative):
    supports = {p.name: p.support for p in (*row.parameters, *alternative.parameters)}
    assert all(p.extent is Extent.SCALAR for p in row.parameters)
    inside = alternative_signature(row, alternative)[len(row.name) + 1 : -1].split(", ")
    arguments = ", ".join(_argument(text, supports) for text in inside)
    checked = check(parse(Source("m.bayes", f"x ~ {row.name}({arguments})\nderive y = x\n")))
    assert checked.errors == ()


# Arguments that depend on the others: a spread that fits between bounds, an upper bound over the lower.
FITTING = {"sd": "0.25", "high": "2"}


def _argument(text: str, supports: dict[str, Support]) -> str:
    """`loc` as a number that it may be, `var = ..` likewise."""
    name, given, _ = text.partition(" = ")
    support = supports[name]
    low, high = (end if abs(end) < inf else None for end in (support.lo, support.hi))
    value = {(True, True): lambda: (low + high) / 2, (True, False): lambda: low + 1}.get(
        (low is not None, high is not None), lambda: 0.5
    )()
    number = FITTING.get(name) or (str(int(value)) if support.integer else str(value))
    return f"{name} = {number}" if given else number


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_left_out_is_explained_by_the_reason(name):
    assert ABSENT[name].split()[0] in explained(name)


def test_what_other_languages_call_a_thing_leads_to_it(command):
    done = command("explain", "dnorm")
    assert done.status == 0
    assert done.out.startswith("What others call `dnorm` is written Normal here.\n")
    assert "Normal(loc, var = ..)" in done.out


@pytest.mark.parametrize(
    "name",
    [
        *spelling.FOREIGN_DISTRIBUTIONS,
        *spelling.FOREIGN_FUNCTIONS,
        *spelling.FOREIGN_TYPES,
        *spelling.FOREIGN_ENGINES,
        *ALIASES,
    ],
)
def test_every_foreign_name_leads_to_a_page(name):
    assert len(explained(name).splitlines()) > 2


def test_a_name_in_the_wrong_case_is_found(command):
    assert command("explain", "halfnormal").out == command("explain", "HalfNormal").out


@pytest.mark.parametrize(
    ("asked", "near"), [("Nromal", "Normal"), ("BD3022", "BD302"), ("distrbutions", "distributions"), ("nutts", "nuts")]
)
def test_an_unknown_name_is_answered_with_the_nearest(command, asked, near):
    done = command("explain", asked)
    assert (done.status, done.out) == (2, "")
    assert near in done.err.split("did you mean")[1]


def test_a_name_like_no_other_is_answered_with_where_to_look(command):
    done = command("explain", "xyzzyx")
    assert done.status == 2
    assert "`bayesdsl explain` lists what there is" in done.err


def test_supports_are_said_in_words():
    assert in_words(Support("positive")) == "over 0"
    assert in_words(Support("[-1, 1]")) == "in [-1, 1]"
