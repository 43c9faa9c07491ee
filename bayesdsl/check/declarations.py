"""Plates, tables and constants: what the spec says of the world before it says anything of the model."""

from __future__ import annotations

from bayesdsl.catalogue.functions import ALIASES, COLUMN_FUNCTIONS, FUNCTIONS, REDUCTIONS
from bayesdsl.catalogue.sources import DATA_OPTIONS
from bayesdsl.catalogue.spelling import nearest
from bayesdsl.check import errors
from bayesdsl.check.expressions import Expressions
from bayesdsl.check.scope import Scope
from bayesdsl.check.structure import is_finite
from bayesdsl.check.types import literal_support, type_support
from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.model import ir
from bayesdsl.source import Span
from bayesdsl.syntax import ast
from bayesdsl.types.supports import CATEGORY, REAL, UNKNOWN, Support

MAX_PLATE = 100_000_000
MISSING_POLICIES = ("drop", "error")


def declare_plates(scope: Scope, spec: ast.Spec) -> None:
    """Enter every plate of the spec, so that a table may refer to one declared further down."""
    constants = _known_numbers(spec)
    for statement in spec.statements:
        match statement:
            case ast.Data(plate):
                _add_plate(scope, ir.Plate(plate.name, ir.Origin.ROWS, plate.span))
            case ast.PlateDecl(plate, value):
                _literal_plate(scope, plate, value, constants)
    columns = [item for s in spec.statements if isinstance(s, ast.Data) for item in s.items]
    columns = [item for item in columns if isinstance(item, ast.Column)]
    for item in columns:
        _column_plates(scope, item)
    for name, plate in scope.plates.items():
        if plate.origin is ir.Origin.LEVELS:
            labels = _levels(name, columns)
            if labels is not None:
                scope.labels[name] = labels


def _known_numbers(spec: ast.Spec) -> dict[str, ir.Number]:
    """The constants of the spec, for the sizes of plates; what is wrong with them is reported where they stand."""
    scope = Scope(spec.source)
    for statement in spec.statements:
        if isinstance(statement, ast.Const):
            declare_constant(scope, statement)
    return scope.constants


def _levels(plate: str, columns: list[ast.Column]) -> tuple[str, ...] | None:
    """The labels of a plate that category columns declare, where they are all written in place."""
    labels: list[str] = []
    for item in columns:
        if not _is_category(item):
            continue
        named = item.type.args[0] if item.type.args else item.target.ident
        if getattr(named, "name", None) != plate:
            continue
        values = item.value.items if isinstance(item.value, ast.ListOf) else ()
        if not values or not all(isinstance(value, ast.Str | ast.Num) for value in values):
            return None
        labels += [str(value.value) for value in values]
    return tuple(dict.fromkeys(labels))


def _add_plate(scope: Scope, plate: ir.Plate) -> None:
    scope.ends_in_prime(ast.Ident(plate.name, plate.span))
    known = scope.plates.get(plate.name)
    if known is not None:
        scope.report(errors.declared_twice(scope.source, plate.span, plate.name, known.span))
        return
    scope.plates[plate.name] = plate


def _literal_plate(scope: Scope, ident: ast.Ident, value: ast.Expr, constants: dict[str, ir.Number]) -> None:
    match value:
        case ast.ListOf(items) if items and all(isinstance(item, ast.Str) for item in items):
            labels = tuple(item.value for item in items)
            again = next((item for i, item in enumerate(items) if item.value in labels[:i]), None)
            if again is not None:
                scope.report(errors.labels_repeat(scope.source, again.span, again.value))
            _add_plate(scope, ir.Plate(ident.name, ir.Origin.LABELS, ident.span, len(labels), labels))
            return
    size = _size(scope, value, constants)
    if size is not None:
        _add_plate(scope, ir.Plate(ident.name, ir.Origin.NUMBER, ident.span, size, None))
        return
    scope.report(errors.bad_plate_size(scope.source, value.span, MAX_PLATE))
    scope.silence(ident.name)


