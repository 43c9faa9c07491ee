"""How a summary is drawn."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from bayesdsl.results.summary import Row, Summary, summarise
from bayesdsl.results.table import (
    COLUMNS,
    format_error,
    format_value,
    html_table,
    lay_out,
    shorten,
    text_table,
    text_width,
)
from bayesdsl.runtime.posterior import Posterior


def table_of(*rows: Row, kind: str = "mcmc") -> Summary:
    return Summary(kind, "test", 0.9, 4, 1000, rows)


def row(name: str, mean: float, sd: float, mcse: float) -> Row:
    variable = name.partition("[")[0]
    return Row(name, variable, (), mean, sd, mean, mean - sd, mean + sd, 3812.4, 2950.6, 1.0017, mcse)


def cells(line: str) -> list[str]:
    return line.split()


def test_headings_name_the_columns_and_the_bounds_of_the_interval(penguins):
    heading = text_table(summarise(penguins(), interval=0.9)).splitlines()[0]
    assert heading.split() == ["mean", "sd", "median", "5%", "95%", "ESS", "bulk", "ESS", "tail", "R-hat", "MCSE"]
    assert "5.5%" in text_table(summarise(penguins(), interval=0.89)).splitlines()[0]


def test_digits_go_as_far_as_the_monte_carlo_error_justifies():
    line = text_table(table_of(row("x", 1.234567, 0.5123, 0.0081))).splitlines()[1]
    assert cells(line) == ["x", "1.235", "0.512", "1.235", "0.722", "1.747", "3812", "2951", "1.002", "0.0081"]


def test_two_digits_of_the_spread_are_shown_however_large_the_error():
    line = text_table(table_of(row("x", 1.234567, 0.05123, 0.2))).splitlines()[1]
    assert cells(line)[1:3] == ["1.235", "0.051"]


def test_large_numbers_have_no_decimals_and_no_exponent():
    line = text_table(table_of(row("x", 23140.2, 812.3, 13.1))).splitlines()[1]
    assert cells(line)[1:3] == ["23140", "812"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (3.01e-7, 9, "3.01e-07"),
        (2.5e9, 0, "2.50e+09"),
        (0.0, 9, "0.000000"),
        (-0.0004, 2, "0.00"),
        (-0.006, 2, "-0.01"),
        (1.0, None, "1"),
        (0.96512345, None, "0.9651"),
        (1234.5678, None, "1235"),
        (float("nan"), 2, "nan"),
        (float("-inf"), 2, "-inf"),
        (None, 2, "-"),
    ],
)
def test_a_number_is_written_plainly_unless_it_is_far_from_one(value, decimals, text):
    assert format_value(value, decimals) == text


@pytest.mark.parametrize(("value", "text"), [(0.00813, "0.0081"), (13.4, "13"), (0.0, "0"), (None, "-")])
def test_an_error_has_two_significant_digits(value, text):
    assert format_error(value) == text


def test_decimal_points_stand_under_each_other():
    summary = table_of(row("x", 1.23, 0.5, 0.008), row("y", 123.4, 31.0, 0.9), row("z", -0.0123, 0.0031, 0.0001))
    lines = text_table(summary).splitlines()[1:]
    assert len({line.index(".") for line in lines if "." in line.split()[1]}) == 1


def test_the_rows_of_a_variable_share_their_decimals():
    summary = table_of(row("a[p]", 1.2345, 0.5, 0.0098), row("a[q]", 1.2345, 0.5, 0.0102))
    assert {cells(line)[1] for line in text_table(summary).splitlines()[1:]} == {"1.23"}


def test_rows_with_the_same_name_keep_their_own_figures():
    summary = table_of(row("a[1]", 1.0, 0.5, 0.01), row("a[1]", 2.0, 0.5, 0.01))
    assert [cells(line)[1] for line in text_table(summary).splitlines()[1:]] == ["1.00", "2.00"]


@pytest.mark.parametrize("kind", ["mcmc", "svi", "point"])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_no_line_is_wider_than_the_terminal(penguins, width, kind):
    posterior = penguins(chains=1 if kind != "mcmc" else 4, draws=1 if kind == "point" else 100, kind=kind)
    posterior.draws["income"] = 1e5 + 1e3 * posterior.draws["mu"]
    posterior.draws["rate"] = 1e-8 * posterior.draws["mu"]
    posterior.draws["w"] = posterior.draws["a"]
    posterior.dims.update(income=(), rate=(), w=("county",))
    posterior.coords["county"] = ["LAC QUI PARLE AND ALL ITS TOWNSHIPS", "Ærø", "東京都"]
    lines = text_table(summarise(posterior), width=width).splitlines()
    assert max(text_width(line) for line in lines) <= width
    assert any("mean" in line or "estimate" in line for line in lines[:2])


def test_the_columns_least_missed_go_first(penguins):
    summary = summarise(penguins(draws=100))
    full = {column.figure for column in COLUMNS["mcmc"]}
    left = [{column.figure for column in lay_out(summary, width=width).columns} for width in (120, 70, 62, 54, 40)]
    assert left[0] == full
    assert all(later <= earlier for earlier, later in pairwise(left))
    assert left[-1] == {"mean", "lower", "upper"}
    assert "MCSE" in lay_out(summary, width=62).dropped


def test_long_plates_are_cut_and_the_note_says_how_much_and_where():
    draws = {"a": np.random.default_rng(7).normal(size=(2, 50, 175)), "b": np.zeros((2, 50))}
    posterior = Posterior("mcmc", "test", draws, {"a": ("p",), "b": ()}, {"p": list(range(175))})
    lines = text_table(summarise(posterior), limit=12, elsewhere="all in summary.json").splitlines()
    assert lines[13] == "  ... 163 more; all in summary.json"
    assert lines[14].split()[0] == "b"
    assert len(lines) == 15


def test_a_note_never_stands_for_a_single_row():
    draws = {"a": np.random.default_rng(8).normal(size=(2, 50, 13))}
    summary = summarise(Posterior("mcmc", "test", draws, {"a": ("p",)}, {"p": list(range(13))}))
    assert "more" not in text_table(summary, limit=12)
    assert "... 2 more" in text_table(summary, limit=11)


def test_a_summary_without_rows_is_still_a_table():
    assert "mean" in text_table(table_of())
    assert "<table>" in html_table(table_of())


def test_names_are_cut_in_the_middle_by_their_width():
    assert shorten("county[LAC QUI PARLE]", 16) == "county[LAC..RLE]"
    assert text_width(shorten("a[東京都東京都東京都東京都]", 16)) <= 16


def test_html_is_well_formed_and_labels_are_escaped():
    draws = {"a": np.random.default_rng(9).normal(size=(2, 50, 2))}
    posterior = Posterior("mcmc", "test", draws, {"a": ("p",)}, {"p": ["<script>", "a&b"]})

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.texts: list[str] = []

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_data(self, data: str) -> None:
            self.texts.append(data)

    reader = Reader()
    reader.feed(summarise(posterior)._repr_html_())
    assert reader.open == []
    assert {"a[<script>]", "a[a&b]"} <= set(reader.texts)
