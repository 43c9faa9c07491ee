"""What can be wrong with a data source: one constructor for each finding.

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
        f"`{file}` is a Parquet file, and neither pyarrow nor polars is installed to read it",
        hint='pip install "bayesdsl[parquet]", or save the table as CSV',
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


def not_in_parts(file: str, what: str, remedy: str) -> Diagnostic:
    """A source that can only be read whole, where it is to be read in parts."""
    return Diagnostic(
        "BD765", f"`{file}` is {what} and cannot be read in parts", hint=f"{remedy}, or leave `stream` out"
    )


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
