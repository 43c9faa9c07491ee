"""Delimited text: what is read, and where it says that a cell stands."""

from __future__ import annotations

import gzip
import hashlib
import math
import time
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.diagnostics.diagnostic import Cell

RUGGED = Path(__file__).parents[5] / "shared" / "data" / "rugged.csv"

# (what it shows, the file's bytes, options, the columns as text)
GOOD = [
    ("plain", b"x,y\n1,2\n3,4\n", {}, {"x": ["1", "3"], "y": ["2", "4"]}),
    ("no newline at the end", b"x,y\n1,2", {}, {"x": ["1"], "y": ["2"]}),
    ("CRLF", b"x,y\r\n1,2\r\n3,4\r\n", {}, {"x": ["1", "3"], "y": ["2", "4"]}),
    ("CR alone", b"x,y\r1,2\r3,4\r", {}, {"x": ["1", "3"], "y": ["2", "4"]}),
    ("byte order mark", b"\xef\xbb\xbfx,y\n1,2\n", {}, {"x": ["1"], "y": ["2"]}),
    ("mark before a quote", b'\xef\xbb\xbf"x",y\n1,2\n', {}, {"x": ["1"], "y": ["2"]}),
    ("blanks around", b"x , y\n 1 ,\t2 \n", {}, {"x": ["1"], "y": ["2"]}),
    ("quotes after blanks", b'x, y\n1, "a, b"\n', {}, {"x": ["1"], "y": ["a, b"]}),
    ("quoted separator", b'x,y\n"a,b",2\n', {}, {"x": ["a,b"], "y": ["2"]}),
    ("doubled quote", b'x,y\n"a ""b""",2\n', {}, {"x": ['a "b"'], "y": ["2"]}),
    ("quoted newline", b'x,y\n"a\nb",2\n', {}, {"x": ["a\nb"], "y": ["2"]}),
    ("a quote inside a field", b'x,y\n5" nail,2\n', {}, {"x": ['5" nail'], "y": ["2"]}),
    ("blank lines", b"\n\nx,y\n\n1,2\n   \n3,4\n\n\n", {}, {"x": ["1", "3"], "y": ["2", "4"]}),
    ("missing", b"x,y\n,NA\nnan,.\n", {}, {"x": [None, None], "y": [None, "."]}),
    ("missing as said", b"x,y\n,NA\n-99,.\n", {"missing": [".", ""]}, {"x": [None, "-99"], "y": ["NA", None]}),
    ("missing, one word", b"x,y\n.,NA\n", {"missing": "."}, {"x": [None], "y": ["NA"]}),
    ("missing number", b"x,y\n-99,1\n-99.0,2\n", {"missing": [-99]}, {"x": [None, None], "y": ["1", "2"]}),
    ("row names of R", b'"","x"\n"1",2\n"2",3\n', {}, {"x": ["2", "3"]}),
    ("index of pandas", b",x,y\n0,2,3\n1,4,5\n", {}, {"x": ["2", "4"], "y": ["3", "5"]}),
    ("one column", b"x\n1\n2\n", {}, {"x": ["1", "2"]}),
    ("one column with gaps", b'x\n1\n""\n2\n', {}, {"x": ["1", None, "2"]}),
    ("one column, blank lines", b'\nx\n\n1\n  \n""\n2\n\n', {}, {"x": ["1", None, "2"]}),
    ("tabs alone are a row", b"x\ty\n\t\n1\t2\n", {"sep": "\t"}, {"x": [None, "1"], "y": [None, "2"]}),
    ("no comment after a tab", b"x\ty\n\t#\n", {"sep": "\t", "comment": "#"}, {"x": [None], "y": ["#"]}),
    ("semicolons", b"x;y\n1,5;2\n", {"sep": ";", "decimal": ","}, {"x": ["1,5"], "y": ["2"]}),
    ("tab by its sign", b"x\ty\n1\t2\n", {"sep": "\\t"}, {"x": ["1"], "y": ["2"]}),
    ("tab itself", b"x\ty\n1\t2\n", {"sep": "\t"}, {"x": ["1"], "y": ["2"]}),
    ("empty first tab field", b"x\ty\n\t2\n", {"sep": "\t"}, {"x": [None], "y": ["2"]}),
    ("blank as separator", b"x y\n1 2\n", {"sep": " "}, {"x": ["1"], "y": ["2"]}),
    ("single quotes", b"x,y\n'a,b',2\n", {"quote": "'"}, {"x": ["a,b"], "y": ["2"]}),
    ("no quotes", b'x,y\n"a,b"\n', {"quote": ""}, {"x": ['"a'], "y": ['b"']}),
    ("comments", b"# one\nx,y\n# two\n1,2\n  # three, four\n", {"comment": "#"}, {"x": ["1"], "y": ["2"]}),
    ("comment with quotes", b'x,y\n# it is "open\n1,2\n', {"comment": "#"}, {"x": ["1"], "y": ["2"]}),
    ("no comment inside quotes", b'x,y\n"a\n# b",2\n', {"comment": "#"}, {"x": ["a\n# b"], "y": ["2"]}),
    ("names given", b"1,2\n3,4\n", {"header": ["x", "y"]}, {"x": ["1", "3"], "y": ["2", "4"]}),
    ("names given, blank first line", b"\n1,2\n", {"header": ["x", "y"]}, {"x": ["1"], "y": ["2"]}),
    ("latin-1", "x,y\nCôte,2\n".encode("latin-1"), {"encoding": "latin-1"}, {"x": ["Côte"], "y": ["2"]}),
    ("utf-16", "x,y\nCôte,2\n".encode("utf-16"), {"encoding": "utf-16"}, {"x": ["Côte"], "y": ["2"]}),
    ("utf-16-le with its mark", b"\xff\xfex\0\n\x001\0", {"encoding": "utf-16-le"}, {"x": ["1"]}),
    ("letters of all kinds", "名,y\n東京,2\n".encode(), {}, {"名": ["東京"], "y": ["2"]}),
    ("packed", gzip.compress(b"x,y\n1,2\n", mtime=0), {}, {"x": ["1"], "y": ["2"]}),
    ("only separators in a row", b"x,y\n1,2\n,\n", {}, {"x": ["1", None], "y": ["2", None]}),
]