def _size(scope: Scope, value: ast.Expr, constants: dict[str, ir.Number]) -> int | None:
    """The number of a plate's members; None where it is not a whole number of them."""
    known = Scope(scope.source, constants=constants)
    found = Expressions(known, ()).expression(value)
    if known.findings or not isinstance(found, ir.Number):
        return None
    scope.used |= known.used
    whole = 1 <= found.value <= MAX_PLATE and found.value == int(found.value)
    return int(found.value) if whole else None


def _column_plates(scope: Scope, column: ast.Column) -> None:
    """Plates that columns declare: the levels of a category, the members of a matrix."""
    if column.type is not None and column.type.name == "category":
        named = column.type.args[0] if column.type.args else None
        if named is None and column.target.name not in scope.plates:
            ident = column.target.ident
            scope.plates[ident.name] = ir.Plate(ident.name, ir.Origin.LEVELS, ident.span)
    for ident in column.target.plates:
        if ident.name in scope.plates or ident.name.endswith("'"):
            continue
        labels = None
        if isinstance(column.value, ast.ListOf):
            labels = tuple(scope.source.slice(item.span) for item in column.value.items)
            _stacked_once(scope, column.value.items, labels, ident.name)
        size = len(labels) if labels is not None else None
        scope.plates[ident.name] = ir.Plate(ident.name, ir.Origin.COLUMNS, ident.span, size, labels)


def _stacked_once(scope: Scope, items: tuple[ast.Expr, ...], labels: tuple[str, ...], plate: str) -> None:
    for i, label in enumerate(labels):
        first = labels.index(label)
        if first < i:
            scope.report(errors.stacked_twice(scope.source, items[i].span, label, plate, items[first].span))
            return


def declare_table(scope: Scope, data: ast.Data) -> None:
    """Enter a data block and its columns."""
    options, key = _options(scope, data)
    columns: list[ir.Column] = []
    where: list[ir.RowExpr] = []
    drop = False
    for item in data.items:
        match item:
            case ast.Column():
                column = _column(scope, data, item)
                if column is not None:
                    columns.append(column)
            case ast.Where(condition):
                found = row_expression(scope, condition)
                if found is not None:
                    where.append(found)
            case ast.Missing(policy):
                if policy.name not in MISSING_POLICIES:
                    near = nearest(policy.name, MISSING_POLICIES)
                    scope.report(
                        errors.unknown_policy(scope.source, policy.span, "missing", policy.name, MISSING_POLICIES, near)
                    )
                drop = policy.name == "drop"
    literals = [c for c in columns if c.literal is not None]
    lengths = {len(c.literal) for c in literals}
    other = next((c for c in literals if len(c.literal) != len(literals[0].literal)), None)
    if other is not None:
        first = literals[0]
        scope.report(
            errors.unequal_lengths(
                scope.source, other.span, other.name, len(other.literal), first.span, first.name, len(first.literal)
            )
        )
    if data.source is not None and any(c.literal is not None for c in columns):
        literal = next(c for c in columns if c.literal is not None)
        scope.report(errors.literal_in_file(scope.source, literal.span, data.source.span))
    if data.source is None and lengths:
        for column in columns:
            if column.literal is None and column.value is None and column.stack is None:
                scope.report(errors.column_without_values(scope.source, column.span, column.name))
    if not any(isinstance(item, ast.Column) for item in data.items):
        scope.report(errors.no_columns(scope.source, data.span))
    plate = scope.plates.get(data.plate.name)
    if plate is not None and lengths and plate.origin is ir.Origin.ROWS:
        scope.plates[plate.name] = ir.Plate(plate.name, plate.origin, plate.span, min(lengths), None)
    scope.tables[data.plate.name] = ir.Table(
        data.plate.name,
        data.plate.span,
        tuple(columns),
        data.source.value if data.source is not None else None,
        data.source.span if data.source is not None else None,
        options,
        tuple(where),
        drop,
        key,
    )


