"""Tables of the mistakes people make, and what each of them means.

`PAIRS` says what two neighbouring tokens mean wherever they stand. `SIGNS`, `CHARACTERS` and `FOREIGN_STATEMENTS` are
what people bring along from other languages. What goes wrong in a statement of this one is in `snippets.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """Two terminals that cannot follow one another; the finding is at the first of them if `at_first`.

    `brackets` are those of which one must be open around them, "" for none; None says that it does not matter.
    """

    first: frozenset[str]
    second: frozenset[str]
    message: str
    hint: str
    at_first: bool = False
    brackets: tuple[str, ...] | None = None


INFIX = frozenset({"TIMES", "POWER", "COMPARISON", "ARROW", "AND", "OR"})
OPERATOR = INFIX | {"SIGN", "NOT"}
VALUE_BEGINS = frozenset({"NAME", "NUMBER", "STRING", "LPAR", "LSQB"})
VALUE_ENDS = frozenset({"NAME", "NUMBER", "STRING", "RPAR", "RSQB"})
STOPS = frozenset({"RPAR", "RSQB", "RBRACE", "LBRACE", "COMMA", "COLON", "TILDE", "EQUAL", "_SEPARATOR", "OF"})

PAIRS: tuple[Pair, ...] = (
    Pair(
        frozenset({"NAME"}),
        frozenset({"COLON"}),
        "an argument is named with `=`",
        "write: Normal(mu, var = s)",
        brackets=("(",),
    ),
    Pair(
        VALUE_ENDS | {"COMMA", "LSQB"},
        frozenset({"COLON"}),
        "there are no slices",
        'a plate\'s name stands for all its members; one is chosen by its label: a[county = "HENNEPIN"]',
        brackets=("[",),
    ),
    Pair(
        frozenset({"TILDE"}),
        INFIX | STOPS,
        "the right side of `~` is missing",
        "name a distribution: a ~ Normal(0, 1)",
        True,
    ),
    Pair(
        VALUE_ENDS,
        frozenset({"TILDE"}),
        "`~` cannot stand inside brackets",
        "an argument is named with `=`: Normal(mu, var = s)",
        brackets=("(", "["),
    ),
    Pair(
        frozenset({"LPAR", "LSQB", "COMMA"}),
        frozenset({"EQUAL"}),
        "the name of the argument is missing",
        "write the name before the `=`, or remove the `=`",
        brackets=("(", "["),
    ),
    Pair(
        frozenset({"COLON"}),
        OPERATOR | STOPS,
        "the type is missing after `:`",
        "write one: real, positive, unit, count, binary, category",
        True,
        brackets=("",),
    ),
    Pair(frozenset({"EQUAL"}), INFIX | STOPS, "the right side of `=` is missing", "write a value after `=`", True),
    Pair(OPERATOR, STOPS, "an operator has nothing on its right", "write the value after the operator", True),
    Pair(OPERATOR, INFIX, "two operators follow one another", "write a value between them"),
    Pair(
        frozenset({"COMMA", "LPAR", "LSQB"}),
        frozenset({"COMMA"}),
        "an argument is missing",
        "remove the comma or write the argument",
    ),
    Pair(
        frozenset({"LSQB"}),
        frozenset({"RSQB"}),
        "the index is empty",
        "name the plates: a[county], or leave the brackets out",
    ),
    Pair(frozenset({"LPAR"}), frozenset({"RPAR"}), "nothing stands between the brackets", "write a value between them"),
    Pair(
        frozenset({"COMMA"}),
        frozenset({"RPAR"}),
        "a value is missing after the comma",
        "remove the comma or write the value",
        True,
    ),
    Pair(
        frozenset({"LPAR", "LSQB", "COMMA"}),
        INFIX,
        "an operator has nothing on its left",
        "write the value before the operator",
    ),
)

# How terminals of the grammar are called in messages.
TERMINALS: dict[str, str] = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a "string"',
    "SIGN": "`+` or `-`",
    "TIMES": "`*` or `/`",
    "POWER": "`^`",
    "COMPARISON": "a comparison",
    "_SEPARATOR": "the end of the statement",
    "$END": "the end of the statement",
}

# Signs of other languages, by their text.
SIGNS: dict[str, tuple[str, str]] = {
    "**": ("`**` is not an operator here", "a power is written with `^`: x^2"),
    "<-": ("`<-` is not an operator here", "a definition is written with `=`, a prior with `~`"),
    ":=": ("`:=` is not an operator here", "a definition is written with `=`"),
    "+=": ("no name can be changed once it is defined", "give the sum a name of its own: total = a + b"),
    "-=": ("no name can be changed once it is defined", "give the difference a name of its own: rest = a - b"),
    "*=": ("no name can be changed once it is defined", "give the product a name of its own: scaled = a * b"),
    "/=": ("no name can be changed once it is defined", "give the ratio a name of its own: ratio = a / b"),
    "^=": ("no name can be changed once it is defined", "give the power a name of its own: square = a^2"),
    "%%": ("`%%` is not an operator here", "the remainder is `%`: a % b"),
    "%*%": ("`%*%` is not an operator here", "a product of matrices sums over a plate: dot[feature](x, beta)"),
    "@": ("`@` is not an operator here", "a product of matrices sums over a plate: dot[feature](x, beta)"),
    ".*": ("`.*` is not an operator here", "`*` multiplies member by member"),
    "%>%": ("`%>%` is not an operator here", "write the call: f(x); the steps of a layer are joined by `->`"),
    "|>": ("`|>` is not an operator here", "write the call: f(x); the steps of a layer are joined by `->`"),
    "=>": ("`=>` is not an operator here", "greater or equal is `>=`; the steps of a layer are joined by `->`"),
    "===": ("`===` is not an operator here", "equality is `==`"),
    "<>": ("`<>` is not an operator here", "inequality is `!=`"),
    "~~": ("`~~` is not an operator here", "a distribution follows one `~`: a ~ Normal(0, 1)"),
    "~=": ("`~=` is not an operator here", "a distribution follows `~`: a ~ Normal(0, 1); inequality is `!=`"),
    "=~": ("`=~` is not an operator here", "a distribution follows `~`: a ~ Normal(0, 1)"),
    "||": ("`||` is not an operator here", "write `or`"),
    "&&": ("`&&` is not an operator here", "write `and`"),
    "|": (
        "`|` is not an operator here",
        "arguments are separated by commas; `or` is a word; a group's own intercept is a[county]",
    ),
    "&": ("`&` is not an operator here", "write `and`"),
    "!": ("`!` is not an operator here", "write `not`"),
    "'": ("strings are written with double quotes", 'write "text"'),
    "`": ("names are written without quotes", 'remove the `; a string is written "text"'),
    ".": ("a name cannot contain a dot", "names are letters, digits and `_`; nothing has attributes or methods"),
    "..": ("there are no ranges", "a plate of 10 members is written: plate group = 10"),
    "$": ("`$` has no meaning here", "a column is named alone: y, not data$y"),
    "?": ("`?` has no meaning here", "a choice is written where(condition, a, b)"),
    "\\": ("`\\` has no meaning here", "a line goes on after an operator or inside brackets; division is `/`"),
}

# Characters that look like one of the language, with what to write in their place.
CHARACTERS: dict[str, str] = {
    **dict.fromkeys("“”„‟«»‘’‚‛‹›″′＂＇", '"'),
    **dict.fromkeys("−–—―‐‑‒﹣－", "-"),
    **dict.fromkeys("×·∙⋅∗•✕＊", "*"),
    **dict.fromkeys("÷∕⁄／", "/"),
    **dict.fromkeys("∼～˜﹏", "~"),
    **dict.fromkeys("→⟶⇒➔", "->"),
    **dict.fromkeys("←⟵", "="),
    **{
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "∧": "and",
        "∨": "or",
        "¬": "not",
        "√": "sqrt(x)",
        "＾": "^",
        "…": "..",
        "＋": "+",
    },
    **dict(zip("（）［］｛｝，；：＝＜＞＃％", "()[]{},;:=<>#%", strict=True)),
}
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(frozen=True, slots=True)
class Foreign:
    """Statements of other languages, by the words they begin with."""

    words: frozenset[str]
    message: str
    hint: str


_TYPES = """
    real int vector row_vector matrix array simplex ordered positive_ordered unit_vector cov_matrix corr_matrix
    cholesky_factor_corr cholesky_factor_cov float double complex let val auto stochastic random
