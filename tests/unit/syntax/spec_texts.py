"""Specs at random: well-formed ones in any layout with comments anywhere, token soup, canonical ones with mistakes."""

from __future__ import annotations

from random import Random

from unit.syntax.canonical import CANONICAL

from bayesdsl.syntax.tokens import OPERATORS, tokenize

NAMES = ("a", "b", "mu", "tau", "sigma", "log_gdp", "x1", "β", "k'", "county", "a_rather_long_name_for_a_quantity")
NUMBERS = ("0", "1", "2.5", ".50", "1e-3", "10_000", "3.", "1E+2")
STRINGS = ('"rugged.csv"', '""', '"a \\" b"', '"# no comment"', '"x*"', '"é"')
TYPES = ("real", "positive", "category", "interval ( 0 , 10 )", "ordered")
COMMENTS = ("# a comment", "#", "# with (brackets", '# and "quotes', "# a ~ Normal(0, 1)")
# What may stand where a line may go on, and what may stand between any two tokens.
BREAKS = ("\n", "\n\n", "\n    ", " {}\n", "\n  {}\n", "  {}\n {}\n")
SPACES = (" ", " ", " ", "  ", "\t", " \t ")
TIGHT = frozenset("()[],")


class Writer:
    """Writes specs as lists of tokens, then as text."""

    def __init__(self, seed: int, names: tuple[str, ...] = NAMES) -> None:
        self.random = Random(seed)
        self.known = names

    def spec(self) -> str:
        parts = [self.gap()]
        for _ in range(self.random.randint(1, 6)):
            parts += [self.text(self.statement()), self.separator()]
        return "".join(parts)

    def gap(self) -> str:
        return "".join(self.random.choice(("", "\n", "\n\n", "{}\n", "   {}\n")) for _ in range(2)).replace(
            "{}", self.random.choice(COMMENTS)
        )

    def separator(self) -> str:
        end = self.random.choice(("\n", "\n", "\n\n", "\n\n\n", ";", " ; ", "  {}\n", " {}\n\n"))
        return end.replace("{}", self.random.choice(COMMENTS)) + (self.gap() if end.endswith("\n") else "")

    def text(self, tokens: list[str]) -> str:
        """Join the tokens of a statement, with line ends and comments where they may stand."""
        messy = self.random.random() < 0.5
        out: list[str] = []
        open_brackets: list[str] = []
        for i, token in enumerate(tokens):
            out.append(token)
            if token in ("(", "[", "{"):
                open_brackets.append(token)
            elif token in (")", "]", "}"):
                open_brackets.pop()
            if i + 1 < len(tokens):
                inside = bool(open_brackets) and open_brackets[-1] != "{"
                joined = token in OPERATORS or token == "," or tokens[i + 1] in OPERATORS - {"not"}
                out.append(self.between(token, tokens[i + 1], messy and (inside or joined)))
        return "".join(out)

    def between(self, before: str, after: str, may_break: bool) -> str:
        if may_break and self.random.random() < 0.15:
            gap = self.random.choice(BREAKS)
            while "{}" in gap:
                gap = gap.replace("{}", self.random.choice(COMMENTS), 1)
            return gap
        if (before in TIGHT or after in TIGHT) and self.random.random() < 0.7:
            return ""
        return self.random.choice(SPACES)

    # Statements

    def statement(self) -> list[str]:
        return self.random.choice(
            (
                *(self.data, self.prior, self.prior, self.define, self.define, self.param, self.observe, self.const),
                *(self.plate, self.plate_block, self.layer, self.guide, self.unseen, self.infer, self.infer),
            )
        )()

    def guide_statement(self) -> list[str]:
        return self.random.choice((self.prior, self.assign, self.param, self.guide_map, self.guide_map))()

    def block(self, *kinds) -> list[str]:
        """Statements in braces; a newline or `;` is a token of its own here."""
        tokens = ["{"]
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            end = self.random.choice((";", "\n", "\n", "\n\n", "# behind\n", "\n# above\n"))
            tokens += [*self.random.choice(kinds)(), end]
        return [*tokens, "}"]

    def data(self) -> list[str]:
        tokens = ["data", self.name()]
        if self.random.random() < 0.6:
            tokens += ["from", self.random.choice(STRINGS)]
            if self.random.random() < 0.3:
                tokens += ["(", "sep", "=", '";"', ")"]
        return tokens + self.block(self.column, self.column, self.column, self.where)

    def column(self) -> list[str]:
        if self.random.random() < 0.3:
            return [*self.target(), "=", *self.expression(2)]
        value = ["=", *self.expression(2)] if self.random.random() < 0.5 else []
        return [*self.target(), ":", *self.type(), *value]

    def where(self) -> list[str]:
        return ["where", *self.expression(2)] if self.random.random() < 0.7 else ["missing", "drop"]

    def prior(self) -> list[str]:
        type_ = [":", *self.type()] if self.random.random() < 0.2 else []
        modifiers = ["noncentered"] if self.random.random() < 0.2 else []
        return [*self.targets(), *type_, "~", *self.call(3), *modifiers]

    def define(self) -> list[str]:
        return [*self.random.choice((["derive"], [])), *self.assign()]

    def assign(self) -> list[str]:
        return [*self.targets(), "=", *self.expression(4)]

    def param(self) -> list[str]:
        type_ = [":", *self.type()] if self.random.random() < 0.7 else []
        value = ["=", *self.expression(2)] if self.random.random() < 0.7 else []
        return ["param", *self.targets(), *type_, *value]

    def observe(self) -> list[str]:
        return ["observe", *self.target(), "~", *self.call(3)]

    def const(self) -> list[str]:
        return ["const", self.name(), "=", *self.expression(2)]

    def plate(self) -> list[str]:
        return ["plate", self.name(), "=", *self.expression(2)]

    def plate_block(self) -> list[str]:
        return ["plate", *self.names(), *self.block(self.prior, self.define, self.param, self.observe)]

    def layer(self) -> list[str]:
        plates = [":", "[", *self.names(), "]", "->", "[", *self.names(), "]"] if self.random.random() < 0.5 else []
        steps = self.call(2)
        for _ in range(self.random.randint(0, 6)):
            steps += ["->", *self.call(2)]
        return ["layer", self.name(), *plates, "=", *steps, *self.random.choice(([], self.block(self.prior)))]

    def guide(self) -> list[str]:
        return ["guide", self.name(), *self.block(self.guide_statement)]

    def guide_map(self) -> list[str]:
        return [*self.names(), ":", *self.call(2)]

    def unseen(self) -> list[str]:
        return ["unseen", self.name(), self.random.choice(("redraw", "error"))]

    def infer(self) -> list[str]:
        return ["infer", *self.random.choice(([self.name(), "="], [])), *self.call(3)]

    # Parts of statements

    def name(self) -> str:
        return self.random.choice(self.known)

    def names(self) -> list[str]:
        return self.separated([[self.name()] for _ in range(self.random.choice((1, 1, 2, 3)))])

    def separated(self, parts: list[list[str]]) -> list[str]:
        return [token for i, part in enumerate(parts) for token in ([","] if i else []) + part]

    def target(self) -> list[str]:
        return [self.name(), "[", *self.names(), "]"] if self.random.random() < 0.3 else [self.name()]

    def targets(self) -> list[str]:
        return self.separated([self.target() for _ in range(self.random.choice((1, 1, 1, 2, 3)))])

    def type(self) -> list[str]:
        return self.random.choice(TYPES).split()

    def expression(self, depth: int) -> list[str]:
        """An expression of operators of every kind, each in the brackets that it needs."""
        tokens = self.comparison(depth)
        while depth and self.random.random() < 0.15:
            tokens += [self.random.choice(("and", "or")), *self.comparison(depth - 1)]
        return tokens

    def comparison(self, depth: int) -> list[str]:
        tokens = [*(["not"] if depth and self.random.random() < 0.1 else []), *self.sum(depth)]
        if depth and self.random.random() < 0.15:
            tokens += [self.random.choice(("<", "<=", ">", ">=", "==", "!=")), *self.sum(depth - 1)]
        return tokens

    def sum(self, depth: int) -> list[str]:
        tokens = self.product(depth)
        while depth and self.random.random() < 0.4:
            tokens += [self.random.choice("+-*/%"), *self.product(depth - 1)]
        return tokens

    def product(self, depth: int) -> list[str]:
        sign = [self.random.choice("+-")] if self.random.random() < 0.15 else []
        power = ["^", *self.product(depth - 1)] if depth and self.random.random() < 0.1 else []
        return [*sign, *self.atom(depth), *power]

    def atom(self, depth: int) -> list[str]:
        kind = self.random.random()
        if not depth or kind < 0.4:
            return [self.random.choice((self.name(), self.name(), *NUMBERS, *STRINGS[:1]))]
        if kind < 0.55:
            return ["(", *self.expression(depth - 1), ")"]
        if kind < 0.65:
            parts = [self.expression(depth - 1) for _ in range(self.random.randint(0, 9))]
            return ["[", *self.separated(parts), *([","] if parts and self.random.random() < 0.3 else []), "]"]
        if kind < 0.7:
            return ["(", *self.expression(depth - 1), ",", *self.expression(depth - 1), ")"]
        if kind < 0.8:
            return [self.name(), "[", *self.arguments(depth - 1, 1), "]"]
        return self.call(depth)

    def call(self, depth: int) -> list[str]:
        plates = ["[", *self.names(), "]"] if self.random.random() < 0.1 else []
        return [self.name(), *plates, "(", *self.arguments(depth - 1, 0), ")"]

    def arguments(self, depth: int, least: int) -> list[str]:
        parts = []
        for _ in range(self.random.randint(least, 4)):
            keyword = [self.name(), "="] if self.random.random() < 0.4 else []
            of = ["of", self.name()] if self.random.random() < 0.05 else []
            parts.append([*keyword, *self.expression(max(depth, 0)), *of])
        return [*self.separated(parts), *([","] if parts and self.random.random() < 0.2 else [])]


