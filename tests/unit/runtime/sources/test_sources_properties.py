"""Whatever the bytes, the answer is a table or findings; and what was written is what is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import BayesError
from bayesdsl.runtime.sources import RawTable, read_source

SOME = settings(max_examples=150, deadline=None, derandomize=True)

STREAM = io.BytesIO()
np.savez(STREAM, x=np.arange(3.0), y=np.array(["a", "b", "c"]), m=np.zeros((3, 2)))
SEEDS = {
    "csv": b'x,y\n1,"a ""b"", c"\n\n2,"d\ne"\n',
    "json": b'[{"x": 1, "y": "a\\u00f4"}, {"x": null, "y": [1, 2.5e3]}]',
    "npz": STREAM.getvalue(),
}
ENCODINGS = ["utf-8", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7", "shift_jis", "cp037", "ascii"]


def look_at_all(table: RawTable) -> None:
    assert table.rows > 0
    for name, column in table.columns.items():
        assert column.missing.shape == column.cells.shape == column.as_text().shape
        reals = column.as_real()
        assert reals.values.dtype == np.float64
        assert np.isnan(reals.values[reals.missing]).all()
        assert not reals.missing[reals.bad_rows].any()
        for row in {0, table.rows // 2, table.rows - 1}:
            cell = table.cell(row, name)
            assert min(cell.line - 1, cell.column) >= 0


def look_at(given: object, directory: Path, **options: object) -> None:
    """A source gives a table that can be looked at, or findings that say something; any other error is a failure."""
    found = None
    try:
        table = read_source(given, options, directory, name="t")
    except BayesError as error:
        found = error.diagnostics
    if found is None:
        look_at_all(table)
    else:
        assert found
        assert {diagnostic.code for diagnostic in found} <= CODES.keys()
        assert all(diagnostic.message and diagnostic.hint for diagnostic in found)


def read_bytes(directory: Path, data: bytes, format: str, **options: object) -> None:
    (directory / "data").write_bytes(data)
    look_at("data", directory, format=format, **options)


def mutated(seed: bytes) -> st.SearchStrategy[bytes]:
    """A good file with pieces of it overwritten, cut out or put in."""
    piece = st.tuples(st.integers(0, len(seed)), st.integers(0, 6), st.binary(max_size=6))

    def apply(pieces: list[tuple[int, int, bytes]]) -> bytes:
        data = seed
        for start, length, new in pieces:
            data = data[:start] + new + data[start + length :]
        return data

    return st.lists(piece, max_size=5).map(apply)


LIKE_CSV = st.lists(
    st.sampled_from([*"\n\r,;\t\"'# xy1.5", "NA", "ô", "\ufeff", "\r\n", "\x0b", "\x85"]), max_size=60
).map("".join)


@SOME
@given(data=st.binary(max_size=200), format=st.sampled_from(["csv", "tsv", "json", "npz"]))
def test_any_bytes(tmp_path_factory, data, format):
    read_bytes(tmp_path_factory.getbasetemp(), data, format)


@SOME
@given(data=st.sampled_from(sorted(SEEDS)).flatmap(lambda f: st.tuples(st.just(f), mutated(SEEDS[f]))))
def test_damaged_files(tmp_path_factory, data):
    read_bytes(tmp_path_factory.getbasetemp(), data[1], data[0])


@SOME
@given(data=mutated(gzip.compress(SEEDS["csv"])))
def test_damaged_packing(tmp_path_factory, data):
    read_bytes(tmp_path_factory.getbasetemp(), data, "csv")


@SOME
@given(
    text=LIKE_CSV,
    written=st.sampled_from(ENCODINGS),
    read_as=st.sampled_from(ENCODINGS),
    options=st.fixed_dictionaries(
        {},
        optional={
            "sep": st.sampled_from([";", " ", "\t", ",", "|"]),
            "quote": st.sampled_from(["", "'", '"', ","]),
            "comment": st.sampled_from(["#", "x", "//"]),
            "decimal": st.sampled_from([",", "."]),
            "header": st.just(["a", "b"]),
            "missing": st.sampled_from([["x", 1], ".", [1.5]]),
        },
    ),
)
@example(text="x,y\n1,2\n", written="utf-8", read_as="utf-16", options={})
def test_any_text_in_any_encoding_with_any_options(tmp_path_factory, text, written, read_as, options):
    data = text.encode(written, "replace")
    read_bytes(tmp_path_factory.getbasetemp(), data, "csv", encoding=read_as, **options)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@SOME
@given(value=JSON_VALUES | st.lists(st.dictionaries(st.sampled_from("xy"), JSON_VALUES, max_size=2), max_size=4))
def test_any_json(tmp_path_factory, value):
    read_bytes(tmp_path_factory.getbasetemp(), json.dumps(value).encode(), "json")


@SOME
@given(given=st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=3))
def test_any_dict(tmp_path_factory, given):
    look_at(given, tmp_path_factory.getbasetemp())


FIELDS = st.text(st.sampled_from([*'ab"\n,; ', "ô", "\r", "#"]), max_size=6)


@SOME
@given(
    rows=st.integers(2, 4).flatmap(
        lambda k: st.lists(st.lists(FIELDS, min_size=k, max_size=k), min_size=1, max_size=6)
    ),
    sep=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    blank=st.booleans(),
    quoted=st.booleans(),
)
def test_what_was_written_is_read_and_found_at_its_place(tmp_path_factory, rows, sep, end, blank, quoted):
    directory = tmp_path_factory.getbasetemp()
    names = [f"c{i}" for i in range(len(rows[0]))]
    text = ""
    for row in [names, *rows]:
        line = io.StringIO()
        # The writer itself does not quote every sign that ends a line.
        quoting = csv.QUOTE_ALL if quoted or not set("\r\n").isdisjoint("".join(row)) else csv.QUOTE_MINIMAL
        csv.writer(line, delimiter=sep, lineterminator=end, quoting=quoting).writerow(row)
        text += line.getvalue() + (end if blank else "")
    (directory / "data").write_bytes(text.encode())
    table = read_source("data", {"format": "csv", "sep": sep, "missing": [""]}, directory, name="t")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for i, name in enumerate(names):
        # A field is stripped when it is read, and one of blanks alone is missing.
        assert table.columns[name].as_text().tolist() == [row[i].strip() or None for row in rows]
        for r in range(len(rows)):
            cell = table.cell(r, name)
            written = cell.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            rest = "\n".join([lines[cell.line - 1][cell.column - 1 :], *lines[cell.line :]])
            assert rest.startswith("\n".join(written))
            parsed = next(csv.reader(io.StringIO(cell.text, newline=""), delimiter=sep), [""])
            assert parsed[0].strip() == rows[r][i].strip()


@SOME
@given(values=st.lists(st.floats() | st.none(), min_size=1, max_size=8))
def test_numbers_come_back_exactly(tmp_path_factory, values):
    directory = tmp_path_factory.getbasetemp()
    expected = [math.nan if value is None else value for value in values]
    (directory / "data").write_text("x\n" + "".join(f"{'NA' if v is None else repr(v)}\n" for v in values))
    table = read_source("data", {"format": "csv"}, directory, name="t")
    np.testing.assert_array_equal(table.columns["x"].as_real().values, expected)
    in_memory = read_source({"x": values}, {}, directory, name="t")
    np.testing.assert_array_equal(in_memory.columns["x"].as_real().values, expected)
