"""How many rows tables have that are made up, and who the members of plates are that only data would tell.

--rows house=200 --levels county=3   ->   {house: 200}, {county: ["county 1", "county 2", "county 3"]}
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.runtime.binding.statements import expressions
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.sources import compared, pattern_names

LEVELS = 5
MOST_ROWS = 10_000_000


@dataclass
class Sizes:
    """`rows` of tables that are made up; `members` of plates that only data would tell, those of a matrix's columns
    by number; `chosen` are plates whose size nobody said."""

    rows: dict[str, int] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)


def sizes(
    model: ir.Model,
    made_up: Iterable[str],
    rows: Mapping[str, object],
    levels: Mapping[str, object],
    known: Mapping[str, Sequence[str]],
) -> Sizes:
    """Sizes for the tables `made_up`. `known` are the labels of plates that given data tell."""
    sizes, made = Sizes(), list(made_up)
    named = {name: _named(sizes, name, given) for name, given in levels.items()}
    for name in rows:
        _check_name(sizes, model, name, made, known, of_rows=True)
    for name in levels:
        _check_name(sizes, model, name, made, known, of_rows=False)
    for name in made:
        _rows(sizes, model.tables[name], rows, named)
    for name, plate in model.plates.items():
        if plate.origin is ir.Origin.LEVELS and name not in known:
            _levels(sizes, model, plate, named.get(name), made)
        elif plate.origin is ir.Origin.COLUMNS and plate.labels is None and name not in known:
            _columns(sizes, model, plate, named.get(name))
    return sizes


def _columns(sizes: Sizes, model: ir.Model, plate: ir.Plate, given: int | list[str] | None) -> None:
    """The members of a plate of columns: those that the spec names, and others that its first pattern matches."""
    if given is None:
        sizes.chosen.append(plate.name)
    if isinstance(given, list):
        sizes.members[plate.name] = given
        return
    first = next(c for c in model.columns.values() if c.plates[1:] == (plate.name,))
    labels = picked(model, plate.name)
    number = max(given or LEVELS, len(labels))
    others = [str(i + 1) for i in range(number)]
    if first.pattern is not None:
        others = pattern_names(first.pattern, number)
    labels += [label for label in others if label not in labels][: number - len(labels)]
    sizes.members[plate.name] = labels if first.pattern is not None else others


def _named(sizes: Sizes, name: str, given: object) -> int | list[str] | None:
    """Levels as they are given: a number of them, or their names."""
    read = _whole(given)
    if isinstance(given, str):
        read = int(given) if given.strip().isdecimal() else [part.strip() for part in given.split(",")]
    if isinstance(read, int) and not isinstance(read, bool) and 0 < read <= MOST_ROWS:
        return read
    labels = [str(label) for label in read] if isinstance(read, Iterable) else []
    if not labels or "" in labels or len(set(labels)) < len(labels):
        sizes.found.append(errors.bad_levels(name, given))
        return None
    return labels


def _whole(given: object) -> object:
    """A whole number of another library as Python's, anything else as it is."""
    if isinstance(given, bool):
        return given
    try:
        return operator.index(given)
    except TypeError:
        return given


def _check_name(
    sizes: Sizes, model: ir.Model, name: str, made: list[str], known: Mapping[str, object], of_rows: bool
) -> None:
    """Whether the rows of a table, or the levels of a plate, are for the user to say."""
    free = list(made) if of_rows else [n for n, p in model.plates.items() if _is_free(model, p, made)]
    if name in free and name not in known:
        return
    if of_rows and name in model.tables:
        sizes.found.append(errors.rows_are_given(model, name))
    elif not of_rows and name in model.plates:
        sizes.found.append(errors.levels_are_given(model, model.plates[name]))
    else:
        sizes.found.append(errors.no_such_size(name, of_rows, nearest(name, free), free))