SIGNS = "( ) [ ] { } ~ = : , ; + - * / % ^ < > ' \" . # | & ! \\ $ @ ? -> == != <= >= ** := += // /* */ <-"
WORDS = "data plate const param derive observe layer guide infer unseen and or not of from where missing for model real"
SOUP = (
    *SIGNS.split(),
    *WORDS.split(),
    *("a", "b", "Normal", "1", "0.5", '"s"', "x²", "“", "−", "\u00a0", "\u200b", "\n", "\n", "\n", "\n    ", " "),
)


def soup(seed: int) -> str:
    random = Random(seed)
    return random.choice(("", " ")).join(random.choice(SOUP) for _ in range(random.randint(0, 60)))


def mutated(seed: int) -> str:
    """A canonical spec in which a few characters or tokens were left out, doubled, swapped or replaced."""
    random = Random(seed)
    text = random.choice(tuple(CANONICAL.values()))
    if random.random() < 0.5:
        return "".join(_changed(list(text), random, [chr(random.randint(32, 126)), "\n", "²", "\u2028"]))
    return random.choice((" ", "")).join(_changed([token.text for token in tokenize(text)], random, SOUP))


def _changed(items: list[str], random: Random, others) -> list[str]:
    for _ in range(random.randint(1, 4)):
        if not items:
            break
        at, other = random.randrange(len(items)), random.randrange(len(items))
        match random.randrange(4):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[at])
            case 2:
                items[at], items[other] = items[other], items[at]
            case 3:
                items[at] = random.choice(others)
    return items