@pytest.mark.parametrize(("content", "options", "expected"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_reads(write, read, content, options, expected):
    table = read(write(content), **options)
    assert {name: column.as_text().tolist() for name, column in table.columns.items()} == expected
    assert list(table.columns) == list(expected)
    assert table.rows == len(next(iter(expected.values())))


@pytest.mark.parametrize(
    ("name", "content"),
    [("d.tsv", b"x\ty\n1\t2\n"), ("d.TSV", b"x\ty\n1\t2\n"), ("d.txt", b"x,y\n1,2\n"), ("d.tab", b"x\ty\n1\t2\n")],
)
def test_the_name_tells_the_separator(write, read, name, content):
    assert list(read(write(content, name)).columns) == ["x", "y"]


@pytest.mark.parametrize("name", ["d.csv.gz", "d.CSV.GZ"])
def test_packed_files_are_told_by_their_name(write, read, name):
    assert read(write(gzip.compress(b"x\n1\n"), name)).rows == 1


def test_a_format_can_be_said(write, read):
    assert list(read(write("x\ty\n1\t2\n", "d.dat"), format="tsv").columns) == ["x", "y"]


# (cells, options, the numbers, which are missing, which are bad)
NUMBERS = [
    (["1", "-2.5", "+3", "1e3", ".5"], {}, [1, -2.5, 3, 1000, 0.5], [], []),
    (["1", "NA", "", "2"], {}, [1, None, None, 2], [1, 2], []),
    (["inf", "-Infinity"], {}, [math.inf, -math.inf], [], []),
    (["1", "two", "3"], {}, [1, None, 3], [], [1]),
    (["1", "two", "NA", "?"], {}, [1, None, None, None], [2], [1, 3]),
    (["1_000", "2"], {}, [None, 2], [], [0]),
    (["0x10", "2"], {}, [None, 2], [], [0]),
    (["1 000", "2"], {}, [None, 2], [], [0]),
    (["nan", "2"], {"missing": ["NA"]}, [None, 2], [], [0]),
    (["", "2"], {"missing": ["NA"]}, [None, 2], [], [0]),
    (["-99", "2"], {"missing": ["-99"]}, [None, 2], [0], []),
    (["-99.00", "2"], {"missing": [-99]}, [None, 2], [0], []),
    (["-99.00", "2"], {"missing": ["-99"]}, [-99, 2], [], []),
    (["1,5", "2", "NA"], {"sep": ";", "decimal": ","}, [1.5, 2, None], [2], []),
    (["1,5", "2.5"], {"sep": ";", "decimal": ","}, [1.5, None], [], [1]),
    (["TRUE", "false", "NA"], {}, [1, 0, None], [2], []),
    (["TRUE", "2"], {}, [None, 2], [], [0]),
    (["NA", ""], {}, [None, None], [0, 1], []),
    (["a", "b"], {}, [None, None], [], [0, 1]),
]


@pytest.mark.parametrize(("cells", "options", "values", "missing", "bad"), NUMBERS)
def test_fields_are_numbers_where_asked_for(write, read, cells, options, values, missing, bad):
    sep = options.get("sep", ",")
    table = read(write(f"x{sep}k\n" + "".join(f"{cell}{sep}k\n" for cell in cells)), **options)
    reals = table.columns["x"].as_real()
    np.testing.assert_array_equal(reals.values, [math.nan if value is None else value for value in values])
    assert np.flatnonzero(reals.missing).tolist() == missing
    assert reals.bad_rows.tolist() == bad
    assert table.columns["x"].missing.tolist() == reals.missing.tolist()


def test_bad_cells_are_found_among_many_good_ones(write, read):
    cells = [str(i) for i in range(10_000)]
    for i in (0, 4095, 4096, 9_999):
        cells[i] = "bad"
    reals = read(write("x\n" + "\n".join(cells) + "\n")).columns["x"].as_real()
    assert reals.bad_rows.tolist() == [0, 4095, 4096, 9_999]
    assert reals.values[[1, 4097, 9_998]].tolist() == [1, 4097, 9_998]


def test_text_and_numbers_of_one_column_do_not_disturb_each_other(write, read):
    column = read(write("zip\n01\n1\nNA\n")).columns["zip"]
    assert column.kind == "text"
    assert column.values.tolist() == ["01", "1", None]
    first = column.as_real()
    first.values[0] = 7.0
    assert column.as_real().values.tolist()[:2] == [1.0, 1.0]


# (what it shows, the file, options, row, column, the place)
PLACES = [
    ("plain", "x,y\n1,22\n3,44\n", {}, 1, "y", (3, 3, "44")),
    ("first field", "x,y\n1,22\n3,44\n", {}, 0, "x", (2, 1, "1")),
    ("blanks before", "x,y\n1,   22 \n", {}, 0, "y", (2, 6, "22")),
    ("blank lines", "\nx,y\n\n1,2\n\n\n3,44\n", {}, 1, "y", (7, 3, "44")),
    ("CRLF", "x,y\r\n1,2\r\n\r\n3,44\r\n", {}, 1, "y", (4, 3, "44")),
    ("quotes", 'x,y\n"a,b",22\n', {}, 0, "y", (2, 7, "22")),
    ("quotes as written", 'x,y\n"a ""b""",22\n', {}, 0, "x", (2, 1, '"a ""b"""')),
    ("after a quoted newline", 'x,y\n"a\nb",22\n3,44\n', {}, 0, "y", (3, 4, "22")),
    ("row after a quoted newline", 'x,y\n"a\nb",22\n3,44\n', {}, 1, "y", (4, 3, "44")),
    ("comments", "# a\nx,y\n# b\n1,22\n#c\n3,44\n", {"comment": "#"}, 1, "y", (6, 3, "44")),
    ("comment in quotes", 'x,y\n"a\n#b",22\n', {"comment": "#"}, 0, "y", (3, 5, "22")),
    ("names given", "1,22\n3,44\n", {"header": ["x", "y"]}, 1, "y", (2, 3, "44")),
    ("after the row names", ',x,y\n"a",1,22\n', {}, 0, "y", (2, 7, "22")),
    ("byte order mark", "\ufeffx,y\n1,22\n", {"header": ["a", "y"]}, 0, "y", (1, 3, "y")),
    ("letters count as one", "x,y\nCôte,22\n", {}, 0, "y", (2, 6, "22")),
    ("one column with gaps", 'x\n\n1\n""\n\n22\n', {}, 2, "x", (6, 1, "22")),
    ("tabs alone are a row", "x\ty\n\n\t\n1\t22\n", {"sep": "\t"}, 1, "y", (4, 3, "22")),
    ("an empty field alone", 'x,y\n""\n1,22\n', {}, 0, "y", (3, 3, "22")),
    ("empty field", "x,y\n1,\n", {}, 0, "y", (2, 3, "")),
    ("empty field before a tab", "x\ty\n\t2\n", {"sep": "\t"}, 0, "y", (2, 2, "2")),
    ("no newline at the end", "x,y\n1,22", {}, 0, "y", (2, 3, "22")),
    ("no quoting", 'x,y\n"1,22"\n', {"quote": ""}, 0, "y", (2, 4, '22"')),
]


@pytest.mark.parametrize(
    ("content", "options", "row", "column", "place"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_cells_know_their_places(write, read, content, options, row, column, place):
    file = write(content)
    assert read(file, **options).cell(row, column) == Cell(file, *place)


def test_places_are_those_of_the_unpacked_text(write, read):
    file = write(gzip.compress(b"x,y\n1,22\n"), "d.csv.gz")
    assert read(file).cell(0, "y") == Cell(file, 2, 3, "22")


def test_the_fingerprint_is_that_of_the_bytes_on_disk(write, read):
    packed = gzip.compress(b"x\n1\n")
    assert read(write(packed, "d.csv.gz")).sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.skipif(not RUGGED.exists(), reason="the shared data is not here")
def test_rugged(read):
    table = read(RUGGED, sep=";")
    assert (table.rows, len(table.columns)) == (234, 51)
    gdp = table.columns["rgdppc_2000"].as_real()
    # 170 of the nations have a national income, as everyone who uses these data reports.
    assert (~gdp.missing).sum() == 170
    assert gdp.bad_rows.size == 0
    assert table.columns["country"].as_real().bad_rows.size == 234
    assert table.cell(2, "country").text == '"Angola"'


def test_large_files_are_read_at_once(write, read):
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(50_000, 4))
    file = write("a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in numbers.tolist()) + "\n")
    start = time.process_time()
    table = read(file)
    read_back = np.column_stack([column.as_real().values for column in table.columns.values()])
    spent = time.process_time() - start
    np.testing.assert_array_equal(read_back, numbers)
    # It takes about 0.15 s; a cell at a time in Python takes several times as long as this.
    assert spent < 2.0
    assert table.cell(49_999, "d").line == 50_001