def _options(scope: Scope, data: ast.Data) -> tuple[tuple[tuple[str, object], ...], str | None]:
    options: list[tuple[str, object]] = []
    key = None
    for arg in data.options:
        name = arg.keyword.name if arg.keyword is not None else None
        known = DATA_OPTIONS
        if name not in known:
            near = nearest(name, known) if name else None
            scope.report(errors.unknown_option(scope.source, arg.span, name, known, near))
            continue
        match arg.value:
            case ast.Str(value) | ast.Num(value):
                pass
            case ast.ListOf(items) if all(isinstance(item, ast.Str | ast.Num) for item in items):
                value = [item.value for item in items]
            case ast.Name("true" | "false" as truth):
                value = truth == "true"
            case _:
                scope.report(errors.option_value(scope.source, arg.value.span, name))
                continue
        if name == "key":
            if isinstance(value, str):
                key = value
            else:
                scope.report(errors.option_value(scope.source, arg.value.span, name))
        else:
            options.append((name, value))
    return tuple(options), key


def _column(scope: Scope, data: ast.Data, item: ast.Column) -> ir.Column | None:
    name, target = item.target.name, item.target
    if scope.ends_in_prime(target.ident):
        return None
    taken = scope.where_declared(name)
    if taken is not None:
        scope.report(_taken(scope, data, item, taken))
        return None
    if name in scope.plates and scope.plates[name].origin is not ir.Origin.LEVELS and not _is_category(item):
        scope.report(errors.names_a_plate(scope.source, target.span, name, scope.plates[name].span))
        scope.silence(name)
        return None
    if len(target.plates) > 1:
        scope.report(errors.matrix_plates(scope.source, target.span))
        scope.silence(name)
        return None
    if target.plates and not _second_index(scope, data, target):
        scope.silence(name)
        return None
    if target.plates and _is_category(item):
        scope.report(errors.category_matrix(scope.source, target.span, name))
        scope.silence(name)
        return None
    plates = (data.plate.name, *(ident.name for ident in target.plates))
    column = _values(scope, data, item, plates)
    if column is None:
        scope.silence(name)
        return None
    scope.columns[name] = column
    return column


def _taken(scope: Scope, data: ast.Data, item: ast.Column, taken: Span) -> Diagnostic:
    """The finding of a column whose name is taken, by one of another table or by something else."""
    name, span = item.target.name, item.target.span
    other = scope.columns.get(name)
    if other is None or other.plates[0] == data.plate.name or isinstance(item.value, ast.ListOf):
        return errors.declared_twice(scope.source, span, name, taken)
    written = scope.source.slice(item.type.span) if item.type is not None else None
    levels = other.category if _is_category(item) else None
    # Which of the two is meant further down is not known.
    scope.distrust(name)
    return errors.column_twice(scope.source, span, name, taken, data.plate.name, written, levels)


def _second_index(scope: Scope, data: ast.Data, target: ast.Target) -> bool:
    """Whether a matrix's plate is another one than its rows', or theirs with a prime: `distance[island']`."""
    ident = target.plates[0]
    if ident.name == data.plate.name:
        scope.report(errors.plate_twice(scope.source, ident.span, ident.name, matrix=True))
        return False
    if ident.name.endswith("'") and ir.base_plate(ident.name) != data.plate.name:
        if scope.plate(ident) is not None:
            scope.report(errors.prime_alone(scope.source, ident.span, ident.name))
        return False
    return True


def _is_category(item: ast.Column) -> bool:
    return item.type is not None and item.type.name == "category"


