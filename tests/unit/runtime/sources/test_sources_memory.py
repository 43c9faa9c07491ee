"""Objects in memory: frames, dicts and lists, and that equal data has equal fingerprints."""

from __future__ import annotations

import datetime
import hashlib
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from bayesdsl.diagnostics.diagnostic import Cell
from bayesdsl.runtime.sources import frames

DAY = datetime.date(2020, 1, 2)
NOON = datetime.datetime(2020, 1, 2, 12)

# (values of a dict, the column's kind, its text)
VALUES = [
    ([1, 2], "int", ["1", "2"]),
    ((1.0, 2.5, None), "real", ["1", "2.5", None]),
    (range(2), "int", ["0", "1"]),
    ([True, None], "bool", ["true", None]),
    (["a", None], "text", ["a", None]),
    ([np.float32(0.5), np.int8(2)], "real", ["0.5", "2"]),
    ([np.bool_(True), np.str_("a")], "text", ["true", "a"]),
    ([Decimal("1.5"), Decimal("NaN"), Fraction(1, 4)], "real", ["1.5", None, "0.25"]),
    ([DAY, None], "text", ["2020-01-02", None]),
    ([pd.NaT, pd.Timestamp(DAY), pd.NA], "text", [None, "2020-01-02T00:00:00", None]),
    (np.array([1, None, "a"], dtype=object), "text", ["1", None, "a"]),
    (np.ma.masked_array([1, 2], mask=[False, True]), "int", ["1", None]),
    (np.array(["a", "ô"], dtype=np.dtypes.StringDType()), "text", ["a", "ô"]),
    (torch.tensor([1, 2]), "int", ["1", "2"]),
    (torch.tensor([1.5, 2.0], dtype=torch.bfloat16, requires_grad=True), "real", ["1.5", "2"]),
    (torch.tensor([True, False]), "bool", ["true", "false"]),
    (torch.tensor([0.0, 2.0]).to_sparse(), "real", ["0", "2"]),
    (torch.nn.Parameter(torch.tensor([1.5])), "real", ["1.5"]),
    ([torch.tensor(1.5), torch.tensor(2)], "real", ["1.5", "2"]),
    (pd.Series([1, 2]), "int", ["1", "2"]),
    (pl.Series([1, None]), "int", ["1", None]),
    (pd.Index(["a", "b"]), "text", ["a", "b"]),
]


@pytest.mark.parametrize(
    ("values", "kind", "texts"), VALUES, ids=[f"{type(row[0]).__name__}{i}" for i, row in enumerate(VALUES)]
)
def test_values_of_a_dict_are_columns(read, values, kind, texts):
    table = read({"x": values})
    assert (table.name, table.rows) == ("dict", len(texts))
    column = table.columns["x"]
    assert (column.kind, column.as_text().tolist()) == (kind, texts)
    assert column.missing.tolist() == [text is None for text in texts]


@pytest.mark.parametrize(
    "values",
    [
        np.arange(6.0).reshape(3, 2),
        torch.arange(6.0).reshape(3, 2),
        [[0, 1], [2, 3], [4, 5]],
        [(0, 1.0), (2, 3), (4, 5)],
        [torch.tensor([0, 1]), torch.tensor([2, 3]), torch.tensor([4, 5])],
        pl.Series([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]),
        pl.Series([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], dtype=pl.Array(pl.Float64, 2)),
    ],
)
def test_values_of_two_dims_are_matrices(read, values):
    np.testing.assert_array_equal(read({"x": values}).matrix("x").values, np.arange(6.0).reshape(3, 2))


# (a column of pandas, the column's kind, its text)
PANDAS = [
    (pd.Series([1, 2]), "int", ["1", "2"]),
    (pd.Series([1, None]), "real", ["1", None]),
    (pd.Series([1, None], dtype="Int64"), "int", ["1", None]),
    (pd.Series([1, None], dtype="UInt8"), "int", ["1", None]),
    (pd.Series([1.5, None], dtype="Float32"), "real", ["1.5", None]),
    (pd.Series([True, None], dtype="boolean"), "bool", ["true", None]),
    (pd.Series([True, False]), "bool", ["true", "false"]),
    (pd.Series(["a", None]), "text", ["a", None]),
    (pd.Series(["a", None], dtype=object), "text", ["a", None]),
    (pd.Series(["a", None], dtype="string"), "text", ["a", None]),
    (pd.Series(["a", None, "b"], dtype="category"), "text", ["a", None, "b"]),
    (pd.Series([3, None, 1], dtype="category"), "int", ["3", None, "1"]),
    (pd.Series([DAY, pd.NaT], dtype="datetime64[s]"), "text", ["2020-01-02", None]),
    (pd.Series([NOON]), "text", ["2020-01-02T12:00:00"]),
    (pd.Series([NOON]).dt.tz_localize("UTC"), "text", ["2020-01-02T12:00:00+00:00"]),
    (pd.Series(pd.arrays.SparseArray([0.0, 1.5])), "real", ["0", "1.5"]),
    (pd.Series([1, "a", 2.5, None], dtype=object), "text", ["1", "a", "2.5", None]),
]


