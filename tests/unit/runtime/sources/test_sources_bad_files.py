"""Every way in which a file can be wrong: its code, its place, and a hint that says what to do."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.runtime.sources import SourceError, errors
from bayesdsl.runtime.sources.read import read_source

PACKED = gzip.compress(b"x,y\n" + b"1,2\n" * 100, mtime=0)


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return stream.getvalue()


# (file's name, bytes, options, code, line of the first place, what the message says, what the hint says)
BAD = [
    # Nothing, or next to nothing, in it
    ("d.csv", b"", {}, "BD705", None, "is empty", ""),
    ("d.json", b"", {}, "BD705", None, "is empty", ""),
    ("d.npz", b"", {}, "BD705", None, "is empty", ""),
    ("d.parquet", b"", {}, "BD705", None, "is empty", ""),
    ("d.csv.gz", b"", {}, "BD705", None, "is empty", ""),
    ("d.csv.gz", gzip.compress(b"", mtime=0), {}, "BD705", None, "is empty", ""),
    ("d.csv", b"\n \r\n", {}, "BD705", None, "is empty", ""),
    ("d.csv", b"\xef\xbb\xbf", {}, "BD705", None, "is empty", ""),
    ("d.csv", b"# only this\n", {"comment": "#"}, "BD705", None, "is empty", ""),
    ("d.csv", b"x,y\n", {}, "BD706", None, "no rows", "header = "),
    ("d.csv", b"x,y\n\n\n", {}, "BD706", None, "no rows", "header = "),
    ("d.json", b"[]", {}, "BD706", None, "no rows", ""),
    ("d.json", b'{"x": []}', {}, "BD706", None, "no rows", ""),
    ("d.npz", npz(x=np.zeros(0)), {}, "BD706", None, "no rows", ""),
    # Size
    ("d.csv", b"x\n" + b"1\n" * 1000, {"max_gb": 1e-6}, "BD704", None, "larger than the limit", "max_gb"),
    ("d.csv.gz", gzip.compress(b"x\n" + b"1\n" * 10_000, mtime=0), {"max_gb": 1e-6}, "BD704", None, "larger", "max_gb"),
    ("d.npz", npz(x=np.zeros(1000)), {"max_gb": 1e-6}, "BD704", None, "larger than the limit", "max_gb"),
    # Format
    ("d.dat", b"x\n1\n", {}, "BD707", None, "`.dat`", 'format = "csv"'),
    ("d", b"x\n1\n", {}, "BD707", None, "name does not say", 'format = "csv"'),
    ("d.xlsx", b"PK", {}, "BD707", None, "`.xlsx`", "CSV"),
    ("d.pkl", b"", {}, "BD707", None, "`.pkl`", "never read"),
    ("d.csv", archive(a__txt=b"1"), {}, "BD708", None, "zip archive", "CSV"),
    ("d.csv", b"PAR1abc", {}, "BD708", None, "Parquet", 'format = "parquet"'),
    ("d.json", b"PAR1abc", {}, "BD708", None, "Parquet", 'format = "parquet"'),
    ("d.npz", b"\x93NUMPY\x01\x00", {}, "BD708", None, "single numpy array", "np.savez"),
    ("d.parquet", b"\x89HDF\r\n", {}, "BD708", None, "HDF5", "CSV"),
    ("d.csv", b"version https://git-lfs.example/spec\n", {}, "BD708", None, "Git LFS", "git lfs pull"),
    ("d.csv", b"<!DOCTYPE html>\n<html></html>", {}, "BD719", None, "web page", "Raw"),
    ("d.json", b"\n<html><body/></html>", {}, "BD719", None, "web page", "Raw"),
    ("d.csv.gz", b"<html><body/></html>", {}, "BD719", None, "web page", "Raw"),
    # Encoding
    ("d.csv", b"x\n1\nC\xf4te\n", {}, "BD710", 3, "byte 0xf4 at offset 5", 'encoding = "latin-1"'),
    ("d.csv", b"x\n\x93a\x94\n", {}, "BD710", 2, "byte 0x93", 'encoding = "cp1252"'),
    ("d.csv", "x\n1\n".encode("utf-16"), {}, "BD710", 1, "offset 0", 'encoding = "utf-16"'),
    ("d.csv", "x\n1\n".encode("utf-16-le"), {}, "BD710", 1, "offset 1", 'encoding = "utf-16-le"'),
    ("d.csv", "x\n1\n".encode("utf-16-be"), {}, "BD710", 1, "offset 0", 'encoding = "utf-16-be"'),
    ("d.csv", "x\n1\n".encode("utf-16-le"), {"encoding": "utf-16"}, "BD710", 1, "read as utf-16:", '"utf-16-le"'),
    ("d.csv", "x\nô\n".encode(), {"encoding": "ascii"}, "BD710", 2, "read as ascii:", 'encoding = "utf-8"'),
    ("d.json", b'{"x": ["\xf4"]}', {}, "BD710", 1, "byte 0xf4", 'encoding = "latin-1"'),
    ("d.csv", b"x,y\n1,2\n3,\x00\n", {}, "BD711", 3, "zero byte at offset 10", ""),
    ("d.json", b'{"x":\x00 [1]}', {}, "BD711", 1, "zero byte", ""),
    # Packing
    ("d.csv.gz", b"x\n1\n", {}, "BD712", None, "not compressed", "without .gz"),
    ("d.csv.gz", PACKED[:-12], {}, "BD713", None, "ends early", "again"),
    ("d.csv.gz", PACKED[:-8] + b"\0" * 8, {}, "BD713", None, "CRC", "again"),
    ("d.csv.gz", PACKED[:12] + b"\xff" * 20, {}, "BD713", None, "cannot be unpacked", "again"),
    # Rows and columns
    ("d.csv", b'x,y\n1,"a\n2,b\n', {}, "BD714", 2, "never closed", "twice"),
    ("d.csv", b'x,y\n1,2\n"a" b,2\n', {}, "BD714", 3, "text follows", "twice"),
    ("d.csv", b'x,y\n1,"' + b"a\n" * 100_000, {}, "BD714", 2, "more than 131072 characters", "twice"),
    ("d.csv", b'# c\nx,y\n1,"a\n2,b\n', {"comment": "#"}, "BD714", 3, "never closed", "twice"),
    ("d.csv", b"x,y\n1,2\n1,2,3\n1,2\n", {}, "BD715", 3, "has 3 fields, but there are 2 columns", "quotes around"),
    ("d.csv", b"x,y\n1,2\n\n1\n", {}, "BD715", 4, "has 1 field, but there are 2 columns", "complete"),
    ("d.csv", b'x,y\n"a\nb",2\n1,2,3\n', {}, "BD715", 4, "has 3 fields", "quotes around"),
    ("d.csv", b"#\nx,y\n#\n1,2,3\n", {"comment": "#"}, "BD715", 4, "has 3 fields", ""),
    ("d.csv", b"x,y\n1,2,\n3,4,\n", {}, "BD715", 2, "has 3 fields", "at the end of each line"),
    ("d.csv", b"x,y\na,1,2\nb,3,4\n", {}, "BD715", 2, "has 3 fields", "row name"),
    ("d.tsv", b"x\ty\n1\t2\n1\t2\t3\n", {}, "BD715", 3, "has 3 fields", r"`\t`"),
    ("d.csv", b"1,2,3\n4,5,6\n", {"header": ["x", "y"]}, "BD715", 1, "has 3 fields", ""),
    ("d.csv", b"x,y,x\n1,2,3\n", {}, "BD716", None, "named `x` (columns 1 and 3)", "header = "),
    ("d.json", b'{"x": [1], "x": [2]}', {}, "BD716", None, "named `x`", "rename"),
    ("d.json", b'[{"x": 1, "x": 2}]', {}, "BD716", None, "named `x`", "rename"),
    ("d.csv", b"x,y,\n1,2,\n", {}, "BD717", 1, "column 3", "name it"),
    ("d.csv", b"\n\nx,,y\n1,2,3\n", {}, "BD717", 3, "column 2", "name it"),
    ("d.csv", b'""\n1\n', {}, "BD717", 1, "column 1", "name it"),
    ("d.csv", b"x;y\n1;2\n", {}, "BD718", None, "single column with `,`", 'sep = ";"'),
    ("d.csv", b"x;y\n1,5;2\n2,5;3\n", {}, "BD718", None, "single column", 'sep = ";", decimal = ","'),
    ("d.csv", b"x;y\n1.5;2,3\n", {}, "BD718", None, "single column", 'write sep = ";"'),
    ("d.csv", b"x\ty\n1\t2\n", {}, "BD718", None, "single column", 'sep = "\\t"'),
    ("d.csv", b"x,y\n1,2\n", {"sep": ";"}, "BD718", None, "single column with `;`", 'sep = ","'),
    ("d.tsv", b"x,y\n1,2\n", {}, "BD718", None, r"single column with `\t`", 'sep = ","'),
    # JSON
    ("d.json", b'{"x": [1, 2,]}', {}, "BD720", 1, "a comma stands before `]`", "remove the comma"),
    ("d.json", b'{"x": [1],\n\n}', {}, "BD720", 1, "a comma stands before `}`", "remove the comma"),
    ("d.json", b'{"x": [1,\n 2 3]}', {}, "BD720", 2, "delimiter", ""),
    ("d.json", b"{'x': [1]}", {}, "BD720", 1, "single quotes", "double quotes"),
    ("d.json", b'{"x": [1', {}, "BD720", 1, "ends early", "again"),
    ("d.json", b'{"x": 1}\n{"x": 2}\n', {}, "BD720", 2, "second value", "[{...}, {...}]"),
    ("d.json", b'{"x": [1] // one\n}', {}, "BD720", 1, "comment", "JSON has none"),
    ("d.json", b'{"x": [' + b"1" * 5000 + b"]}", {}, "BD720", None, "digits", ""),
    ("d.json", b"[" * 100_000, {}, "BD721", None, "too deeply", ""),
    ("d.json", b"3", {}, "BD721", None, "a single number, 3", ""),
    ("d.json", b'"x"', {}, "BD721", None, "text", ""),
    ("d.json", b"null", {}, "BD721", None, "null", ""),
    ("d.json", b"[[1, 2]]", {}, "BD721", None, "element 1 of the list is a list of 2", "name the columns"),
    ("d.json", b'[{"x": 1}, 2]', {}, "BD721", None, "element 2 of the list", ""),
    ("d.json", b'{"N": 8}', {}, "BD721", None, "without arrays", ""),
    ("d.json", b"{}", {}, "BD721", None, "without arrays", ""),
    ("d.json", b'{"x": {"0": 1}}', {}, "BD721", None, "object of objects", "records"),
    ("d.json", b'{"x": [1, 2], "w": [1]}', {}, "BD722", None, "different lengths", 'columns = ["x"]'),
    ("d.json", b'{"x": [{"a": 1}]}', {}, "BD723", None, "no columns", ""),
    ("d.json", b"[{}]", {}, "BD723", None, "no columns", ""),
    # Archives
    ("d.npz", npz(x=np.zeros(3), w=np.zeros(2)), {}, "BD722", None, "different lengths", 'columns = ["x"]'),
    ("d.npz", npz(n=3), {}, "BD723", None, "no columns", ""),
    ("d.npz", npz(x=np.zeros((2, 2, 2))), {}, "BD723", None, "no columns", ""),
    ("d.npz", npz(x=np.zeros(3, dtype=complex)), {}, "BD723", None, "no columns", ""),
    ("d.npz", b"not a zip at all", {}, "BD724", None, "not a readable npz", "np.savez"),
    ("d.npz", npz(x=np.zeros(3))[:-30], {}, "BD724", None, "not a readable npz", "np.savez"),
    ("d.npz", archive(x__npy=b"short"), {}, "BD724", None, "array `x`", "np.savez"),
    ("d.npz", archive(), {}, "BD724", None, "no arrays", "np.savez"),
    ("d.npz", npz(x=np.array([1, None], dtype=object)), {}, "BD725", None, "Python objects", "dtype=float"),
    # Options
    ("d.csv", b"x\n1\n", {"seperator": ";"}, "BD740", None, "`seperator`", "`sep`"),
    ("d.csv", b"x\n1\n", {"zzz": 1}, "BD740", None, "`zzz`", "options: sep"),
    ("d.csv", b"x\n1\n", {"sep": ";;"}, "BD741", None, "one character", 'sep = ";"'),
    ("d.csv", b"x\n1\n", {"sep": 3}, "BD741", None, "text in quotes", 'sep = ";"'),
    ("d.csv", b"x\n1\n", {"sep": "a"}, "BD741", None, "part of fields", 'sep = ";"'),
    ("d.csv", b"x\n1\n", {"quote": "ab"}, "BD741", None, "one character", "quote = "),
    ("d.csv", b"x\n1\n", {"quote": ","}, "BD741", None, "separator too", "quote = "),
    ("d.csv", b"x\n1\n", {"comment": ""}, "BD741", None, "begin with", "comment = "),
    ("d.csv", b"x\n1\n", {"comment": '"'}, "BD741", None, "the quote too", "comment = "),
    ("d.csv", b"x\n1\n", {"decimal": ","}, "BD741", None, "separator too", 'sep = ";", decimal = ","'),
    ("d.csv", b"x\n1\n", {"decimal": "'"}, "BD741", None, '"." or ","', 'decimal = ","'),
    ("d.csv", b"x\n1\n", {"encoding": "klingon"}, "BD741", None, "no such encoding", "latin-1"),
    ("d.csv", b"x\n1\n", {"encoding": "base64"}, "BD741", None, "not an encoding of text", "latin-1"),
    ("d.csv", b"x\n1\n", {"encoding": "a\0b"}, "BD741", None, "no such encoding", "latin-1"),
    ("d.csv", b"x\n1\n", {"header": []}, "BD741", None, "list of names", "header = "),
    ("d.csv", b"x\n1\n", {"header": ["x", "x"]}, "BD741", None, "twice", "header = "),
    ("d.csv", b"x,y\n1,2\n", {"header": ["x", "y"]}, "BD741", None, "header already", "leave it out"),
    ("d.csv", b"x\n1\n", {"missing": [True]}, "BD741", None, "words", "missing = "),
    ("d.csv", b"x\n1\n", {"missing": [10**400]}, "BD741", None, "too large", "missing = "),
    ("d.csv", b"x\n1\n", {"sha256": "abc"}, "BD741", None, "64 hexadecimal", "sha256 = "),
    ("d.csv", b"x\n1\n", {"format": "xml"}, "BD741", None, "formats are csv", "format = "),
    ("d.csv", b"x\n1\n", {"max_gb": 0}, "BD741", None, "over 0", "max_gb = 8"),
    ("d.csv", b"x\n1\n", {"max_gb": float("nan")}, "BD741", None, "over 0", "max_gb = 8"),
    ("d.json", b'{"x": [1]}', {"columns": ["z"]}, "BD741", None, "no array `z`", 'columns = ["x"]'),
    ("d.json", b'{"x": [1]}', {"sep": ";"}, "BD742", None, "does nothing", "csv, tsv"),
    ("d.csv", b"x\n1\n", {"columns": ["x"]}, "BD742", None, "does nothing", "json, npz"),
    ("d.csv", b"x\n1\n", {"sha256": "0" * 64}, "BD731", None, "not the file", "sha256 = "),
]


@pytest.mark.parametrize(("name", "content", "options", "code", "line", "message", "hint"), BAD)
def test_what_is_wrong_is_said(write, problem, name, content, options, code, line, message, hint):
    found = problem(write(content, name), **options)
    assert found.code == code
    assert message in found.message
    assert hint in found.hint
    assert (found.cells[0].line if found.cells else None) == line


def test_a_missing_file_is_told_with_its_neighbours(write, problem):
    write("x\n1\n", "rugged.csv")
    found = problem("Ruged.csv")
    assert found.code == "BD701"
    assert found.hint == "did you mean `rugged.csv`?"
    assert "Ruged.csv" in found.notes[0]


@pytest.mark.parametrize(
    "given", ["nothing-like-it.csv", "nothing", "no/such/place.csv", "a\0b.csv", "~nobody-of-that-name/x.csv"]
)
def test_a_missing_file_without_neighbours_can_be_given_otherwise(problem, given):
    found = problem(given)
    assert (found.code, "--data nation=PATH" in found.hint) == ("BD701", True)


def test_a_path_through_a_file_is_not_found(write, problem):
    write("x\n1\n", "a.csv")
    assert problem("a.csv/b.csv").code == "BD701"


def test_a_directory_is_told_with_the_data_in_it(tmp_path, problem):
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "a.csv.gz").touch()
    (tmp_path / "all" / "readme.md").touch()
    found = problem("all")
    assert (found.code, found.hint) == ("BD702", "name a file in it: `a.csv.gz`")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, problem):
    os.mkfifo(tmp_path / "pipe.csv")
    assert problem("pipe.csv").code == "BD702"


def test_a_file_that_may_not_be_read(write, problem, monkeypatch):
    file = write("x\n1\n")

    def refuse(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    found = problem(file)
    assert found.code == "BD703"
    assert "Permission denied" in found.message


def test_a_name_too_long_for_the_system(problem):
    assert problem("x" * 5000 + ".csv").code == "BD703"


def test_bytes_that_are_no_parquet(write, problem):
    pytest.importorskip("polars")
    assert problem(write(b"PAR1 and then nonsense PAR1", "d.parquet")).code == "BD726"


def test_parquet_without_a_reader(write, problem, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = problem(write(b"PAR1", "d.parquet"))
    assert (found.code, "bayesdsl[parquet]" in found.hint) == ("BD727", True)


def test_an_npz_that_claims_more_than_it_holds(write, problem):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    found = problem(write(archive(x__npy=stream.getvalue()), "d.npz"))
    assert (found.code, "should have" in found.message) == ("BD724", True)


def test_pickles_are_not_opened(write, problem, tmp_path):
    class Mark:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return (open, (str(tmp_path / "mark"), "w"))

    found = problem(write(npz(x=np.array([Mark()], dtype=object)), "d.npz"))
    assert found.code == "BD725"
    assert not (tmp_path / "mark").exists()


def test_unequal_lengths_are_listed_and_the_longest_set_is_proposed(write, problem, read):
    content = json.dumps({"N": 3, "x": [1, 2, 3], "y": [4, 5, 6], "w": [1, 2]})
    file = write(content, "d.json")
    found = problem(file)
    assert found.notes == ("length 3: `x`, `y`", "length 2: `w`")
    assert found.hint.endswith('columns = ["x", "y"]')
    assert list(read(file, columns=["x", "y"]).columns) == ["x", "y"]


def test_every_wrong_option_is_reported(write, tmp_path):
    with pytest.raises(SourceError) as caught:
        read_source(write("x\n1\n"), {"sep": 3, "hedaer": ["x"], "decimal": "!"}, tmp_path, name="nation")
    assert [found.code for found in caught.value.diagnostics] == ["BD741", "BD740", "BD741"]


def test_a_place_in_the_spec_is_added_by_whoever_has_it(write, tmp_path):
    from bayesdsl.diagnostics.diagnostic import Label
    from bayesdsl.source import Source, Span

    with pytest.raises(SourceError) as caught:
        read_source("no.csv", {}, tmp_path, name="nation")
    source, label = Source("m.bayes", 'data nation from "no.csv"'), Label(Span(17, 25))
    (found,) = caught.value.at(source, label).diagnostics
    assert (found.source, found.primary, found.code) == (source, label, "BD701")


def test_every_code_is_explained_and_has_a_test():
    text = Path(errors.__file__).read_text(encoding="utf-8")
    codes = set(re.findall(r"BD7\d\d", text))
    assert codes
    assert codes <= CODES.keys()
    tests = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_*.py"))
    assert codes <= set(re.findall(r"BD7\d\d", tests))


def test_findings_are_shown_as_text(write, tmp_path):
    with pytest.raises(SourceError, match=r"error\[BD715\]: `data.csv`: line 3 has 1 field") as caught:
        read_source(write("x,y\n1,2\n3\n"), {}, tmp_path, name="nation")
    assert "data.csv:3:1" in str(caught.value)