def _values(scope: Scope, data: ast.Data, item: ast.Column, plates: ir.Plates) -> ir.Column | None:
    name, span, source = item.target.name, item.target.span, scope.source
    category = None
    declared: Support | None = None
    if _is_category(item):
        category = _category(scope, item)
        if category is None:
            return None
        declared = CATEGORY
    elif item.type is not None:
        declared = type_support(scope, item.type) or UNKNOWN
        if declared.event:
            scope.report(errors.structured_column(source, item.type.span, item.type.name))
            return None
    stack = pattern = literal = value = None
    match item.value:
        case ast.ListOf(items) if item.target.plates:
            parts = [row_expression(scope, part) for part in items]
            if None in parts:
                return None
            stack = tuple(parts)
        case ast.ListOf():
            literal = _literal(scope, item, declared)
            if literal is None:
                return None
            if category is not None:
                _check_members(scope, item, category, literal)
        case ast.Call(ast.Ident("columns"), None, args, at):
            pattern = _pattern(scope, args, at, bool(item.target.plates))
            if pattern is None:
                return None
        case None:
            pass
        case other:
            value = row_expression(scope, other)
            if value is None:
                return None
            if isinstance(value, ir.RowValue) and declared is not None and not declared.holds(value.value):
                scope.report(errors.literal_outside_type(source, name, declared, value.value, value.span, ()))
    if declared is None and literal is None and not item.target.plates:
        scope.report(errors.column_without_type(source, span, name))
        return None
    if declared is None:
        is_text = literal is not None and isinstance(literal[0], str)
        if is_text:
            scope.report(errors.text_column(source, span, name))
            return None
        support = literal_support(literal) if literal is not None else REAL
    else:
        support = declared
    return ir.Column(name, plates, support, span, declared, category, value, stack, pattern, literal)


def _category(scope: Scope, item: ast.Column) -> str | None:
    named = item.type.args[0] if item.type.args else None
    if len(item.type.args) > 1 or not (named is None or (isinstance(named, ast.Name) and "'" not in named.name)):
        scope.report(errors.category_argument(scope.source, item.type.span))
        return None
    if named is None:
        return item.target.name
    return scope.plate(ast.Ident(named.name, named.span))


def _literal(scope: Scope, item: ast.Column, declared: Support | None) -> tuple[float | int | str, ...] | None:
    name, source = item.target.name, scope.source
    values: list[float | int | str] = []
    for element in item.value.items:
        value = element.value if isinstance(element, ast.Str) else Expressions(scope, ()).number(element)
        if value is None:
            return None
        values.append(value)
    if not values:
        scope.report(errors.empty_list(source, item.value.span, name))
        return None
    texts = [isinstance(value, str) for value in values]
    if any(texts) and not all(texts):
        scope.report(errors.mixed_labels(source, item.value.span, name))
        return None
    if any(texts) and declared is not CATEGORY and declared is not None and declared.known:
        scope.report(errors.text_column(source, item.value.span, name))
        return None
    if declared is not None and declared is not CATEGORY:
        outside = [i for i, value in enumerate(values) if not declared.holds(value)]
        if outside:
            spans = [item.value.items[i].span for i in outside]
            scope.report(errors.literal_outside_type(source, name, declared, values[outside[0]], spans[0], spans[1:]))
    return tuple(values)


def _check_members(scope: Scope, item: ast.Column, plate: str, values: tuple[float | int | str, ...]) -> None:
    """Whether labels in place are those of a plate that the spec declares by number or by name."""
    if scope.plates[plate].origin not in (ir.Origin.NUMBER, ir.Origin.LABELS):
        return
    labels = scope.members(plate)
    for value, element in zip(values, item.value.items, strict=True):
        if labels is not None and str(value) not in labels:
            near = nearest(str(value), labels)
            declared = scope.plates[plate].span
            scope.report(errors.level_in_place(scope.source, element.span, plate, declared, value, labels, near))
            return


def _pattern(scope: Scope, args: tuple[ast.Arg, ...], span: Span, matrix: bool) -> str | None:
    if not matrix or len(args) != 1 or not isinstance(args[0].value, ast.Str):
        scope.report(errors.columns_pattern(scope.source, span))
        return None
    return args[0].value.value


