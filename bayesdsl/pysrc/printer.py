"""The one printer: a module of nodes to the text a person would have written, and a map of its lines to the spec.

An expression is first flattened into pieces, which are text and brackets with items in them. What fits the width is the
pieces joined up. What does not is broken, outside in:

- inside a bracket, an item a line, with a trailing comma: the one bracket whose breaking makes the rest fit;
- at its operators, an operand a line, the operator leading, in parentheses unless there is a bracket around already;
- a chain of method calls at its dots, like operators.

    x = pyro.sample(                 y = (
        "x",                             intercept
        dist.Normal(mu, sigma),          + slope * rainfall
    )                                )

`ruff format` leaves the result as it is but for two habits of ours: of two brackets in a row the wider is broken, where
ruff prefers the last; and one operator between two brackets that must both be broken is put in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from types import EllipsisType
from typing import NamedTuple, TypeAlias, assert_never

from bayesdsl.pysrc.nodes import (
    AnnAssign,
    Assign,
    Attribute,
    BinOp,
    Blank,
    BoolOp,
    Call,
    ClassDef,
    Comment,
    Compare,
    Constant,
    Dict,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    If,
    IfExp,
    Import,
    ImportFrom,
    Lambda,
    List,
    Module,
    Name,
    Param,
    Return,
    Slice,
    Starred,
    Stmt,
    Subscript,
    Tuple,
    UnaryOp,
    With,
)

INDENT = " " * 4


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source and the line of the spec it came from."""

    text: str
    origin: int | None = None


_EMPTY = Line("")


@dataclass(frozen=True, slots=True)
class Printed:
    """Source text, and for its lines (counted from 1) the line of the spec that each came from, where there is one."""

    text: str
    lines: dict[int, int]


def print_module(module: Module, width: int = 100) -> Printed:
    """The source of a module, in lines of at most `width` characters where the syntax allows.

    Comments, docstrings and strings are never broken. Raises TypeError where something that is no node stands in one.
    """
    lines = _statements(module.body, width, None, module.docstring, top=True)
    texts = [line.text for line in lines]
    for number, text in enumerate(texts[:2]):
        if not text.startswith("#"):
            break
        texts[number] = _COOKIE.sub("coding ", text)
    origins = {number: line.origin for number, line in enumerate(lines, 1) if line.text and line.origin is not None}
    return Printed("".join(text + "\n" for text in texts), origins)


def print_expr(expr: Expr) -> str:
    """The source of an expression, on one line."""
    return _flat(expr)


# Python takes a comment with this in it, in the first two lines of a file, for the encoding of the file.
_COOKIE = re.compile(r"coding(?=[:=])")


# Precedence


class Level(IntEnum):
    """How tightly an expression holds together, loosest first."""

    LAMBDA = auto()
    TERNARY = auto()
    OR = auto()
    AND = auto()
    NOT = auto()
    COMPARISON = auto()
    BIT_OR = auto()
    BIT_XOR = auto()
    BIT_AND = auto()
    SHIFT = auto()
    SUM = auto()
    PRODUCT = auto()
    UNARY = auto()
    POWER = auto()
    NUMBER = auto()
    PRIMARY = auto()


class Rule(NamedTuple):
    """The level of an operator's result, and the least level of its operands that needs no parentheses."""

    level: Level
    left: Level
    right: Level


def _left_associative(level: Level) -> Rule:
    return Rule(level, level, Level(level + 1))


_NOT_CHAINED = Rule(Level.COMPARISON, Level.BIT_OR, Level.BIT_OR)

INFIX: dict[str, Rule] = {
    "or": Rule(Level.OR, Level.AND, Level.AND),
    "and": Rule(Level.AND, Level.NOT, Level.NOT),
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"), _NOT_CHAINED),
    "|": _left_associative(Level.BIT_OR),
    "^": _left_associative(Level.BIT_XOR),
    "&": _left_associative(Level.BIT_AND),
    "<<": _left_associative(Level.SHIFT),
    ">>": _left_associative(Level.SHIFT),
    "+": _left_associative(Level.SUM),
    "-": _left_associative(Level.SUM),
    "*": _left_associative(Level.PRODUCT),
    "/": _left_associative(Level.PRODUCT),
    "//": _left_associative(Level.PRODUCT),
    "%": _left_associative(Level.PRODUCT),
    "@": _left_associative(Level.PRODUCT),
    "**": Rule(Level.POWER, Level.NUMBER, Level.UNARY),
}

