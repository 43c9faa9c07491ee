"""The arguments of the emitted program, from the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

import numpy as np
import torch

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.lower.inputs import Codes, Input, Position, Size, Values
from bayesdsl.model import ir
from bayesdsl.runtime.binding import errors
from bayesdsl.runtime.binding.plates import Joined, position_of
from bayesdsl.runtime.binding.statements import expressions
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.source import Span
from bayesdsl.types.supports import SCALARS


def arguments(joined: Joined, inputs: Mapping[str, Input], dtype: torch.dtype) -> dict[str, object]:
    """The program's arguments by name: ints, and tensors of `dtype` or of int64. Their findings are empty."""
    return {name: _argument(joined, given, dtype) for name, given in inputs.items()}


def rebound(
    values: Mapping[str, object],
    inputs: Mapping[str, Input],
    wanted: Mapping[str, Input],
    coords: Mapping[str, Sequence[object]],
) -> dict[str, object]:
    """The arguments `wanted` by a program, from the `values` of those of another program of the same model and data."""
    known = {given: values[name] for name, given in inputs.items()}
    return {name: known[given] if given in known else _size(given, coords) for name, given in wanted.items()}


def _size(given: Input, coords: Mapping[str, Sequence[object]]) -> int:
    assert isinstance(given, Size), given
    return len(coords[given.plate])


def _argument(joined: Joined, given: Input, dtype: torch.dtype) -> object:
    match given:
        case Size(plate):
            return joined.size(plate)
        case Values(name):
            return _tensor(joined.values[name]).to(dtype)
        case Codes(name):
            return _tensor(joined.codes[name])
        case Position(plate, label):
            return position_of(label, joined.members[plate])
        case _:
            assert_never(given)


def _tensor(values: np.ndarray) -> torch.Tensor:
    """An array as a tensor over the same numbers where that can be: data are held once, and nobody writes to them. A
    matrix may lie column after column."""
    if not values.flags.writeable:
        return torch.tensor(values)
    return torch.from_numpy(values) if values.flags.f_contiguous else torch.from_numpy(values).contiguous()


def argument_findings(joined: Joined, inputs: Mapping[str, Input], dtype: torch.dtype) -> Iterator[Diagnostic]:
    """Arguments that the data cannot give: members that there are not, numbers that the precision cannot hold."""
    for given in inputs.values():
        match given:
            case Position(plate, label) if plate in joined.members and position_of(label, joined.members[plate]) < 0:
                span = _where_selected(joined.model, plate, label)
                yield errors.unknown_label(joined.model.source, span, plate, label, joined.members[plate])
            case Values(name) if name in joined.values and dtype is torch.float32:
                finding = _too_precise(joined, name)
                if finding is not None:
                    yield finding


def _where_selected(model: ir.Model, plate: str, label: object) -> Span:
    """The place in the spec of `county = "HENNEPIN"`."""
    bodies = [guide.statements for guide in model.guides.values() if isinstance(guide, ir.GuideBody)]
    for statement in (*model.statements, *(s for body in bodies for s in body)):
        for expr in expressions(statement):
            for node in ir.walk(expr):
                for at, index in node.indices if isinstance(node, ir.At) else ():
                    if isinstance(index, ir.Member) and ir.base_plate(at) == plate and index.label == label:
                        return index.span
    return model.plates[plate].span


def _too_precise(joined: Joined, name: str) -> Diagnostic | None:
    """Numbers that single precision takes to infinity, or out of the column's support (a tiny scale to zero)."""
    values, column = joined.values[name], joined.model.columns[name]
    with np.errstate(over="ignore", under="ignore"):
        single = values.astype(np.float32).astype(np.float64)
    kept = column.support if column.support.name in SCALARS else SCALARS["real"]
    bad = (~np.isfinite(single) | violations(single, kept)) & ~np.isnan(values) & ~violations(values, kept)
    if not bad.any():
        return None
    cells, example = joined.table_of(name).cells(name, bad), float(values[bad][0])
    return errors.beyond_precision(joined.model.source, column.span, name, cells, int(bad.sum()), example)
