"""What can be wrong with a data source: one constructor for each finding, and the rows that explain their codes.

The constructors know nothing of the spec that named the source. Whoever has the spec adds its place, see
`SourceError.at`. `file` is always what the source is called in messages, `table` the data block it was read for.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bayesdsl.diagnostics.diagnostic import BayesError, Cell, Diagnostic, Label
from bayesdsl.source import Source

_LONGEST_LIST = 6


class SourceError(BayesError):
    """A source that cannot be read. `diagnostics` says why; there is always at least one."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics)

    @property
    def diagnostic(self) -> Diagnostic:
        """The first finding, and for most sources the only one."""
        return self.diagnostics[0]

    def at(self, source: Source, label: Label) -> SourceError:
        """The same findings with a place in a spec, where they have none yet."""
        return SourceError(*(d if d.primary else replace(d, source=source, primary=label) for d in self.diagnostics))


# The file itself


def file_not_found(file: str, table: str, path: Path, neighbours: Iterable[str]) -> Diagnostic:
    """No file at `path`; `neighbours` are the names in the directory it should be in."""
    near = nearest(path.name, neighbours)
    parent = path.parent
    note = f"looked for {path}" if parent.is_dir() else f"looked for {path}, but {parent} is not a directory"
    hint = f"did you mean {one_of(near)}?" if near else f"correct the path, or give another: --data {table}=PATH"
    return Diagnostic("BD701", f"there is no file `{file}`", notes=(note,), hint=hint)


def not_a_file(file: str, what: str, neighbours: Sequence[str]) -> Diagnostic:
    """A directory or a device where a file is needed; `neighbours` are data files inside a directory."""
    shown = some(neighbours)
    hint = f"name a file in it: {shown}" if neighbours else "name a file"
    return Diagnostic("BD702", f"`{file}` is {what}, not a file", hint=hint)


def not_readable(file: str, path: Path, reason: str) -> Diagnostic:
    """The system refuses to read the file."""
    return Diagnostic(
        "BD703",
        f"`{file}` cannot be read: {reason}",
        notes=(f"the file is {path}",),
        hint="allow this user to read it, or copy it to where it can be read",
    )


