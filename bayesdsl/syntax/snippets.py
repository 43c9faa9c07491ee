"""A table of broken snippets, and what is wrong with them.

The parser knows only which token it stumbled on. A snippet that stops it in the same state and at the same kind of
token as the user's text has the same cause; an earlier snippet goes before a later one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Snippet:
    """A mistake, told by examples that make it. Each is one statement."""

    message: str
    hint: str
    examples: tuple[str, ...]


SNIPPETS: tuple[Snippet, ...] = (
    Snippet(
        "`observe` needs the name of data and, after `~`, its distribution",
        "write: observe y ~ Normal(mu, sigma)",
        (
            "observe y = 1",
            "observe y",
            "observe y[p]",
            "observe",
            "observe y, z ~ D(1)",
            "observe f(x) ~ D(1)",
            "observe y z",
        ),
    ),
    Snippet(
        "`observe` takes no type: the data block says what `y` is",
        "write: observe y ~ Normal(mu, sigma)",
        ("observe y : real ~ D(1)",),
    ),
    Snippet(
        "a name that stands alone says nothing",
        "give it a prior, `name ~ Normal(0, 1)`, or a value, `name = 1`",
        ("a", "a, b", "a[p]"),
    ),
    Snippet(
        "two names follow one another",
        "several are separated by commas: a, b ~ Normal(0, 1)",
        (
            "a b",
            "a b ~ D(1)",
            "a b = 1",
            "a, b c ~ D(1)",
            "a, b, c d ~ D(1)",
            "a[p] b",
            "param a b",
            "a, b[p] c ~ D(1)",
        ),
    ),
    Snippet(
        "a name is written without quotes",
        "write the name alone; quotes are for files and labels",
        (
            *('"a" ~ D(1)', 'observe "a" ~ D(1)', 'param "a" = 1', 'derive "a" = 1', 'const "a" = 1', 'plate "a" = 1'),
            *(
                'guide "a" {}',
                'layer "a" = b',
                'a, "b" ~ D(1)',
                'unseen "a"',
                'a[p, "b"] ~ D(1)',
                'data p { "a" : real }',
            ),
        ),
    ),
    Snippet(
        "a target is missing after the comma",
        "remove the comma or write another name",
        (
            *("a, ~ D(1)", "a, = 1", "a,", "a, : real", "a, b, ~ D(1)", "a, b, = 1", "a, b,", "a, b, : real"),
            *("param a, : real", "param a, = 1", "param a,", "derive a, = 1"),
        ),
    ),
    Snippet(
        "`data` needs the name of its plate and a block of columns",
        'write: data house from "radon.csv" { y : real }',
        (
            *("data", "data x", 'data x from "a.csv"', 'data "a.csv" {}', "data x from {}", "data {}", "data x = 1"),
            *('data x "a.csv" {}', "data x from y {}", 'data x("a.csv")', "data x : y", 'data x from = "a"'),
            *('data x from "a.csv" sep = 1 {}', "data x y {}", 'data x y from "a.csv" {}', 'data from x "a.csv" {}'),
            *('data x from "a.csv" "b.csv" {}', 'data x from "a.csv" y', 'data x from "a.csv" (b = 1)', "data x y"),
        ),
    ),
    Snippet(
        "a column is declared by its type",
        "write: y : real, or with a value: y : real = log(x)",
        ("data p { a }", "data p { a b }", "data p { a 1 }", "data p { a[q] }", "data p { a(b) }"),
    ),
    Snippet(
        "columns are not separated by commas",
        "put each on a line of its own, or a `;` between them",
        ("data p { a : real, b : real }", "data p { a = 1, b = 2 }", "data p { a, b : real }"),
    ),
    Snippet(
        "a data block describes columns; priors and likelihoods stand outside of it",
        "write the type here, y : real, and after the block: observe y ~ Normal(mu, sigma)",
        ("data p { a ~ D(1) }", "data p { a : real ~ D(1) }"),
    ),
    Snippet(
        "a plate needs a name and either a size or a block",
        'write: plate group = 20, plate group = ["a", "b"], or a block: plate house { .. }',
        (
            "plate",
            "plate {}",
            "plate 20",
            "plate p",
            "plate p, q",
            "plate p 20",
            "plate p : 20",
            "plate p(20)",
            "plate p q",
            "plate p ~ D(1)",
        ),
    ),
    Snippet(
        "`const` needs a name and a value",
        "write: const n = 12",
        ("const", "const a", "const a b", "const 1", "const a : int = 1", "const a ~ D(1)", "const a, b = 1"),
    ),
    Snippet(
        "a `param` is not drawn from a distribution: it is learned",
        "write: param sigma : positive = 1, or, for a prior: sigma ~ HalfNormal(1)",
        ("param a ~ D(1)", "param a : real ~ D(1)"),
    ),
    Snippet(
        "`param` needs a name",
        "write: param sigma : positive = 1",
        ("param", "param 1", "param a 1", "param (a)"),
    ),
    Snippet(
        "`where` needs one condition",
        "write: where present(income) and income > 0",
        (
            "data p { where }",
            "data p { where a, b }",
            "data p { where a b }",
            "data p { where a = 1 }",
            "data p { where a ~ b }",
        ),
    ),
    Snippet(
        "`missing` needs what to do",
        "write: missing drop, or: missing error",
        (
            "data p { missing }",
            "data p { missing a b }",
            "data p { missing a, b }",
            "data p { missing (a) }",
            "data p { missing 1 }",
        ),
    ),
    Snippet(
        "`derive` reports a value, which follows `=`",
        "write: derive ratio = a / b",
        ("derive", "derive a", "derive a ~ D(1)", "derive a : real", "derive a b", "derive 1"),
    ),
    Snippet(
        "the type is missing after `:`",
        "write one: real, positive, unit, count, binary, category",
        ("data p { a : }", "data p { a : = 1 }", "param a : = 1", "param a :", "a : ~ D(1)", "a :", "a : = 1"),
    ),
    Snippet(
        "a type has no place here: what follows `=` says it all",
        "write: name = 1, or for a value that is learned: param name : positive = 1",
        ("a : real = 1", "a : interval(0, 1) = 1"),
    ),
    Snippet(
        "plates are named, not numbered",
        "name the plates on the left: a[county]",
        (
            "a[1] ~ D(1)",
            "data p { a[1] = 2 }",
            "data p { a[1] : real }",
            "a[1, 2] ~ D(1)",
            "a[p, 1] ~ D(1)",
            "observe a[1] ~ D(1)",
            'a["x"] ~ D(1)',
            "a[-1] ~ D(1)",
        ),
    ),
    Snippet(
        "a plate is named here, and nothing more",
        "write the plate's name alone: a[county]",
        (
            "a[p q] ~ D(1)",
            "a[p = q] ~ D(1)",
            "a[p + q] ~ D(1)",
            "a[f(p)] ~ D(1)",
            "a[p[q]] ~ D(1)",
            "a[p or q] ~ D(1)",
            "a[p and q] ~ D(1)",
            "a[p, ] ~ D(1)",
        ),
    ),
    Snippet(
        "all plates stand in one pair of brackets",
        "write: a[county, year]",
        (
            "a[p][q] ~ D(1)",
            "observe a[p][q] ~ D(1)",
            "param a[p][q] = 1",
            "data p { a[p][q] : real }",
            "a, b[p][q] ~ D(1)",
        ),
    ),
    Snippet(
        "comparisons do not chain",
        "join two with `and`: a < b and b < c",
        ("b = a < c < d", "data p { where a < c < d }"),
    ),
    Snippet(
        "`infer` needs one engine",
        "write: infer nuts(chains = 4), or infer quick = svi(steps = 2000)",
        (
            *(
                "infer",
                "infer =",
                "infer a =",
                "infer a b",
                "infer a : b",
                "infer a ~ b",
                "infer a, b",
                "infer a = b = c",
            ),
            *(
                "infer a 4",
                "infer a b = 4",
                "infer a = b c",
                "infer a(b = 1) c = 2",
                "infer a(b = 1) c",
                "infer f(x) = 3",
            ),
            *("infer a {}", "infer a() {}", "infer a = b {}", "infer a(b = 1), c = 2"),
        ),
    ),
    Snippet(
        "`unseen` needs a plate and what to do",
        "write: unseen county redraw, or: unseen county error",
        ("unseen", "unseen a", "unseen a = b", "unseen a : b", "unseen a b c", "unseen a(b)", "unseen a ~ b"),
    ),
    Snippet(
        "a guide needs a name and a block",
        "write: guide q { a ~ Normal(m, s) }, or: guide q { a : AutoNormal }",
        ("guide", "guide a", "guide {}", "guide a = b", "guide a : b", "guide a() {}", "guide a ~ b", "guide a b"),
    ),
    Snippet(
        "a layer needs a name and, after `=`, its pipeline",
        "write: layer f = Linear(1, 10) -> Tanh -> Linear(10, 1)",
        (
            "layer",
            "layer a",
            "layer {}",
            "layer a {}",
            "layer a(x) = b",
            "layer a ~ b",
            "layer a b",
            "layer a -> b",
            "layer a[p] = b",
        ),
    ),
    Snippet(
        "the plates that a layer maps are written in brackets",
        "write: layer f : [feature] -> [hidden] = ..",
        (
            "layer a : b -> c = d",
            "layer a : [b] -> c = d",
            "layer a : 1 -> 2 = d",
            "layer a : = d",
            "layer a : [b] -> 1 = d",
        ),
    ),
    Snippet(
        "a layer's plates are given for what goes in and for what comes out",
        "write: layer f : [feature] -> [hidden] = ..",
        ("layer a : [b] = c", "layer a : [b], [c] = d", "layer a : [b]", "layer a : [b] {}"),
    ),
    Snippet(
        "an arrow is missing between two steps of the pipeline",
        "write: Linear(1, 10) -> Tanh",
        ("layer f = a b", "layer f = a(1) b", "layer f = a(1) b(2)", "layer f = (a) b"),
    ),
    Snippet(
        "a call cannot stand on the left",
        "write a name there: a ~ Normal(0, 1), or mean = a + b * x",
        (
            *("f(x) = 3", "f(x) ~ D(1)", "f(x)", "a, f(x) ~ D(1)", "param f(x) = 1", "derive f(x) = 1"),
            *("const f(x) = 1", "a, b, f(x) ~ D(1)"),
        ),
    ),
    Snippet(
        "a value is compared where it should be given",
        "a definition is written with one `=`: mean = a + b",
        ("a == 1", "a[p] == 1", "derive a == 1", "const a == 1", "param a == 1", "plate p == 1", "param a : real == 1"),
    ),
    Snippet(
        "the left side is one name, not a formula",
        "write a name there: y = a + b; a density of a formula needs a name for it first",
        (
            *("a + b = 1", "a - b ~ D(1)", "a * b = 1", "a ^ 2 ~ D(1)", "a < b", "a > b", "a -> b"),
            *("a[p] + b = 1", "a[p] * b = 1", "a[p] ^ b = 1", "a, b + c ~ D(1)", "observe a + b ~ D(1)"),
            *("observe a - b ~ D(1)", "observe a * b ~ D(1)", "observe a ^ 2 ~ D(1)", "a[p] < b", "a[p] -> b"),
            *("data p { a + b = 1 }", "data p { a - b = 1 }", "data p { a * b = 1 }", "data p { a < b }"),
        ),
    ),
    Snippet(
        "`of` names the plate of a minibatch",
        "write: svi(batch = 256 of image)",
        (
            "b = a of b",
            "b = f(256 of)",
            "b = f(a = 256 of)",
            "b = f(a = 256 of 3)",
            "a ~ b of c",
            "infer a(b = 1 of)",
            "infer a = b(c = 1 of)",
            "infer a = b of c",
        ),
    ),
    Snippet(
        "a distribution can be followed by a modifier, such as `noncentered`, and nothing else",
        "put what follows on a line of its own",
        ("a ~ D(1) 2", "a ~ D(1) c(1)", 'a ~ D(1) "b"', "a ~ D(1) c[1]", "a ~ D(1) c, d"),
    ),
    Snippet(
        "a comma does not separate statements",
        "remove it; each statement stands on a line of its own",
        ("a ~ D(1), b", "observe a ~ D(1), b", "unseen a b, c d"),
    ),
    Snippet(
        "a likelihood ends with its distribution",
        "put what follows on a line of its own",
        ("observe a ~ D(1) b", "observe a ~ D(1) 2"),
    ),
    Snippet(
        "a definition ends with its value",
        "put what follows on a line of its own; to define several names, give each its line",
        ("a = 1, b = 2", "a = b, c", "derive a = 1, b", "const a = 1, 2", "param a = 1, b", "plate p = 1, q = 2"),
    ),
    Snippet(
        "a definition has one `=`",
        "compare with `==`, or give each name its line",
        ("a = b = c", "a = b[1] = c", "a = 2 = c", "derive a = b = c", "const a = b = c", "param a = b = c"),
    ),
    Snippet(
        "either a value or a distribution, not both",
        "a prior is written `a ~ Normal(0, 1)`, a definition `a = b + c`",
        ("a = b ~ D(1)", "a = b(1) ~ D(1)", "a = 2 ~ D(1)", "a ~ D(1) = 2", "a ~ b = 2", "derive a = b ~ D(1)"),
    ),
    Snippet(
        "a block has no place here",
        "blocks follow `data`, `plate`, `guide` and `layer`",
        (
            "a {}",
            "a, b {}",
            "a[p] {}",
            "a = b {}",
            "a = 1 {}",
            "a ~ b {}",
            "a ~ D(1) {}",
            "observe a {}",
            "a ~ D(1) b {}",
            "observe a ~ D(1) {}",
        ),
    ),
    Snippet(
        "braces hold statements, not values",
        "a list is written [1, 2]",
        (
            *("a = {}", "a ~ {}", "derive a = {}", "const a = {}", "param a = {}", "plate p = {}", "data p { a = {} }"),
            *("observe a ~ {}", "infer {}", "infer a = {}", "layer f = {}"),
        ),
    ),
    Snippet(
        "a statement begins with a name or a word of the language",
        "such as: a ~ Normal(0, 1), mean = a + b * x, observe y ~ Normal(mean, 1)",
        ("1", "(a)", "[a]", "+ a", "* a", "~ a", "= a", ": a", ", a", "-> a", "== a", "^ a", "not a", "and a", "or a"),
    ),
)
