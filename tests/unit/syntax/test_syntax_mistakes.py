"""Each mistake that people make comes back as one finding, at its place, with what to do."""

from __future__ import annotations

import pytest
from unit.syntax.canonical import CANONICAL

from bayesdsl.source import Source
from bayesdsl.syntax import mistakes
from bayesdsl.syntax.parser import MAX_FINDINGS, Parsed, parse
from bayesdsl.syntax.snippets import SNIPPETS
from bayesdsl.syntax.tokens import FOREIGN_SIGNS

# The text, what is marked in it, the message and, where it is not BD101, the code.
MISTAKES: tuple[tuple[str, ...], ...] = (
    ("real mu;", "real", "names are not declared ahead of their use"),
    ("real<lower=0> sigma;", "real", "names are not declared ahead of their use"),
    ("vector[N] beta;", "vector", "names are not declared ahead of their use"),
    ("int N", "int", "names are not declared ahead of their use"),
    ("vector[N] beta ~ Normal(0, 1)", "vector", "names are not declared ahead of their use"),
    ("model { mu ~ normal(0, 1); }", "model", "the model is not written in sections"),
    ("transformed parameters {\n real z = 3;\n}", "transformed", "the model is not written in sections"),
    ("data {\n int N;\n vector[N] y;\n}", "{", "`data` needs the name of its plate and a block of columns"),
    ("for (n in 1:N) { y[n] ~ normal(mu, sigma); }", "for", "there are no loops"),
    ("for (n in 1:N) y[n] ~ normal(mu, sigma);", "for", "there are no loops"),
    ("for i in range(3): x = 3", "for", "there are no loops"),
    ("target += normal_lpdf(y | mu, sigma);", "+=", "no name can be changed once it is defined"),
    (
        "y ~ normal(mu, sigma) T[0, ];",
        "[",
        "a distribution can be followed by a modifier, such as `noncentered`, and nothing else",
    ),
    (
        "y ~ Normal(mu, sigma) T(0, 1)",
        "(",
        "a distribution can be followed by a modifier, such as `noncentered`, and nothing else",
    ),
    ("y ~ normal(mu sigma)", "sigma", "a comma or an operator is missing before this"),
    ("a ~ Normal(0 1)", "1", "a comma or an operator is missing before this"),
    ("a ~ Normal(0; 1)", ";", "`;` separates statements, not arguments"),
    ("a ~ Normal(0, 1", "(", "this `(` is never closed", "BD103"),
    ("a ~ Normal 0, 1)", ")", "`)` closes nothing", "BD103"),
    ("a ~ Normal(0, 1))", ")", "`)` closes nothing", "BD103"),
    ("a ~ Normal{0, 1}", "{", "a block has no place here"),
    ("a ~ Normal(0, 1]", "]", "`]` does not match the bracket that is open", "BD103"),
    ("a[county ~ Normal(0, 1)", "[", "this `[` is never closed", "BD103"),
    ("a[county) ~ Normal(0, 1)", ")", "`)` does not match the bracket that is open", "BD103"),
    ("a ~ Normal(0,5; 1)", ";", "`;` separates statements, not arguments"),
    ("a = 0,5", "0,5", "decimals are written with a point, not with a comma"),
    ("a ~ 0,5", "0,5", "decimals are written with a point, not with a comma"),
    ("b = 2x", "x", "an operator is missing before this"),
    ("2x = 3", "2x", "a name cannot begin with a digit"),
    ("1st ~ Normal(0, 1)", "1st", "a name cannot begin with a digit"),
    ("x <- 3", "<-", "`<-` is not an operator here"),
    ("x[1] <- 3", "1", "plates are named, not numbered"),
    ("mean <- a + b * x", "<-", "`<-` is not an operator here"),
    ("y ~ x + (1 | county)", "|", "`|` is not an operator here"),
    ("a = c(1, 2) %*% b", "%*%", "`%*%` is not an operator here"),
    ("x = df$y", "$", "`$` has no meaning here"),
    ("my.var ~ Normal(0, 1)", ".", "a name cannot contain a dot"),
    ('x = pyro.sample("x", dist.Normal(0, 1))', ".", "a name cannot contain a dot"),
    ("import numpy as np", "import", "there is nothing to import"),
    ("from pyro import distributions", "from", "there is nothing to import"),
    ('with pyro.plate("n", 3):\n    x = 3', "with", "`with` is not a statement here"),
    ("def f(x):\n    return x + 1", "def", "no functions are defined in a spec"),
    ("x = lambda y: y", "lambda", "no functions are defined in a spec"),
    ("x = y if z else w", "if", "there are no branches"),
    ("x = [a for a in b]", "for", "there are no loops"),
    ("x = {1, 2}", "{", "braces hold statements, not values"),
    ("x = 'abc'", "'", "strings are written with double quotes"),
    ('x = "abc', '"abc', "this string is never closed", "BD104"),
    ('data p from "x.csv {\n a : real\n b : real\n}\nq = 3', '"x.csv {', "this string is never closed", "BD104"),
    ("data p from 'x.csv' { a : real }", "'", "strings are written with double quotes"),
    ("data p from “x.csv” { a : real }", "“", '`“` is not the `"` of the keyboard'),
    ("x = a − b", "−", "`−` is not the `-` of the keyboard"),
    ("x = a × b", "×", "`×` is not the `*` of the keyboard"),
    ("x = 2 · b", "·", "`·` is not the `*` of the keyboard"),
    ("x² = 3", "²", "a power is written with `^`"),
    ("y = x²", "²", "a power is written with `^`"),
    ("x = a ≤ b", "≤", "`≤` is not the `<=` of the keyboard"),
    ("x ∼ Normal(0, 1)", "∼", "`∼` is not the `~` of the keyboard"),
    ("x = a \\", "\\", "`\\` has no meaning here"),
    ("x == 3", "==", "a value is compared where it should be given"),
    ("x === 3", "===", "`===` is not an operator here"),
    ("x := 3", ":=", "`:=` is not an operator here"),
    ("x += 1", "+=", "no name can be changed once it is defined"),
    ("x = a ** 2", "**", "`**` is not an operator here"),
    ("x = a // b", "//", "`//` does not begin a comment"),
    ("// a comment", "//", "`//` does not begin a comment"),
    ("/* a\n comment */\na = 2", "/*", "`/*` does not begin a comment"),
    ('"""a docstring""" \na = 2', '"""', '`"""` does not begin a comment'),
    ("x = a && b", "&&", "`&&` is not an operator here"),
    ("x = !a", "!", "`!` is not an operator here"),
    ("x = a || b", "||", "`||` is not an operator here"),
    ("x = a and and b", "and", "two operators follow one another"),
    ("x = a and", "and", "an operator has nothing on its right"),
    ("x = not", "not", "an operator has nothing on its right"),
    ("not = 3", "not", "`not` is a word of the language and cannot be a name", "BD102"),
    ("and ~ Normal(0, 1)", "and", "`and` is a word of the language and cannot be a name", "BD102"),
    ("x = (a and) ", "and", "an operator has nothing on its right"),
    ("observe y = Normal(0, 1)", "=", "`observe` needs the name of data and, after `~`, its distribution"),
    ("observe y : real ~ Normal(0, 1)", ":", "`observe` takes no type: the data block says what `y` is"),
    ("observe y", "y", "`observe` needs the name of data and, after `~`, its distribution"),
    ("observe y ~", "~", "the right side of `~` is missing"),
    ("observe ~ Normal(0, 1)", "observe", "`observe` is a word of the language and cannot be a name", "BD102"),
    ("observe Normal(0, 1)", "(", "`observe` needs the name of data and, after `~`, its distribution"),
    ("observe log(y) ~ Normal(0, 1)", "(", "`observe` needs the name of data and, after `~`, its distribution"),
    ("observe y, z ~ Normal(0, 1)", ",", "`observe` needs the name of data and, after `~`, its distribution"),
    ("observe y ~ Normal(0, 1) noncentered", "noncentered", "a likelihood ends with its distribution"),
    ("observe = 3", "observe", "`observe` is a word of the language and cannot be a name", "BD102"),
    ('observe "y" ~ Normal(0, 1)', '"y"', "a name is written without quotes"),
    ("y ~", "~", "the right side of `~` is missing"),
    ("y ~ \n z ~ Normal(0, 1)", "~", "the right side of `~` is missing"),
    ("mean = a +\nb ~ Normal(0, 1)", "+", "an operator has nothing on its right"),
    ("mean =\nb ~ Normal(0, 1)", "=", "the right side of `=` is missing"),
    ("a ~ Normal(0, 1) b ~ Normal(0, 1)", "b", "two statements stand on one line"),
    ("a = 3 b = 4", "b", "two statements stand on one line"),
    ("a ~ Normal(0, 1) noncentered b = 3", "b", "two statements stand on one line"),
    ("a ~ Normal(0, 1),", ",", "a comma does not separate statements"),
    ("a ~ Normal(0, 1),\nb ~ Normal(0, 1)", ",", "a comma does not separate statements"),
    ("a, b, ~ Normal(0, 1)", "~", "a target is missing after the comma"),
    (", a ~ Normal(0, 1)", ",", "a statement begins with a name or a word of the language"),
    ("a b ~ Normal(0, 1)", "b", "two names follow one another"),
    ("a : positive = 3", "=", "a type has no place here: what follows `=` says it all"),
    ("a : positive", "a : positive", "a name with nothing but a type cannot stand here", "BD108"),
    ("const n : int = 3", ":", "`const` needs a name and a value"),
    ("const n", "n", "`const` needs a name and a value"),
    ("plate p : int = 3", ":", "a plate needs a name and either a size or a block"),
    ("plate p 20", "20", "a plate needs a name and either a size or a block"),
    ("plate = 20", "plate", "`plate` is a word of the language and cannot be a name", "BD102"),
    ("plate i in 1:10", "in", "a plate needs a name and either a size or a block"),
    ("plate i = 1:10", "1:10", "there are no ranges"),
    ("plate i = 1..10", "1..10", "there are no ranges"),
    ("derive x : real = 3", ":", "`derive` reports a value, which follows `=`"),
    ("derive x ~ Normal(0, 1)", "~", "`derive` reports a value, which follows `=`"),
    ("derive x", "x", "`derive` reports a value, which follows `=`"),
    ("param s ~ HalfNormal(1)", "~", "a `param` is not drawn from a distribution: it is learned"),
    ("param s : positive ~ HalfNormal(1)", "~", "a `param` is not drawn from a distribution: it is learned"),
    ("param positive s", "s", "two names follow one another"),
    ("param s = ", "=", "the right side of `=` is missing"),
    ("infer", "infer", "`infer` needs one engine"),
    ("infer nuts chains = 4", "chains", "`infer` needs one engine"),
    ("infer nuts 4", "4", "`infer` needs one engine"),
    ("infer quick : svi(steps = 3)", ":", "`infer` needs one engine"),
    ("infer nuts{chains = 4}", "{", "`infer` needs one engine"),
    ("infer nuts(chains = 4) warmup = 3", "warmup", "`infer` needs one engine"),
    ("infer nuts, svi", ",", "`infer` needs one engine"),
    ("infer a = b = c", "=", "`infer` needs one engine"),
    ("infer nuts(chains: 4)", ":", "an argument is named with `=`"),
    ("infer nuts(chains = 4 warmup = 3)", "warmup", "a comma or an operator is missing before this"),
    ("infer nuts(\n chains = 4\n warmup = 3\n)", "warmup", "a comma or an operator is missing before this"),
    ("infer nuts(chains = 4,\n warmup = )", "=", "the right side of `=` is missing"),
    ("infer nuts() svi()", "svi", "`infer` needs one engine"),
    ("guide q = svi", "=", "a guide needs a name and a block"),
    ("guide q", "q", "a guide needs a name and a block"),
    ("guide {\n a ~ Normal(0, 1)\n}", "{", "a guide needs a name and a block"),
    ("guide q() {\n a ~ Normal(0, 1)\n}", "(", "a guide needs a name and a block"),
    ("guide q {\n a ~ Normal(0, 1)\n\ninfer nuts()\nb = 3", "{", "this `{` is never closed", "BD103"),
    ("guide q {\na ~ Normal(0, 1)\ninfer nuts()", "{", "this `{` is never closed", "BD103"),
    (
        "guide q {\n plate p { observe y ~ Normal(0, 1) }\n}",
        "observe y ~ Normal(0, 1)",
        "`observe` cannot stand here",
        "BD108",
    ),
    ("layer f : a -> b = Linear(1, 2)", "a", "the plates that a layer maps are written in brackets"),
    ("layer f(x) = Linear(1, 2)", "(", "a layer needs a name and, after `=`, its pipeline"),
    ("layer f = Linear(1, 2) Tanh", "Tanh", "an arrow is missing between two steps of the pipeline"),
    ("layer f = Linear(1, 2) => Tanh", "=>", "`=>` is not an operator here"),
    ("layer f : [a] = Linear(1, 2)", "=", "a layer's plates are given for what goes in and for what comes out"),
    ("layer f = Linear(1, 2) -> ", "->", "an operator has nothing on its right"),
    ("layer f = -> Tanh", "=", "the right side of `=` is missing"),
    ("layer f Linear(1, 2)", "Linear", "a layer needs a name and, after `=`, its pipeline"),
    ("layer f = Linear(1, 2) {\n weight = 3\n}", "weight = 3", "a definition cannot stand here", "BD108"),
    ("unseen county", "county", "`unseen` needs a plate and what to do"),
    ("unseen county = redraw", "=", "`unseen` needs a plate and what to do"),
    ("unseen", "unseen", "`unseen` needs a plate and what to do"),
    ("where x > 3", "where x > 3", "`where` cannot stand here", "BD108"),
    ("missing drop", "missing drop", "`missing` cannot stand here", "BD108"),
    ("data p {\n y real\n}", "real", "a column is declared by its type"),
    ("data p {\n real y\n}", "y", "a column is declared by its type"),
    ("data p {\n y\n}", "y", "a column is declared by its type"),
    ("data p {\n y : real, x : real\n}", ",", "columns are not separated by commas"),
    ("data p {\n y : real x : real\n}", "x", "two statements stand on one line"),
    (
        "data p {\n y ~ Normal(0, 1)\n}",
        "~",
        "a data block describes columns; priors and likelihoods stand outside of it",
    ),
    ("data p {\n y : 3\n}", "3", "this is not a type", "BD107"),
    ("data p {\n y : real = \n x : real\n}", "=", "the right side of `=` is missing"),
    ('data p {\n y : "real"\n}', '"real"', "this is not a type", "BD107"),
    ("data p {\n where x > 3, z < 2\n}", ",", "`where` needs one condition"),
    (
        'data p from "x.csv" sep = ";" {\n y : real\n}',
        "sep",
        "`data` needs the name of its plate and a block of columns",
    ),
    ("data p from x.csv {\n y : real\n}", ".", "a name cannot contain a dot"),
    ('data p "x.csv" {\n y : real\n}', '"x.csv"', "`data` needs the name of its plate and a block of columns"),
    ('data p = "x.csv"', "=", "`data` needs the name of its plate and a block of columns"),
    ("data p", "p", "`data` needs the name of its plate and a block of columns"),
    ('data "x.csv" {\n y : real\n}', '"x.csv"', "`data` needs the name of its plate and a block of columns"),
    ('data p from "x.csv"', '"x.csv"', "`data` needs the name of its plate and a block of columns"),
    ('data p from "x.csv" (sep ";") { y : real }', '";"', "a comma or an operator is missing before this"),
    ("data = 3", "data", "`data` is a word of the language and cannot be a name", "BD102"),
    ("data data { y : real }", "data", "`data` is a word of the language and cannot be a name", "BD102"),
    ("a[1] ~ Normal(0, 1)", "1", "plates are named, not numbered"),
    ("a[] ~ Normal(0, 1)", "]", "the index is empty"),
    ("a[1:3] ~ Normal(0, 1)", "1", "plates are named, not numbered"),
    ("x = a[1:3]", ":", "there are no slices"),
    ("x = a[:, 1]", ":", "there are no slices"),
    ("a[i in county] ~ Normal(0, 1)", "in", "a plate is named here, and nothing more"),
    ("a(county) ~ Normal(0, 1)", "(", "a call cannot stand on the left"),
    ("a[county][x] ~ Normal(0, 1)", "[", "all plates stand in one pair of brackets"),
    ("a + b = 3", "+", "the left side is one name, not a formula"),
    ("a < 3", "<", "the left side is one name, not a formula"),
    ("a -> b", "->", "the left side is one name, not a formula"),
    ("-a = 3", "-", "a statement begins with a name or a word of the language"),
    ("3 = a", "3", "a statement begins with a name or a word of the language"),
    ('"a" = 3', '"a"', "a name is written without quotes"),
    ("(a) = 3", "(", "a statement begins with a name or a word of the language"),
    ("a = b = c", "=", "a definition has one `=`"),
    ("a = b ~ Normal(0, 1)", "~", "either a value or a distribution, not both"),
    ("a ~ Normal(0, 1) = 3", "=", "either a value or a distribution, not both"),
    ("a =", "=", "the right side of `=` is missing"),
    ("a = = 3", "=", "the right side of `=` is missing"),
    ("a ~ ~ Normal(0, 1)", "~", "the right side of `~` is missing"),
    ("a ~= 3", "~=", "`~=` is not an operator here"),
    ("a =~ Normal(0, 1)", "=~", "`=~` is not an operator here"),
    ("x = a + * b", "*", "two operators follow one another"),
    ("x = a b", "b", "an operator is missing before this"),
    ("x = f(a b)", "b", "a comma or an operator is missing before this"),
    ("x = (a b)", "b", "a comma or an operator is missing before this"),
    ("x = [1 2 3]", "2", "a comma or an operator is missing before this"),
    ("x = [1,, 2]", ",", "an argument is missing"),
    ("x = (,1)", ",", "an argument is missing"),
    ("x = ()", ")", "nothing stands between the brackets"),
    ("x = (1,)", ",", "a value is missing after the comma"),
    ("x = f(a)(b)", "(b)", "a call cannot stand here", "BD108"),
    ("x = 3(a)", "(a)", "a call cannot stand here", "BD108"),
    ("x = (a)(b)", "(b)", "a call cannot stand here", "BD108"),
    ("x = a ? b : c", "?", "`?` has no meaning here"),
    ("x = a < b < c", "<", "comparisons do not chain"),
    ("x = a @ b", "@", "`@` is not an operator here"),
    ("print(x)", "print", "a spec describes a model and does nothing else"),
    ("return x", "return", "no functions are defined in a spec"),
    ("f(x)", "(", "a call cannot stand on the left"),
    ("a", "a", "a name that stands alone says nothing"),
    ("a[p]", "]", "a name that stands alone says nothing"),
    ("if (x > 3) { y = 2 }", "if", "there are no branches"),
    ("a {", "{", "this `{` is never closed", "BD103"),
    ("a }", "}", "`}` closes nothing", "BD103"),
    ("a { b }", "{", "a block has no place here"),
    ("}", "}", "`}` closes nothing", "BD103"),
    (")", ")", "`)` closes nothing", "BD103"),
    ("x = a of b", "of", "`of` names the plate of a minibatch"),
    ("x = 0x1F", "0x1F", "this is not a number"),
    ("x = 1e", "1e", "this is not a number"),
    ("x = 1.2.3", "1.2.3", "this is not a number"),
    ("x = 5%", "%", "an operator has nothing on its right"),
    ("x = $", "$", "`$` has no meaning here"),
    ("x = a b c d e f", "b", "an operator is missing before this"),
    ("a ~ Normal(mu = 0, sigma 1)", "1", "a comma or an operator is missing before this"),
    ("a ~ Normal(mu: 0)", ":", "an argument is named with `=`"),
    ("a ~ Normal(mu := 0)", ":=", "`:=` is not an operator here"),
    ("a ~ Normal(0, 1) # fine\nb ~ (", "(", "this `(` is never closed", "BD103"),
    ("sum[county(x) = 3", "[", "this `[` is never closed", "BD103"),
    ("x = sum[3](y)", "3", "this cannot stand here", "BD108"),
    ("x = sum[](y)", "]", "the index is empty"),
    ("x = f[a = 2](y)", "a = 2", "this cannot stand here", "BD108"),
    ("a ~ Normal(0,\n b ~ Normal(0, 1)\nc = 3", "(", "this `(` is never closed", "BD103"),
    ('x = "a" "b"', '"b"', "an operator is missing before this"),
    ("x = f(", "(", "this `(` is never closed", "BD103"),
    ("x = ((((a)", "(", "this `(` is never closed", "BD103"),
    ("x = a))))", ")", "`)` closes nothing", "BD103"),
    ("x = f(a, (b, c)", "(", "this `(` is never closed", "BD103"),
    ("a ~ N(0, 1) )( b", ")", "`)` closes nothing", "BD103"),
    ("x = (a; b)", ";", "`;` separates statements, not arguments"),
    ("guide q { a : AutoDelta(\n b : AutoNormal }", "(", "this `(` is never closed", "BD103"),
    ("guide q { a[p] : AutoDelta }", "a[p]", "an index cannot stand here", "BD108"),
    ("\u200bx = 3", "\u200b", "an invisible character (U+200B) has no meaning here"),
    ("x = 3 ; ; y = ; z = 4", "=", "the right side of `=` is missing"),
)

