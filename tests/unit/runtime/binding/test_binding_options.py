"""The options that the checker knows are those that sources read."""

from __future__ import annotations

import pytest

from bayesdsl.catalogue.sources import DATA_OPTIONS
from bayesdsl.runtime.sources.options import OPTIONS


def test_the_checker_and_the_readers_know_the_same_options():
    assert list(DATA_OPTIONS) == list(OPTIONS)


@pytest.mark.parametrize("name", DATA_OPTIONS)
def test_an_option_is_described_in_a_few_words(name):
    assert 10 < len(DATA_OPTIONS[name]) < 80
    assert not DATA_OPTIONS[name].endswith(".")


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ('sep = ";;"', "BD741"),
        ('encoding = "latin-9000"', "BD741"),
        ('columns = ["y"]', "BD742"),
        ('format = "npz"', "BD724"),
    ],
)
def test_an_option_that_cannot_be_is_reported_where_the_source_is_named(findings, option, code):
    spec = f'data t from "t.csv" ({option}) {{ y : real }}\nmu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n'
    (found,) = findings(spec, files={"t.csv": "y\n1\n"})
    assert found.code == code
    assert found.source.slice(found.primary.span) == '"t.csv"'