def too_large(file: str, size: int | None, limit: int) -> Diagnostic:
    """More bytes than the limit; `size` is None where reading stopped at the limit."""
    amount = f"is {size_text(size)}" if size is not None else "unpacks or downloads to more than that"
    wanted = -(-(size or 2 * limit) // 2**30)
    return Diagnostic(
        "BD704",
        f"`{file}` is larger than the limit of {size_text(limit)}",
        notes=(f"it {amount}; the whole table is held in memory",),
        hint=f"raise the limit (max_gb = {wanted}), or read an extract of the rows and columns that are needed",
    )


def empty_file(file: str) -> Diagnostic:
    """Nothing in the file but blanks and comments."""
    return Diagnostic("BD705", f"`{file}` is empty", hint="check how the file was written; a table was expected")


def empty_table(file: str, columns: Sequence[str], has_header: bool = False) -> Diagnostic:
    """Columns without a row; `has_header` says that their names were the first line of a file."""
    headless = '; if its first line is data, name the columns: header = ["x", "y"]' if has_header else ""
    return Diagnostic(
        "BD706",
        f"`{file}` has columns but no rows" if columns else f"`{file}` has no rows",
        notes=(f"columns: {some(columns)}",) if columns else (),
        hint="give it at least one row" + headless,
    )


def unknown_format(file: str, suffix: str, formats: Sequence[str], remedy: str | None) -> Diagnostic:
    """A file whose name does not tell a format that can be read; `remedy` is known for some foreign formats."""
    what = f"files ending in `{suffix}` cannot be read" if suffix else "its name does not say which format it has"
    return Diagnostic(
        "BD707",
        f"the format of `{file}` is unknown: {what}",
        notes=(f"formats: {', '.join(formats)}",),
        hint=remedy or 'if it is one of these, say so: format = "csv"',
    )


def other_format(file: str, expected: str, what: str, remedy: str) -> Diagnostic:
    """Contents that are plainly not of the expected format."""
    return Diagnostic("BD708", f"`{file}` is read as {expected}, but it is {what}", hint=remedy)


def unsupported_object(table: str, kind: str, remedy: str | None) -> Diagnostic:
    """An object in memory that is no table."""
    return Diagnostic(
        "BD709",
        f"the data given for `{table}` is of type `{kind}`, which is not a table",
        hint=remedy or "give a path, an address, a dict of arrays, or a pandas or polars DataFrame",
    )


# Text


def wrong_encoding(
    file: str, encoding: str, offset: int, line: int, byte: int | None, guess: str | None, sample: str
) -> Diagnostic:
    """Bytes that are not text of this encoding, the first of them `byte` at `offset` (from 0)."""
    shown = f"byte 0x{byte:02x}" if byte is not None else "what stands"
    read_as = f": the text there reads {sample!r}" if sample else ""
    notes = (f"it looks like {guess}{read_as}",) if guess else ()
    return Diagnostic(
        "BD710",
        f"`{file}` cannot be read as {encoding}: {shown} at offset {offset}, on line {line}, does not fit",
        cells=(Cell(file, line, 0),),
        notes=notes,
        hint=f'say what it is: encoding = "{guess or "latin-1"}", or save the file as UTF-8',
    )


def nul_bytes(file: str, offset: int, line: int) -> Diagnostic:
    """Zero bytes in what should be text."""
    return Diagnostic(
        "BD711",
        f"`{file}` has a zero byte at offset {offset}, on line {line}: it is not a text file, or it is damaged",
        cells=(Cell(file, line, 0),),
        hint="write the file again; if it is another format, say which: format = ...",
    )


def not_gzip(file: str) -> Diagnostic:
    """A name that ends in .gz on bytes that are not gzip."""
    return Diagnostic(
        "BD712",
        f"`{file}` ends in .gz but is not compressed with gzip",
        hint="rename it without .gz if it is already unpacked, or fetch it again",
    )


def broken_gzip(file: str, reason: str) -> Diagnostic:
    """Gzip that ends early or fails its own check."""
    return Diagnostic("BD713", f"`{file}` cannot be unpacked: {reason}", hint="fetch or write the file again")


def bad_quoting(file: str, line: int, quote: str, what: str) -> Diagnostic:
    """A quoted field that does not end where a field may end, in the record that begins on `line`."""
    return Diagnostic(
        "BD714",
        f"`{file}`: in the record that begins on line {line}, {what}",
        cells=(Cell(file, line, 0),),
        hint=f'write a quote inside a quoted field twice, {quote * 2}; or, if quotes mean nothing here: quote = ""',
    )


def ragged_row(file: str, line: int, expected: int, got: int, text: str, reason: str) -> Diagnostic:
    """A row with another number of fields than there are columns; `reason` says what to do about its likely cause."""
    wanted = "there is 1 column" if expected == 1 else f"there are {expected} columns"
    return Diagnostic(
        "BD715",
        f"`{file}`: line {line} has {counted(got, 'field')}, but {wanted}",
        cells=(Cell(file, line, 1, text),),
        hint=reason,
    )


def duplicate_columns(file: str, name: str, positions: Sequence[int]) -> Diagnostic:
    """Two columns of one name; `positions` count from 1."""
    where = f" (columns {' and '.join(map(str, positions))})" if positions else ""
    headless = "; if the first line is data and not a header, name the columns: header = [...]" if positions else ""
    return Diagnostic(
        "BD716",
        f"`{file}` has more than one column named `{name}`{where}",
        hint="rename one of them" + headless,
    )


def unnamed_column(file: str, position: int, line: int) -> Diagnostic:
    """A column other than the first without a name."""
    return Diagnostic(
        "BD717",
        f"`{file}`: column {position} has no name",
        cells=(Cell(file, line, 0),),
        hint="name it in the header, or remove the separator too many at the end of each line",
    )


def wrong_separator(file: str, used: str, found: str, columns: int, decimal_comma: bool) -> Diagnostic:
    """A table that is one column with the separator used and several with another."""
    option = f'sep = "{escaped(found)}"' + (', decimal = ","' if decimal_comma else "")
    return Diagnostic(
        "BD718",
        f"`{file}` is a single column with `{escaped(used)}` as separator",
        notes=(f"every line looked at has {counted(columns, 'field')} with `{escaped(found)}`",),
        hint=f"write {option}",
    )


def web_page(file: str) -> Diagnostic:
    """HTML where data should be."""
    return Diagnostic(
        "BD719",
        f"`{file}` is a web page, not data",
        hint="use the address of the file itself (often a link named Raw or Download)",
    )


# JSON, archives, Parquet


def broken_json(file: str, line: int, column: int, reason: str, remedy: str | None = None) -> Diagnostic:
    """Text that is not JSON."""
    return Diagnostic(
        "BD720",
        f"`{file}` is not valid JSON: {reason}",
        cells=(Cell(file, line, column),) if line else (),
        hint=remedy or "correct the file at this place, or write it again",
    )


def json_shape(file: str, found: str, remedy: str | None = None) -> Diagnostic:
    """JSON that is neither a list of objects nor an object of arrays."""
    return Diagnostic(
        "BD721",
        f"`{file}` is not a table: {found}",
        notes=('a table is a list of objects, [{"x": 1}, {"x": 2}], or an object of arrays, {"x": [1, 2]}',),
        hint=remedy or "write it in one of these two ways",
    )


def unequal_lengths(file: str, lengths: Mapping[str, int], selectable: bool) -> Diagnostic:
    """Arrays that cannot be the columns of one table."""
    by_length: dict[int, list[str]] = {}
    for name, length in lengths.items():
        by_length.setdefault(length, []).append(name)
    notes = tuple(f"length {length}: {some(names)}" for length, names in list(by_length.items())[:_LONGEST_LIST])
    longest = max(by_length.values(), key=len)
    wanted = ", ".join(f'"{name}"' for name in longest[:_LONGEST_LIST])
    hint = f"read only those that make the table: columns = [{wanted}]" if selectable else "give arrays of one length"
    return Diagnostic("BD722", f"the arrays of `{file}` have different lengths", notes=notes, hint=hint)


def no_columns(file: str, set_aside: Mapping[str, str]) -> Diagnostic:
    """A source with nothing in it that could be a column."""
    notes = tuple(f"`{name}` is {reason}" for name, reason in list(set_aside.items())[:_LONGEST_LIST])
    return Diagnostic(
        "BD723",
        f"`{file}` has no columns",
        notes=notes,
        hint="a column is an array of numbers or text, with one value or one row of values for each row",
    )


def broken_npz(file: str, reason: str, remedy: str | None = None) -> Diagnostic:
    """Bytes that are not an archive of arrays."""
    return Diagnostic(
        "BD724", f"`{file}` is not a readable npz file: {reason}", hint=remedy or "write it again with np.savez"
    )


def object_array(file: str, name: str) -> Diagnostic:
    """An array that only unpickling could read, which may run any code."""
    return Diagnostic(
        "BD725",
        f"the array `{name}` of `{file}` holds Python objects, which are never read from a file",
        hint=f"save it as numbers or text: np.savez(path, {name}=np.array(values, dtype=float))",
    )


def broken_parquet(file: str, reason: str) -> Diagnostic:
    """Bytes that the Parquet reader refuses."""
    return Diagnostic("BD726", f"`{file}` is not a readable Parquet file: {reason}", hint="write or fetch it again")


def parquet_unavailable(file: str) -> Diagnostic:
    """No installed package reads Parquet."""
    return Diagnostic(
        "BD727",
        f"`{file}` is a Parquet file, and neither polars nor pyarrow is installed to read it",
        hint="pip install polars, or save the table as CSV",
    )


# Addresses


def download_failed(file: str, table: str, reason: str) -> Diagnostic:
    """The address did not answer with the file."""
    return Diagnostic(
        "BD730",
        f"`{file}` could not be downloaded: {reason}",
        hint=f"try again, or download it by hand and give the path: --data {table}=PATH",
    )


def checksum_mismatch(file: str, expected: str, actual: str) -> Diagnostic:
    """Other bytes than the spec was written for."""
    return Diagnostic(
        "BD731",
        f"`{file}` is not the file that the spec was written for",
        notes=(f"sha256 in the spec: {expected}", f"sha256 of the file: {actual}"),
        hint=f'look at what changed; if the new file is the right one: sha256 = "{actual}"',
    )


def checksum_missing(file: str, actual: str, size: int, kept: bool) -> Diagnostic:
    """An address without the checksum that fixes what it stands for; `actual` is that of what it gave now."""
    return Diagnostic(
        "BD732",
        f"`{file}` needs a checksum: what an address gives may change without the spec changing",
        notes=(f"it gave {size_text(size)} now" + (", kept for the next run" if kept else ""),),
        hint=f'if that is the data you mean, write sha256 = "{actual}"',
    )


def unsupported_address(file: str, scheme: str) -> Diagnostic:
    """An address that is neither http nor https."""
    return Diagnostic(
        "BD733",
        f"`{file}` cannot be read: addresses begin with https:// or http://, not {scheme}://",
        hint="write a plain path for a file on this machine" if scheme == "file" else "download the file and name it",
    )


# Options


def unknown_option(file: str, name: str, known: Sequence[str]) -> Diagnostic:
    """An option that does not exist."""
    near = nearest(name, known)
    hint = f"did you mean {one_of(near)}?" if near else f"options: {', '.join(known)}"
    return Diagnostic("BD740", f"`{name}` is not an option of a data source", hint=hint)


def bad_option(name: str, value: object, reason: str, example: str | None) -> Diagnostic:
    """A value that the option cannot have; without an example, it is the option that should not be there."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return Diagnostic(
        "BD741", f"`{name}` cannot be {shown}: {reason}", hint=f"for example: {example}" if example else "leave it out"
    )


def option_not_for_format(file: str, name: str, format: str, formats: Sequence[str]) -> Diagnostic:
    """An option that would do nothing for this source."""
    return Diagnostic(
        "BD742",
        f"`{name}` does nothing for `{file}`, which is read as {format}",
        hint=f"remove it; it is for {', '.join(formats)}",
    )


def nearest(word: str, candidates: Iterable[str], most: int = 3) -> list[str]:
    """The candidates spelled most like `word`, whatever their case, or that begin as it does."""
    by_folded: dict[str, str] = {}
    for candidate in candidates:
        by_folded.setdefault(candidate.casefold(), candidate)
    near = difflib.get_close_matches(word.casefold(), list(by_folded), n=most, cutoff=0.6)
    if not near:
        near = [name for name in by_folded if len(name) > 2 and word.casefold().startswith(name)][:most]
    return [by_folded[name] for name in near]


def one_of(names: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def some(names: Sequence[str]) -> str:
    """A list of names, cut where it gets long."""
    shown = ", ".join(f"`{name}`" for name in names[:_LONGEST_LIST])
    return shown + (f" and {len(names) - _LONGEST_LIST} more" if len(names) > _LONGEST_LIST else "")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def escaped(separator: str) -> str:
    return "\\t" if separator == "\t" else separator


def size_text(size: int) -> str:
    """A number of bytes as people say it."""
    amount, units = float(size), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{size} bytes" if units[0] == "bytes" else f"{amount:.3g} {units[0]}"


# (code, severity, short name, title, why, a wrong example, a right example), as `diagnostics.codes.row.Code` has them.
CODES: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    (
        "BD701",
        "error",
        "file-not-found",
        "The data file does not exist",
        """
        The file that a data block names does not exist. A relative path is read from the directory of the spec, not
        from the directory the command was started in, so that a spec means the same wherever it is run from.
        """,
        """
        data nation from "ruged.csv" { rugged : real }
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    (
        "BD702",
        "error",
        "not-a-file",
        "The name of a data file is that of something else",
        """
        A data block names one file. A directory or a device is not a table.
        """,
        """
        data nation from "data/" { rugged : real }
        """,
        """
        data nation from "data/rugged.csv" { rugged : real }
        """,
    ),
    (
        "BD703",
        "error",
        "not-readable",
        "The data file cannot be read",
        """
        The file exists, but the system does not let it be read.
        """,
        """
        data nation from "/var/private/rugged.csv" { rugged : real }
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    (
        "BD704",
        "error",
        "too-large",
        "The data is larger than the limit",
        """
        Tables are held in memory, so a file over the limit is refused before it fills the memory. The limit also
        holds for what a compressed file unpacks to.
        """,
        """
        data click from "all.csv.gz" { y : binary }
        """,
        """
        data click from "all.csv.gz" (max_gb = 8) { y : binary }
        """,
    ),
    (
        "BD705",
        "error",
        "empty-file",
        "The data file is empty",
        """
        The file holds nothing but blanks and comments, so there are no columns to read.
        """,
        """
        $ cat rugged.csv
        $
        """,
        """
        $ cat rugged.csv
        rugged,log_gdp
        0.858,7.49
        """,
    ),
    (
        "BD706",
        "error",
        "empty-table",
        "The data has columns but no rows",
        """
        The source has columns but no rows, so there is nothing to learn from. A file of one line is often data
        without a header: then the names must be given.
        """,
        """
        x,y
        """,
        """
        x,y
        1,2
        """,
    ),
    (
        "BD707",
        "error",
        "unknown-format",
        "The format of the data file is not known",
        """
        The format is told by the end of the file's name, and this one says nothing known.
        """,
        """
        data nation from "rugged.dat" { rugged : real }
        """,
        """
        data nation from "rugged.dat" (format = "csv") { rugged : real }
        """,
    ),
    (
        "BD708",
        "error",
        "other-format",
        "The data file is of another format than it is read as",
        """
        The first bytes of the file show that it is of another format than its name or the spec says.
        """,
        """
        data nation from "book.csv" { rugged : real }   # a renamed workbook
        """,
        """
        data nation from "sheet.csv" { rugged : real }   # saved as CSV
        """,
    ),
    (
        "BD709",
        "error",
        "unsupported-object",
        "What was given as data is not a table",
        """
        Data given from Python must be something with named columns.
        """,
        """
        spec.run(data={"nation": frame["rugged"]})
        """,
        """
        spec.run(data={"nation": frame})
        """,
    ),
    (
        "BD710",
        "error",
        "wrong-encoding",
        "The data file is in another encoding",
        """
        Text files are read as UTF-8 unless the spec says otherwise. Guessing would silently change names with
        accents, so the bytes that do not fit are reported with what they look like.
        """,
        """
        data nation from "pays.csv" { gdp : real }   # written as Latin-1
        """,
        """
        data nation from "pays.csv" (encoding = "latin-1") { gdp : real }
        """,
    ),
    (
        "BD711",
        "error",
        "nul-bytes",
        "The data file has zero bytes in its text",
        """
        Text has no zero bytes. They come from a damaged disk or transfer, or from a binary file.
        """,
        """
        $ tail -c 4 rugged.csv | xxd -p
        37000000
        """,
        """
        $ tail -c 4 rugged.csv | xxd -p
        372e350a
        """,
    ),
    (
        "BD712",
        "error",
        "not-gzip",
        "The data file is named as compressed and is not",
        """
        The name says that the file is compressed, and its bytes say that it is not. Some programs unpack a file when
        they save it and leave the name.
        """,
        """
        data nation from "rugged.csv.gz" { rugged : real }   # plain text
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    (
        "BD713",
        "error",
        "broken-gzip",
        "The compressed data file is damaged",
        """
        The compressed file ends early or fails its own checksum: an interrupted download, most often.
        """,
        """
        $ gzip -t rugged.csv.gz
        gzip: rugged.csv.gz: unexpected end of file
        """,
        """
        $ gzip -t rugged.csv.gz
        $
        """,
    ),
    (
        "BD714",
        "error",
        "bad-quoting",
        "A quote in the data file is not closed, or text follows it",
        """
        A field that begins with a quote must end with one, just before a separator or the end of the line. Reading on
        regardless would swallow rows without a word.
        """,
        """
        name,y
        "Smith "Bob" Jones",1
        """,
        """
        name,y
        "Smith ""Bob"" Jones",1
        """,
    ),
    (
        "BD715",
        "error",
        "ragged-row",
        "A row of the data file has too many or too few fields",
        """
        Every row must have as many fields as the header, since otherwise it is not known which field belongs to which
        column. Usual causes: a separator inside a field that is not quoted, a decimal comma, row names without a
        header.
        """,
        """
        x,y
        1,2
        3,4,5
        """,
        """
        x,y
        1,2
        3,4
        """,
    ),
    (
        "BD716",
        "error",
        "duplicate-columns",
        "Two columns of the data have one name",
        """
        Columns are named, so two of one name cannot be told apart.
        """,
        """
        x,y,x
        1,2,3
        """,
        """
        x,y,x2
        1,2,3
        """,
    ),
    (
        "BD717",
        "error",
        "unnamed-column",
        "A column of the data file has no name",
        """
        A column without a name cannot be used, and one that is not the first is mostly a sign of a separator too
        many. A first column without a name is taken for the row names that R and pandas write, and left out.
        """,
        """
        x,y,
        1,2,
        3,4,
        """,
        """
        x,y
        1,2
        3,4
        """,
    ),
    (
        "BD718",
        "error",
        "wrong-separator",
        "The fields of the data file are separated by something else",
        """
        The file makes a table with another separator than the one in use. Comma is the default for .csv, tab for
        .tsv.
        """,
        """
        data nation from "rugged.csv" { rugged : real }   # a;b;c inside
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    (
        "BD719",
        "error",
        "web-page",
        "The data file is a web page",
        """
        The file is HTML: an address that shows the data to people, or an error page that was saved under the data's
        name.
        """,
        """
        data nation from "https://example.org/view/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/raw/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    (
        "BD720",
        "error",
        "broken-json",
        "The data file is not valid JSON",
        """
        The file is not JSON. The place is that of the first character that cannot be understood.
        """,
        """
        {"x": [1, 2,]}
        """,
        """
        {"x": [1, 2]}
        """,
    ),
    (
        "BD721",
        "error",
        "json-shape",
        "The JSON of the data file is not a table",
        """
        A table in JSON is a list of objects, one for each row, or an object of arrays, one for each column.
        """,
        """
        [[1, 2], [3, 4]]
        """,
        """
        [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
        """,
    ),
    (
        "BD722",
        "error",
        "unequal-lengths",
        "The columns of the data have different lengths",
        """
        The columns of a table have one length. A file that holds arrays of several sizes holds several tables, and
        the spec must say which arrays make this one.
        """,
        """
        data school from "schools.json" { y : real }
        # {"y": [28, 8, -3], "weight": [1, 2]}
        """,
        """
        data school from "schools.json" (columns = ["y"]) { y : real }
        # {"y": [28, 8, -3], "weight": [1, 2]}
        """,
    ),
    (
        "BD723",
        "error",
        "no-columns",
        "The data has no columns",
        """
        Nothing in the source can be a column: a column is an array of numbers or text with one value a row, or with
        one row of values a row.
        """,
        """
        {"N": 8, "K": 2}
        """,
        """
        {"N": 8, "y": [28, 8, -3, 7, -1, 1, 18, 12]}
        """,
    ),
    (
        "BD724",
        "error",
        "broken-npz",
        "The npz file cannot be read",
        """
        An npz file is an archive of arrays as `np.savez` writes it, and this one cannot be read as such.
        """,
        """
        np.save("digits.npz", pixels)
        """,
        """
        np.savez("digits.npz", pixels=pixels)
        """,
    ),
    (
        "BD725",
        "error",
        "object-array",
        "An array of the npz file holds Python objects",
        """
        An array of Python objects is stored as a pickle, and reading a pickle can run any code. Data files never do.
        """,
        """
        np.savez("x.npz", x=np.array([1, None], dtype=object))
        """,
        """
        np.savez("x.npz", x=np.array([1, np.nan]))
        """,
    ),
    (
        "BD726",
        "error",
        "broken-parquet",
        "The Parquet file cannot be read",
        """
        The Parquet reader cannot read the file.
        """,
        """
        $ head -c 1000 all.parquet > rugged.parquet
        """,
        """
        $ cp all.parquet rugged.parquet
        """,
    ),
    (
        "BD727",
        "error",
        "parquet-unavailable",
        "Nothing is installed that reads Parquet",
        """
        Parquet is read by polars or pyarrow, whichever is installed. They are large, so neither is required.
        """,
        """
        $ pip uninstall polars pyarrow
        $ bayesdsl run rugged.bayes --data nation=rugged.parquet
        """,
        """
        $ pip install polars
        $ bayesdsl run rugged.bayes --data nation=rugged.parquet
        """,
    ),
    (
        "BD730",
        "error",
        "download-failed",
        "The data could not be downloaded",
        """
        The address did not give the file. Once a file has been fetched it is kept by its checksum, and later runs
        need no network.
        """,
        """
        data nation from "https://example.org/ruged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    (
        "BD731",
        "error",
        "checksum-mismatch",
        "The data is not that which the spec was written for",
        """
        The file's bytes are not those that the checksum in the spec was taken of. Results would then be about other
        data under the same name.
        """,
        """
        data nation from "rugged.csv" (sha256 = "0000...") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sha256 = "9f86...") { rugged : real }
        """,
    ),
    (
        "BD732",
        "error",
        "checksum-missing",
        "The address of the data has no checksum",
        """
        What an address gives can change from one day to the next. A checksum in the spec fixes which data it was
        written for, and lets the file be kept and used without a network.
        """,
        """
        data nation from "https://example.org/rugged.csv" {
            rugged : real
        }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    (
        "BD733",
        "error",
        "unsupported-address",
        "The address of the data is of a kind that is not read",
        """
        Files are fetched by http and https alone.
        """,
        """
        data nation from "ftp://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    (
        "BD740",
        "error",
        "unknown-option",
        "A data source has no such option",
        """
        An option that does not exist is a typing mistake more often than not. Passing over it would read the file in
        another way than the spec says.
        """,
        """
        data nation from "rugged.csv" (seperator = ";") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    (
        "BD741",
        "error",
        "bad-option",
        "An option of a data source has a value it cannot have",
        """
        Options are checked before the file is opened, so that a wrong one is reported as itself and not by the trouble
        that it makes further on.
        """,
        """
        data nation from "rugged.csv" (sep = ";;") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    (
        "BD742",
        "error",
        "option-not-for-format",
        "An option of a data source does nothing for its format",
        """
        The option means nothing for this format, so what it was meant to do would not happen.
        """,
        """
        data digit from "digits.npz" (sep = ";") { pixels[pixel] : unit }
        """,
        """
        data digit from "digits.npz" { pixels[pixel] : unit }
        """,
    ),
)
