"""Tables that are made up: a value in every column of their source that the model's predictors are computed from.

data house { county : category; basement : binary = floor == 0 }, 4 rows
->  {"county": [county 1, county 2, ..], "floor": [0, 1, 1, 0]}

Where an expression can be undone its result is drawn, by its type, and the source follows from it; where it cannot be,
the source is drawn and the result follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.runtime.binding.columns import Rejected
from bayesdsl.runtime.binding.supports import violations
from bayesdsl.runtime.simulation import errors
from bayesdsl.runtime.simulation.inverse import OF_WHOLE_COLUMNS, OTHER_TEXT, CannotInvert, is_smooth, solve
from bayesdsl.runtime.simulation.rules import Rule, Unclear, default_rule
from bayesdsl.runtime.simulation.sources import Part, Values, compared, evaluate, place, sources_of
from bayesdsl.types.supports import REAL, Support

# How often rows for which a condition does not hold are drawn anew; the odd times near what conditions compare with.
ROUNDS = 200


@dataclass(frozen=True)
class Said:
    """How a column came about, in words: of the spec where `column` is one of its, else of the source."""

    table: str
    column: str
    text: str


@dataclass
class Making:
    """What is known of a table while it is made up.

    `parts` are the columns to make, `later` the names of source columns that the model draws. `labels` are the members
    of every plate; `rules` are the user's, by column.
    """

    model: ir.Model
    table: ir.Table
    rows: int
    parts: Sequence[Part]
    later: frozenset[str]
    labels: Mapping[str, Sequence[str]]
    rules: Mapping[str, Rule]
    rng: np.random.Generator
    found: list[Diagnostic] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)

    def make(self) -> Values:
        """The source's columns, as far as predictors and conditions need them; what is wrong is in `found`."""
        self._check_rules()
        if self.found:
            return {}
        values = self._draw(near=False)
        if self.found:
            return {}
        values = self._held(values)
        if self.table.key is not None:
            values = {self.table.key: np.array(self.labels[self.table.plate]), **values}
        return values

    # Names

    def _reads(self, expr: ir.RowExpr) -> set[str]:
        return sources_of(expr, self.model.constants)

    def _conditions(self) -> list[ir.RowExpr]:
        """Conditions on what is made here: those on what is drawn have to wait for it."""
        return [condition for condition in self.table.where if not self._reads(condition) & self.later]

    def _say(self, column: str, text: str) -> None:
        self.said.setdefault(column, Said(self.table.plate, column, text))

    def _check_rules(self) -> None:
        known = [part.column.name for part in self.parts] + [n for p in self.parts for n in self._reads(p.expr)]
        known += [name for condition in self._conditions() for name in self._reads(condition)]
        known = [name for name in dict.fromkeys(known) if name not in self.later]
        for name in self.rules:
            if name not in known:
                drawn = name in self.later or (name in self.model.columns and name not in known)
                self.found.append(errors.no_such_column(self.table.plate, name, nearest(name, known), known, drawn))

    # Drawing

    def _draw(self, near: bool) -> Values:
        """Values for all rows. With `near`, those that conditions compare are drawn near what these compare with."""
        values: Values = {}
        for name, rule in self.rules.items():
            # Rules for columns of the spec are for what they are computed to be; others name the source's.
            drawn = None if self._named(name) else self._by(rule, name)
            if drawn is not None:
                values[name] = drawn
        if near:
            for condition in self._conditions():
                for name in sorted(self._reads(condition) - values.keys() - self.rules.keys()):
                    if not self._is_category(name):
                        values[name] = self._near(name)
        for part in sorted(self.parts, key=self._priority):
            try:
                self._part(values, part)
            except Unclear as unclear:
                self.found.append(errors.bad_rule(part.column.name, str(unclear)))
            except Rejected as rejected:
                self.found.append(rejected.finding)
        for condition in self._conditions():
            for name in sorted(self._reads(condition) - values.keys()):
                values[name] = self._near(name)
                self._say(name, "such that the conditions hold")
        return values

    def _named(self, column: str) -> list[Part]:
        return [part for part in self.parts if part.column.name == column]

    def _by(self, rule: Rule, name: str) -> np.ndarray | None:
        self._say(name, rule.text)
        try:
            return rule.draw(self.rng, self.rows)
        except Unclear as unclear:
            self.found.append(errors.bad_rule(name, str(unclear)))
            return None

    def _priority(self, part: Part) -> int:
        """What tells most of its source comes first: what follows from it is then computed."""
        if part.column.name in self.rules:
            return 0
        if isinstance(part.expr, ir.RowName):
            return 1
        if is_smooth(part.expr):
            return 2
        return 3 if isinstance(part.expr, ir.RowCall) and part.expr.function in OF_WHOLE_COLUMNS else 4

    def _part(self, values: Values, part: Part) -> None:
        unknown = self._reads(part.expr) - values.keys()
        if unknown & self.later:
            drawn = sorted(unknown & self.later)[0]
            self.found.append(errors.computed_from_drawn(self.model, part.column, place(part), drawn))
            return
        if not unknown:
            return
        if part.category is not None and isinstance(part.expr, ir.RowName):
            values[part.expr.name] = self._category(part)
            return
        rule = self.rules.get(part.column.name) or default_rule(part.column.support.elements)
        if len(unknown) == 1 and part.category is None:
            try:
                name, found = solve(part.expr, self._target(rule, part), lambda e: self._known(e, values), whole=True)
            except CannotInvert:
                if part.column.name in self.rules:
                    self.found.append(errors.rule_not_undone(self.model, part.column, place(part), sorted(unknown)))
                    return
            else:
                if found.dtype.kind != "f" or np.isfinite(found).all():
                    self._tell(part, name, rule)
                    values[name] = found
                    return
        self._forward(values, part, sorted(unknown))

    def _tell(self, part: Part, name: str, rule: Rule) -> None:
        whole = [call.function for call in _calls(part.expr) if call.function in OF_WHOLE_COLUMNS]
        before = f"{rule.text} before {whole[0]}" if whole else rule.text
        self._say(name if part.column.stack is not None else part.column.name, before)

    def _target(self, rule: Rule, part: Part) -> np.ndarray:
        if part.width is None:
            found = rule.draw(self.rng, self.rows)
            if found.ndim == 2:
                raise Unclear("is a matrix of values for a single column")
            return found
        drawn = [rule.draw(self.rng, self.rows) for _ in range(part.width)]
        return drawn[0] if drawn[0].ndim == 2 else np.stack(drawn, axis=1)

    def _known(self, expr: ir.RowExpr, values: Values) -> np.ndarray | str | None:
        if isinstance(expr, ir.RowValue) and isinstance(expr.value, str):
            return expr.value
        if self._reads(expr) - values.keys():
            return None
        try:
            return evaluate(self.model.source, expr, values, self.model.constants, self.rows)
        except Rejected:
            return None

    def _category(self, part: Part) -> np.ndarray:
        """Labels, each of them once where there are rows enough, the rest at random."""
        labels = np.array([str(label) for label in self.labels[part.category]])
        rule = self.rules.get(part.column.name)
        if rule is not None:
            return self._labels_by(rule, part)
        self._say(part.column.name, f"{len(labels):,} level{'s' if len(labels) != 1 else ''}, each as often")
        if len(labels) > self.rows:
            return labels[self.rng.choice(len(labels), self.rows, replace=False)]
        more = self.rng.integers(0, len(labels), self.rows - len(labels))
        return labels[self.rng.permutation(np.concatenate([np.arange(len(labels)), more]))]

    def _labels_by(self, rule: Rule, part: Part) -> np.ndarray:
        drawn = self._by(rule, part.column.name)
        return drawn if drawn is not None else np.array(self.labels[part.category])[:1].repeat(self.rows)

    # What cannot be undone

    def _forward(self, values: Values, part: Part, unknown: list[str]) -> None:
        """Draw the sources of an expression themselves, of the first kind that gives values of the column's type."""
        for support in (REAL, Support("positive", lo=0.0, lo_open=True), Support("unit", lo=0.0, hi=1.0)):
            trial = dict(values)
            for name in unknown:
                trial[name] = self._guess(name, support)
            if self._fits(part, trial):
                values |= {name: trial[name] for name in unknown}
                for name in unknown:
                    self._say(name, default_rule(support).text if not self._texts(name) else "one of what it may be")
                return
        self.found.append(errors.not_made_up(self.model, part.column, place(part), unknown))

    def _fits(self, part: Part, values: Values) -> bool:
        try:
            found = evaluate(self.model.source, part.expr, values, self.model.constants, self.rows)
        except Rejected:
            return False
        inside = part.category is not None or not violations(found, part.column.support.elements).any()
        return inside and bool(np.isfinite(found).all())

    def _texts(self, name: str) -> list[str]:
        exprs = [part.expr for part in self.parts] + list(self.table.where)
        return [value for value in compared(exprs, name) if isinstance(value, str)]

    def _guess(self, name: str, support: Support) -> np.ndarray:
        texts = self._texts(name)
        if texts:
            return np.array([*texts, OTHER_TEXT])[self.rng.integers(0, len(texts) + 1, self.rows)]
        exprs = [part.expr for part in self.parts]
        return self._near(name) if compared(exprs, name) else default_rule(support).draw(self.rng, self.rows)

    # Conditions

    def _is_category(self, name: str) -> bool:
        return any(
            p.category is not None and isinstance(p.expr, ir.RowName) and p.expr.name == name for p in self.parts
        )

    def _near(self, name: str) -> np.ndarray:
        """Values on both sides of the numbers that a name is compared with, texts that it is compared with."""
        exprs = [part.expr for part in self.parts] + list(self.table.where)
        with_ = compared(exprs, name)
        texts = [value for value in with_ if isinstance(value, str)]
        if texts:
            return np.array([*texts, OTHER_TEXT])[self.rng.integers(0, len(texts) + 1, self.rows)]
        numbers = np.array([value for value in with_ if not isinstance(value, str)] or [0.0], dtype=float)
        centre = numbers[self.rng.integers(0, len(numbers), self.rows)]
        whole = any(part.column.support.integer for part in self.parts if self._reads(part.expr) == {name})
        step = self.rng.integers(-1, 2, self.rows) if whole else self.rng.normal(size=self.rows)
        exactly = self.rng.random(self.rows) < 0.3
        return np.where(exactly, centre, centre + step)

    def _held(self, values: Values) -> Values:
        """The values with rows drawn anew until every condition holds in every row."""
        conditions = self._conditions()
        if not conditions:
            return values
        read = {name for condition in conditions for name in self._reads(condition)}
        fixed = {name for name, rule in self.rules.items() if rule.fixed}
        fixed |= {n for name in fixed for part in self._named(name) for n in self._reads(part.expr)}
        for round_ in range(ROUNDS):
            bad = self._failing(conditions, values)
            if bad is None or not bad.any() or self.found:
                return values
            fresh = self._draw(near=round_ % 2 == 1)
            if self.found:
                return values
            for name, drawn in fresh.items():
                if name in fixed or (self._is_category(name) and name not in read):
                    continue
                mask = bad if drawn.ndim == 1 else bad[:, None]
                values[name] = np.where(mask, drawn, values[name])
        bad = self._failing(conditions, values)
        if bad is not None and bad.any():
            self.found.append(errors.conditions_not_met(self.model, self.table, conditions[0], sorted(read)))
        return values

    def _failing(self, conditions: Sequence[ir.RowExpr], values: Values) -> np.ndarray | None:
        """The rows for which a condition does not hold; None where one has no values, which binding reports."""
        bad = np.zeros(self.rows, dtype=bool)
        for condition in conditions:
            try:
                holds = evaluate(self.model.source, condition, values, self.model.constants, self.rows)
            except Rejected:
                return None
            bad |= ~((holds != 0) & ~np.isnan(holds))
        for part in self.parts:
            # What was drawn near a condition's numbers need not be of the type that was declared.
            if part.category is None and part.width is None and self._reads(part.expr) <= values.keys():
                found = evaluate(self.model.source, part.expr, values, self.model.constants, self.rows)
                bad |= violations(found, part.column.support.elements)
        return bad


def _calls(expr: ir.RowExpr) -> list[ir.RowCall]:
    match expr:
        case ir.RowCall(_, args):
            return [expr, *(call for arg in args for call in _calls(arg))]
    return []
