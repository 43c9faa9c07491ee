"""What a simulation stands on: predictors, given or made up, and the sizes and members of every plate.

A design is bound like data are, with a model whose tables have only the columns that are not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.lower.inputs import Codes, Input
from bayesdsl.lower.inputs import Values as ColumnValues
from bayesdsl.lower.program import Program
from bayesdsl.model import ir
from bayesdsl.model.levels import in_order
from bayesdsl.runtime.binding import errors as binding_errors
from bayesdsl.runtime.binding.arguments import argument_findings, arguments
from bayesdsl.runtime.binding.cells import labels_of
from bayesdsl.runtime.binding.known import Known
from bayesdsl.runtime.binding.plates import Joined, join
from bayesdsl.runtime.binding.reading import NOT_GIVEN
from bayesdsl.runtime.binding.statements import check_statements
from bayesdsl.runtime.binding.tables import BoundTable, bind_table
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.making import Making, Said
from bayesdsl.runtime.simulation.reduced import asked_for, only_drawn, plain, reduced
from bayesdsl.runtime.simulation.rules import Rule, Unclear, rule
from bayesdsl.runtime.simulation.sizes import picked, sizes
from bayesdsl.runtime.simulation.sources import Part, Values, named_by, parts, sources_of

# What the seeds of made-up tables are spawned by.
DESIGN = 2_000_000


@dataclass(frozen=True)
class Ask:
    """What a user asks of a simulation besides pinned values: see `Compiled.simulate`."""

    rows: Mapping[str, object] = field(default_factory=dict)
    levels: Mapping[str, object] = field(default_factory=dict)
    columns: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Design:
    """A design that was bound.

    `joined` are its predictors; `inputs` the program's arguments but for what is drawn, which is left out. `sources`
    are the columns of every table's source that are not drawn, on the rows that are kept. `parts` are the columns of
    each table that are drawn, with their expressions.
    """

    model: ir.Model
    joined: Joined
    inputs: dict[str, object]
    sources: dict[str, Values]
    parts: dict[str, list[Part]]
    drawn: frozenset[str]
    said: tuple[Said, ...]


def drawn_columns(model: ir.Model, program: Program) -> frozenset[str]:
    """The columns that the program draws when they are left out: observed, and not used before that."""
    observed = {statement.name for statement in model.of(ir.Observed)}
    return frozenset(
        kind.column
        for argument, kind in program.inputs.items()
        if argument in program.optional and isinstance(kind, ColumnValues | Codes) and kind.column in observed
    )


def design(model: ir.Model, program: Program, ask: Ask, base: Path, seed: int, dtype: torch.dtype) -> Design:
    """Make a design, or read it. Raises `BayesError` with every finding."""
    return _Designer(model, program, ask, base, seed).design(dtype)


class _Designer:
    def __init__(self, model: ir.Model, program: Program, ask: Ask, base: Path, seed: int) -> None:
        self.model, self.program, self.ask, self.base, self.seed = model, program, ask, base, seed
        self.drawn = drawn_columns(model, program)
        self.found: list[Diagnostic] = []
        self.said: list[Said] = []
        self.tables: dict[str, BoundTable] = {}
        self.labels: dict[str, list[str]] = {}
        self.sources: dict[str, Values] = {}
        self.parts: dict[str, list[Part]] = {}

    def design(self, dtype: torch.dtype) -> Design:
        self._check_names()
        made = [n for n, table in self.model.tables.items() if n not in self.ask.data and not table.in_place]
        for name in self.model.tables:
            if name not in made:
                self._read(name)
        self._levels_of_given()
        self.sizes = sizes(self.model, made, self.ask.rows, self.ask.levels, self.labels)
        self.found += self.sizes.found
        self._check_order(made)
        rules = self._rules(made)
        self._stop()
        self._know_members(made)
        for table in self.model.tables.values():
            self.parts[table.plate] = self._parts(table)
        self._stop()
        for name in made:
            self._make(name, rules)
        self._stop()
        return self._bound(made, dtype)

    def _stop(self) -> None:
        if self.found:
            raise BayesError(tuple(dict.fromkeys(self.found)))

    def _check_names(self) -> None:
        known = list(self.model.tables)
        for name in self.ask.data:
            if name not in known:
                self.found.append(binding_errors.unknown_table(name, nearest(name, known), known))

    # Tables that are there

    def _reduced(self, table: ir.Table, available: Sequence[str] | None = None) -> ir.Table:
        return reduced(table, self.drawn, self.model.constants, available)

    def _read(self, name: str) -> None:
        """Read a table that is given, or that stands in the spec."""
        table = self.model.tables[name]
        given = self.ask.data.get(name, NOT_GIVEN)
        if given is NOT_GIVEN:
            # All that stands in the spec: what is drawn may be all there is to tell the number of rows.
            given = {c.name: list(c.literal) for c in table.columns if c.literal is not None}
        available: Sequence[str] | None = None
        while True:
            rest = self._reduced(table, available)
            model = replace(self.model, tables={**self.model.tables, name: rest})
            bound, findings = bind_table(model, rest, given, self.base)
            if bound is None and available is None and only_drawn(table, self.drawn, self.model.constants):
                # A condition may be on a column that is drawn and is not in the file.
                raw = self._raw(model, table, given)
                if raw is not None:
                    available = raw
                    continue
            break
        if bound is None or findings:
            self.found += findings
            return
        self.tables[name] = bound

    def _raw(self, model: ir.Model, table: ir.Table, given: object) -> list[str] | None:
        bare = replace(table, columns=(), where=(), key=None, drop_missing=False)
        bound, _ = bind_table(replace(model, tables={**model.tables, table.plate: bare}), bare, given, self.base)
        return None if bound is None else list(bound.raw.columns)

    def _levels_of_given(self) -> None:
        """The members of plates that tables which are there tell."""
        for name, table in self.tables.items():
            for column in self.model.tables[name].columns:
                if column.category is not None:
                    plate = self.model.plates[column.category]
                    found = table.labels.get(column.name)
                    texts = found.texts if found is not None else self._labels_in(table, column)
                    if plate.origin is ir.Origin.LEVELS and texts:
                        known = self.labels.get(plate.name, [])
                        self.labels[plate.name] = [str(x) for x in in_order([*known, *texts])]
                elif len(column.plates) > 1:
                    self._matrix_labels(table, column)

    def _labels_in(self, table: BoundTable, column: ir.Column) -> list[str]:
        """The levels of a category that is drawn, where the data have the column nevertheless."""
        source = column.value.name if isinstance(column.value, ir.RowName) else column.name
        raw = table.raw.columns.get(source) if not isinstance(column.value, ir.RowCall) else None
        return labels_of(raw, table.rows).texts if raw is not None and raw.width is None else []

    def _matrix_labels(self, table: BoundTable, column: ir.Column) -> None:
        plate = self.model.plates[ir.base_plate(column.plates[1])]
        if plate.origin is not ir.Origin.COLUMNS or plate.labels is not None or plate.name in self.labels:
            return
        if column.name in table.values:
            labels = table.members[column.name]
            width = table.values[column.name].shape[1]
            self.labels[plate.name] = labels if labels is not None else [str(i + 1) for i in range(width)]

    # What is asked

    def _check_order(self, made: Sequence[str]) -> None:
        for statement in self.model.of(ir.Observed):
            if statement.name not in self.drawn and self.model.columns[statement.name].plates[0] in made:
                self.found.append(errors.used_before_drawn(self.model, statement))

    def _rules(self, made: Sequence[str]) -> dict[str, Rule]:
        rules: dict[str, Rule] = {}
        for name, given in self.ask.columns.items():
            try:
                rules[name] = rule(given)
            except Unclear as unclear:
                self.found.append(errors.bad_rule(name, f"{unclear}"))
            self._check_rule(name, made)
        return rules

    def _check_rule(self, name: str, made: Sequence[str]) -> None:
        """Whether a rule is for a column of a table that is made up."""
        known: dict[str, None] = {}
        for table in (self.model.tables[n] for n in made):
            for column in table.columns:
                if column.pattern is not None and fnmatchcase(name, column.pattern):
                    return
                known[column.name] = None
                exprs = column.stack or ((column.value,) if column.value is not None else ())
                known |= dict.fromkeys(n for e in exprs for n in sorted(sources_of(e, self.model.constants)))
            known |= dict.fromkeys(n for c in table.where for n in sorted(sources_of(c, self.model.constants)))
        if name not in known:
            open_ = [n for n in known if n not in self.drawn]
            self.found.append(errors.column_of_no_table(name, nearest(name, open_), open_))

    def _names(self, part: Part) -> set[str]:
        return sources_of(part.expr, self.model.constants)

    def _know_members(self, made: Sequence[str]) -> None:
        """The labels of every plate that columns may refer to."""
        for name, plate in self.model.plates.items():
            if name in self.labels:
                continue
            if name in self.sizes.members:
                self.labels[name] = self.sizes.members[name]
            elif plate.labels is not None:
                self.labels[name] = [str(label) for label in plate.labels]
            elif plate.size is not None:
                self.labels[name] = [str(i + 1) for i in range(plate.size)]
            elif plate.origin is ir.Origin.ROWS and name in made:
                self.labels[name] = self._row_labels(name)
            elif name in self.tables:
                table = self.tables[name]
                self.labels[name] = table.keys if table.keys is not None else [str(i + 1) for i in table.rows]

    def _row_labels(self, name: str) -> list[str]:
        rows = self.sizes.rows[name]
        if self.model.tables[name].key is None:
            return [str(i + 1) for i in range(rows)]
        labels = picked(self.model, name)
        numbered = (f"{name} {i:0{len(str(rows))}d}" for i in range(1, rows + 1))
        labels += [label for label in numbered if label not in labels]
        return labels[:rows]

    def _parts(self, table: ir.Table) -> list[Part]:
        bound = self.tables.get(table.plate)
        matched = list(bound.raw.columns) if bound is not None else []
        for column in table.columns:
            if column.pattern is None or any(fnmatchcase(name, column.pattern) for name in matched):
                continue
            labels = self.labels[ir.base_plate(column.plates[1])]
            if len(named_by(column.pattern, labels)) != len(labels):
                self.found.append(errors.no_pattern_names(self.model, column, len(labels)))
        return parts(self.model, table, self.labels, matched)

    # Tables that are made up

    def _make(self, name: str, rules: Mapping[str, Rule]) -> None:
        table = self.model.tables[name]
        mine = [part for part in self.parts[name] if part.column.name not in self.drawn]
        known = {n for p in self.parts[name] for n in (p.column.name, *self._names(p))}
        known |= {n for c in table.where for n in sources_of(c, self.model.constants)}
        position = list(self.model.tables).index(name)
        making = Making(
            self.model,
            table,
            self.sizes.rows[name],
            mine,
            frozenset(self._drawn_sources(name)),
            self.labels,
            {n: r for n, r in rules.items() if n in known},
            np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(DESIGN, position))),
        )
        values = making.make()
        self.found += making.found
        self.said += making.said.values()
        for wanted in asked_for(table):
            # The source must have as many columns as the spec gives it names, whether it uses them or not.
            if wanted not in values and wanted not in making.later:
                values[wanted] = np.zeros(self.sizes.rows[name])
        self.sources[name] = values

    def _drawn_sources(self, table: str) -> set[str]:
        """The columns of the source that are told by what is drawn."""
        found: set[str] = set()
        for part in self.parts[table]:
            if part.column.name in self.drawn:
                found |= self._names(part)
        own = {
            part.expr.name
            for part in self.parts[table]
            if part.column.name not in self.drawn and isinstance(part.expr, ir.RowName)
        }
        # What a predictor reads as it is, is a predictor's: the drawn column is then computed from both.
        return found - own

    # Binding

    def _bound(self, made: Sequence[str], dtype: torch.dtype) -> Design:
        tables = {name: self._reduced(table, ()) for name, table in self.model.tables.items()}
        fixed = {
            name: replace(plate, origin=ir.Origin.LABELS, labels=tuple(self.labels[name]), size=len(self.labels[name]))
            for name, plate in self.model.plates.items()
            if name in self.labels and self._by_what_is_drawn(plate)
        }
        model = replace(self.model, tables=tables, plates={**self.model.plates, **fixed})
        for name in made:
            self._bind_made(model, name)
        self._stop()
        joined = join(model, {name: self.tables[name] for name in self.model.tables})
        arguments_: dict[str, Input] = {
            argument: kind
            for argument, kind in self.program.inputs.items()
            if not (isinstance(kind, ColumnValues | Codes) and kind.column in self.drawn)
        }
        self.found += [*joined.found, *argument_findings(joined, arguments_, dtype)]
        known = Known(joined, model.statements)
        self.found += check_statements(joined, known).found
        self._stop()
        for name, table in self.tables.items():
            if name not in made:
                self.sources[name] = self._kept(name, table)
        drawn = {name: [part for part in found if part.column.name in self.drawn] for name, found in self.parts.items()}
        inputs = arguments(joined, arguments_, dtype)
        said = self._all_said()
        return Design(self.model, joined, inputs, self.sources, drawn, self.drawn, said)

    def _by_what_is_drawn(self, plate: ir.Plate) -> bool:
        """Whether a plate's members are those of columns that are drawn, so that predictors do not tell them all."""
        if plate.origin is ir.Origin.LEVELS:
            columns = [column.name for column in self.model.columns.values() if column.category == plate.name]
        else:
            columns = [column.name for column in self.model.columns.values() if column.plates[1:] == (plate.name,)]
        free = plate.origin is ir.Origin.LEVELS or (plate.origin is ir.Origin.COLUMNS and plate.labels is None)
        return free and not self.drawn.isdisjoint(columns)

    def _bind_made(self, model: ir.Model, name: str) -> None:
        """A table that was made up goes the way of one that was given."""
        values = self.sources[name] or {"row": np.zeros(self.sizes.rows[name])}
        bare = replace(model.tables[name], options=())
        bound, findings = bind_table(model, bare, values, self.base)
        self.found += findings
        if bound is not None:
            self.tables[name] = bound

    def _all_said(self) -> tuple[Said, ...]:
        chosen = [
            Said(plate, plate, f"{len(self.labels[plate]):,} columns")
            for plate in self.sizes.chosen
            if self.model.plates[plate].origin is ir.Origin.COLUMNS
        ]
        return (*self.said, *chosen)

    def _kept(self, name: str, bound: BoundTable) -> Values:
        """The columns of a source that was read, as far as the spec asks for them and does not draw them."""
        table = self.model.tables[name]
        drawn = self._drawn_sources(name)
        wanted = dict.fromkeys(n for part in self.parts[name] for n in sorted(self._names(part)))
        wanted |= dict.fromkeys(n for c in table.where for n in sorted(sources_of(c, self.model.constants)))
        wanted |= dict.fromkeys(asked_for(table))
        if table.key is not None:
            wanted = {table.key: None, **wanted}
        labels = {
            part.expr.name
            for part in self.parts[name]
            if part.category is not None and isinstance(part.expr, ir.RowName)
        } | {table.key}
        return {
            column: plain(bound.raw.columns[column], bound.rows, column in labels)
            for column in wanted
            if column in bound.raw.columns and column not in drawn
        }
