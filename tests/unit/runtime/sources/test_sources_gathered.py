"""Long tables of text: kept as numbers, and the same as short ones in everything that can be asked of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bayesdsl.runtime.sources import delimited, read
from bayesdsl.runtime.sources.gathered import NumberedText
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable

# What a column can be, as the cells of rows that are repeated.
COLUMNS = {
    "reals": ["0.5", "-1.25e3", "7"],
    "whole": ["1", "20", "-3"],
    "codes": ["01", "02", "10"],
    "gaps": ["1.5", "NA", ""],
    "truths": ["true", "FALSE", "NA"],
    "words": ["x", "1", "y"],
    "infinite": ["1", "inf", "2"],
    "underscore": ["1_0", "2", "3"],
}


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Every table is a long one, in blocks of three records."""
    monkeypatch.setattr(read, "LONG", 0)
    monkeypatch.setattr(delimited, "LONG", 0)
    monkeypatch.setattr(delimited, "_BLOCK", 3)
    return monkeypatch


def table(path: Path, **options: object) -> RawTable:
    return read_source(str(path), options, path.parent, name="t")


def write(path: Path, columns: dict[str, list[str]], times: int = 4) -> Path:
    rows = list(zip(*columns.values(), strict=True)) * times
    path.write_text("\n".join([",".join(columns), *map(",".join, rows)]) + "\n", encoding="utf-8")
    return path


def assert_same(one: RawTable, other: RawTable) -> None:
    assert (one.rows, one.sha256, list(one.columns)) == (other.rows, other.sha256, list(other.columns))
    for name in one.columns:
        mine, theirs = one.columns[name], other.columns[name]
        for found, wanted in zip(mine.as_real(), theirs.as_real(), strict=True):
            np.testing.assert_array_equal(found, wanted, err_msg=name)
        assert (mine.kind, mine.width) == (theirs.kind, theirs.width)
        np.testing.assert_array_equal(mine.missing, theirs.missing, err_msg=name)
        assert mine.as_text().tolist() == theirs.as_text().tolist(), name
        assert one.cell(one.rows - 1, name) == other.cell(one.rows - 1, name)


@pytest.mark.parametrize("missing", [None, ["NA", ""], [20, -99]])
def test_a_long_table_is_what_a_short_one_is(tmp_path: Path, long, missing) -> None:
    path = write(tmp_path / "t.csv", COLUMNS)
    options = {} if missing is None else {"missing": missing}
    found = table(path, **options)
    assert isinstance(found.columns["reals"], NumberedText)
    long.undo()
    assert_same(found, table(path, **options))


@pytest.mark.parametrize("last", ["word", "inf", "true"])
def test_a_column_that_stops_being_of_numbers_has_its_text_read_again(tmp_path: Path, long, last: str) -> None:
    path = write(tmp_path / "t.csv", {"x": ["01", "2", "3"], "y": ["1", "2", "3"]})
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{last},5\n")
    found = table(path)
    assert not isinstance(found.columns["x"], NumberedText)
    assert isinstance(found.columns["y"], NumberedText)
    assert found.columns["x"].as_text().tolist()[0] == "01"
    long.undo()
    assert_same(found, table(path))


def test_commas_in_numbers_and_blanks_around_them(tmp_path: Path, long) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x; y\n 1,5;2 \n-0,25; 03\n\n7;NA\n4;1.5\n", encoding="utf-8")
    found = table(path, sep=";", decimal=",")
    assert isinstance(found.columns["x"], NumberedText)
    long.undo()
    assert_same(found, table(path, sep=";", decimal=","))


def test_numbers_that_are_not_text_as_they_are_spelled_are_whole_ones(tmp_path: Path, long) -> None:
    """The text of whole numbers is made of them; that of others, or of such as `01`, is read again."""
    path = write(tmp_path / "t.csv", {name: COLUMNS[name] for name in ("whole", "codes", "reals")})
    found = table(path)
    path.unlink()
    assert found.columns["whole"].as_text().tolist()[:3] == ["1", "20", "-3"]
    for name in ("codes", "reals"):
        with pytest.raises(OSError, match="No such file"):
            found.columns[name].as_text()


def test_the_numbers_of_a_long_table_cannot_be_written_to(tmp_path: Path, long) -> None:
    reals = table(write(tmp_path / "t.csv", COLUMNS)).columns["reals"].as_real()
    with pytest.raises(ValueError, match="read-only"):
        reals.values[0] = 1.0


def test_a_file_that_is_no_text_is_refused_as_a_short_one_is(tmp_path: Path, long) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"x,y\n1,2\n3,\0\n")
    with pytest.raises(read.SourceError) as refused:
        table(path)
    long.undo()
    with pytest.raises(read.SourceError) as expected:
        table(path)
    assert refused.value.diagnostics == expected.value.diagnostics