# Mistakes with what is written instead.
HINTS = (
    ("x = a ** 2", "x^2"),
    ("x = a && b", "write `and`"),
    ("x = a || b", "write `or`"),
    ("x = !a", "write `not`"),
    ("x <- 3", "`=`"),
    ("x = a × b", "write *"),
    ("x = a − b", "write -"),
    ("data p from “x.csv” { a : real }", 'write "'),
    ("a = 0,5", "write 0.5"),
    ("a = 12,75 + 3", "write 12.75"),
    ("y = x²", "write x^2"),
    ("y = x³ + 1", "write x^3"),
    ("a ~ Normal(mu sigma)", "`mu, sigma`"),
    ("infer nuts(chains 4)", "`chains = 4`"),
    ("y = 2 x", "2 * x"),
    ("1st ~ Normal(0, 1)", "x1st"),
    ("a ~ Normal(0, 1", "`)`"),
    ("a Normal(0, 1)", "a ~ Normal(..)"),
    ("observe y Normal(0, 1)", "y ~ Normal(..)"),
    ("x = 7 // 2", "division is `/`"),
    ("observe y = Normal(0, 1)", "observe y ~ Normal"),
    ("param s ~ HalfNormal(1)", "sigma ~ HalfNormal(1)"),
    ("data p { real y }", "y : real"),
    ("x = a ? b : c", "where(condition, a, b)"),
    ("plate i = 1:10", "plate group = 10"),
)


