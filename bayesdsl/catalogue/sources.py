"""The options of a data block, as in `data nation from "rugged.csv" (sep = ";")`."""

from __future__ import annotations

# Name and what it is for. `runtime/sources/options.py` reads their values; a test holds the two against each other.
DATA_OPTIONS: dict[str, str] = {
    "sep": "the character between fields of a CSV file",
    "quote": "the character around fields that hold a separator",
    "comment": "the character that begins a comment line",
    "decimal": "the decimal sign of its numbers",
    "header": "the columns' names, for a file without a line of them",
    "encoding": "the file's encoding; UTF-8 if it is not said",
    "missing": "the words that stand for a missing value",
    "columns": "the arrays of a JSON or npz file that are columns",
    "sha256": "the checksum that the file must have; needed for an address",
    "format": "csv, tsv, json, npz or parquet, where the name does not tell",
    "max_gb": "the largest file to read, in GB",
    "key": "the column whose values name the rows",
    "stream": "true for a file that memory does not hold: rows stay on disk",
}
