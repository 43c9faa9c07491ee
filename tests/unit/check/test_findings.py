"""Every finding of the checker: its code, its place, that it comes alone, and that its hint puts the spec right."""

from __future__ import annotations

import inspect

import cases_inference
import cases_layers
import cases_names
import cases_plates
import cases_types
import pytest
from cases import Case

from bayesdsl.check import check, errors
from bayesdsl.check.errors import layers
from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Diagnostic, Severity
from bayesdsl.model.invariants import verify
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse

CASES = (*cases_names.CASES, *cases_plates.CASES, *cases_types.CASES, *cases_layers.CASES, *cases_inference.CASES)
FIXED = [case for case in CASES if case.right is not None]

# What is found when data are bound, and helpers that make no finding.
ELSEWHERE = {"few_rows"}


def constructors() -> dict[str, object]:
    """The functions of check/errors/ that make a finding."""
    return {
        name: function
        for module in (errors, layers)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_") and inspect.signature(function).return_annotation == "Diagnostic"
    }


def named(case: Case) -> str:
    return f"{case.constructor}-{CASES.index(case)}"


def found_in(text: str) -> tuple[Diagnostic, ...]:
    return check(parse(Source("case.bayes", text))).diagnostics


def messages(findings: tuple[Diagnostic, ...]) -> list[str]:
    return [f"{found.code}: {found.message}" for found in findings]


@pytest.fixture
def made(monkeypatch) -> list[tuple[str, Diagnostic]]:
    """The findings made while a test runs, with the names of their constructors."""
    calls: list[tuple[str, Diagnostic]] = []

    def recorded(name, function):
        def make(*args, **kwargs):
            found = function(*args, **kwargs)
            calls.append((name, found))
            return found

        return make

    for name, function in constructors().items():
        home = layers if function.__module__ == layers.__name__ else errors
        monkeypatch.setattr(home, name, recorded(name, function))
    return calls


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_mistake_is_one_finding_at_its_place(case: Case, made):
    found = found_in(case.text)
    assert [f.code for f in found] == [case.code], messages(found)
    (finding,) = found
    start, end = case.place
    span = finding.primary.span
    assert case.text[span.start : span.end] == case.text[start:end]
    assert span.start == start
    assert (case.constructor, finding) in made
    assert case.hint in (finding.hint or "")


@pytest.mark.parametrize("case", FIXED, ids=named)
def test_what_a_hint_says_puts_the_spec_right(case: Case):
    checked = check(parse(Source("case.bayes", case.right)))
    assert messages(checked.diagnostics) == []
    verify(checked.model)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_labels_and_remarks_of_a_finding_are_well_formed(case: Case):
    for finding in found_in(case.text):
        assert finding.message[0].islower() or finding.message[0] in "`0123456789-" or finding.message[0].isupper()
        assert not finding.message.endswith(".")
        assert "None" not in finding.message
        assert "  " not in finding.message
        for label in (finding.primary, *finding.labels):
            assert 0 <= label.span.start <= label.span.end <= len(case.text)
        if finding.hint is not None:
            assert not finding.hint.endswith(".") or finding.hint.endswith("..")
            assert "None" not in finding.hint


def test_every_constructor_has_a_case():
    assert {case.constructor for case in CASES} == set(constructors()) - ELSEWHERE


def test_every_code_of_names_to_lints_has_a_case():
    wanted = {code for code in CODES if code[2] in "23456"}
    assert wanted - {case.code for case in CASES} == set()


def test_a_spec_with_an_error_gives_no_model_and_one_with_warnings_does():
    for case in CASES:
        checked = check(parse(Source("case.bayes", case.text)))
        assert (checked.model is None) == (CODES[case.code].severity is Severity.ERROR), case.text
        assert checked.errors == tuple(d for d in checked.diagnostics if d.severity is Severity.ERROR)


def test_findings_stand_in_the_order_of_the_file():
    text = "a ~ Normal(0, b)\nc ~ Nomral(0, 1)\nd ~ Normal(0, -1)\n"
    starts = [finding.primary.span.start for finding in found_in(text)]
    assert len(starts) == 3
    assert starts == sorted(starts)
