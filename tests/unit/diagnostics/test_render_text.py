"""Findings as text: each case is read beside what it should look like."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import BayesError, Cell, Diagnostic, Label, Severity
from bayesdsl.diagnostics.render import MAX_CELLS, NARROWEST, WIDTH, render_github, render_summary, render_text
from bayesdsl.diagnostics.text import CUT, char_width, text_width, visible
from bayesdsl.source import Source, Span

RADON = Source(
    "radon.bayes",
    """mu, b ~ Normal(0, 1)
tau ~ HalfNormal(1)
data house from "radon.csv" {
    county : category
    floor : binary
    log_radon : real
}
a[county] ~ Normal(mu, tau)
observe log_radon ~ Normal(a + b * floor, sigma)
""",
)
CODE = "BD101"
LIKELIHOOD = RADON.text.index("observe")


def at(text: str, source: Source = RADON, after: int = 0) -> Span:
    start = source.text.index(text, after)
    return Span(start, start + len(text))


def finding(*labels: Label, source: Source | None = RADON, message: str = "wrong", **others) -> Diagnostic:
    primary = labels[0] if labels else None
    return Diagnostic(CODE, message, source, primary, labels[1:], **others)


def body(diagnostic: Diagnostic, **options) -> str:
    """The lines after the message and the place."""
    return "\n".join(render_text(diagnostic, **options).split("\n")[2:])


@pytest.fixture
def a_warning(monkeypatch: pytest.MonkeyPatch) -> str:
    """The code of a warning, whatever rows there are."""
    row = CODES[CODE]
    warning = type(row)("BD699", "a-warning", Severity.WARNING, row.title, row.why, row.wrong, row.right)
    monkeypatch.setitem(CODES, "BD699", warning)
    return "BD699"


def test_a_finding_with_two_lines():
    diagnostic = finding(
        Label(Span(at("a + b").start, at("a + b").start + 1), "has plates {county}"),
        Label(at("county"), "maps each house to a county"),
        message="`a` varies over plate `county`, but `log_radon` does not",
        hint="index it by row: a[county]",
    )
    assert (
        render_text(diagnostic)
        == """\