def parsed(text: str) -> Parsed:
    return parse(Source("test.bayes", text))


def marked(result: Parsed) -> list[str]:
    source = result.spec.source
    return [source.slice(finding.primary.span) for finding in result.diagnostics]


def lines(result: Parsed) -> list[tuple[int, str]]:
    """The findings by line."""
    position = result.spec.source.position
    return [(position(finding.primary.span.start)[0], finding.message) for finding in result.diagnostics]


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row[0])
def test_a_mistake_is_one_finding_at_its_place(row: tuple[str, ...]):
    text, place, message, *code = row
    result = parsed(text)
    assert [finding.message for finding in result.diagnostics] == [message]
    assert marked(result) == [place]
    assert [finding.code for finding in result.diagnostics] == (code or ["BD101"])


@pytest.mark.parametrize(("text", "hint"), HINTS)
def test_the_hint_says_what_to_write(text: str, hint: str):
    (finding,) = parsed(text).diagnostics
    assert finding.hint is not None
    assert hint in finding.hint


@pytest.mark.parametrize("row", MISTAKES, ids=lambda row: row[0])
def test_a_mistake_leaves_the_statements_around_it_alone(row: tuple[str, ...]):
    text = row[0]
    before = 'data t from "t.csv" {\n    y : real\n}\nalpha ~ Normal(0, 1)\n'
    after = "\nomega ~ Normal(alpha, 1)\nguide last {\n    alpha : AutoDelta\n}\n"
    alone = parsed(text)
    result = parsed(before + text + after)
    if "is never closed" in row[2] and row[1] == "{":
        # What follows may be meant to stand in the block; nothing is said of it.
        assert [finding.message for finding in result.diagnostics] == [row[2]]
    elif text.rstrip().endswith(",") or text.startswith(("-", "and")):
        # A comma at the end takes the next line along, an operator at the beginning the one before.
        assert len(result.diagnostics) == 1
    else:
        assert [finding.message for finding in result.diagnostics] == [row[2]]
        assert result.spec.statements[:2] == parsed(before).spec.statements
        assert result.spec.statements[-2:] == parsed(after).spec.statements
        assert result.spec.statements[2:-2] == alone.spec.statements


