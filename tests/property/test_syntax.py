"""Any text gives a spec and findings; a spec keeps its meaning and its comments when it is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.syntax.canonical import CANONICAL
from unit.syntax.nodes import walk
from unit.syntax.spec_texts import Writer, mutated, soup

from bayesdsl.source import Source
from bayesdsl.syntax.format import WIDTH, format_spec
from bayesdsl.syntax.parser import MAX_FINDINGS, Parsed, parse

SEEDS = st.integers(0, 2**40)
FEW = settings(max_examples=150, deadline=None, derandomize=True, database=None)
MANY = settings(max_examples=1500, deadline=None, database=None)


def parsed(text: str) -> Parsed:
    return parse(Source("any.bayes", text))


def is_answered(text: str) -> Parsed:
    """Parsing gives a spec and findings whose places lie in the text."""
    result = parsed(text)
    assert len(result.diagnostics) <= MAX_FINDINGS
    for finding in result.diagnostics:
        assert finding.message
        for label in (finding.primary, *finding.labels):
            assert label is not None
            assert 0 <= label.span.start < label.span.end <= len(text)
    return result


def is_laid_out(text: str) -> str:
    """Formatting keeps the spec and its comments, and what is formatted stays as it is."""
    before = parsed(text)
    assert before.diagnostics == ()
    tidy = format_spec(before.spec)
    after = parsed(tidy)
    assert after.diagnostics == ()
    assert after.spec == before.spec
    assert sorted(c.text for c in after.spec.comments) == sorted(c.text for c in before.spec.comments)
    assert format_spec(after.spec) == tidy
    return tidy


@FEW
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str):
    is_answered(text)


@FEW
@given(SEEDS)
def test_token_soup_is_answered(seed: int):
    is_answered(soup(seed))


@FEW
@given(SEEDS)
def test_canonical_specs_with_mistakes_are_answered_and_laid_out_if_they_are_whole(seed: int):
    text = mutated(seed)
    if not is_answered(text).diagnostics:
        is_laid_out(text)


@FEW
@given(SEEDS)
def test_specs_keep_their_meaning_and_comments_when_laid_out(seed: int):
    tidy = is_laid_out(Writer(seed).spec())
    assert all(line == line.rstrip() for line in tidy.splitlines())
    assert "\n\n\n" not in tidy


@FEW
@given(SEEDS)
def test_lines_are_as_wide_as_the_layout_allows(seed: int):
    # Short names, so that there is a place for a newline in every line that is too wide.
    tidy = is_laid_out(Writer(seed, names=("a", "mu", "x1")).spec())
    for line in tidy.splitlines():
        assert len(line) <= WIDTH or "#" in line


@FEW
@given(SEEDS)
def test_spans_cover_the_text_of_their_nodes(seed: int):
    walk(parsed(Writer(seed).spec()).spec)


@pytest.mark.slow
@MANY
@given(st.text())
def test_any_text_is_answered_many_times(text: str):
    is_answered(text)


@pytest.mark.slow
@MANY
@given(SEEDS)
def test_broken_and_whole_specs_many_times(seed: int):
    is_answered(soup(seed))
    if not is_answered(mutated(seed)).diagnostics:
        is_laid_out(mutated(seed))
    text = Writer(seed).spec()
    is_laid_out(text)
    walk(parsed(text).spec)


@pytest.mark.parametrize("name", CANONICAL)
def test_a_canonical_spec_without_one_of_its_characters_is_answered(name: str):
    text = CANONICAL[name]
    for i in range(0, len(text), 3):
        is_answered(text[:i] + text[i + 1 :])
