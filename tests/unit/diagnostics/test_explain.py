"""Explanations are found however they are asked for, and fit on a page."""

from __future__ import annotations

import pytest

from bayesdsl.diagnostics.codes import CODES, SECTIONS
from bayesdsl.diagnostics.explain import WIDTH, UnknownCode, explain, explain_all, find, nearest


def test_an_explanation_holds_all_of_its_row_in_order():
    assert (
        explain("BD103")
        == """\
BD103 bracket (error)
A bracket has no partner

Every `(`, `[` and `{` needs its own closing bracket, and they close in the
opposite order to that in which they were opened. Newlines do not end a
statement inside round and square brackets, so one that stays open would swallow
the statements after it.

Wrong:

    data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
    a, b ~ Normal(0, 1)
    observe y ~ Normal(a + b * (x - 0.5, 1)

Right:

    data obs { x = [0.1, 0.5, 0.9]; y = [1.2, 0.7, 2.1] }
    a, b ~ Normal(0, 1)
    observe y ~ Normal(a + b * (x - 0.5), 1)"""
    )


@pytest.mark.parametrize("code", CODES)
def test_every_explanation_fits_its_width_and_holds_its_row(code: str):
    text, row = explain(code), CODES[code]
    assert max(map(len, text.splitlines())) <= WIDTH
    assert row.title in text
    assert row.name in text
    assert row.severity.value in text
    assert row.why in " ".join(text.split())
    for snippet in (row.wrong, row.right):
        assert all(line in text for line in snippet.splitlines())


@pytest.mark.parametrize(
    "asked",
    [
        "BD102",
        "bd102",
        " Bd102\n",
        "102",
        "BD-102",
        "error[BD102]",
        "error[BD102]:",
        "[bd102]",
        "keyword-as-name",
        "Keyword as name",
        "KEYWORD_AS_NAME",
    ],
)
def test_a_code_may_be_asked_for_in_several_ways(asked: str):
    row = find(asked)
    assert row is not None
    assert row.code == "BD102"
    assert explain(asked) == explain("BD102")


@pytest.mark.parametrize(("asked", "code"), [("BD1001", "BD101"), ("unclosed-sting", "BD104"), ("BD910", "BD901")])
def test_an_unknown_code_is_answered_with_the_nearest(asked: str, code: str):
    assert code in [row.code for row in nearest(asked)]
    with pytest.raises(UnknownCode) as caught:
        explain(asked)
    assert asked in caught.value.message
    assert f"{code} ({CODES[code].name})" in caught.value.hint
    assert str(caught.value) == f"{caught.value.message}\n  hint: {caught.value.hint}"


@pytest.mark.parametrize("asked", ["", "   ", "zzzzzzzzzz", "\x1b[2J", "数" * 1000])
def test_what_resembles_nothing_is_answered_with_the_list(asked: str):
    with pytest.raises(UnknownCode) as caught:
        explain(asked)
    assert caught.value.hint == "`bayesdsl explain` alone lists all codes"
    assert "\x1b" not in str(caught.value)


def test_the_nearest_are_named_once():
    rows = nearest("bracket")
    assert len(rows) == len({row.code for row in rows}) <= 3


def test_the_list_has_a_line_for_every_code_below_its_section():
    lines = explain_all().splitlines()
    codes = [line.split()[0] for line in lines if line.startswith("  ")]
    assert codes == sorted(CODES)
    assert [line for line in lines if line and not line.startswith(" ")] == [
        title for _, title, rows in SECTIONS if rows
    ]
    for line in lines:
        if line.startswith("  "):
            row = CODES[line.split()[0]]
            assert line.split()[1:3] == [row.name, row.severity.value]
            assert line.endswith(row.title)
