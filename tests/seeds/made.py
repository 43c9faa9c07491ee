"""The script that makes the specs' data, as a module: `made`."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

SPECS = Path(__file__).resolve().parents[2] / "specs"

_place = spec_from_file_location("make_data", SPECS / "make_data.py")
assert _place is not None
assert _place.loader is not None
made = module_from_spec(_place)
_place.loader.exec_module(made)
