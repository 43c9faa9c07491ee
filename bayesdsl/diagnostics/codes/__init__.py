"""The table of codes: one row for each kind of finding, a module for each hundred.

To add one, add a `Code` to the `ROWS` of the module of its section. Nothing else needs to know.
"""

from __future__ import annotations

from bayesdsl.diagnostics.codes import (
    compiled,
    data,
    earlier,
    inference,
    internal,
    layers,
    lints,
    names,
    plates,
    prediction,
    running,
    syntax,
    targets,
    types,
)
from bayesdsl.diagnostics.codes.row import Code

_RUNNING = (*running.ROWS, *prediction.ROWS, *targets.ROWS, *earlier.ROWS, *compiled.ROWS)

# The digit after "BD", what its codes are about, and the codes.
SECTIONS: tuple[tuple[int, str, tuple[Code, ...]], ...] = (
    (1, "Syntax", syntax.ROWS),
    (2, "Names", names.ROWS),
    (3, "Plates and layers", (*plates.ROWS, *layers.ROWS)),
    (4, "Types, supports and distributions", types.ROWS),
    (5, "Inference settings", inference.ROWS),
    (6, "Lints", lints.ROWS),
    (7, "Data", data.ROWS),
    (8, "Running", tuple(sorted(_RUNNING, key=lambda row: row.code))),
    (9, "Limits and internal errors", internal.ROWS),
)

CODES: dict[str, Code] = {row.code: row for _, _, rows in SECTIONS for row in rows}

__all__ = ["CODES", "SECTIONS", "Code"]