@pytest.mark.parametrize(
    ("snippet", "example"),
    [(snippet, example) for snippet in SNIPPETS for example in snippet.examples],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_example_of_a_snippet_is_explained_by_it(snippet, example: str):
    (finding,) = parsed(example).diagnostics
    assert (finding.message, finding.hint) == (snippet.message, snippet.hint)


def test_messages_of_snippets_are_different():
    messages = [snippet.message for snippet in SNIPPETS]
    assert len(messages) == len(set(messages))


@pytest.mark.parametrize("sign", [*sorted(mistakes.SIGNS.keys() - {"<-"}), *mistakes.CHARACTERS])
def test_every_foreign_sign_is_explained(sign: str):
    (finding,) = parsed(f"x = a {sign} b").diagnostics
    assert finding.code == "BD101"
    assert finding.hint
    assert f"`{sign}`" in finding.message or sign in "+=-=*=/=^='`...\""


def test_an_arrow_to_the_left_is_a_comparison_where_that_fits():
    assert parsed("x = a <-b").diagnostics == ()


def test_every_sign_that_is_read_as_one_has_a_row():
    assert set(FOREIGN_SIGNS) <= set(mistakes.SIGNS)


@pytest.mark.parametrize("word", sorted({word for row in mistakes.FOREIGN_STATEMENTS for word in row.words} - {"from"}))
def test_words_of_other_languages_can_be_names(word: str):
    assert parsed(f"{word} ~ Normal(0, 1)\n{word}[p] = 2\nb = {word} + 1").diagnostics == ()


# Several mistakes


def test_all_mistakes_of_a_file_are_reported_in_order():
    text = """\
data house from "radon.csv" {
    county : category
    floor real
    log_radon : real
}
a[county ~ Normal(0, 1)
b ~ Normal(0 1)
mean = a[county] + b * * floor
sigma ~ HalfNormal(1)
observe log_radon = Normal(mean, sigma)
guide q {
    a ~ Normal(
    observe b ~ Normal(0, 1)
    b ~ ~ Normal(0, 1)
}
infer nuts(chains: 4)
"""
    assert lines(parsed(text)) == [
        (3, "a column is declared by its type"),
        (6, "this `[` is never closed"),
        (7, "a comma or an operator is missing before this"),
        (8, "two operators follow one another"),
        (10, "`observe` needs the name of data and, after `~`, its distribution"),
        (12, "this `(` is never closed"),
        (13, "`observe` cannot stand here"),
        (14, "the right side of `~` is missing"),
        (16, "an argument is named with `=`"),
    ]


def test_a_model_of_another_language_is_not_picked_to_pieces():
    text = """\
data {
  int<lower=0> N;
  vector[N] y;
}
parameters {
  real mu;
  real<lower=0> sigma;
}
model {
  for (n in 1:N) {
    y[n] ~ normal(mu, sigma); // the likelihood
  }
}
"""
    assert lines(parsed(text)) == [
        (1, "`data` needs the name of its plate and a block of columns"),
        (5, "the model is not written in sections"),
        (9, "the model is not written in sections"),
        (11, "`//` does not begin a comment"),
    ]


def test_remarks_of_another_language_are_one_finding():
    (finding,) = parsed("a ~ D(1) // one\nb ~ D(1) // two\n// three\n").diagnostics
    assert finding.notes == ("2 more of them follow",)
    assert len(parsed("a ~ D(1) // one\nb ~ D(1) // two\n").spec.statements) == 2


def test_no_more_than_so_many_mistakes_are_reported_and_sound_statements_are_still_read():
    result = parsed("a ~ ~ b\n" * 50 + "c ~ Normal(0, 1)\n")
    assert [line for line, _ in lines(result)] == list(range(1, MAX_FINDINGS + 1))
    assert len(result.spec.statements) == 1


@pytest.mark.parametrize("name", CANONICAL)
def test_without_one_of_its_lines_a_spec_has_a_finding_or_two_about_that_alone(name: str):
    text = CANONICAL[name].splitlines()
    for i, line in enumerate(text):
        if line.startswith("#"):
            continue
        found = parsed("\n".join(text[:i] + text[i + 1 :])).diagnostics
        # The first line of a block leaves its columns or sites to stand where they do not belong.
        assert len(found) <= 1 or line.endswith("{")


# Names in what could not be read


def test_names_in_broken_statements_are_kept():
    result = parsed('a ~ ~ Normal(0, c)\nb ~ Normal(0, 1)\ndata p from "file { y : real }\nx = d // e\nconst n ~ 3\n')
    assert {"a", "c", "p", "y", "n"} <= result.broken_names
    assert not {"b", "x", "d"} & result.broken_names


def test_names_in_statements_that_do_not_belong_are_kept():
    result = parsed("guide q { observe y ~ Normal(mu, 1) }")
    assert {"y", "mu"} <= result.broken_names
    assert len(result.spec.statements) == 1


def test_a_word_of_the_language_as_a_name_is_reported_once_and_declared():
    result = parsed("a, data ~ Normal(0, 1)\nb = data + 1\nc = data\n")
    assert [finding.code for finding in result.diagnostics] == ["BD102"]
    assert len(result.spec.statements) == 3


@pytest.mark.parametrize(
    "text",
    [
        "b = where(a > 1, a, 0)",
        "infer svi(guide = q, plate = p, data = d, from = 3)",
        "b = f(of = 3)",
        "b = data + plate",
    ],
)
def test_words_of_the_language_are_names_where_no_statement_can_begin(text: str):
    assert parsed(text).diagnostics == ()


# Blocks without one of their braces


def test_a_block_ends_where_its_lines_are_no_longer_indented():
    result = parsed('data p from "x.csv" {\n    y : real\n    x : real\n\na ~ Normal(0, 1)\nobserve y ~ Normal(a, 1)\n')
    assert lines(result) == [(1, "this `{` is never closed")]
    assert len(result.spec.statements) == 2
    assert {"p", "x", "y"} <= result.broken_names


def test_columns_without_an_opening_brace_are_no_statements():
    result = parsed('data p from "x.csv"\n    y : real\n    x : real = log(z)\n}\na ~ Normal(0, 1)\n')
    assert lines(result) == [(1, "the `{` of this block is missing")]
    assert len(result.spec.statements) == 1


def test_a_block_that_was_closed_too_early_is_one_finding():
    result = parsed(
        "guide q {\n    a ~ Normal(0, 1)\n    }\n    b : AutoDelta\n    c : AutoDelta\n}\nd ~ Normal(0, 1)\n"
    )
    assert lines(result) == [(3, "this `}` closes the block, which seems to go on")]
    assert len(result.spec.statements) == 1


def test_an_unclosed_bracket_ends_before_the_next_statement():
    result = parsed("a ~ Normal(0, 1\nb ~ Normal(0, 1)\nc = f(b,\nd = 3\nplate p = [1, 2\ninfer nuts()\n")
    assert [line for line, _ in lines(result)] == [1, 3, 5]
    assert len(result.spec.statements) == 2


def test_arguments_on_lines_of_their_own_are_no_statements():
    text = "infer svi(\n    guide = q,\n    optim = Adam(\nlr = 0.1),\nsteps = 10\n)"
    assert parsed(text).diagnostics == ()