@pytest.mark.parametrize(
    ("series", "kind", "texts"), PANDAS, ids=[f"{row[0].dtype}{i}" for i, row in enumerate(PANDAS)]
)
def test_frames_of_pandas(read, series, kind, texts):
    column = read(pd.DataFrame({"x": series})).columns["x"]
    assert (column.kind, column.as_text().tolist()) == (kind, texts)
    assert column.missing.tolist() == [text is None for text in texts]


POLARS = [
    (pl.Series([1, None], dtype=pl.Int8), "int", ["1", None]),
    (pl.Series([1, 2**64 - 1], dtype=pl.UInt64), "text", ["1", "18446744073709551615"]),
    (pl.Series([1.5, None, float("nan")]), "real", ["1.5", None, None]),
    (pl.Series([True, None]), "bool", ["true", None]),
    (pl.Series(["a", None]), "text", ["a", None]),
    (pl.Series(["a", None], dtype=pl.Categorical), "text", ["a", None]),
    (pl.Series(["a", None], dtype=pl.Enum(["a", "b"])), "text", ["a", None]),
    (pl.Series([DAY, None]), "text", ["2020-01-02", None]),
    (pl.Series([NOON, None]), "text", ["2020-01-02T12:00:00", None]),
    (pl.Series([NOON]).dt.replace_time_zone("UTC"), "text", ["2020-01-02T12:00:00+00:00"]),
    (pl.Series([Decimal("1.5"), None]), "real", ["1.5", None]),
    (pl.Series([None, None]), "real", [None, None]),
]


@pytest.mark.parametrize(
    ("series", "kind", "texts"), POLARS, ids=[f"{row[0].dtype}{i}" for i, row in enumerate(POLARS)]
)
def test_frames_of_polars(read, series, kind, texts):
    column = read(pl.DataFrame({"x": series})).columns["x"]
    assert (column.kind, column.as_text().tolist()) == (kind, texts)
    assert column.missing.tolist() == [text is None for text in texts]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
@pytest.mark.parametrize(
    ("series", "kind", "texts"), POLARS, ids=[f"{row[0].dtype}{i}" for i, row in enumerate(POLARS)]
)
def test_parquet_by_either_library(read, tmp_path, monkeypatch, library, series, kind, texts):
    pytest.importorskip(library)
    monkeypatch.setattr(frames, "_PARQUET_READERS", {library: frames._PARQUET_READERS[library]})
    pl.DataFrame({"x": series}).write_parquet(tmp_path / "d.parquet")
    column = read("d.parquet").columns["x"]
    assert (column.kind, column.as_text().tolist()) == (kind, texts)
    assert column.missing.tolist() == [text is None for text in texts]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_damaged_parquet_is_said_to_be_damaged(problem, tmp_path, monkeypatch, library):
    pytest.importorskip(library)
    monkeypatch.setattr(frames, "_PARQUET_READERS", {library: frames._PARQUET_READERS[library]})
    pl.DataFrame({"x": [1, 2, None]}).write_parquet(tmp_path / "d.parquet")
    (tmp_path / "d.parquet").write_bytes((tmp_path / "d.parquet").read_bytes()[:-20] + b"PAR1")
    assert problem("d.parquet").code == "BD726"


def test_parquet_keeps_the_fingerprint_of_its_bytes(read, tmp_path):
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "d.pq")
    assert read("d.pq").sha256 == hashlib.sha256((tmp_path / "d.pq").read_bytes()).hexdigest()


def test_equal_tables_have_equal_fingerprints_whatever_holds_them(read):
    values = {"x": [1.5, 2.0], "n": [1, 2], "t": ["a", "b"], "m": [True, False]}
    prints = {
        read(given).sha256
        for given in (
            values,
            {name: np.array(column) for name, column in values.items()},
            pd.DataFrame(values),
            pl.DataFrame(values),
            [{name: column[i] for name, column in values.items()} for i in range(2)],
        )
    }
    assert len(prints) == 1
    changes = [
        {"x": [1.5, 2.5]},
        {"n": [1.0, 2.0]},
        {"t": ["ab", ""]},
        {"m": [1, 0]},
        {"t": ["a", None]},
        {"z": [0, 0]},
    ]
    assert len({read(values | change).sha256 for change in changes} | prints) == len(changes) + 1


