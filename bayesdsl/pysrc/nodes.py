"""Python source as data: the nodes that lowering builds and `printer` prints.

Expressions and statements are frozen values, told apart with `match`. Each checks itself when it is made: a name that
is no identifier, an operator that does not exist, a call with one keyword twice. Such a node is a mistake of the
compiler and never of a user, so it raises ValueError (or TypeError) on the spot, far from where it would otherwise
show up as broken source. Text that a user wrote can enter source in three places only, each of which the printer
escapes: a string constant, a docstring, a comment.

`expr`, `dotted`, `call`, `attr`, `method`, `index`, `binary` and `assign` build the common shapes tersely from plain
Python values:

    assign("mu", call("pyro.sample", "mu", call("dist.Normal", 0.0, 10.0)), origin=3)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from keyword import iskeyword
from types import EllipsisType
from typing import Literal, TypeAlias, get_args

ArithmeticOp: TypeAlias = Literal["+", "-", "*", "/", "//", "%", "@", "**", "&", "|", "^", "<<", ">>"]
PrefixOp: TypeAlias = Literal["-", "+", "~", "not"]
ComparisonOp: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"]
LogicalOp: TypeAlias = Literal["and", "or"]
Plain: TypeAlias = int | float | str | bool | EllipsisType | None

ARITHMETIC_OPS: tuple[str, ...] = get_args(ArithmeticOp)
PREFIX_OPS: tuple[str, ...] = get_args(PrefixOp)
COMPARISON_OPS: tuple[str, ...] = get_args(ComparisonOp)
LOGICAL_OPS: tuple[str, ...] = get_args(LogicalOp)


def is_identifier(name: str) -> bool:
    """Whether Python reads `name` as one name, and as this very name.

    Python folds identifiers to NFKC, so that a micro sign and a Greek mu are one variable in source and two keys in a
    dict. Only names that are already folded are accepted.
    """
    return name.isidentifier() and not iskeyword(name) and unicodedata.normalize("NFKC", name) == name


def _check_identifier(name: str) -> None:
    if not is_identifier(name):
        raise ValueError(f"not an identifier: {name!r}")


def _check_module(module: str) -> None:
    for part in module.split("."):
        _check_identifier(part)


def _check_op(op: str, known: tuple[str, ...]) -> None:
    if op not in known:
        raise ValueError(f"not one of {', '.join(known)}: {op!r}")


def _check_distinct(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} twice: {name}")
        seen.add(name)


# Expressions


@dataclass(frozen=True, slots=True)
class Name:
    id: str

    def __post_init__(self) -> None:
        _check_identifier(self.id)


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A literal. A negative number is one constant, printed with its sign; nan and the infinities by `float("..")`.

    Equal means printed alike: 1, 1.0 and True are three constants, as are 0.0 and -0.0, and nan is one.
    """

    value: Plain

    def __post_init__(self) -> None:
        # The exact type: a subclass (numpy.float64 is a float) may have a repr that is not a literal.
        if type(self.value) not in (int, float, str, bool, type(None), EllipsisType):
            raise TypeError(f"no literal for a {type(self.value).__name__}: {self.value!r}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[type, str]:
        return type(self.value), repr(self.value)


@dataclass(frozen=True, slots=True)
class Starred:
    """`*value`, among the arguments of a call or the items of a tuple or list."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """`func(*args, **kwargs)`; a keyword None unpacks its value: `func(**value)`."""

    func: Expr
    args: tuple[Expr | Starred, ...] = ()
    kwargs: tuple[tuple[str | None, Expr], ...] = ()

    def __post_init__(self) -> None:
        keywords = [keyword for keyword, _ in self.kwargs if keyword is not None]
        for keyword in keywords:
            _check_identifier(keyword)
        _check_distinct(keywords, "keyword argument")


@dataclass(frozen=True, slots=True)
class Attribute:
    value: Expr
    attr: str

    def __post_init__(self) -> None:
        _check_identifier(self.attr)


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step`, among the items of a subscript."""

    lower: Expr | None = None
    upper: Expr | None = None
    step: Expr | None = None


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[items]`."""

    value: Expr
    items: tuple[Expr | Slice, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("a subscript without items")


@dataclass(frozen=True, slots=True)
class BinOp:
    op: ArithmeticOp
    left: Expr
    right: Expr

    def __post_init__(self) -> None:
        _check_op(self.op, ARITHMETIC_OPS)


@dataclass(frozen=True, slots=True)
class UnaryOp:
    op: PrefixOp
    operand: Expr

    def __post_init__(self) -> None:
        _check_op(self.op, PREFIX_OPS)


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; a comparison as its operand is put in parentheses, never chained."""

    op: ComparisonOp
    left: Expr
    right: Expr

    def __post_init__(self) -> None:
        _check_op(self.op, COMPARISON_OPS)


@dataclass(frozen=True, slots=True)
class BoolOp:
    op: LogicalOp
    values: tuple[Expr, ...]

    def __post_init__(self) -> None:
        _check_op(self.op, LOGICAL_OPS)
        if len(self.values) < 2:
            raise ValueError(f"{self.op!r} needs two operands or more")


@dataclass(frozen=True, slots=True)
class IfExp:
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Tuple:
    items: tuple[Expr | Starred, ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    items: tuple[Expr | Starred, ...] = ()


@dataclass(frozen=True, slots=True)
class Dict:
    """`{key: value}`; a key None unpacks its value: `{**value}`."""

    items: tuple[tuple[Expr | None, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a function or lambda (where it has no annotation)."""

    name: str
    default: Expr | None = None
    annotation: Expr | None = None

    def __post_init__(self) -> None:
        _check_identifier(self.name)


@dataclass(frozen=True, slots=True)
class Lambda:
    params: tuple[Param, ...]
    body: Expr

    def __post_init__(self) -> None:
        _check_params(self.params)
        if any(param.annotation is not None for param in self.params):
            raise ValueError("a lambda's parameters have no annotations")


def _check_params(params: tuple[Param, ...], keyword_only: tuple[Param, ...] = ()) -> None:
    _check_distinct((param.name for param in params + keyword_only), "parameter")
    with_default = [param.default is not None for param in params]
    if with_default != sorted(with_default):
        raise ValueError("a parameter without a default after one with a default")


Expr: TypeAlias = (
    Name
    | Constant
    | Call
    | Attribute
    | Subscript
    | BinOp
    | UnaryOp
    | Compare
    | BoolOp
    | IfExp
    | Tuple
    | List
    | Dict
    | Lambda
)


# Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """What every statement carries.

    `origin` is the line of the spec that it came from, counted from 1. Statements inside it that have none of their
    own inherit it. `comment` is printed above the statement, a comment for each of its lines.
    """

    origin: int | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Assign(_Statement):
    """`targets[0] = targets[1] = .. = value`; a tuple among the targets is unpacked into."""

    targets: tuple[Expr, ...]
    value: Expr

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError("an assignment without a target")
        for target in self.targets:
            _check_target(target)


def _check_target(target: Expr | Starred) -> None:
    match target:
        case Name() | Attribute() | Subscript():
            pass
        case Tuple(items) if items and sum(isinstance(item, Starred) for item in items) <= 1:
            for item in items:
                _check_target(item.value if isinstance(item, Starred) else item)
        case _:
            raise ValueError(f"cannot assign to a {type(target).__name__}")


@dataclass(frozen=True, slots=True)
class AnnAssign(_Statement):
    """`target: annotation = value`."""

    target: Name
    annotation: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class ExprStmt(_Statement):
    value: Expr


@dataclass(frozen=True, slots=True)
class Return(_Statement):
    value: Expr | None = None


@dataclass(frozen=True, slots=True)
class With(_Statement):
    """`with context as name, ..:`; a name None is left out."""

    items: tuple[tuple[Expr, Name | None], ...]
    body: tuple[Stmt, ...]

    def __post_init__(self) -> None:
        if not self.items:
            raise ValueError("a with statement without a context")
        if any(isinstance(context, Tuple) for context, _ in self.items):
            # Python would read `with (a, b):` as two contexts.
            raise ValueError("a tuple is no context")


@dataclass(frozen=True, slots=True)
class If(_Statement):
    """`if test: body` and, where `orelse` is not empty, `else: orelse`, or `elif` where that is a single `If`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()


@dataclass(frozen=True, slots=True)
class For(_Statement):
    """`for target in iterable: body`."""

    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]

    def __post_init__(self) -> None:
        _check_target(self.target)


@dataclass(frozen=True, slots=True)
class FunctionDef(_Statement):
    """`def name(params, *, keyword_only) -> returns:`."""

    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    docstring: str | None = None
    keyword_only: tuple[Param, ...] = ()
    returns: Expr | None = None

    def __post_init__(self) -> None:
        _check_identifier(self.name)
        _check_params(self.params, self.keyword_only)


@dataclass(frozen=True, slots=True)
class ClassDef(_Statement):
    """`class name(bases):`."""

    name: str
    bases: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    docstring: str | None = None

    def __post_init__(self) -> None:
        _check_identifier(self.name)


@dataclass(frozen=True, slots=True)
class Import(_Statement):
    """`import module as alias`."""

    module: str
    alias: str | None = None

    def __post_init__(self) -> None:
        _check_module(self.module)
        if self.alias is not None:
            _check_identifier(self.alias)


@dataclass(frozen=True, slots=True)
class ImportFrom(_Statement):
    """`from module import names`."""

    module: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_module(self.module)
        if not self.names:
            raise ValueError("an import of nothing")
        for name in self.names:
            _check_identifier(name)


@dataclass(frozen=True, slots=True)
class Comment(_Statement):
    """A comment that stands by itself, one line of source for each line of `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank(_Statement):
    """An empty line."""


Stmt: TypeAlias = (
    Assign
    | AnnAssign
    | ExprStmt
    | Return
    | With
    | If
    | For
    | FunctionDef
    | ClassDef
    | Import
    | ImportFrom
    | Comment
    | Blank
)


@dataclass(frozen=True, slots=True)
class Module:
    docstring: str | None
    body: tuple[Stmt, ...]


# Building the common shapes

Value: TypeAlias = Expr | Plain | tuple["Value", ...] | list["Value"] | dict[str, "Value"]


def expr(value: Value) -> Expr:
    """The expression for a plain Python value: numbers, strings (as string constants), tuples, lists and dicts.

    An expression is returned as it is. Raises TypeError for anything that has no literal.
    """
    match value:
        case tuple():
            return Tuple(tuple(map(expr, value)))
        case list():
            return List(tuple(map(expr, value)))
        case dict():
            return Dict(tuple((expr(key), expr(item)) for key, item in value.items()))
        case _:
            return value if isinstance(value, Expr) else Constant(value)


def dotted(path: str) -> Expr:
    """`dist.Normal` as a name and its attributes. Raises ValueError where a part is no identifier."""
    first, *rest = path.split(".")
    return attr(Name(first), *rest)


def attr(value: Expr | str, *names: str) -> Expr:
    """`value.name1.name2`; `value` is an expression or a dotted path."""
    return reduce(Attribute, names, _callee(value))


def call(func: Expr | str, /, *args: Value | Starred, **kwargs: Value) -> Call:
    """`func(*args, **kwargs)`; `func` is an expression or a dotted path, a str among the arguments a string."""
    positional = tuple(arg if isinstance(arg, Starred) else expr(arg) for arg in args)
    return Call(_callee(func), positional, tuple((name, expr(value)) for name, value in kwargs.items()))


def method(value: Expr | str, name: str, /, *args: Value | Starred, **kwargs: Value) -> Call:
    """`value.name(*args, **kwargs)`; `value` is an expression or a dotted path."""
    return call(attr(value, name), *args, **kwargs)


def index(value: Expr | str, *items: Value | slice | Slice) -> Subscript:
    """`value[items]`; `value` is an expression or a dotted path, a Python slice stands for a slice."""
    return Subscript(_callee(value), tuple(map(_item, items)))


def binary(op: ArithmeticOp, first: Value, *rest: Value) -> Expr:
    """`first op second op ..`, grouped from the left."""
    return reduce(lambda left, right: BinOp(op, left, right), map(expr, rest), expr(first))


def assign(target: Expr | str, value: Value, *, origin: int | None = None, comment: str | None = None) -> Assign:
    """`target = value`; `target` is an expression or a dotted path."""
    return Assign((_callee(target),), expr(value), origin=origin, comment=comment)


def _callee(value: Expr | str) -> Expr:
    return dotted(value) if isinstance(value, str) else value


def _item(item: Value | slice | Slice) -> Expr | Slice:
    match item:
        case Slice():
            return item
        case slice(start=start, stop=stop, step=step):
            return Slice(*(None if bound is None else expr(bound) for bound in (start, stop, step)))
        case _:
            return expr(item)