def row_expression(scope: Scope, expr: ast.Expr) -> ir.RowExpr | None:
    """A column's expression with its functions resolved; its names are the source's, which only the data tell."""
    source = scope.source
    match expr:
        case ast.Name(name, span):
            if name in scope.constants or name in scope.columns:
                scope.used.add(name)
            return ir.RowName(name, span)
        case ast.Num(value, span) if not is_finite(value):
            scope.report(errors.not_finite(source, span))
            return None
        case ast.Num(value, span):
            return ir.RowValue(value, span)
        case ast.Str(_, span):
            scope.report(errors.text_in_column(source, span))
            return None
        case ast.Binary("==" | "!=" as op, left, right, span):
            return _comparison(scope, op, (left, right), span)
        case ast.Binary("->", _, _, _, op_span):
            scope.report(errors.arrow_outside_layer(source, op_span))
        case ast.Binary(op, left, right, span):
            return _row_call(scope, op, (left, right), span)
        case ast.Unary("+", operand):
            return row_expression(scope, operand)
        case ast.Unary(op, operand, span):
            return _row_call(scope, "neg" if op == "-" else op, (operand,), span)
        case ast.Call(func, plates, args, span):
            name = ALIASES.get(func.name, func.name)
            if plates is not None or name in REDUCTIONS:
                scope.report(errors.column_reduction(source, func.span, func.name))
            elif name == "columns":
                scope.report(errors.columns_pattern(source, span))
            elif name not in FUNCTIONS and name not in COLUMN_FUNCTIONS and name != PRESENT:
                known = [*FUNCTIONS, *COLUMN_FUNCTIONS, PRESENT]
                scope.report(errors.unknown_function(source, func.span, func.name, nearest(func.name, known)))
            elif not _row_arity(name)[0] <= len(args) <= _row_arity(name)[1]:
                scope.report(errors.wrong_arity(source, span, func.name, _row_arity(name), len(args)))
            elif any(arg.keyword is not None for arg in args):
                scope.report(errors.keyword_in_function(source, args[0].span, func.name))
            else:
                return _row_call(scope, name, tuple(arg.value for arg in args), span)
        case _:
            scope.report(errors.bad_column_expression(source, expr.span))
    return None


PRESENT = "present"


def _row_arity(name: str) -> tuple[int, int]:
    return FUNCTIONS[name].arity if name in FUNCTIONS else (1, 100) if name == PRESENT else (1, 1)


def _comparison(scope: Scope, op: str, args: tuple[ast.Expr, ast.Expr], span: Span) -> ir.RowCall | None:
    """Whether two values are equal; one of them may be a text."""
    texts = [isinstance(arg, ast.Str) for arg in args]
    if all(texts):
        return _row_call(scope, op, args, span)
    found = tuple(
        ir.RowValue(arg.value, arg.span) if text else row_expression(scope, arg)
        for arg, text in zip(args, texts, strict=True)
    )
    return None if None in found else ir.RowCall(op, found, span)


def _row_call(scope: Scope, function: str, args: tuple[ast.Expr, ...], span: Span) -> ir.RowCall | None:
    found = tuple(row_expression(scope, arg) for arg in args)
    return None if None in found else ir.RowCall(function, found, span)


def declare_constant(scope: Scope, statement: ast.Const) -> None:
    name = statement.ident.name
    value = Expressions(scope, ()).expression(statement.value)
    if scope.ends_in_prime(statement.ident):
        return
    taken = scope.where_declared(name)
    if taken is not None:
        scope.report(errors.declared_twice(scope.source, statement.ident.span, name, taken))
    elif name in scope.plates:
        scope.report(errors.names_a_plate(scope.source, statement.ident.span, name, scope.plates[name].span))
    elif isinstance(value, ir.Number):
        scope.constants[name] = ir.Number(value.value, statement.ident.span, (), value.support)
    else:
        if value.support.known:
            scope.report(errors.not_a_known_number(scope.source, statement.value.span))
        scope.silence(name)