error[BD101]: `a` varies over plate `county`, but `log_radon` does not
  radon.bayes:9:28
   9 | observe log_radon ~ Normal(a + b * floor, sigma)
     |                            ^ has plates {county}
   4 |     county : category
     |     ------ maps each house to a county
  hint: index it by row: a[county]"""
    )


def test_labels_of_one_line_share_it_and_their_row_where_there_is_room():
    diagnostic = finding(
        Label(at("sigma")),
        Label(at("a", after=at("Normal(a").end - 1), "here"),
        Label(at("floor", after=LIKELIHOOD), "and there"),
    )
    assert (
        body(diagnostic)
        == """\
   9 | observe log_radon ~ Normal(a + b * floor, sigma)
     |                            - here         ^^^^^
     |                                    ----- and there"""
    )


def test_labels_that_overlap_have_a_row_each():
    diagnostic = finding(
        Label(at("b * floor"), "a vector"), Label(at("floor", after=LIKELIHOOD)), Label(at("a + b * floor"), "the sum")
    )
    assert (
        body(diagnostic)
        == """\
   9 | observe log_radon ~ Normal(a + b * floor, sigma)
     |                                ^^^^^^^^^ a vector
     |                                    -----
     |                            ------------- the sum"""
    )


def test_the_line_of_the_primary_place_comes_first_then_the_labels_in_their_order():
    diagnostic = finding(Label(at("tau")), Label(at("sigma")), Label(at("mu")), Label(at("HalfNormal")))
    numbers = re.findall(r"^ *(\d+) \|", body(diagnostic), re.MULTILINE)
    assert numbers == ["2", "9", "1"]


def test_a_span_of_several_lines_is_marked_on_its_first_and_says_where_it_ends():
    block = at("data house").to(at("}"))
    diagnostic = finding(Label(block, "this block"), Label(at("floor : binary\n    log_radon")))
    assert (
        body(diagnostic)
        == """\
   3 | data house from "radon.csv" {
     | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ to line 7: this block
   5 |     floor : binary
     |     -------------- to line 6"""
    )


def test_a_span_that_ends_with_its_line_is_of_one_line():
    assert body(finding(Label(at("mu, b ~ Normal(0, 1)\n")))) == "   1 | mu, b ~ Normal(0, 1)\n     | " + "^" * 20


@pytest.mark.parametrize("length", [0, 1])
def test_the_end_of_a_line_is_marked_after_it(length: int):
    end = RADON.text.index("\n")
    expected = "   1 | mu, b ~ Normal(0, 1)\n     |                     ^ ends here"
    assert body(finding(Label(Span(end, end + length), "ends here"))) == expected


def test_windows_line_ends_change_nothing():
    source = Source("a.bayes", "a ~\r\nb = 1\r\n")
    assert body(finding(Label(Span(3, 5)), source=source)) == "   1 | a ~\n     |    ^"
    assert body(finding(Label(Span(5, 6)), source=source)) == "   2 | b = 1\n     | ^"


def test_an_empty_span_gets_one_mark():
    assert body(finding(Label(Span(4, 4)))) == "   1 | mu, b ~ Normal(0, 1)\n     |     ^"


def test_the_end_of_the_file_can_be_marked():
    end = len(RADON.text)
    diagnostic = finding(Label(Span(end, end + 1)))
    assert render_text(diagnostic).split("\n")[1:] == ["  radon.bayes:10:1", "  10 |", "     | ^"]
    bare = Source("a.bayes", "a ~")
    assert body(finding(Label(Span(3, 3)), source=bare)) == "   1 | a ~\n     |    ^"
    assert body(finding(Label(Span(0, 0)), source=Source("a.bayes", ""))) == "   1 |\n     | ^"


def test_spans_outside_the_text_are_brought_inside():
    source = Source("a.bayes", "a ~")
    assert body(finding(Label(Span(90, 99)), source=source)) == "   1 | a ~\n     |    ^"


def test_large_line_numbers_widen_the_margin():
    source = Source("a.bayes", "\n" * 12_344 + "a ~\nb = 1")
    diagnostic = finding(Label(at("a", source)), Label(Span(0, 0)), source=source)
    assert body(diagnostic) == "  12345 | a ~\n        | ^\n      1 |\n        | -"


def test_marks_stand_below_tabs_wide_and_combining_characters():
    source = Source("a.bayes", "\tx\t= f(数据, e\u0301t) + zz\n")
    diagnostic = finding(Label(at("zz", source)), Label(at("数据", source)), Label(at("x", source)), source=source)
    assert body(diagnostic) == "   1 |     x   = f(数据, e\u0301t) + zz\n     |     -       ----        ^^"


def test_a_combining_character_is_marked_with_the_one_before_it():
    source = Source("a.bayes", "e\u0301 = 1")
    assert body(finding(Label(Span(1, 2)), source=source)) == "   1 | e\u0301 = 1\n     | ^"


def test_controls_are_written_out_everywhere():
    evil = "\x1b[2J\u202e\x07"
    source = Source(f"{evil}.bayes", f"a = {evil} + zz # {evil}")
    diagnostic = finding(
        Label(at("zz", source), evil),
        Label(at("\x1b", source)),
        source=source,
        message=evil + "\n",
        cells=(Cell(evil, 1, 1, evil + "\n\t"),),
        notes=(evil,),
        hint=evil,
    )
    for text in (render_text(diagnostic), render_github(diagnostic), render_summary([diagnostic], [source.name])):
        assert not [char for char in text if char != "\n" and not char.isprintable()]
    assert body(diagnostic).split("\n")[:2] == [
        r"   1 | a = \x1b[2J\u202e\x07 + zz # \x1b[2J\u202e\x07",
        r"     |     ----                ^^ \x1b[2J\u202e\x07",
    ]


def test_a_long_line_is_cut_around_what_is_marked():
    source = Source("a.bayes", "y = " + " + ".join(f"beta_{k} * x_{k}" for k in range(400)))
    diagnostic = finding(
        Label(at("x_200", source), "unknown"), Label(at("beta_201", source)), Label(at("x_399", source)), source=source
    )
    assert body(diagnostic, width=80) == (
        "   1 | …9 * x_199 + beta_200 * x_200 + beta_201 * x_201 + beta_202 * x_202 + be…\n"
        "     |                         ^^^^^ unknown\n"
        "     |                                 --------\n"
        "   1 | …eta_396 * x_396 + beta_397 * x_397 + beta_398 * x_398 + beta_399 * x_399\n"
        "     |                                                                     -----"
    )


def test_the_beginning_of_a_long_line_is_not_cut():
    source = Source("a.bayes", "y = " + "x + " * 100)
    line, marks = body(finding(Label(at("y", source)), source=source), width=40).split("\n")
    assert (line, marks) == ("   1 | y = x + x + x + x + x + x + x + …", "     | ^")


def test_a_long_span_on_a_long_line_is_marked_as_far_as_it_is_shown():
    source = Source("a.bayes", "y = " + "x + " * 100)
    line, marks = body(finding(Label(Span(4, 404), "all"), source=source), width=50).split("\n")
    assert line.endswith(CUT)
    assert marks == "     |     " + "^" * (len(line) - 12) + " all"


def test_without_a_width_lines_are_cut_at_a_fixed_one():
    source = Source("a.bayes", "y = " + "x + " * 100)
    assert text_width(body(finding(Label(Span(0, 1)), source=source)).split("\n")[0]) == WIDTH


def test_a_terminal_may_be_as_narrow_as_it_likes():
    source = Source("a.bayes", "y = " + "x + " * 100)
    lines = body(finding(Label(Span(200, 201)), source=source), width=1).split("\n")
    assert max(map(text_width, lines)) <= NARROWEST


def test_a_finding_without_a_source_has_no_place():
    diagnostic = Diagnostic(CODE, "wrong", labels=(Label(Span(0, 1)),), hint="mend it")
    assert render_text(diagnostic) == "error[BD101]: wrong\n  hint: mend it"


def test_a_finding_on_a_whole_file_names_the_file():
    assert render_text(finding()) == "error[BD101]: wrong\n  radon.bayes"


def test_cells_and_notes_follow_the_places():
    diagnostic = finding(
        Label(at("log_radon")),
        cells=(Cell("r.csv", 14, 3, "n/a"), Cell("r.csv", 15, 0, "x"), Cell("r.csv", 16, 2), Cell("r.parquet", 0, 0)),
        notes=("one", "two\nlines"),
        hint="a\nb",
    )
    assert (
        body(diagnostic)
        == """\
   6 |     log_radon : real
     |     ^^^^^^^^^
  r.csv:14:3: `n/a`
  r.csv:15: `x`
  r.csv:16:2
  r.parquet
  note: one
  note: two
        lines
  hint: a
        b"""
    )


def test_long_cells_are_cut_and_of_many_the_first_are_shown():
    cells = tuple(Cell("r.csv", line, 1, "x" * 500) for line in range(1, 1235))
    lines = render_text(Diagnostic(CODE, "wrong", cells=cells)).split("\n")[1:]
    assert len(lines) == MAX_CELLS + 1
    assert lines[0] == f"  r.csv:1:1: `{'x' * 59}{CUT}`"
    assert lines[-1] == f"  … and {1234 - MAX_CELLS:,} more places"


def test_a_message_that_repeats_an_endless_name_is_bounded():
    assert len(render_text(Diagnostic(CODE, "x" * 1_000_000, hint="y" * 1_000_000))) < 3_000


def test_colour_adds_escapes_and_nothing_else():
    diagnostic = finding(
        Label(at("sigma"), "s"), Label(at("mu"), "m"), notes=("n",), hint="h", cells=(Cell("f", 1, 1),)
    )
    coloured = render_text(diagnostic, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(diagnostic)
    assert coloured.startswith("\x1b[1;31merror[BD101]\x1b[0m")
    assert "\x1b" not in render_text(diagnostic)


def test_a_warning_is_yellow(a_warning: str):
    coloured = render_text(Diagnostic(a_warning, "m", RADON, Label(at("mu"))), colour=True)
    assert "\x1b[1;33mwarning[BD699]\x1b[0m" in coloured
    assert "\x1b[1;33m^^\x1b[0m" in coloured


def test_an_exception_shows_what_a_terminal_would():
    one, two = finding(Label(at("sigma"))), finding(Label(at("mu")))
    assert str(BayesError((one, two))) == f"{render_text(one)}\n\n{render_text(two)}"


# Any text and any span

CHARACTERS = st.one_of(
    st.sampled_from("ab =~(\t"),
    st.sampled_from("数ｆé\u0301\u200b\x1b\u202e\r"),
    st.characters(exclude_characters="\n"),
)
LINES = st.text(CHARACTERS, max_size=200)


@st.composite
def labelled(draw: st.DrawFn) -> Diagnostic:
    text = draw(st.text(st.one_of(CHARACTERS, st.just("\n")), max_size=200))
    offsets = st.integers(0, len(text) + 3)
    labels = draw(st.lists(st.builds(Label, st.builds(Span, offsets, offsets), st.text(max_size=10)), max_size=4))
    return finding(*labels, source=Source(draw(st.text(max_size=5)), text))


@given(labelled(), st.integers(0, 100))
def test_any_labels_on_any_text_can_be_rendered_safely(diagnostic: Diagnostic, width: int):
    text = render_text(diagnostic, width=width)
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [char for char in text if char != "\n" and unicodedata.category(char) in hidden]
    render_github(diagnostic).encode("utf-8")


@given(LINES.filter(bool), st.integers(0, 10_000), st.integers(40, 100))
def test_the_mark_stands_below_what_it_marks(line: str, offset: int, width: int):
    offset %= len(line)
    source = Source("a.bayes", line)
    drawn, marks = body(finding(Label(Span(offset, offset + 1)), source=source), width=width).split("\n")
    assert text_width(drawn) <= width
    marked = line[offset]
    # Blanks at the end of a line are not printed, and combining characters have no column of their own.
    if offset >= len(source.line(1)) or marked in "\t " or char_width(marked) == 0:
        return
    column, until = marks.index("^"), 0
    for char in drawn:
        if until == column and char_width(char) > 0:
            assert char == visible(marked)[0]
            return
        until += char_width(char)
    raise AssertionError("nothing stands above the mark")


# One line on all, and annotations


@pytest.mark.parametrize(
    ("errors", "warnings", "files", "expected"),
    [
        (0, 0, ["a"], "1 file checked: nothing to report"),
        (0, 0, ["a", "b", "c"], "3 files checked: nothing to report"),
        (2, 1, ["radon.bayes", "b", "c"], "2 errors, 1 warning in 1 of 3 files"),
        (0, 3, ["radon.bayes", "b"], "3 warnings in 1 of 2 files"),
        (1, 0, ["radon.bayes"], "1 error in radon.bayes"),
        (1234, 0, ["radon.bayes"], "1,234 errors in radon.bayes"),
    ],
)
def test_the_summary_counts(errors: int, warnings: int, files: list[str], expected: str, a_warning: str):
    found = [finding()] * errors + [Diagnostic(a_warning, "m", RADON)] * warnings
    assert render_summary(iter(found), files) == expected


def test_the_summary_of_findings_without_a_file_counts_them_alone():
    assert render_summary([Diagnostic(CODE, "m")], ["a", "b"]) == "1 error"


def test_an_annotation_has_its_place_and_title():
    diagnostic = finding(Label(at("sigma")), message="no `sigma`", notes=("n",), hint="declare it")
    assert render_github(diagnostic) == (
        "::error file=radon.bayes,line=9,col=43,title=BD101 syntax::no `sigma`%0Anote: n%0Ahint: declare it"
    )


def test_an_annotation_is_escaped():
    source = Source("a:b,c%.bayes", "x")
    diagnostic = finding(Label(Span(0, 1)), source=source, message="50%: a, b", hint="one\ntwo\r")
    assert render_github(diagnostic) == (
        "::error file=a%3Ab%2Cc%25.bayes,line=1,col=1,title=BD101 syntax::50%25: a, b%0Ahint: one%0Atwo\\r"
    )


def test_an_annotation_of_data_is_put_there(a_warning: str):
    cells = (Cell("r.csv", 3, 2, "x"), Cell("r.csv", 4, 2, "x"))
    assert render_github(Diagnostic(a_warning, "m", cells=cells)).startswith("::warning file=r.csv,line=3,col=2,title=")
    assert render_github(Diagnostic(CODE, "m", cells=(Cell("r.csv", 3, 0),))).startswith(
        "::error file=r.csv,line=3,title"
    )


def test_an_annotation_without_any_place_has_no_file():
    assert render_github(Diagnostic(CODE, "m")) == "::error title=BD101 syntax::m"
    assert render_github(finding(message="m")) == "::error file=radon.bayes,title=BD101 syntax::m"


def test_rendering_imports_nothing_heavy():
    code = (
        "import sys; import bayesdsl.diagnostics.render, bayesdsl.diagnostics.explain, bayesdsl.diagnostics.sarif; "
        "print([m for m in ('torch', 'pyro', 'numpy', 'pandas', 'pydantic', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