# A prefix operator has no left operand. Python would read `-x ** 2` and `--x` without the parentheses that are asked
# for here; people do not.
PREFIX: dict[str, Rule] = {
    "not": Rule(Level.NOT, Level.NOT, Level.NOT),
    **dict.fromkeys(("-", "+", "~"), Rule(Level.UNARY, Level.NUMBER, Level.NUMBER)),
}


def _level(expr: Expr) -> Level:
    match expr:
        case Lambda():
            return Level.LAMBDA
        case IfExp():
            return Level.TERNARY
        case BinOp(op=op) | Compare(op=op) | BoolOp(op=op):
            return INFIX[op].level
        case UnaryOp(op=op):
            return PREFIX[op].level
        case Constant():
            return _constant_level(expr)
        case _:
            return Level.PRIMARY


def _constant_level(constant: Constant) -> Level:
    text = _constant(constant)
    if text.startswith("-"):
        return Level.UNARY
    return Level.NUMBER if text[0].isdigit() else Level.PRIMARY


# Pieces: an expression in one line, and where it can be broken


@dataclass(frozen=True, slots=True)
class Item:
    """What stands between two commas: `lead` is text that goes before the expression, or all there is."""

    lead: str
    expr: Expr | None = None
    least: Level = Level.LAMBDA

    def pieces(self) -> list[Piece]:
        return [] if self.expr is None else _pieces(self.expr, self.least)

    def flat(self) -> str:
        return self.lead + _join(self.pieces())


class Comma(Enum):
    """Whether a comma follows the last item of a bracket."""

    NEVER = auto()
    BROKEN = auto()
    ALWAYS = auto()


@dataclass(frozen=True, slots=True)
class Bracket:
    """Items in brackets; by default a comma follows the last when there is one on each line."""

    opening: str
    items: tuple[Item, ...]
    closing: str
    comma: Comma = Comma.BROKEN

    def flat(self) -> str:
        comma = "," if self.comma is Comma.ALWAYS else ""
        return self.opening + ", ".join(item.flat() for item in self.items) + comma + self.closing


Piece: TypeAlias = str | Bracket


def _flat(expr: Expr, least: Level = Level.LAMBDA) -> str:
    return _join(_pieces(expr, least))


