"""JSON and archives: the types that values keep, what is set aside, and places."""

from __future__ import annotations

import gzip
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.diagnostics.diagnostic import Cell

POSTERIORDB = Path(__file__).parents[5] / "shared" / "data" / "posteriordb"

# (an array of JSON, the column's kind, its text, its numbers, bad rows)
ARRAYS = [
    ("[1, 2]", "int", ["1", "2"], [1, 2], []),
    ("[1, null]", "int", ["1", None], [1, None], []),
    ("[1.5, 2]", "real", ["1.5", "2"], [1.5, 2], []),
    ("[1.5, null, NaN]", "real", ["1.5", None, None], [1.5, None, None], []),
    ("[1e999, -Infinity]", "real", ["inf", "-inf"], [math.inf, -math.inf], []),
    ("[true, false, null]", "bool", ["true", "false", None], [1, 0, None], []),
    ('["a", null, ""]', "text", ["a", None, ""], [None, None, None], [0, 2]),
    ('["1", "2.5"]', "text", ["1", "2.5"], [1, 2.5], []),
    ('["NA", "1"]', "text", ["NA", "1"], [None, 1], [0]),
    ('[1, "2", null, NaN]', "text", ["1", "2", None, None], [1, 2, None, None], []),
    ("[1, true]", "text", ["1", "true"], [1, None], [1]),
    ("[null, null]", "real", [None, None], [None, None], []),
    ("[12345678901234567890, 1]", "text", ["12345678901234567890", "1"], [12345678901234567890.0, 1], []),
    ("[9007199254740993]", "int", ["9007199254740993"], [9007199254740992.0], []),
    ('["\\ud800a"]', "text", ["\ufffda"], [None], [0]),
]


@pytest.mark.parametrize(("array", "kind", "texts", "values", "bad"), ARRAYS)
def test_arrays_of_json_keep_their_types(write, read, array, kind, texts, values, bad):
    by_columns = read(write('{"N": 1, "x": ' + array + "}", "d.json")).columns["x"]
    records = "[" + ", ".join('{"x": ' + json.dumps(item) + "}" for item in json.loads(array)) + "]"
    by_records = read(write(records, "e.json")).columns["x"]
    for column in (by_columns, by_records):
        assert column.kind == kind
        assert column.as_text().tolist() == texts
        reals = column.as_real()
        np.testing.assert_array_equal(reals.values, [math.nan if value is None else value for value in values])
        assert reals.bad_rows.tolist() == bad
        assert column.missing.tolist() == [text is None for text in texts]


def test_what_is_no_array_is_set_aside_and_named(write, read):
    content = {"N": 2, "name": "a", "y": [1, 2], "nothing": None, "o": {"a": 1}, "cube": [[[1]], [[2]]]}
    content |= {"ragged": [[1], [1, 2]], "mixed": [[1], 2], "words": [["a"], ["b"]], "things": [{"a": 1}, {"a": 2}]}
    table = read(write(json.dumps(content), "d.json"))
    assert list(table.columns) == ["y"]
    assert table.set_aside == {
        "N": "a single number, 2",
        "name": "text",
        "nothing": "null",
        "o": "an object",
        "cube": "an array of more than two dimensions",
        "ragged": "an array of lists of different lengths, from 1 to 2",
        "mixed": "an array of both lists and other values",
        "words": "a matrix with text in it, and only numbers make a matrix",
        "things": "an array with values of type `dict`, which are neither numbers nor text",
    }


def test_records_without_a_name_have_a_missing_value(write, read):
    table = read(write('[{"x": 1}, {"y": "a", "x": 2}, {}]', "d.json"))
    assert list(table.columns) == ["x", "y"]
    assert table.columns["x"].as_text().tolist() == ["1", "2", None]
    assert table.columns["y"].as_text().tolist() == [None, "a", None]


@pytest.mark.parametrize("content", ['{"x": [[1, 2], [3, null]]}', '[{"x": [1, 2]}, {"x": [3, null]}]'])
def test_lists_of_lists_are_matrices(write, read, content):
    table = read(write(content, "d.json"))
    assert (table.rows, table.columns["x"].width) == (2, 2)
    reals = table.matrix("x")
    np.testing.assert_array_equal(reals.values, [[1, 2], [3, math.nan]])
    assert reals.missing.tolist() == [[False, False], [False, True]]


def test_a_single_column_is_a_matrix_of_one(write, read):
    reals = read(write("x\n1\ntwo\n")).matrix("x")
    assert (reals.values.shape, reals.missing.shape, reals.bad_rows.tolist()) == ((2, 1), (2, 1), [1])


@pytest.mark.parametrize("content", [b'\xef\xbb\xbf{"x": [1]}', gzip.compress(b'{"x": [1]}', mtime=0)])
def test_json_with_a_mark_or_packed(write, read, content):
    assert read(write(content, "d.json")).rows == 1


def test_json_in_another_encoding(write, read):
    file = write('{"x": ["ô"]}'.encode("latin-1"), "d.json")
    assert read(file, encoding="latin-1").columns["x"].as_text().tolist() == ["ô"]


