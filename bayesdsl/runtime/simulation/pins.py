"""Values that a simulation is to have in place of draws.

{"w": 1.5, 'a[county = "Aitkin"]': 2}   ->   w everywhere 1.5; of `a` one member 2, the others drawn
"""

from __future__ import annotations

import ast as python_ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.lower.statements import Reported
from bayesdsl.model import ir
from bayesdsl.runtime.binding.plates import position_of
from bayesdsl.runtime.binding.supports import off_structure, violations
from bayesdsl.runtime.simulation import errors
from bayesdsl.source import Source
from bayesdsl.syntax import ast
from bayesdsl.syntax.parser import parse


class Unreadable(Exception):
    """A text that pins nothing; it completes "`..` ..."."""


@dataclass
class Pin:
    """The values of one unknown, over its plates in the order of the spec, and where they are pinned."""

    name: str
    values: np.ndarray
    where: np.ndarray

    @property
    def whole(self) -> bool:
        return bool(self.where.all())


@dataclass
class _Wanted:
    """One thing that is asked for, as it was written."""

    text: str
    name: str
    members: tuple[tuple[str, object], ...]
    value: object


def split(text: str) -> tuple[str, object]:
    """`w=1.5` or `a[county = "x"]=[1, 2]` as what is pinned, and the value. Raises `Unreadable`."""
    depth, quoted = 0, False
    for i, char in enumerate(text):
        if char == '"' and text[i - 1 : i] != "\\":
            quoted = not quoted
        elif not quoted and char in "[(":
            depth += 1
        elif not quoted and char in "])":
            depth -= 1
        elif not quoted and depth == 0 and char == "=":
            return text[:i].strip(), _value(text[i + 1 :].strip())
    raise Unreadable("has no value")


def _value(text: str) -> object:
    try:
        return python_ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise Unreadable("has no value" if not text else "has a value that is neither a number nor a list") from None


def pins(
    model: ir.Model,
    reported: Sequence[Reported],
    members: Mapping[str, Sequence[object]],
    given: Mapping[str, object],
) -> tuple[dict[str, Pin], list[Diagnostic]]:
    """What is pinned, by name, and what is wrong with it. `members` are those of every plate.

    Where members are not known yet, only names and values are looked at.
    """
    found: list[Diagnostic] = []
    result: dict[str, Pin] = {}
    dims = {item.name: item.dims for item in reported}
    unknowns = {s.name: s for s in model.statements if isinstance(s, ir.Sample | ir.Parameter)}
    for target, value in given.items():
        text = f"{target}={_shown(value)}"
        try:
            name, items = _target(target, unknowns)
        except Unreadable as reason:
            found.append(errors.bad_pin(text, str(reason)))
            continue
        statement = unknowns.get(name)
        if statement is None:
            found.append(_not_pinnable(model, text, name, list(unknowns)))
            continue
        wanted = _Wanted(text, name, items, value)
        _pin(model, wanted, statement, dims[name], members, result, found)
    for name, pin in result.items():
        finding = _off(model, unknowns[name], pin)
        if finding is not None:
            found.append(finding)
    return result, found