def _join(pieces: Iterable[Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.flat() for piece in pieces)


def _pieces(expr: Expr, least: Level = Level.LAMBDA) -> list[Piece]:
    """The text of an expression and its outermost brackets, itself in parentheses where it is looser than `least`."""
    if _level(expr) < least:
        return [Bracket("(", (Item("", expr),), ")", Comma.NEVER)]
    match expr:
        case Name(name):
            return [name]
        case Constant():
            return [_constant(expr)]
        case Attribute(value, name):
            return [*_pieces(value, Level.PRIMARY), f".{name}"]
        case Call(func, args, kwargs):
            return [*_pieces(func, Level.PRIMARY), Bracket("(", (*map(_item, args), *map(_keyword, kwargs)), ")")]
        case Subscript(value, items):
            comma = Comma.BROKEN if len(items) > 1 else Comma.NEVER
            return [*_pieces(value, Level.PRIMARY), Bracket("[", tuple(map(_item, items)), "]", comma)]
        case Tuple(items):
            comma = Comma.ALWAYS if len(items) == 1 else Comma.BROKEN
            return [Bracket("(", tuple(map(_item, items)), ")", comma)]
        case List(items):
            return [Bracket("[", tuple(map(_item, items)), "]")]
        case Dict(items):
            return [Bracket("{", tuple(_entry(key, value) for key, value in items), "}")]
        case UnaryOp(op, operand):
            return [_prefix(op), *_pieces(operand, PREFIX[op].right)]
        case Lambda(params, body):
            return [_lambda_head(params), *_pieces(body)]
        case BinOp() | Compare() | BoolOp() | IfExp():
            return list(_infix_pieces(expr))
        case _:
            raise TypeError(f"not an expression: {expr!r}")


def _infix_pieces(expr: BinOp | Compare | BoolOp | IfExp) -> Iterator[Piece]:
    space = "" if isinstance(expr, BinOp) and _is_simple_power(expr) else " "
    for item in _operands(expr):
        if item.lead:
            yield space + item.lead.rstrip() + space
        yield from item.pieces()


def _operands(expr: BinOp | Compare | BoolOp | IfExp) -> tuple[Item, ...]:
    """The operands of the loosest operators of an expression, each led by its operator."""
    match expr:
        case BinOp(op, left, right) | Compare(op, left, right):
            rule = INFIX[op]
            inner = isinstance(left, BinOp) and INFIX[left.op].level == rule.level == rule.left
            first = _operands(left) if inner else (Item("", left, rule.left),)
            return (*first, Item(f"{op} ", right, rule.right))
        case BoolOp(op, values):
            first, *rest = values
            return (Item("", first, INFIX[op].left), *(Item(f"{op} ", value, INFIX[op].right) for value in rest))
        case IfExp(test, body, orelse):
            return (Item("", body, Level.OR), Item("if ", test, Level.OR), Item("else ", orelse, Level.OR))
        case _:
            assert_never(expr)


def _is_simple_power(expr: BinOp) -> bool:
    """Whether `**` is written without spaces, as in `x**2`, and unlike `f(x) ** 2`."""
    if expr.op != "**" or _level(expr.left) < INFIX["**"].left:
        return False
    # `x**y**2` groups from the right; what stands next to the first operator is y.
    beside = expr.right.left if isinstance(expr.right, BinOp) and expr.right.op == "**" else expr.right
    return _is_power_operand(expr.left) and _is_power_operand(beside)


def _is_power_operand(expr: Expr) -> bool:
    match expr:
        case Constant(value):
            return not isinstance(value, str) and value is not ... and not _constant(expr).endswith(")")
        case Name():
            return True
        case Attribute(value=value) | UnaryOp(op="-" | "+" | "~", operand=value):
            return _is_power_operand(value)
        case _:
            return False


def _prefix(op: str) -> str:
    return "not " if op == "not" else op


def _item(item: Expr | Starred | Slice) -> Item:
    match item:
        case Starred(value):
            return Item("*", value, Level.BIT_OR)
        case Slice():
            return Item(_slice(item))
        case _:
            return Item("", item)


def _keyword(argument: tuple[str | None, Expr]) -> Item:
    keyword, value = argument
    return Item("**" if keyword is None else f"{keyword}=", value)


def _entry(key: Expr | None, value: Expr) -> Item:
    return Item("**", value, Level.BIT_OR) if key is None else Item(f"{_flat(key)}: ", value)


def _slice(item: Slice) -> str:
    """A slice, with spaces around its colons only where a bound has parts: `x[1:n]`, `x[: n + 1]`."""
    bounds = [bound for bound in (item.lower, item.upper, item.step) if bound is not None]
    space = "" if all(map(_is_plain_bound, bounds)) else " "
    lower, upper, step = (
        None if bound is None else _flat(bound, Level.OR) for bound in (item.lower, item.upper, item.step)
    )
    text = ":" if lower is None else f"{lower}{space}:"
    if upper is not None:
        text += space + upper
    if step is not None:
        text += ("" if upper is None else space) + ":" + space + step
    return text


def _is_plain_bound(expr: Expr) -> bool:
    match expr:
        case Name():
            return True
        case Constant():
            return not _constant(expr).endswith(")")
        case UnaryOp(op="-" | "+" | "~", operand=operand):
            return _is_plain_bound(operand)
        case _:
            return False


def _lambda_head(params: tuple[Param, ...]) -> str:
    return f"lambda {', '.join(_param(param).flat() for param in params)}: " if params else "lambda: "


def _param(param: Param) -> Item:
    """A parameter, with spaces around the `=` of its default only where there is an annotation."""
    lead = param.name if param.annotation is None else f"{param.name}: {_flat(param.annotation)}"
    if param.default is None:
        return Item(lead)
    return Item(lead + ("=" if param.annotation is None else " = "), param.default)


# Literals and other text


def _constant(constant: Constant) -> str:
    match constant.value:
        case str() as text:
            return _string(text)
        case EllipsisType():
            return "..."
        case float() as number:
            text = repr(number)
            return text.replace("e+", "e") if text.lstrip("-")[0].isdigit() else f'float("{text}")'
        case value:
            return repr(value)


def _string(text: str) -> str:
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return quote + _printable(body) + quote


def _printable(text: str) -> str:
    """Text without characters that break a line, cannot be seen or cannot be encoded; they become escapes.

    Control characters of the direction of writing are among these, so that source reads as it runs.
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _comment(text: str) -> list[str]:
    return [f"# {_printable(line.expandtabs(4))}".rstrip() for line in text.splitlines()]


def _docstring(text: str, origin: int | None) -> list[Line]:
    """A docstring; of the lines after the first, the common indentation is left to the caller."""
    escaped = text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    first, *rest = [_printable(line.expandtabs(4).rstrip()) for line in escaped.splitlines()] or [""]
    return _mapped([f'"""{first}', *rest, '"""'] if rest else [f'"""{first}"""'], origin)


# Layout: what does not fit one line


class Place(Enum):
    """Where an expression stands, which decides how it may be broken."""

    STATEMENT = auto()  # no bracket around it: a line may end inside its own brackets only
    VALUE = auto()  # in a bracket, behind text (`key=`): a line may end anywhere, but reads badly without parentheses
    FREE = auto()  # in a bracket, at the start of a line: a line may end anywhere


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line for line in lines]


def _layout(item: Item, width: int, place: Place, suffix: str = "") -> list[str]:
    """The lines of an item followed by `suffix`, each at most `width` long where that can be had."""
    pieces = [item.lead, *item.pieces(), suffix]
    line = _join(pieces)
    if item.expr is None or len(line) <= width:
        return [line]
    if _level(item.expr) < item.least:
        return _break_brackets(pieces, width)
    match item.expr:
        case Lambda(params, body):
            return _layout(Item(item.lead + _lambda_head(params), body), width, Place.VALUE, suffix)
        case UnaryOp(op, operand) if place is Place.FREE or not _has_links(item.expr):
            return _layout(Item(item.lead + _prefix(op), operand, PREFIX[op].right), width, place, suffix)
    in_parentheses = [item.lead, Bracket("(", (Item("", item.expr),), ")", Comma.NEVER), suffix]
    if _has_links(item.expr):
        if place is Place.FREE:
            return _break_links(item, width, suffix)
        hung = _break_one_bracket(pieces, width) if place is Place.STATEMENT and _can_hang(item.expr) else None
        return hung or _break_brackets(in_parentheses, width)
    broken = _break_one_bracket(pieces, width)
    if broken is None and place is Place.STATEMENT and len(INDENT) + len(_flat(item.expr)) <= width:
        return _break_brackets(in_parentheses, width)
    return broken or _break_brackets(pieces, width)


def _has_links(expr: Expr, least: Level = Level.LAMBDA) -> bool:
    """Whether an expression can be broken outside brackets: at its operators, or at the dots of a chain of calls."""
    if _level(expr) < least:
        return False
    match expr:
        case BinOp() | Compare() | BoolOp() | IfExp():
            return True
        case UnaryOp(op, operand):
            return _has_links(operand, PREFIX[op].right)
        case Attribute() | Call() | Subscript():
            return len(_chain(expr)) > 2
        case _:
            return False


def _chain(expr: Attribute | Call | Subscript) -> list[list[Piece]]:
    """The links of a chain of calls: `f(x).g(y).h(z)` is `f(x)`, `.g(y)`, `.h(z)`."""
    first, *rest = _pieces(expr)
    links = [[first]]
    for piece in rest:
        after_bracket = isinstance(links[-1][-1], Bracket)
        if after_bracket and isinstance(piece, str):
            links.append([])
        links[-1].append(piece)
    return links


def _can_hang(expr: Expr) -> bool:
    """Whether an expression with one operator is broken in a bracket at its end: `scale * torch.exp(..)`."""
    if isinstance(expr, UnaryOp):
        return _can_hang(expr.operand)
    if not isinstance(expr, BinOp | Compare | BoolOp) or len(_operands(expr)) > 2:
        return False
    match _pieces(expr):
        case [Bracket(items=items), *_] if items:
            return True
        case [*_, Bracket(opening=opening, items=items)]:
            # Not in a subscript: its items are few and short, and say least of what the line is about.
            return bool(items) and opening != "["
        case _:
            return False


def _break_links(item: Item, width: int, suffix: str) -> list[str]:
    """A link a line. Only between brackets."""
    match item.expr:
        case BinOp() | Compare() | BoolOp() | IfExp():
            first, *middle, last = _operands(item.expr)
            first = Item(item.lead + first.lead, first.expr, first.least)
            lines = [line for link in (first, *middle) for line in _layout(link, width, Place.FREE)]
            return [*lines, *_layout(last, width, Place.FREE, suffix)]
        case Attribute() | Call() | Subscript():
            first, *middle, last = _chain(item.expr)
            links = [[item.lead, *first], *middle, [*last, suffix]]
            return [line for link in links for line in _fit(link, width)]
        case _:
            raise TypeError(f"nothing to break in {item.expr!r}")


def _fit(pieces: list[Piece], width: int) -> list[str]:
    line = _join(pieces)
    if len(line) <= width:
        return [line]
    return _break_one_bracket(pieces, width) or _break_brackets(pieces, width)


def _break_one_bracket(pieces: list[Piece], width: int) -> list[str] | None:
    """Break the widest bracket that leaves what is outside it within the width; None where there is no such bracket."""
    best: tuple[int, int] | None = None
    for position, piece in enumerate(pieces):
        if isinstance(piece, Bracket) and piece.items:
            head = len(_join(pieces[:position])) + len(piece.opening)
            tail = len(piece.closing) + len(_join(pieces[position + 1 :]))
            if head <= width and tail <= width:
                best = max(best or (0, 0), (len(piece.flat()), position))
    if best is None:
        return None
    position = best[1]
    return _break_brackets([_join(pieces[:position]), pieces[position], _join(pieces[position + 1 :])], width)


def _break_brackets(pieces: Iterable[Piece], width: int) -> list[str]:
    """Break every bracket that has items."""
    lines = [""]
    for piece in pieces:
        if isinstance(piece, str) or not piece.items:
            lines[-1] += piece if isinstance(piece, str) else piece.flat()
            continue
        lines[-1] += piece.opening
        for position, item in enumerate(piece.items, 1):
            comma = "" if position == len(piece.items) and piece.comma is Comma.NEVER else ","
            place = Place.VALUE if item.lead else Place.FREE
            lines += _indented(_layout(item, width - len(INDENT), place, comma))
        lines.append(piece.closing)
    return lines


# Statements


def _block(statements: tuple[Stmt, ...], width: int, origin: int | None, docstring: str | None = None) -> list[Line]:
    """The body of a compound statement, indented; `pass` where it has nothing to run."""
    lines = _statements(statements, width - len(INDENT), origin, docstring)
    if not docstring and all(isinstance(statement, Comment | Blank) for statement in statements):
        lines.append(Line("pass", origin))
    return [Line(INDENT + line.text, line.origin) if line.text else line for line in lines]


def _statements(
    statements: tuple[Stmt, ...], width: int, origin: int | None, docstring: str | None, *, top: bool = False
) -> list[Line]:
    """A docstring and statements one after the other, with the empty lines between them that people expect."""
    lines = _docstring(docstring, origin) if docstring else []
    previous: Stmt | None = None
    asked = False
    for position, statement in enumerate(statements):
        if isinstance(statement, Blank):
            asked = True
            if statement.comment is None:
                continue
        if lines:
            lines += [_EMPTY] * _gap(previous, _anchor(statements[position:]), asked=asked, top=top)
        lines += _statement(statement, width, origin)
        previous, asked = statement, False
    return lines


def _anchor(statements: tuple[Stmt, ...]) -> Stmt:
    """The statement that the first of these belongs to: for a comment, what it stands directly above."""
    for statement in statements:
        if not isinstance(statement, Comment):
            return statement
    return statements[0]


def _gap(previous: Stmt | None, anchor: Stmt, *, asked: bool, top: bool) -> int:
    """The empty lines before a statement; `previous` None is a docstring, `asked` says that a Blank stood there."""
    match previous, anchor:
        case Comment(), _ if not asked:
            return 0
        case (FunctionDef() | ClassDef(), _) | (_, FunctionDef() | ClassDef()):
            return 2 if top else 1
        case (Import() | ImportFrom(), Import() | ImportFrom()):
            return int(asked)
        case (Import() | ImportFrom(), _):
            return 1
        case None, _:
            return int(top or asked)
        case _:
            return int(asked)


def _statement(statement: Stmt, width: int, inherited: int | None) -> list[Line]:
    """The lines of a statement with its comment above it, at the left margin."""
    if not isinstance(statement, Stmt):
        raise TypeError(f"not a statement: {statement!r}")
    origin = inherited if statement.origin is None else statement.origin
    lines = [] if statement.comment is None else _mapped(_comment(statement.comment), origin)
    match statement:
        case Assign(targets, value):
            lead = "".join(f"{_bare(target)} = " for target in targets)
            return lines + _mapped(_layout(Item(lead, value), width, Place.STATEMENT), origin)
        case AnnAssign(target, annotation, value):
            lead = f"{target.id}: {_flat(annotation)} = "
            return lines + _mapped(_layout(Item(lead, value), width, Place.STATEMENT), origin)
        case ExprStmt(value):
            return lines + _mapped(_layout(Item("", value), width, Place.STATEMENT), origin)
        case Return(value):
            return lines + _mapped(_return(value, width), origin)
        case With(items, body):
            return lines + _mapped(_with(items, width), origin) + _block(body, width, origin)
        case If():
            return lines + _if("if", statement, width, origin)
        case For(target, iterable, body):
            head = _layout(Item(f"for {_bare(target)} in ", iterable), width, Place.STATEMENT, ":")
            return lines + _mapped(head, origin) + _block(body, width, origin)
        case FunctionDef(body=body, docstring=docstring):
            return lines + _mapped(_signature(statement, width), origin) + _block(body, width, origin, docstring)
        case ClassDef(name, bases, body, docstring):
            head = _fit([f"class {name}", *([_parents(bases)] if bases else []), ":"], width)
            return lines + _mapped(head, origin) + _block(body, width, origin, docstring)
        case Import(module, alias):
            text = f"import {module}" if alias is None else f"import {module} as {alias}"
            return [*lines, Line(text, origin)]
        case ImportFrom(module, names):
            return lines + _mapped(_import_from(module, names, width), origin)
        case Comment(text):
            return lines + _mapped(_comment(text), origin)
        case Blank():
            return lines
        case _:
            assert_never(statement)


def _mapped(texts: Iterable[str], origin: int | None) -> list[Line]:
    return [Line(text, origin) for text in texts]


def _bare(expr: Expr) -> str:
    """An expression on one line, a tuple of two or more without its parentheses."""
    text = _flat(expr)
    return text[1:-1] if isinstance(expr, Tuple) and len(expr.items) > 1 else text


def _return(value: Expr | None, width: int) -> list[str]:
    if value is None:
        return ["return"]
    bare = f"return {_bare(value)}"
    return [bare] if len(bare) <= width else _layout(Item("return ", value), width, Place.STATEMENT)


def _with(items: tuple[tuple[Expr, Name | None], ...], width: int) -> list[str]:
    contexts = [(Item("", context), "" if name is None else f" as {name.id}") for context, name in items]
    if len(contexts) == 1:
        context, suffix = contexts[0]
        return _layout(Item("with ", context.expr), width, Place.STATEMENT, f"{suffix}:")
    line = f"with {', '.join(context.flat() + suffix for context, suffix in contexts)}:"
    if len(line) <= width:
        return [line]
    lines = ["with ("]
    for context, suffix in contexts:
        lines += _indented(_layout(context, width - len(INDENT), Place.VALUE, f"{suffix},"))
    return [*lines, "):"]


def _if(word: str, statement: If, width: int, origin: int | None) -> list[Line]:
    head = _layout(Item(f"{word} ", statement.test), width, Place.STATEMENT, ":")
    lines = _mapped(head, origin) + _block(statement.body, width, origin)
    match statement.orelse:
        case ():
            return lines
        case (If(origin=own, comment=comment) as inner,):
            inner_origin = origin if own is None else own
            above = [] if comment is None else _mapped(_comment(comment), inner_origin)
            return lines + above + _if("elif", inner, width, inner_origin)
        case orelse:
            return [*lines, Line("else:", origin), *_block(orelse, width, origin)]


def _signature(function: FunctionDef, width: int) -> list[str]:
    marker = [Item("*")] if function.keyword_only else []
    params = Bracket("(", (*map(_param, function.params), *marker, *map(_param, function.keyword_only)), ")")
    returns = "" if function.returns is None else f" -> {_flat(function.returns)}"
    return _fit([f"def {function.name}", params, f"{returns}:"], width)


def _parents(bases: tuple[Expr, ...]) -> Bracket:
    return Bracket("(", tuple(Item("", base) for base in bases), ")")


def _import_from(module: str, names: tuple[str, ...], width: int) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= width:
        return [line]
    return [f"from {module} import (", *_indented(f"{name}," for name in names), ")"]