# (the file, row, column, the place)
JSON_PLACES = [
    ('{"N": 3, "x": [1,\n  22, 3]}', 1, "x", (2, 3, "22")),
    ('{"a]}": ["]", "}"],\n "x": [[1, 2], [3]]}', 1, "a]}", (1, 15, '"}"')),
    ('[{"x": 1},\n {"y": "a\\"]", "x" : 22}]', 1, "x", (2, 22, "22")),
    ('[{"x": 1},\n {"y": 2}]', 1, "x", (2, 2, '{"y": 2}')),
    ('{"x": [null, NaN, -1.5e3]}', 2, "x", (1, 19, "-1.5e3")),
    ('{"ô": ["é",\n"' + "a" * 100 + '"]}', 1, "ô", (2, 1, '"' + "a" * 56 + "...")),
]


@pytest.mark.parametrize(("content", "row", "column", "place"), JSON_PLACES)
def test_values_of_json_know_their_places(write, read, content, row, column, place):
    file = write(content, "d.json")
    assert read(file).cell(row, column) == Cell(file, *place)


def test_missing_may_be_said_of_typed_values(write, read):
    content = '{"i": [-99, 1], "r": [-99.0, 1.5], "t": ["-99", "NA"], "m": [[-99, 1], [2, 3]], "b": [true, false]}'
    columns = read(write(content, "d.json"), missing=["-99", "NA"]).columns
    assert columns["i"].missing.tolist() == columns["r"].missing.tolist() == [True, False]
    assert columns["t"].missing.tolist() == [True, True]
    assert columns["m"].missing.tolist() == [[True, False], [False, False]]
    assert columns["b"].missing.tolist() == [False, False]
    numbers = read(write(content, "d.json"), missing=[-99]).columns
    assert numbers["i"].missing.tolist() == numbers["t"].missing.tolist() == [True, False]


@pytest.mark.skipif(not POSTERIORDB.exists(), reason="the shared data is not here")
def test_posteriordb(read):
    found = sorted(POSTERIORDB.glob("*/data.json"))
    assert found
    for path in found:
        table = read(path)
        given = json.loads(path.read_text())
        assert set(table.columns) == {name for name, value in given.items() if isinstance(value, list)}
        assert set(table.set_aside) == set(given) - set(table.columns)
        for name, column in table.columns.items():
            np.testing.assert_array_equal(column.as_real().values, np.asarray(given[name], dtype=float))


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


# (an array, the column's kind, its text)
DTYPES = [
    (np.array([1, 2], dtype=np.int8), "int", ["1", "2"]),
    (np.array([1, 2], dtype=">i4"), "int", ["1", "2"]),
    (np.array([1, 2], dtype=np.uint64), "int", ["1", "2"]),
    (np.array([1, 2**64 - 1], dtype=np.uint64), "text", ["1", "18446744073709551615"]),
    (np.array([0.5, np.nan], dtype=np.float32), "real", ["0.5", None]),
    (np.array([0.5, 2], dtype=np.float16), "real", ["0.5", "2"]),
    (np.array([0.5, 2], dtype=np.longdouble), "real", ["0.5", "2"]),
    (np.array([True, False]), "bool", ["true", "false"]),
    (np.array(["a", "ô"]), "text", ["a", "ô"]),
    (np.array([b"a", "ô".encode()]), "text", ["a", "ô"]),
    (np.array(["2020-01-02", "NaT"], dtype="datetime64[ns]"), "text", ["2020-01-02", None]),
    (
        np.array(["2020-01-02T03", "2020-01-02"], dtype="datetime64[ms]"),
        "text",
        ["2020-01-02T03:00:00", "2020-01-02T00:00:00"],
    ),
    (np.array(["2020", "2021"], dtype="datetime64[Y]"), "text", ["2020", "2021"]),
]


@pytest.mark.parametrize(
    ("array", "kind", "texts"), DTYPES, ids=[str(row[0].dtype) + str(i) for i, row in enumerate(DTYPES)]
)
def test_arrays_of_every_type_are_columns(write, read, array, kind, texts):
    for table in (read(write(npz(x=array), "d.npz")), read({"x": array})):
        column = table.columns["x"]
        assert (column.kind, column.as_text().tolist()) == (kind, texts)


def test_matrices_of_either_order_keep_their_shape(write, read):
    values = np.arange(6.0).reshape(3, 2)
    table = read(write(npz(c=values, f=np.asfortranarray(values), b=values > 2, n=7, t=np.zeros((3, 2, 2))), "d.npz"))
    assert table.rows == 3
    for name in ("c", "f"):
        np.testing.assert_array_equal(table.matrix(name).values, values)
    np.testing.assert_array_equal(table.matrix("b").values, values > 2)
    assert set(table.set_aside) == {"n", "t"}
    assert "(3, 2, 2)" in table.set_aside["t"]
    assert table.cell(1, "c") == Cell("d.npz", 2, 0, "2, 3")


def test_archives_hold_only_the_arrays_that_are_wanted(write, read):
    file = write(npz(x=np.zeros(3), y=np.ones(3), other=np.zeros(5), junk=np.array([None])), "d.npz")
    table = read(file, columns=["x", "y"])
    assert list(table.columns) == ["x", "y"]


def test_arrays_that_cannot_be_columns_are_set_aside(write, read):
    arrays = {"y": np.zeros(2), "z": np.zeros(2, dtype=complex), "s": np.zeros(2, dtype=[("a", "f8")])}
    arrays |= {"t": np.array([["a"], ["b"]]), "d": np.zeros(2, dtype="m8[s]"), "b": np.array([b"\xff", b"a"])}
    table = read(write(npz(**arrays), "d.npz"))
    assert list(table.columns) == ["y"]
    assert set(table.set_aside) == {"z", "s", "t", "d", "b"}
