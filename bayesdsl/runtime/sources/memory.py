"""Tables of objects in memory: dicts of arrays, lists of records, data frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.columns import NotAColumn, column_from_array, column_from_list, make_table
from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.frames import is_frame, is_series, read_frame, series_maker
from bayesdsl.runtime.sources.json_tables import table_of_json
from bayesdsl.runtime.sources.table import Missing, RawColumn, RawTable

# What to do with objects that are nearly tables, by the class's name.
_REMEDIES: Mapping[str, str] = {
    "LazyFrame": "call .collect() first",
    "Series": "make it a frame: .to_frame()",
    "ndarray": 'name the columns: {"y": array}',
    "Tensor": 'name the columns: {"y": tensor}',
    "Dataset": "make it a frame: .to_dataframe().reset_index()",
    "DataArray": 'name the columns: {"y": array.values}',
    "NoneType": "give a path, or a dict of arrays",
    "list": "give a dict of arrays, or a list of dicts, one for each row",
}


def read_memory(given: object, table: str, missing: Missing | None, wanted: tuple[str, ...] | None = None) -> RawTable:
    """A table of an object in memory. `table` is the data block it is for. Raises `SourceError`.

    Its columns are the object's own arrays where these are of a column's type: with much data a copy is one too many.
    So nothing is written to them, and who keeps values copies them.
    """
    lexicon = missing or Missing()
    if is_frame(given):
        return read_frame(given, type(given).__name__, lexicon)
    if isinstance(given, Mapping):
        entries = [(str(name), _maker(value, lexicon)) for name, value in given.items()]
        if not entries:
            raise SourceError(errors.no_columns("dict", {}))
        return make_table("dict", entries, None, wanted=wanted)
    if isinstance(given, list) and given and isinstance(given[0], dict):
        return table_of_json(given, "list", None, lexicon, wanted=wanted)
    kind = type(given)
    raise SourceError(errors.unsupported_object(table, kind.__name__, _REMEDIES.get(kind.__name__)))


def _maker(value: Any, lexicon: Missing) -> Callable[[str], RawColumn]:
    if is_series(value):
        return series_maker(value, lexicon)

    def make(name: str) -> RawColumn:
        if isinstance(value, (str, bytes, int, float, type(None))):
            raise NotAColumn("a single value")
        if isinstance(value, (list, tuple, range)):
            items = [_array(item) if _is_tensor(item) else item for item in value]
            return column_from_list(items, lexicon)(name)
        return column_from_array(_array(value), lexicon)(name)

    return make


def _array(value: Any) -> np.ndarray:
    """The values of an array of any library."""
    if isinstance(value, np.ndarray):
        return value
    kind = f"of type `{type(value).__name__}`"
    if not _is_tensor(value) and not hasattr(value, "__array__"):
        raise NotAColumn(kind)
    try:
        return _tensor_array(value) if _is_tensor(value) else np.asarray(value)
    except Exception as reason:  # another library's code
        raise NotAColumn(f"{kind}, and cannot be read as an array: {reason}") from None


def _is_tensor(value: object) -> bool:
    return any(c.__module__.split(".")[0] == "torch" and c.__name__ == "Tensor" for c in type(value).__mro__)


def _tensor_array(tensor: Any) -> np.ndarray:
    """A tensor's values as a numpy array, whatever device, layout or precision it has."""
    import torch  # an object of torch was given, so it is loaded already

    values = tensor.detach().cpu()
    values = values if values.layout is torch.strided else values.to_dense()
    return (values.double() if values.is_floating_point() else values.resolve_conj().resolve_neg()).numpy()