"""
DECLARATIONS = Foreign(
    frozenset(_TYPES.split()),
    "names are not declared ahead of their use",
    "a latent is declared by its prior, `sigma ~ HalfNormal(1)`, a learned value by `param sigma : positive = 1`",
)
FOREIGN_STATEMENTS: tuple[Foreign, ...] = (
    Foreign(
        frozenset({"for", "while", "foreach", "repeat"}),
        "there are no loops",
        "a statement holds for every member of its plates: mu[group] ~ Normal(0, 1)",
    ),
    Foreign(
        frozenset({"if", "else", "elif", "switch", "match", "case"}),
        "there are no branches",
        "a choice between values is written where(condition, a, b)",
    ),
    Foreign(
        frozenset({"model", "parameters", "transformed", "generated", "functions", "program", "var"}),
        "the model is not written in sections",
        "write its statements at the top of the file: priors `a ~ D(..)`, likelihoods `observe y ~ D(..)`",
    ),
    DECLARATIONS,
    Foreign(
        frozenset({"import", "from", "using", "library", "require", "include", "source"}),
        "there is nothing to import",
        "all distributions and functions are there under their names",
    ),
    Foreign(
        frozenset({"def", "function", "func", "fun", "lambda", "return", "class", "begin", "end", "pass"}),
        "no functions are defined in a spec",
        "give the value a name: mean = a + b * x",
    ),
    Foreign(
        frozenset({"with"}),
        "`with` is not a statement here",
        "a block over a plate is written: plate house { .. }",
    ),
    Foreign(
        frozenset({"print", "cat", "assert", "plot"}),
        "a spec describes a model and does nothing else",
        "a quantity to be reported is written: derive ratio = a / b",
    ),
)
# Those of their words that also stand inside expressions.
INNER_WORDS = frozenset({"if", "else", "for", "lambda", "function"})