def _is_free(model: ir.Model, plate: ir.Plate, made: list[str]) -> bool:
    if plate.origin is ir.Origin.ROWS:
        return plate.name in made and model.tables[plate.name].key is not None
    return plate.origin is ir.Origin.LEVELS or (plate.origin is ir.Origin.COLUMNS and plate.labels is None)


def _rows(
    sizes: Sizes, table: ir.Table, rows: Mapping[str, object], named: Mapping[str, int | list[str] | None]
) -> None:
    name = table.plate
    labels = named.get(name)
    given = _whole(rows.get(name, labels if isinstance(labels, int) else None))
    if isinstance(labels, list):
        given = given if given is not None else len(labels)
        if given != len(labels):
            sizes.found.append(errors.rows_and_levels(name, given, len(labels)))
        sizes.members[name] = labels
    if given is None:
        sizes.found.append(errors.no_rows(name, table.key is not None))
    elif isinstance(given, bool) or not isinstance(given, int) or not 0 < given <= MOST_ROWS:
        sizes.found.append(errors.bad_rows(name, given, MOST_ROWS))
    else:
        sizes.rows[name] = given


def _levels(sizes: Sizes, model: ir.Model, plate: ir.Plate, given: int | list[str] | None, made: Sequence[str]) -> None:
    """The labels of a plate of levels: those that the spec names, and others up to the number."""
    if isinstance(given, list):
        sizes.members[plate.name] = [str(label) for label in in_order(given)]
        missing = [label for label in picked(model, plate.name) if label not in given]
        if missing:
            sizes.found.append(errors.level_not_listed(model, plate, missing, given))
        return
    labels = list(picked(model, plate.name))
    columns = [column for column in model.columns.values() if column.category == plate.name]
    for column in columns:
        table = model.tables[column.plates[0]]
        exprs = [c.value for c in table.columns if c.value is not None] + list(table.where)
        own = column.value.name if isinstance(column.value, ir.RowName) else column.name
        labels += [str(value) for value in compared(exprs, own) if str(value) not in labels]
    literal = [str(label) for column in columns for label in column.literal or ()]
    if literal and given is None:
        sizes.members[plate.name] = [str(label) for label in in_order([*literal, *labels])]
        return
    if given is None:
        sizes.chosen.append(plate.name)
        # No more than there are rows for, as each level is to occur.
        most = max((sizes.rows[c.plates[0]] for c in columns if c.plates[0] in sizes.rows), default=LEVELS)
        given = min(LEVELS, most)
    given = max(given, len(labels))
    names = _names(plate.name, given, [label for label in labels if label.isdecimal()])
    labels += [label for label in names if label not in labels][: given - len(labels)]
    sizes.members[plate.name] = [str(label) for label in in_order(labels)]
    rows = [sizes.rows[c.plates[0]] for c in columns if c.plates[0] in sizes.rows]
    if rows and max(rows) < given:
        sizes.found.append(errors.too_few_rows(model, plate, given, max(rows)))


def _names(plate: str, count: int, numbers: Sequence[str]) -> list[str]:
    """Names for levels: numbers around those that the spec compares them with, else the plate's name and a number."""
    if numbers:
        centre = int(numbers[0])
        steps = (step * sign for step in range(1, count + 1) for sign in (1, -1))
        return [str(centre + step) for step in steps if centre + step >= 0]
    return [f"{plate} {i:0{len(str(count))}d}" for i in range(1, count + 1)]


def picked(model: ir.Model, plate: str) -> list[str]:
    """The labels by which the spec selects members of a plate."""
    bodies = [guide.statements for guide in model.guides.values() if isinstance(guide, ir.GuideBody)]
    found: dict[str, None] = {}
    for statement in (*model.statements, *(s for body in bodies for s in body)):
        for expr in expressions(statement):
            for node in ir.walk(expr):
                for at, index in node.indices if isinstance(node, ir.At) else ():
                    if isinstance(index, ir.Member) and ir.base_plate(at) == plate:
                        found[_text(index.label)] = None
    return list(found)


def _text(label: str | int | float) -> str:
    """A label as data spell it, whole numbers without a point."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)
