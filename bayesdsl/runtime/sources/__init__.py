"""Reading data sources: files, addresses and objects in memory, as tables of columns with their places."""

from bayesdsl.runtime.sources.errors import SourceError
from bayesdsl.runtime.sources.options import OPTIONS, option_problems
from bayesdsl.runtime.sources.read import read_source
from bayesdsl.runtime.sources.table import RawColumn, RawTable, Reals

__all__ = ["OPTIONS", "RawColumn", "RawTable", "Reals", "SourceError", "option_problems", "read_source"]
