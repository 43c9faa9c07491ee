"""Files read a part at a time: together the table that they are, each cell at its place."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars
import pytest

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import parts
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.parts import open_parts
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawTable

TEXT = 'x, name ,n\n# a remark\n1,"a ""b""",4\n\n2,"two\nlines, and a comma",NA\n3 ,é,6\n,plain,7\n5,last,8\n'


@pytest.fixture(autouse=True)
def two_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "VALUES", 6)


def agree(file: str, options: dict[str, object], directory: Path) -> list[RawTable]:
    """The parts of a file, held against the file read whole."""
    whole = read_source(file, options, directory, name="t")
    opened = open_parts(file, options, directory, name="t")
    for _ in range(2):  # they can be read again
        found = list(opened.tables())
        assert len(found) > 1
        assert sum(part.rows for part in found) == whole.rows
        assert opened.sha256 == whole.sha256
        for name, column in whole.columns.items():
            read = [part.columns[name] for part in found]
            assert np.concatenate([c.as_text() for c in read]).tolist() == column.as_text().tolist()
            assert np.concatenate([c.missing for c in read]).tolist() == column.missing.tolist()
            places = [part.cell(row, name) for part in found for row in range(part.rows)]
            assert places == [whole.cell(row, name) for row in range(whole.rows)]
    return found


@pytest.mark.parametrize("options", [{"comment": "#"}, {"comment": "#", "encoding": "utf-8", "missing": ["plain", 7]}])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_parts_of_a_text_file_are_the_file(tmp_path: Path, options: dict[str, object], ends: str) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", ends).encode())
    assert [part.rows for part in agree("t.csv", options, tmp_path)] == [2, 2, 1]


def test_parts_of_a_file_without_a_header_and_in_other_bytes(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes("1;é\n2;b\n3;c\n4;d\n".encode("latin-1"))
    agree("t.txt", {"sep": ";", "header": ["x", "name"], "encoding": "latin-1"}, tmp_path)


def test_parts_of_a_single_column(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("x\n" + "\n".join(map(str, range(20))))
    agree("t.tsv", {}, tmp_path)


def test_parts_of_arrays(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "t.npz",
        x=rng.normal(size=11),
        n=np.arange(11, dtype=np.uint8),
        s=np.array([f"s{i}" for i in range(11)]),
        wide=np.asfortranarray(rng.normal(size=(11, 2)).astype(np.float32)),
        tall=rng.integers(0, 5, (11, 2)),
        cube=np.zeros((2, 2, 2)),
    )
    agree("t.npz", {}, tmp_path)
    agree("t.npz", {"columns": ["wide", "n"]}, tmp_path)


def test_parts_of_a_parquet_file(tmp_path: Path) -> None:
    table = {"x": [1.5, None, 3.0, 4.0, 5.0], "s": ["a", "b", None, "c", "d"], "b": [True, False, None, True, True]}
    polars.DataFrame(table).write_parquet(tmp_path / "t.parquet", row_group_size=3)
    agree("t.parquet", {}, tmp_path)


def refusal(read: Callable[[], object]) -> Diagnostic:
    with pytest.raises(SourceError) as caught:
        read()
    (found,) = caught.value.diagnostics
    return found


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b""),
        ("t.csv", b"\n\n"),
        ("t.csv", b"x,y\n"),
        ("t.csv", b"x,y\n1,\0\n"),
        ("t.csv", b"x,y\n1,2\n3,4\n5\n"),
        ("t.csv", b'x,y\n1,2\n3,4\n5,"6\n'),
        ("t.csv", b"x,y\n1,2\n3,4\n5,\xe9\n"),
        ("t.csv", b"PK\x03\x04 something"),
        ("t.csv", b"x;y\n1;2\n3;4\n"),
        ("t.csv", b"x,x\n1,2\n3,4\n"),
        ("t.npz", b"PK\x03\x04 cut short"),
        ("t.parquet", b"PAR1 cut short PAR1"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_the_same_words(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    in_parts = refusal(lambda: list(open_parts(name, {}, tmp_path, name="t").tables()))
    whole = refusal(lambda: read_source(name, {}, tmp_path, name="t"))
    assert (in_parts.code, in_parts.message, in_parts.cells) == (whole.code, whole.message, whole.cells)


def test_what_cannot_be_read_in_parts_says_what_to_do(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "packed.npz", x=np.arange(3))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"x\n1\n"))
    (tmp_path / "t.json").write_text("[]")
    for name, remedy in {
        "packed.npz": "np.savez",
        "t.csv.gz": "unpack",
        "t.json": "CSV",
        "https://example.org/t.csv": "download",
    }.items():
        found = refusal(lambda name=name: list(open_parts(name, {}, tmp_path, name="t").tables()))
        assert found.code == "BD765"
        assert remedy in found.hint
    (tmp_path / "t.csv").write_bytes(b"x\n1\n")
    found = refusal(lambda: open_parts("t.csv", {"sha256": "0" * 64}, tmp_path, name="t"))
    assert found == refusal(lambda: read_source("t.csv", {"sha256": "0" * 64}, tmp_path, name="t"))
