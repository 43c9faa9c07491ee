"""What can be wrong with a simulation, one constructor a finding: the only place where its messages are written."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.types.supports import Support

SIZE, PINNED, NOT_DRAWN, NOT_DATA, NOT_WRITTEN, MADE_UP, NOT_ALL_LEVELS = (
    "BD853",
    "BD854",
    "BD855",
    "BD856",
    "BD857",
    "BD858",
    "BD859",
)
LISTED = 8


def _listed(names: Sequence[object]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:LISTED]) + more


def _near(near: str | None, otherwise: str) -> str:
    return f"did you mean `{near}`?" if near else otherwise


def _at(model: ir.Model, code: str, span: Span, message: str, hint: str | None) -> Diagnostic:
    return Diagnostic(code, message, model.source, Label(span), hint=hint)


# How many


def no_rows(table: str, keyed: bool) -> Diagnostic:
    names = f", or --levels {table}=a,b,c for rows of these names" if keyed else ""
    return Diagnostic(SIZE, f"table `{table}` needs a number of rows", hint=f"say how many: --rows {table}=100{names}")


def bad_rows(table: str, given: object, most: int) -> Diagnostic:
    message = f"table `{table}` cannot have {given} rows: they are a whole number from 1 to {most:,}"
    return Diagnostic(SIZE, message, hint=f"as in --rows {table}=100")


def bad_levels(plate: str, given: object) -> Diagnostic:
    message = f"`{given}` is neither a number of levels of `{plate}` nor a list of different names"
    return Diagnostic(SIZE, message, hint=f"as in --levels {plate}=10, or --levels {plate}=low,high")


def rows_and_levels(table: str, rows: int, levels: int) -> Diagnostic:
    message = f"table `{table}` is to have {rows:,} rows, and {levels:,} names for them"
    return Diagnostic(SIZE, message, hint="leave --rows out: the names tell how many there are")


def rows_are_given(model: ir.Model, table: str) -> Diagnostic:
    where = "has its data in the spec" if model.tables[table].in_place else "is given by --data"
    return Diagnostic(SIZE, f"table `{table}` {where}, so its rows are known", hint="leave its --rows out")


def levels_are_given(model: ir.Model, plate: ir.Plate) -> Diagnostic:
    message = f"the members of `{plate.name}` are known and cannot be chosen"
    return _at(model, SIZE, plate.span, message, "leave its --levels out")


def no_such_size(name: str, of_rows: bool, near: str | None, known: Sequence[str]) -> Diagnostic:
    what, option = ("table", "--rows") if of_rows else ("plate", "--levels")
    return Diagnostic(
        SIZE,
        f"{option} names `{name}`, and there is no such {what} whose size is open",
        hint=_near(near, f"open are {_listed(known)}" if known else "leave it out"),
    )


def too_few_rows(model: ir.Model, plate: ir.Plate, levels: int, rows: int) -> Diagnostic:
    message = f"{rows:,} rows cannot have {levels:,} levels of `{plate.name}` among them, each at least once"
    return _at(model, SIZE, plate.span, message, f"fewer levels, or more rows: --levels {plate.name}={rows}")


def level_not_listed(model: ir.Model, plate: ir.Plate, labels: Sequence[str], given: Sequence[str]) -> Diagnostic:
    message = f"the spec speaks of {_listed(labels)} of `{plate.name}`, which --levels leaves out"
    return _at(model, SIZE, plate.span, message, f"--levels {plate.name}={','.join([*given, *labels])}")


# Pins


def bad_pin(text: str, reason: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic(
        PINNED, f"`{text}` {reason}", hint=hint or "write it as --set w=1.5 or --set 'a[county = \"x\"]=1.5'"
    )


def unknown_pin(text: str, name: str, near: str | None, known: Sequence[str]) -> Diagnostic:
    message = f"`{text}`: the spec has no unknown `{name}`"
    return Diagnostic(PINNED, message, hint=_near(near, f"it has {_listed(known)}" if known else None))


def not_an_unknown(model: ir.Model, text: str, name: str, span: Span, what: str, hint: str) -> Diagnostic:
    return _at(model, PINNED, span, f"`{text}`: `{name}` is {what}", hint)


def pinned_twice(text: str, name: str) -> Diagnostic:
    return Diagnostic(PINNED, f"`{text}`: `{name}` has a value already", hint="leave one of them out")


def wrong_shape(text: str, dims: ir.Plates, shape: Sequence[int], given: Sequence[int]) -> Diagnostic:
    there = " by ".join(f"{size:,} of {plate}" for plate, size in zip(dims, shape, strict=True))
    have = " by ".join(f"{size:,}" for size in given)
    message = f"`{text}` gives {have} values, and there {f'are {there}' if there else 'is one'}"
    return Diagnostic(PINNED, message, hint="one number stands for all members")


def outside_support(
    model: ir.Model, text: str, name: str, span: Span, support: Support | None, example: float | None
) -> Diagnostic:
    where = f"which is {support}" if support is not None else "whose bounds depend on other values"
    value = f"{example:.12g} is no value" if example is not None else "this is no value"
    return _at(model, PINNED, span, f"`{text}`: {value} of `{name}`, {where}", "choose a value that it can have")


def member_of_one_draw(model: ir.Model, text: str, name: str, span: Span, plate: str) -> Diagnostic:
    message = f"`{text}`: the members of `{plate}` make up one draw of `{name}`, so none has a value of its own"
    return _at(model, PINNED, span, message, f"pin all of it: --set {name}=[..]")


# Draws


def improper(model: ir.Model, statement: ir.Sample) -> Diagnostic:
    message = f"`{statement.name}` has an improper prior, which cannot be drawn from"
    hint = f"give it a value, --set {statement.name}=.., or a proper prior"
    return _at(model, NOT_DRAWN, statement.span, message, hint)


def no_start(model: ir.Model, statement: ir.Parameter) -> Diagnostic:
    message = f"`{statement.name}` has neither a prior nor a value to start from"
    hint = f"give it a value, --set {statement.name}=.., or one in the spec"
    return _at(model, NOT_DRAWN, statement.span, message, hint)


def no_sampler(model: ir.Model, statement: ir.Sample | ir.Observed, dist: str) -> Diagnostic:
    message = f"Pyro has no way to draw from {dist}, and so `{statement.name}` cannot be drawn"
    pin = isinstance(statement, ir.Sample)
    hint = f"give it a value: --set {statement.name}=.." if pin else "simulate with another likelihood"
    return _at(model, NOT_DRAWN, statement.span, message, hint)


def used_before_drawn(model: ir.Model, statement: ir.Observed) -> Diagnostic:
    table = model.columns[statement.name].plates[0]
    message = f"`{statement.name}` is used above the likelihood that it is to be drawn from"
    hint = f"move `observe {statement.name}` up, or give its values: --data {table}=FILE"
    return _at(model, NOT_DRAWN, statement.span, message, hint)


def rarely_within(model: ir.Model, statement: ir.Sample, tries: int) -> Diagnostic:
    message = f"none of {tries:,} draws of `{statement.name}` was {statement.support}"
    hint = f"give it a value, --set {statement.name}=.., or a distribution of that support"
    return _at(model, NOT_DRAWN, statement.span, message, hint)


# Drawn data


def not_finite(model: ir.Model, name: str, span: Span, count: int, column: bool) -> Diagnostic:
    times = f"{count:,} drawn values" if count > 1 else "a drawn value"
    what = "of" if column else "of the unknown"
    message = f"{times} {what} `{name}` {'are' if count > 1 else 'is'} infinite or no number"
    return _at(model, NOT_DATA, span, message, "tighter priors, or pinned values: --set NAME=VALUE")


def outside_type(model: ir.Model, column: ir.Column, support: Support, count: int, example: float) -> Diagnostic:
    more = f", and {count - 1:,} more like it" if count > 1 else ""
    message = f"`{column.name}` was drawn as {example:.6g}{more}, which is not {support}"
    hint = "tighter priors or other pinned values, a likelihood of that support, or another type"
    return _at(model, NOT_DATA, column.span, message, hint)


def filtered(model: ir.Model, condition: ir.RowExpr, kept: int, rows: int) -> Diagnostic:
    message = f"this condition would leave out {rows - kept:,} of {rows:,} rows by what was drawn"
    hint = "the model draws rows whether it holds or not: pin values for which it does, or simulate without it"
    return _at(model, NOT_DATA, condition.span, message, hint)


def rows_lost(model: ir.Model, table: ir.Table, kept: int, rows: int) -> Diagnostic:
    message = f"of {rows:,} rows drawn for `{table.plate}`, a fit would read {kept:,}"
    return _at(model, NOT_DATA, table.span, message, "values that were drawn stand for missing ones in this spec")


# Writing


def cannot_invert(model: ir.Model, column: ir.Column, span: Span, reason: str) -> Diagnostic:
    message = f"`{column.name}` is drawn, and no source gives it the drawn values: {reason}"
    hint = "declare the column as it is in the source, and write the expression into the model"
    return _at(model, NOT_WRITTEN, span, message, hint)


def not_recovered(model: ir.Model, column: ir.Column, span: Span, count: int, drawn: float, read: float) -> Diagnostic:
    more = f", and {count - 1:,} more like it" if count > 1 else ""
    message = f"`{column.name}` was drawn as {drawn:.6g} and would be read as {read:.6g}{more}"
    hint = "pinned values or priors for which its source is an ordinary number"
    return _at(model, NOT_WRITTEN, span, message, hint)


def no_pattern_names(model: ir.Model, column: ir.Column, count: int) -> Diagnostic:
    message = f'`columns("{column.pattern}")` does not match {count:,} names of columns'
    hint = f"fewer of them: --levels {ir.base_plate(column.plates[1])}=.."
    return _at(model, NOT_WRITTEN, column.span, message, hint)


# Made-up columns


def no_such_column(table: str, name: str, near: str | None, known: Sequence[str], drawn: bool) -> Diagnostic:
    if drawn:
        return Diagnostic(MADE_UP, f"`{name}` is drawn by the model, not made up", hint="leave its --column out")
    return Diagnostic(
        MADE_UP,
        f"table `{table}` has no column `{name}` to make up",
        hint=_near(near, f"it has {_listed(known)}" if known else "leave its --column out"),
    )


def column_of_no_table(name: str, near: str | None, known: Sequence[str]) -> Diagnostic:
    hint = _near(near, f"made up are {_listed(known)}" if known else "every predictor is given: leave it out")
    return Diagnostic(MADE_UP, f"--column names `{name}`, which is not a column that is made up", hint=hint)


def bad_rule(name: str, reason: str) -> Diagnostic:
    hint = f"as in --column '{name}=normal(0, 2)', --column {name}=-1:1, --column '{name}=[1, 2, 3]'"
    return Diagnostic(MADE_UP, f"what is said of column `{name}` {reason}", hint=hint)


def rule_not_undone(model: ir.Model, column: ir.Column, span: Span, sources: Sequence[str]) -> Diagnostic:
    message = f"`{column.name}` is computed in a way that cannot be undone"
    return _at(model, MADE_UP, span, message, f"say it of the source: --column {sources[0]}=..")


def computed_from_drawn(model: ir.Model, column: ir.Column, span: Span, drawn: str) -> Diagnostic:
    message = f"`{column.name}` is computed from the column `{drawn}`, which the model draws"
    hint = "give the predictor a column of its own, or write the expression into the model"
    return _at(model, MADE_UP, span, message, hint)


def not_made_up(model: ir.Model, column: ir.Column, span: Span, sources: Sequence[str]) -> Diagnostic:
    message = f"no values were found for {_listed(sources)} that make `{column.name}` what it is declared to be"
    hint = f"say what they are, --column {sources[0]}=.., or give them: --data {column.plates[0]}=FILE"
    return _at(model, MADE_UP, span, message, hint)


def conditions_not_met(model: ir.Model, table: ir.Table, condition: ir.RowExpr, sources: Sequence[str]) -> Diagnostic:
    message = f"no rows of `{table.plate}` were found for which its conditions hold"
    hint = f"say what the columns are, as in --column {sources[0]}=.., or give them: --data {table.plate}=FILE"
    return _at(model, MADE_UP, condition.span, message, hint)


# Warnings


def levels_not_drawn(model: ir.Model, plate: ir.Plate, labels: Sequence[object], left: int) -> Diagnostic:
    message = f"no row was drawn with {_listed(labels)} of `{plate.name}`: a fit has {left:,} members"
    return _at(model, NOT_ALL_LEVELS, plate.span, message, "more rows, or another --seed")
