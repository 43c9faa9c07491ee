"""A checked model as text, a statement a line, for looking at it and for holding it against what is expected.

latent a[county] : real ~ Normal(loc = mu, scale = tau) noncentered
observe log_radon[house] ~ Normal(loc = a[county by county] + b * basement, scale = sigma)

Plates after `;` are those of one value, `by` names the category column that picks a member for each row, `as` the
second index under which a plate is read. Settings that have their defaults are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from bayesdsl.catalogue.functions import OPERATORS
from bayesdsl.model import ir
from bayesdsl.types.supports import Support

# How tightly operators bind, the least first; the same as in the language.
PRECEDENCE = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "neg": 7, "^": 8}
COMPARISON = 4
ATOM = 9


def print_model(model: ir.Model) -> str:
    """The model as text, with a newline at its end."""
    return "".join(f"{line}\n" for line in _lines(model))


def _lines(model: ir.Model) -> Iterator[str]:
    for plate in model.plates.values():
        yield _plate(plate)
    for table in model.tables.values():
        yield from _table(table)
    for name, value in model.constants.items():
        yield f"const {name} = {_number(value)}"
    for layer in model.layers.values():
        yield from _layer(layer)
    for statement in model.statements:
        yield _statement(statement)
    for guide in model.guides.values():
        yield from _guide(guide)
    for inference in model.inferences:
        yield f"infer {inference.name} = {inference.engine.name}({_settings(_chosen(inference))})"


# Plates and data


def _plate(plate: ir.Plate) -> str:
    unseen = ", unseen members redrawn" if plate.redraw_unseen else ""
    match plate.origin, plate.labels:
        case ir.Origin.NUMBER, _:
            members = f"{plate.size} members"
        case _, tuple(labels):
            members = ", ".join(_text(str(label)) for label in labels)
        case origin, _:
            members = f"{origin.value}{'' if plate.size is None else f', {plate.size}'}"
    return f"plate {plate.name} : {members}{unseen}"


def _table(table: ir.Table) -> Iterator[str]:
    source = f" from {_text(table.source)}" if table.source is not None else ""
    options = [f"{name} = {value!r}" for name, value in table.options]
    options += [f"key = {_text(table.key)}"] if table.key is not None else []
    yield f"table {table.plate}{source}" + (f" ({', '.join(options)})" if options else "")
    for condition in table.where:
        yield f"    where {_row(condition)}"
    if table.drop_missing:
        yield "    missing drop"
    for column in table.columns:
        yield f"    {_column(column)}"


def _column(column: ir.Column) -> str:
    type_ = f"category({column.category})" if column.category is not None else _support(column.support)
    return f"{column.name}[{', '.join(column.plates)}] : {type_}{_origin(column)}"


def _origin(column: ir.Column) -> str:
    if column.literal is not None:
        return f" = [{', '.join(_label(value) for value in column.literal)}]"
    if column.stack is not None:
        return f" = [{', '.join(map(_row, column.stack))}]"
    if column.pattern is not None:
        return f" = columns({_text(column.pattern)})"
    return f" = {_row(column.value)}" if column.value is not None else ""


def _row(expr: ir.RowExpr, around: int = 0) -> str:
    """An expression over the columns of a source."""
    match expr:
        case ir.RowName(name):
            return name
        case ir.RowValue(value):
            return _label(value)
        case ir.RowCall(function, args):
            return _applied(function, [_row(arg, p) for arg, p in _operands(function, args)], around)
        case _:
            assert_never(expr)


# Expressions


def _expr(expr: ir.Expr, around: int = 0) -> str:
    """An expression, in brackets where it binds less tightly than what is around it."""
    match expr:
        case ir.Number(value):
            return _number(value)
        case ir.Ref(name):
            return name
        case ir.At(base, indices):
            return f"{base.name}[{', '.join(_index(plate, index) for plate, index in indices)}]"
        case ir.Apply(function, args):
            return _applied(function, [_expr(arg, p) for arg, p in _operands(function, args)], around)
        case ir.Reduce(function, over, args):
            return f"{function}[{', '.join(over)}]({', '.join(map(_expr, args))})"
        case ir.Network(layer, args, output):
            return f"{layer}({', '.join(map(_expr, args))}){f'#{output + 1}' if output else ''}"
        case ir.Members(count):
            return f"members({count})"
        case _:
            assert_never(expr)


def _index(plate: str, index: ir.Index) -> str:
    match index:
        case ir.Rows(column):
            return f"{plate} by {column}"
        case ir.Member(label):
            return f"{plate} = {_label(label)}"
        case ir.Rename(name):
            return f"{plate} as {name}"
        case _:
            assert_never(index)


def _binding(function: str) -> int:
    return PRECEDENCE.get(function, COMPARISON if function in OPERATORS else ATOM)


def _operands(function: str, args: tuple) -> Iterable[tuple[object, int]]:
    """The arguments, each with how tightly it must bind to stand without brackets."""
    own = _binding(function)
    match function:
        case _ if own == ATOM:
            needed = (0,) * len(args)
        case "neg" | "not":
            needed = (own,)
        case "^":
            needed = (own + 1, PRECEDENCE["neg"])
        case _ if own == COMPARISON:
            needed = (own + 1, own + 1)
        case _:
            needed = (own, own + 1)
    return zip(args, needed, strict=True)


def _applied(function: str, args: list[str], around: int) -> str:
    own = _binding(function)
    if own == ATOM:
        return f"{function}({', '.join(args)})"
    match function, args:
        case "neg", [operand]:
            text = f"-{operand}"
        case "not", [operand]:
            text = f"not {operand}"
        case "^", [base, exponent]:
            text = f"{base}^{exponent}"
        case _, [left, right]:
            text = f"{left} {function} {right}"
        case _:
            raise AssertionError(f"{function} of {len(args)} arguments")
    return f"({text})" if own < around else text


# Layers


def _layer(layer: ir.Layer) -> Iterator[str]:
    inputs, outputs = (", ".join(f"[{', '.join(plates)}]" for plates in ends) for ends in (layer.inputs, layer.outputs))
    yield f"layer {layer.name} : {inputs} -> {outputs}"
    for step in layer.all_steps():
        settings = ", ".join(f"{name} = {_size(value)}" for name, value in step.settings)
        sizes = ", ".join("?" if size is None else str(size) for size in step.after)
        yield f"    {step.place}: {step.row.name}({settings}) -> [{sizes}]"


def _size(value: object) -> str:
    return f"[{', '.join(map(_size, value))}]" if isinstance(value, tuple) else str(value)


# Statements


def _statement(statement: ir.Statement) -> str:
    match statement:
        case ir.Sample(name, plates, event, dist, support):
            words = " noncentered" if statement.noncentered else ""
            words += " (cut to its type)" if statement.restricted else ""
            words += " (moving support)" if statement.moving else ""
            return f"latent {_left(name, plates, event)} : {_support(support)} ~ {_dist(dist)}{words}"
        case ir.Observed(name, plates, event, dist):
            return f"observe {_left(name, plates, event)} ~ {_dist(dist)}"
        case ir.Parameter(name, plates, support, init):
            start = f" = {_expr(init)}" if init is not None else ""
            return f"param {_left(name, plates)} : {_support(support)}{start}"
        case ir.Let(name, plates, expr, reported):
            word = "derive" if reported else "let"
            return f"{word} {_left(name, plates)} : {_support(expr.support)} = {_expr(expr)}"
        case _:
            assert_never(statement)


def _left(name: str, plates: ir.Plates, event: ir.Plates = ()) -> str:
    if not plates and not event:
        return name
    inside = "; ".join(", ".join(part) for part in (plates, event)) if event else ", ".join(plates)
    return f"{name}[{inside}]"


def _dist(dist: ir.Dist) -> str:
    match dist:
        case ir.Call(row, args):
            return f"{row.name}({', '.join(f'{name} = {_argument(value)}' for name, value in args)})"
        case ir.Mix(weights, component, plate):
            return f"Mixture[{plate}]({_expr(weights)}, {_dist(component)})"
        case ir.Improper(support=support):
            return f"Flat({_support(support)})"
        case _:
            assert_never(dist)


def _argument(value: ir.Expr | ir.Dist) -> str:
    return _dist(value) if isinstance(value, ir.Call | ir.Improper | ir.Mix) else _expr(value)


# Guides and settings


def _guide(guide: ir.Guide) -> Iterator[str]:
    yield f"guide {guide.name}"
    match guide:
        case ir.GuideMap(parts=parts):
            for part in parts:
                yield f"    {', '.join(part.sites)} : {_setup(part.setup)}"
        case ir.GuideBody(statements=statements, layers=layers):
            for layer in layers.values():
                yield from (f"    {line}" for line in _layer(layer))
            for statement in statements:
                yield f"    {_statement(statement)}"
        case _:
            assert_never(guide)


def _chosen(inference: ir.Inference) -> tuple[tuple[str, object], ...]:
    """The settings that differ from their defaults."""
    defaults = {row.name: row.default for row in inference.engine.settings}
    return tuple((name, value) for name, value in inference.settings if _setting(value) != str(defaults[name]))


def _settings(settings: tuple[tuple[str, object], ...]) -> str:
    return ", ".join(f"{name} = {_setting(value)}" for name, value in settings)


def _setting(value: object) -> str:
    return _setup(value) if isinstance(value, ir.Setup) else str(value)


def _setup(setup: ir.Setup) -> str:
    settings = _settings(setup.settings)
    return f"{setup.row.name}({settings})" if settings else setup.row.name


# Words


def _support(support: Support) -> str:
    """A support by its name, with the bounds of its elements where a structure says no more of them."""
    return str(support).replace("_", " ") if support.event else str(support)


def _number(value: float | int) -> str:
    return repr(value)


def _label(value: str | int | float) -> str:
    return _text(value) if isinstance(value, str) else _number(value)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
