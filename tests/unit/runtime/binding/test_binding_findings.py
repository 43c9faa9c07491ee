"""What is wrong with a table: each row is a spec, its data, the code that is found and what the message says."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Severity

MODEL = "mu ~ Normal(0, 1)\nobserve y ~ Normal(mu, 1)\n"
COUNTS = "rate ~ Gamma(1, 1)\nobserve y ~ Poisson(rate)\n"
GROUPS = "a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n"


def file(columns: str, options: str = "") -> str:
    """The data block of a file `t.csv`."""
    return f'data t from "t.csv" {options} {{ {columns} }}\n'


# (spec, the file's text, the code, pieces of the finding, the line and column of each cell)
CELLS = {
    "a bad cell": (file("y : real") + MODEL, "x,y\n1,2\n3,x7\n", "BD750", ["a cell of it is not"], [(3, 3)]),
    "bad cells": (
        file("y : real") + MODEL,
        "y,x\n1 kg,2\n3,x7\n2 kg,3\n",
        "BD750",
        ["2 cells of it are not"],
        [(2, 1), (4, 1)],
    ),
    "a bad cell behind quotes": (file("y : real") + MODEL, 'c,y\n"a,b",2\n"c,\nd",?\n', "BD750", ["`y`"], [(4, 4)]),
    "text for numbers": (file("y : real") + MODEL, "y\na\nb\n", "BD750", ["`y` holds text"], [(2, 1), (3, 1)]),
    "underscores are no digits": (file("y : real") + MODEL, "y\n1_000\n2\n", "BD750", ["a cell"], [(2, 1)]),
    "a missing value": (file("y : real") + MODEL, "y\n1\nNA\n\n3\n", "BD751", ["in 1 row", "missing drop"], [(3, 1)]),
    "missing values": (file("y : real") + MODEL, "x,y\n1,1\n1,\n2,NaN\n", "BD751", ["in 2 rows"], [(3, 3), (4, 3)]),
    "a missing value in an expression": (
        file("y : real = log(gdp) - x") + MODEL,
        "x,gdp\n1,1\n1,\n",
        "BD751",
        ["`gdp` is missing", "where present(gdp)"],
        [(3, 3)],
    ),
    "a missing text": (
        file('y : binary = sex == "male"') + COUNTS,
        "sex,z\nmale,1\n,2\n",
        "BD751",
        ["`sex`"],
        [(3, 1)],
    ),
    "a missing level": (file("y : real; g : category") + GROUPS, "y,g\n1,a\n2,\n", "BD751", ["`g`"], [(3, 3)]),
    "a missing key": (file("y : real", '(key = "name")') + MODEL, "name,y\nA,1\n,2\n", "BD751", ["`name`"], [(3, 1)]),
    "an infinite cell": (file("y : real") + MODEL, "y\n1\n-inf\n", "BD760", ["`y` is infinite in 1 row"], [(3, 1)]),
    "a logarithm of zero": (
        file("y : real = log(x)") + MODEL,
        "x\n1\n0\n-1\n",
        "BD760",
        ["in 2 rows", "-inf"],
        [(3, 1), (4, 1)],
    ),
    "a division by zero": (file("y : real = x / z") + MODEL, "x,z\n1,2\n1,0\n", "BD760", ["inf"], [(3, 1), (3, 3)]),
    "zscore of what is not finite": (
        file("y : real = zscore(log(x))") + MODEL,
        "x\n1\n0\n2\n",
        "BD760",
        ["`log(x)` has no finite value in 1 row"],
        [(3, 1)],
    ),
    "a value outside its type": (
        file("y : count") + COUNTS,
        "y\n1\n2.5\n-3\n",
        "BD753",
        ["declared as count", "2.5"],
        [(3, 1), (4, 1)],
    ),
    "a zero that is not positive": (
        file("y : positive") + MODEL,
        "y\n1\n-0\n",
        "BD753",
        ["positive", "1 value is not"],
        [(3, 1)],
    ),
    "a value outside an interval": (file("y : interval(0, 10)") + MODEL, "y\n1\n10.5\n", "BD753", ["10.5"], [(3, 1)]),
    "a number that is not binary": (file("y : binary") + COUNTS, "y\n1\n2\n", "BD753", ["binary"], [(3, 1)]),
    "a value of a computed column outside its type": (
        file("y : positive = a - b") + MODEL,
        "a,b\n2,1\n1,2\n",
        "BD753",
        ["-1"],
        [(3, 1), (3, 3)],
    ),
    "a repeated key": (
        file("y : real", '(key = "name")') + MODEL,
        "name,y\nA,1\nB,2\nA,3\nB,3\n",
        "BD764",
        ["`A` more than once", "1 more label"],
        [(2, 1), (4, 1)],
    ),
    "a ragged row": (file("y : real") + MODEL, "x,y\n1,2\n3,4,5\n", "BD715", ["line 3"], [(3, 1)]),
    "another encoding": (file("y : real") + MODEL, "x,y\né,2\n".encode("latin-1"), "BD710", ["latin-1"], [(2, 0)]),
}


@pytest.mark.parametrize("case", CELLS.values(), ids=CELLS)
def test_what_is_wrong_in_a_file_is_said_with_its_line_and_column(findings, case):
    spec, content, code, pieces, places = case
    (found,) = findings(spec, files={"t.csv": content})
    text = f"{found.message} {' '.join(found.notes)} {found.hint}"
    assert found.code == code, text
    assert [piece for piece in pieces if piece not in text] == [], text
    assert [(cell.line, cell.column) for cell in found.cells] == places
    assert all(cell.file == "t.csv" for cell in found.cells)
    assert found.primary is not None
    assert found.source is not None
    assert found.hint


# (spec, columns of `t` given from memory, the code, pieces of the finding)
GIVEN = {
    "a column that there is not": (
        "data t { y : real = hight }\n" + MODEL,
        {"height": [1]},
        "BD752",
        ["`hight`", "did you mean `height`?"],
    ),
    "a column in capitals": (
        "data t { y : real }\n" + MODEL,
        {"Y": [1]},
        "BD752",
        ["did you mean `Y`?", "its columns are `Y`"],
    ),
    "a column without a likeness": ("data t { y : real }\n" + MODEL, {"abc": [1]}, "BD752", ["y : real = its_name"]),
    "an unknown name in an expression": ("data t { y : real = x + base }\n" + MODEL, {"x": [1]}, "BD752", ["`base`"]),
    "a misspelt constant": (
        "const base = 2\ndata t { y : real = x + bse }\n" + MODEL,
        {"x": [1]},
        "BD752",
        ["did you mean `base`?"],
    ),
    "a column declared below": (
        "data t { y : real = z; z : real = 2 * x }\n" + MODEL + "observe z ~ Normal(mu, 1)",
        {"x": [1]},
        "BD752",
        ["no column `z`"],
    ),
    "a condition on a column of the spec": (
        "data t { y : real; z : real = 2 * y; where z > 0 }\n" + MODEL + "observe z ~ Normal(mu, 1)",
        {"y": [1]},
        "BD752",
        ["filtered before", "computed from"],
    ),
    "an array that is no column": (
        "data t { y : real }\n" + MODEL,
        {"y": np.ones((2, 2, 2)), "x": [1, 2]},
        "BD752",
        ["array of shape (2, 2, 2)"],
    ),
    "a key that there is not": (
        'data t from "-" (key = "nam") { y : real }\n' + MODEL,
        {"y": [1], "name": ["a"]},
        "BD752",
        ["did you mean `name`?"],
    ),
    "text as a number": (
        "data t { y : real = x + name }\n" + MODEL,
        {"x": [1], "name": ["a"]},
        "BD750",
        ["`name` holds text"],
    ),
    "a text column less than another": (
        "data t { y : binary = a < b }\n" + COUNTS,
        {"a": ["x"], "b": ["y"]},
        "BD750",
        ["`a` holds text"],
    ),
    "text compared with a computed number": (
        'data t { y : binary = (x + 1) == "2" }\n' + COUNTS,
        {"x": [1]},
        "BD750",
        ["compared with text"],
    ),
    "a category as a number": (
        "data t { g : category = x; y : real = 2 * g }\n" + MODEL + "a[g] ~ Normal(0, 1)\nderive s = sum[g](a)",
        {"x": ["a"]},
        "BD750",
        ["category, not a number"],
    ),
    "a key with several values": (
        'data t from "-" (key = "k") { y : real }\n' + MODEL,
        {"y": [1, 2], "k": np.ones((2, 2))},
        "BD763",
        ["2 values a row"],
    ),
    "zscore of a constant": (
        "data t { y : real = zscore(x) }\n" + MODEL,
        {"x": [0.1, 0.1, 0.1]},
        "BD760",
        ["`zscore`", "`x`", "0.1 in all 3 rows"],
    ),
    "zscore of one row": ("data t { y : real = zscore(x) }\n" + MODEL, {"x": [4]}, "BD760", ["4 in the only row"]),
    "rescale of a constant": ("data t { y : real = rescale(x) }\n" + MODEL, {"x": [2, 2]}, "BD760", ["`rescale`"]),
    "zscore of what filters leave alike": (
        "data t { where x > 2; y : real = zscore(x) }\n" + MODEL,
        {"x": [1, 3, 3]},
        "BD760",
        ["3 in all 2 rows"],
    ),
    "an overflow": ("data t { y : real = exp(x) }\n" + MODEL, {"x": [1000]}, "BD760", ["inf"]),
    "levels of what is not finite": (
        "data t { y : real; g : category = log(y) }\n" + GROUPS,
        {"y": [0, 1]},
        "BD760",
        ["`log(y)`"],
    ),
    "no rows after a condition": (
        "data t { where y > 5; y : real }\n" + MODEL,
        {"y": [1, 2]},
        "BD756",
        ["`where y > 5` keeps 0 of 2 rows"],
    ),
    "no rows after two conditions": (
        "data t { where y > 1; where y < 2; y : real }\n" + MODEL,
        {"y": [1, 2]},
        "BD756",
        ["keeps 1 of 2 rows", "keeps 0 of 1 rows"],
    ),
    "no rows with a text": (
        'data t { where c == "africa"; y : real }\n' + MODEL,
        {"y": [1], "c": ["Africa"]},
        "BD756",
        ['did you mean "Africa"?'],
    ),
    "no rows without gaps": (
        "data t { missing drop; y : real }\n" + MODEL,
        {"y": [None, None]},
        "BD756",
        ["`missing drop` keeps 0 of 2 rows"],
    ),
    "a matrix as a condition": (
        "data t { where x > 0; y : real }\n" + MODEL,
        {"y": [1], "x": np.ones((1, 2))},
        "BD763",
        ["a condition one"],
    ),
    "a matrix as a column": (
        "data t { y : real }\n" + MODEL,
        {"y": np.ones((1, 3))},
        "BD763",
        ["3 values a row", "y[k] : real"],
    ),
    "a matrix as a category": (
        "data t { y : real; g : category }\n" + GROUPS,
        {"y": [1], "g": np.ones((1, 3))},
        "BD763",
        ["a category one"],
    ),
    "no rows at all": ("data t { y : real }\n" + MODEL, {"y": []}, "BD706", ["no rows"]),
    "columns of two lengths": (
        "data t { y : real }\n" + MODEL,
        {"y": [1, 2], "x": [1]},
        "BD722",
        ["different lengths"],
    ),
}


@pytest.mark.parametrize("case", GIVEN.values(), ids=GIVEN)
def test_what_is_wrong_with_data_from_memory_is_said_with_its_reason(findings, case):
    spec, columns, code, pieces = case
    (found,) = findings(spec, {"t": columns})
    text = f"{found.message} {' '.join(found.notes)} {found.hint}"
    assert found.code == code, text
    assert [piece for piece in pieces if piece not in text] == [], text
    assert found.primary is not None


LEVELS = {
    "another spelling": (
        'plate team = ["Ajax", "Benfica", "Celtic"]\ndata t { y : real; g : category(team) }\n'
        "a[team] ~ Normal(0, 1)\nobserve y ~ Normal(a[g], 1)\n",
        {"t": {"y": [1, 2, 3, 4], "g": ["ajax", "Benfca", "Celtic", "ajax"]}},
        ["`ajax`, in 2 rows", "nor is `Benfca`", 'did you mean "Ajax"?', "did you mean `Benfica`?"],
        [1, 4],
    ),
    "a number from zero": (
        "plate g = 3\ndata t { y : real; g : category }\n" + GROUPS,
        {"t": {"y": [1, 2], "g": [0, 1]}},
        ["`0`", "1 to 3"],
        [1],
    ),
    "a number past a hundred million": (
        "plate g = 100_000_000\ndata t { y : real; g : category }\nobserve y ~ Normal(0, 1)\n",
        {"t": {"y": [1], "g": [100_000_001]}},
        ["`100000001`", "1 to 100,000,000"],
        [1],
    ),
    "a row that there is not": (
        "data county { u = [1, 2, 3] }\ndata t { y : real; g : category(county) }\n"
        "a[county] ~ Normal(u, 1)\nobserve y ~ Normal(a[g], 1)\n",
        {"t": {"y": [1, 2], "g": [1, 4]}},
        ["`4`", "1 to 3"],
        [2],
    ),
    "a row that was filtered": (
        "data county { where u > 1; u : real }\ndata t { y : real; g : category(county) }\n"
        "a[county] ~ Normal(u, 1)\nobserve y ~ Normal(a[g], 1)\n",
        {"county": {"u": [1, 2, 3]}, "t": {"y": [1, 2], "g": [1, 3]}},
        ["`1`", "`2`, `3`"],
        [1],
    ),
    "a key that was filtered": (
        'data county from "-" (key = "name") { where u > 1; u : real }\ndata t { y : real; county : category }\n'
        "a[county] ~ Normal(u, 1)\nobserve y ~ Normal(a[county], 1)\n",
        {"county": {"u": [1, 2], "name": ["A", "B"]}, "t": {"y": [1, 2], "county": ["A", "B"]}},
        ["`A`", "left out by a filter"],
        [1],
    ),
}


@pytest.mark.parametrize("case", LEVELS.values(), ids=LEVELS)
def test_a_level_that_is_no_member_is_said_with_what_may_be_meant(findings, case):
    spec, data, pieces, rows = case
    (found,) = findings(spec, data)
    text = f"{found.message} {' '.join(found.notes)} {found.hint}"
    assert found.code == "BD755"
    assert [piece for piece in pieces if piece not in text] == [], text
    assert [cell.line for cell in found.cells] == rows


def test_a_label_that_is_selected_and_that_no_data_have_is_found(findings):
    spec = "data t { y : real; g : category }\n" + GROUPS + 'derive d = a[g = "hennepin"] - a[g = "ANOKA"]\n'
    (found,) = findings(spec, {"t": {"y": [1, 2], "g": ["HENNEPIN", "ANOKA"]}})
    assert found.code == "BD755"
    assert found.source.slice(found.primary.span) == '"hennepin"'
    assert found.hint == 'did you mean "HENNEPIN"?'


def test_a_label_that_only_a_guide_selects_is_found_where_it_stands(findings):
    spec = (
        "data t { y : real; g : category }\n"
        + GROUPS
        + ('guide q {\n    param m[g] : positive = 1\n    a[g] ~ Normal(m[g = "C"], 1)\n}\n')
    )
    (found,) = findings(spec, {"t": {"y": [1, 2], "g": ["A", "B"]}})
    assert (found.code, found.source.slice(found.primary.span)) == ("BD755", '"C"')


def test_everything_that_is_wrong_in_all_tables_is_found_in_one_go(findings):
    spec = (
        'data county from "c.csv" (key = "nam") { u : positive }\n'
        'data house from "h.csv" { y : real; z : count; floor : category(level); w : real = log(q) + nope }\n'
        'data car { k : real }\nplate level = ["low", "high"]\n'
        "a[level] ~ Normal(0, 1)\nb[county] ~ Normal(u, 1)\n"
        "observe y ~ Normal(a[floor] + z + w, 1)\nobserve k ~ Normal(mean[county](b), 1)\n"
    )
    files = {"c.csv": "name,u\nA,1\nB,-2\n", "h.csv": "y,z,floor,q\n1,2,low,1\nx,2.5,Low,0\n"}
    found = findings(spec, files=files)
    assert [(d.code, d.source.slice(d.primary.span)) for d in found] == [
        ("BD752", '"c.csv"'),
        ("BD753", "u"),
        ("BD750", "y"),
        ("BD753", "z"),
        ("BD755", "floor"),
        ("BD752", "nope"),
        ("BD757", "car"),
    ]


def test_what_follows_from_a_finding_is_left_out(findings):
    spec = (
        "data t { x : real = log(q); z : real = 2 * x; g : category = round(z); y : real }\n"
        "a[g] ~ Normal(0, 1)\nobserve y ~ Normal(a[g] + z, exp(x))\n"
        'derive d = a[g = "7"]\n'
    )
    found = findings(spec, {"t": {"q": [1, 0], "y": [1, 2]}})
    assert [(d.code, d.message.split()[0]) for d in found] == [("BD760", "`x`")]


def test_a_name_that_means_nothing_in_a_condition_hides_no_finding_about_columns_that_are_not_there(findings):
    found = findings("data t { where z > 0; y : real; x : real }\n" + MODEL, {"t": {"y": ["a"]}})
    assert sorted(d.message.split("no column ")[1] for d in found) == ["`x`", "`z`"]


def test_a_source_that_cannot_be_read_is_reported_where_the_spec_names_it(findings):
    (found,) = findings(file("y : real") + MODEL)
    assert (found.code, found.source.slice(found.primary.span)) == ("BD701", '"t.csv"')


def test_values_in_place_have_their_places_in_the_spec(findings):
    spec = "data t {\n    x = [1, 0,\n         -2]\n    y : real = log(x)\n}\n" + MODEL
    (found,) = findings(spec)
    assert [(cell.line, cell.column, cell.text) for cell in found.cells] == [(2, 13, "0"), (3, 10, "-2")]
    assert found.cells[0].file.endswith("m.bayes")


def test_every_finding_of_this_page_is_an_error():
    codes = {case[2] for case in (*CELLS.values(), *GIVEN.values())} | {"BD755"}
    assert {CODES[code].severity for code in codes} == {Severity.ERROR}