def _shown(value: object) -> str:
    text = str(value.tolist() if isinstance(value, np.ndarray) else value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _target(text: str, unknowns: Mapping[str, object]) -> tuple[str, tuple[tuple[str, object], ...]]:
    """The name in `a[county = "x"]`, and the plates and labels in its brackets."""
    text = text.strip()
    # Weights of layers have names that no expression of the language is.
    base, bracket, rest = text.partition("[")
    if text in unknowns or not bracket:
        return text, ()
    parsed = parse(Source("--set", f"pinned = value[{rest}"))
    statement = parsed.spec.statements[0] if not parsed.diagnostics and parsed.spec.statements else None
    index = statement.value if isinstance(statement, ast.Define) else None
    if not isinstance(index, ast.Index):
        raise Unreadable("does not name an unknown or members of one")
    return base.strip(), tuple(_member(item) for item in index.items)


def _member(item: ast.Arg) -> tuple[str, object]:
    match item:
        case ast.Arg(keyword, ast.Str(label) | ast.Num(label)) if keyword is not None:
            return keyword.name, label
    raise Unreadable("selects members in another way than by label")


def _not_pinnable(model: ir.Model, text: str, name: str, unknowns: Sequence[str]) -> Diagnostic:
    column, let = model.columns.get(name), next((s for s in model.of(ir.Let) if s.name == name), None)
    if let is not None:
        hint = "pin what it is computed from"
        return errors.not_an_unknown(model, text, name, let.span, "computed from other values", hint)
    if column is not None and any(s.name == name for s in model.of(ir.Observed)):
        hint = "its values are what is simulated; pin the unknowns it depends on"
        return errors.not_an_unknown(model, text, name, column.span, "data", hint)
    if column is not None:
        hint = f"say how it is made up: --column {name}=.."
        return errors.not_an_unknown(model, text, name, column.span, "a column of data", hint)
    if name in model.constants:
        return errors.bad_pin(text, "is a constant of the spec", "change it there")
    return errors.unknown_pin(text, name, nearest(name, unknowns), unknowns)


def _pin(
    model: ir.Model,
    wanted: _Wanted,
    statement: ir.Sample | ir.Parameter,
    dims: ir.Plates,
    members: Mapping[str, Sequence[object]],
    result: dict[str, Pin],
    found: list[Diagnostic],
) -> None:
    """Put one value in its place."""
    value = _numbers(wanted.value)
    if value is None:
        found.append(errors.bad_pin(wanted.text, "has a value that is no number, or no list of as many in each row"))
        return
    if any(ir.base_plate(dim) not in members for dim in dims):
        bad = violations(value, statement.support)
        if bad.any():
            example = float(value[bad][0])
            found.append(
                errors.outside_support(model, wanted.text, wanted.name, statement.span, statement.support, example)
            )
        return
    shape = [len(members[ir.base_plate(dim)]) for dim in dims]
    positions: list[int | slice] = [slice(None)] * len(dims)
    for plate, label in wanted.members:
        if plate not in dims:
            hint = f"its plates are {', '.join(dims)}" if dims else "it has one value alone"
            found.append(
                errors.bad_pin(wanted.text, f"selects by `{plate}`, which `{wanted.name}` does not have", hint)
            )
            return
        if isinstance(statement, ir.Sample) and plate in statement.event:
            found.append(errors.member_of_one_draw(model, wanted.text, wanted.name, statement.span, plate))
            return
        labels = members[ir.base_plate(plate)]
        at = position_of(label, labels)
        if at < 0:
            near = nearest(str(label), [str(member) for member in labels[:5000]])
            known = ", ".join(str(member) for member in labels[:8])
            hint = f"did you mean `{near}`?" if near else f"its members are {known}"
            found.append(errors.bad_pin(wanted.text, f"names a `{plate}` that there is not", hint))
            return
        positions[dims.index(plate)] = at
    left = [(dim, size) for dim, size, at in zip(dims, shape, positions, strict=True) if isinstance(at, slice)]
    if value.ndim and list(value.shape) != [size for _, size in left]:
        plates, sizes = tuple(dim for dim, _ in left), [size for _, size in left]
        found.append(errors.wrong_shape(wanted.text, plates, sizes, value.shape))
        return
    pin = result.setdefault(wanted.name, Pin(wanted.name, np.zeros(shape), np.zeros(shape, dtype=bool)))
    if pin.where[tuple(positions)].any():
        found.append(errors.pinned_twice(wanted.text, wanted.name))
        return
    pin.values[tuple(positions)] = value
    pin.where[tuple(positions)] = True


def _numbers(value: object) -> np.ndarray | None:
    try:
        array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        return array.astype(np.float64) if array.dtype.kind in "bif" and np.isfinite(array).all() else None
    except (ValueError, TypeError, OverflowError):
        return None


def _off(model: ir.Model, statement: ir.Sample | ir.Parameter, pin: Pin) -> Diagnostic | None:
    """The finding for a value that an unknown cannot have, as far as that does not depend on others."""
    support = statement.support
    text = f"--set {pin.name}"
    bad = violations(pin.values, support) & pin.where
    if bad.any():
        return errors.outside_support(model, text, pin.name, statement.span, support, float(pin.values[bad][0]))
    if pin.whole and support.event and off_structure(pin.values, support).any():
        return errors.outside_support(model, text, pin.name, statement.span, support, None)
    return None