def test_frames_that_are_derived_are_frames(read):
    class Survey(pd.DataFrame):
        pass

    table = read(Survey({"x": [1]}))
    assert (table.name, table.rows) == ("Survey", 1)


def test_an_index_with_a_name_is_set_aside(read):
    table = read(pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="county")))
    assert "reset_index()" in table.set_aside["county"]


def test_names_that_are_not_text_are_written_as_text(read):
    assert list(read(pd.DataFrame({0: [1], 1: [2]})).columns) == ["0", "1"]
    assert list(read({0: [1]}).columns) == ["0"]


def test_cells_are_told_by_their_row(read):
    table = read(pd.DataFrame({"x": [1.5, None], "t": ["a", None]}))
    assert table.cell(0, "x") == Cell("DataFrame", 1, 0, "1.5")
    assert table.cell(1, "x") == Cell("DataFrame", 2, 0, "")
    assert table.cell(0, "t") == Cell("DataFrame", 1, 0, "a")


def test_what_a_dict_holds_besides_columns_is_set_aside(read):
    table = read({"y": [1, 2], "N": 2, "s": "ab", "o": object(), "c": np.zeros((2, 2, 2)), "f": [object(), 1]})
    assert list(table.columns) == ["y"]
    assert set(table.set_aside) == {"N", "s", "o", "c", "f"}


def test_what_a_library_fails_at_is_set_aside(read):
    class Broken:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            raise RuntimeError("no values here")

    given = {"y": [1, 2], "a": torch.zeros(2, device="meta"), "b": Broken(), "c": [Fraction(10**400), 1]}
    table = read(given | {"d": [torch.zeros(2, device="meta"), 1]})
    assert list(table.columns) == ["y"]
    assert "no values here" in table.set_aside["b"]
    frame = pd.DataFrame({"y": [1, 2], "p": pd.period_range("2020", periods=2), "i": pd.interval_range(0, 2)})
    assert set(read(frame).set_aside) == {"p", "i"}


def test_options_of_a_file_are_not_held_against_data_in_memory(read):
    options = {"sep": ";", "sha256": "0" * 64, "format": "csv", "header": ["y"], "key": "y"}
    assert read({"y": [1]}, **options).rows == 1
    assert read({"y": [-99, 1]}, missing=[-99], **options).columns["y"].missing.tolist() == [True, False]


def test_what_one_reads_is_not_changed_by_reading_it(read):
    values = np.array([1.0, np.nan])
    column = read({"x": values}).columns["x"]
    column.as_real().values[:] = 7.0
    column.as_text()[:] = "z"
    np.testing.assert_array_equal(values, [1.0, np.nan])
    np.testing.assert_array_equal(column.as_real().values, [1.0, np.nan])


# (what is given, the code, what the hint says)
WRONG = [
    (None, "BD709", "path"),
    (3, "BD709", "dict of arrays"),
    ([1, 2], "BD709", "dict of arrays"),
    ([], "BD709", "dict of arrays"),
    (np.zeros(3), "BD709", '{"y": array}'),
    (torch.zeros(3), "BD709", '{"y": tensor}'),
    (pd.Series([1]), "BD709", "to_frame()"),
    (pl.LazyFrame({"x": [1]}), "BD709", "collect()"),
    ({}, "BD723", ""),
    ({"x": 3}, "BD723", ""),
    (pd.DataFrame(), "BD723", ""),
    (pl.DataFrame(), "BD723", ""),
    (pd.DataFrame({"x": []}), "BD706", ""),
    ({"x": []}, "BD706", ""),
    ({"x": [1], "y": [1, 2]}, "BD722", "one length"),
    (pd.DataFrame([[1, 2]], columns=["x", "x"]), "BD716", "rename"),
    ({1: [1], "1": [2]}, "BD716", "rename"),
    ([{"x": 1}, 3], "BD721", ""),
]


@pytest.mark.parametrize(("given", "code", "hint"), WRONG)
def test_what_is_no_table_is_said_to_be_none(problem, given, code, hint):
    found = problem(given)
    assert found.code == code
    assert hint in found.hint


def test_no_frame_library_is_imported_to_read_text():
    root = Path(__file__).parents[4]
    script = (
        "import sys; from pathlib import Path; from bayesdsl.runtime.sources import read_source\n"
        "read_source({'x': [1]}, {}, Path('.'), name='n').columns['x'].as_real()\n"
        "print([m for m in ('pandas', 'polars', 'pyarrow', 'torch', 'xarray') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
