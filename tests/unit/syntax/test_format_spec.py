"""The formatter: what it changes, and what it leaves alone."""

from __future__ import annotations

import pytest
from unit.syntax.canonical import CANONICAL, as_first_written

from bayesdsl.source import Source
from bayesdsl.syntax.format import WIDTH, format_spec
from bayesdsl.syntax.parser import parse


def tidy(text: str) -> str:
    """A spec laid out, its meaning and its comments held against what they were."""
    before = parse(Source("untidy.bayes", text))
    assert before.diagnostics == ()
    result = format_spec(before.spec)
    after = parse(Source("tidy.bayes", result))
    assert after.diagnostics == ()
    assert after.spec == before.spec
    assert [comment.text for comment in after.spec.comments] == [comment.text for comment in before.spec.comments]
    assert format_spec(after.spec) == result
    return result


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_specs_are_in_the_standard_layout(name: str):
    assert tidy(CANONICAL[name]) == CANONICAL[name]


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_specs_as_first_written_differ_in_padding_alone(name: str):
    assert tidy(as_first_written(name)) == CANONICAL[name]


# By what it is about: a spec, and the same in the standard layout.
CASES: dict[str, tuple[str, str]] = {
    "spaces": ("a~Normal( 0,-1 )\nb   =  2*a^-x-(c+ d) /e\n", "a ~ Normal(0, -1)\nb = 2 * a^-x - (c + d) / e\n"),
    "nothing": ("", ""),
    "blank lines alone": ("\n\n  \n", ""),
    "a comment alone": ("\n\n# why  \n\n", "# why\n"),
    "no newline at the end": ("a ~ D(1)", "a ~ D(1)\n"),
    "windows line ends": ("a ~ D(1)\r\n\r\n# c\r\nb ~ D(1)  # d\r\n", "a ~ D(1)\n\n# c\nb ~ D(1)  # d\n"),
    "tabs": ("plate p {\n\ta ~ D(1)\n}\n", "plate p {\n    a ~ D(1)\n}\n"),
    "numbers": ("a = [1e-3, 10_000, .50, 3., 1E+2, 007]\n", "a = [1e-3, 10_000, .50, 3., 1E+2, 007]\n"),
    "strings": ('a = f("\\"q\\" # \\\\ , x",  "é")\n', 'a = f("\\"q\\" # \\\\ , x", "é")\n'),
    "brackets of the user": ("a = ((b)) + (c * d)\n", "a = ((b)) + (c * d)\n"),
    "signs": ("a = - - b + -c^- d - (-e)\nf = not - g\n", "a = --b + -c^-d - (-e)\nf = not -g\n"),
    "words": ("a = not(b and c)or d\n", "a = not (b and c) or d\n"),
    "calls and indices": ('a = dot [ p , q ] (b , c) [d = "x"]\n', 'a = dot[p, q](b, c)[d = "x"]\n'),
    "lists and tuples": ("a = [ ] ; b = [1,2 , ]; c = (1,(2))\n", "a = []\nb = [1, 2]\nc = (1, (2))\n"),
    "of": ("infer svi(batch=256  of image)\n", "infer svi(batch = 256 of image)\n"),
    "a word as the name of a function": (
        "b = where (c, 1, 2)\ninfer svi(guide=q)\n",
        "b = where(c, 1, 2)\ninfer svi(guide = q)\n",
    ),
    "a word and a bracket": ("data d { where(a>0)and b }\n", "data d { where (a > 0) and b }\n"),
    "options of a source": ('data d from "f.csv"(sep=";"){}\n', 'data d from "f.csv" (sep = ";") {}\n'),
    "a layer": ("layer f:[a,b]->[c] , [d]=G(1)->T\n", "layer f : [a, b] -> [c], [d] = G(1) -> T\n"),
    "semicolons": ("a ~ D(1);b ~ D(2) ;; c = 3;\n", "a ~ D(1)\nb ~ D(2)\nc = 3\n"),
    "blank lines": ("a = 1\n\n\n\nb ~ D(1)\n   \nc : real ~ D(1)\n", "a = 1\n\nb ~ D(1)\n\nc : real ~ D(1)\n"),
    "blank lines at the ends of a block": (
        "plate p {\n\n\n    a ~ D(1)\n\n    b = 2\n\n}\n",
        "plate p {\n    a ~ D(1)\n\n    b = 2\n}\n",
    ),
    "a block on one line": (
        "data toss{heads:binary;tails : binary}\n",
        "data toss { heads : binary; tails : binary }\n",
    ),
    "blocks in a block on one line": (
        "plate p{plate q{a~D(1);b~D(2)}}\n",
        "plate p { plate q { a ~ D(1); b ~ D(2) } }\n",
    ),
    "an empty block": ("guide q {\n\n}\nplate p{ }\n", "guide q {}\nplate p {}\n"),
    "a block on one line that is too wide": (
        f"plate p {{ a ~ D({'1, ' * 20}1); b ~ D({'1, ' * 20}1) }}\n",
        f"plate p {{\n    a ~ D({'1, ' * 20}1)\n    b ~ D({'1, ' * 20}1)\n}}\n",
    ),
    "columns": (
        "data d {\n  a:real\n  bcd:binary=x==0\n  ef : interval(0,10)  = log(y)\n  g = [1, 2]\n  hi = [3]\n}\n",
        "data d {\n    a   : real\n    bcd : binary = x == 0\n    ef  : interval(0, 10) = log(y)\n"
        "    g  = [1, 2]\n    hi = [3]\n}\n",
    ),
    "values of columns": (
        "data d {\n  a:category\n  bcd:binary=x==0\n  ef : real  = log(y)\n}\n",
        "data d {\n    a   : category\n    bcd : binary = x == 0\n    ef  : real   = log(y)\n}\n",
    ),
    "guides by site": (
        "guide q {\n a,b:AutoDelta\n long_name:AutoNormal\n}\n",
        "guide q {\n    a, b      : AutoDelta\n    long_name : AutoNormal\n}\n",
    ),
    "params": (
        "param a:positive=1\nparam bcd:unit=0.5\nparam e=2\n",
        "param a   : positive = 1\nparam bcd : unit     = 0.5\nparam e = 2\n",
    ),
    "kinds of statement are aligned each by itself": (
        "a ~ D(1)\nlong ~ D(1)\nobserve y ~ D(1)\nobserve yy ~ D(1)\nb = 1\nderive cc = 2\nderive d = 3\n",
        "a    ~ D(1)\nlong ~ D(1)\nobserve y  ~ D(1)\nobserve yy ~ D(1)\nb = 1\nderive cc = 2\nderive d  = 3\n",
    ),
    "a blank line or a comment ends what is aligned": (
        "a ~ D(1)\nlong ~ D(1)\n\nb ~ D(1)\n# why\nlonger ~ D(1)\n",
        "a    ~ D(1)\nlong ~ D(1)\n\nb ~ D(1)\n# why\nlonger ~ D(1)\n",
    ),
    "names of very different lengths are not aligned": (
        "a ~ D(1)\nbc ~ D(1)\nquite_a_long_name ~ D(1)\n",
        "a  ~ D(1)\nbc ~ D(1)\nquite_a_long_name ~ D(1)\n",
    ),
    "priors with a type": (
        "mu[k]:ordered~Normal(0,2)noncentered\nb~D(1)\n",
        "mu[k] : ordered ~ Normal(0, 2) noncentered\nb ~ D(1)\n",
    ),
    "comments behind statements": (
        "a ~ D(1) # first\nlong ~ D(1)# second\n\nb = 2    #third\n",
        "a    ~ D(1)  # first\nlong ~ D(1)  # second\n\nb = 2  #third\n",
    ),
    "comments behind adjacent lines stand below one another": (
        "a ~ D(1, 2, 3) # one\nobserve y ~ D(1) # two\nb = 1\nc = 2 # three\n",
        "a ~ D(1, 2, 3)    # one\nobserve y ~ D(1)  # two\nb = 1\nc = 2  # three\n",
    ),
    "comments in blocks": (
        "guide q { # behind\n# above\na ~ D(1) # of a\n\n# of b\nb : AutoDelta\n# last\n} # after\n# end",
        "guide q {  # behind\n    # above\n    a ~ D(1)  # of a\n\n    # of b\n    b : AutoDelta\n    # last\n"
        "}  # after\n# end\n",
    ),
    "comments before a brace": (
        "plate p # one\n# two\n{ # three\n a ~ D(1)\n}\n",
        "plate p {  # one\n    # two\n    # three\n    a ~ D(1)\n}\n",
    ),
    "comments inside brackets": (
        "infer svi( # which\n guide = q, # by hand\n # how long\n steps = 10 # short\n # no more\n )\n",
        "infer svi(  # which\n    guide = q,  # by hand\n    # how long\n    steps = 10  # short\n    # no more\n)\n",
    ),
    "comments after a comma at the end": (
        "a = f(b, # one\n c, # two\n # three\n)\n",
        "a = f(\n    b,  # one\n    c,  # two\n    # three\n)\n",
    ),
    "comments in empty brackets": ("a = f( # none\n # at all\n)\n", "a = f(  # none\n    # at all\n)\n"),
    "comments between terms": (
        "a = b + # intercept\n c * d # slope\n + e\n # last\n - f\n",
        "a =\n    b +  # intercept\n    c * d  # slope\n    + e\n    # last\n    - f\n",
    ),
    "comments after the sign": ("a ~ # why\n D(1)\nb = # so\n 2\n", "a ~  # why\n    D(1)\nb =  # so\n    2\n"),
    "comments before the sign": ("a # why\n ~ D(1)\n", "a  # why\n    ~ D(1)\n"),
    "comments between targets": ("a, # one\n b ~ D(1)\n", "a,  # one\n    b ~ D(1)\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_layout(case: str):
    before, after = CASES[case]
    assert tidy(before) == after


# Lines that are too wide


def test_a_call_that_is_too_wide_has_an_argument_on_each_line():
    arguments = (
        "guide = AutoLowRankMultivariateNormal(rank = 10), optim = ClippedAdam(lr = 0.01, lrd = 0.999), steps = 5"
    )
    assert tidy(f"infer svi({arguments})") == (
        "infer svi(\n"
        "    guide = AutoLowRankMultivariateNormal(rank = 10),\n"
        "    optim = ClippedAdam(lr = 0.01, lrd = 0.999),\n"
        "    steps = 5\n"
        ")\n"
    )


def test_a_sum_that_is_too_wide_goes_below_its_name_and_fills_lines():
    terms = " + ".join(f"coefficient_{i} * predictor_{i}" for i in range(6))
    assert tidy(f"mean = {terms}") == (
        "mean =\n"
        "    coefficient_0 * predictor_0 + coefficient_1 * predictor_1 + coefficient_2 * predictor_2 +\n"
        "    coefficient_3 * predictor_3 + coefficient_4 * predictor_4 + coefficient_5 * predictor_5\n"
    )


def test_a_pipeline_that_is_too_wide_has_a_step_on_each_line():
    steps = " -> ".join(f"Linear({i}00, {i + 1}00) -> Softplus" for i in range(4))
    lines = tidy(f"layer f : [latent] -> [pixel] = {steps} {{ weight ~ Normal(0, 1) }}").splitlines()
    assert lines[0] == "layer f : [latent] -> [pixel] ="
    assert lines[1:4] == ["    Linear(000, 100)", "    -> Softplus", "    -> Linear(100, 200)"]
    assert lines[-3:] == ["    -> Softplus {", "    weight ~ Normal(0, 1)", "}"]


def test_a_modifier_stays_behind_the_bracket():
    text = f"theta[school] ~ StudentT({', '.join(f'argument_{i} = value_{i}' for i in range(5))}) noncentered"
    assert tidy(text).endswith("\n) noncentered\n")


def test_a_list_of_numbers_fills_lines():
    lines = tidy(f"data d {{ y = [{', '.join(str(i) for i in range(100))}] }}").splitlines()
    assert lines[:2] == ["data d {", "    y = ["]
    assert lines[-2:] == ["    ]", "}"]
    assert all(80 < len(line) <= WIDTH for line in lines[2:-3])


def test_a_list_of_terms_fills_lines_and_one_of_lists_does_not():
    terms = ", ".join(f"column_{i} == {i}" for i in range(12))
    assert len(tidy(f"x = [{terms}]").splitlines()) == 4
    rows = ", ".join(f"[{i}, {i + 1}, {i + 2}, {i + 3}]" for i in range(10))
    assert len(tidy(f"x = [{rows}]").splitlines()) == 12


def test_a_comma_at_the_end_stays_where_each_part_has_a_line():
    arguments = ",\n".join(f"    argument_number_{i} = value_number_{i}" for i in range(5))
    assert tidy(f"infer svi(\n{arguments},\n)\n") == f"infer svi(\n{arguments},\n)\n"
    assert tidy(f"infer svi(\n{arguments}\n)\n") == f"infer svi(\n{arguments}\n)\n"


def test_statements_that_would_become_too_wide_are_not_aligned():
    wide = "b ~ Normal(" + ", ".join(["a"] * 27) + ", bb)"
    assert 90 < len(wide) <= WIDTH
    assert tidy(f"{wide}\nlonger_name ~ Normal(0, 1)") == f"{wide}\nlonger_name ~ Normal(0, 1)\n"


def test_a_token_that_is_too_wide_stays_whole():
    name = "a" * 150
    assert tidy(f"{name}~Normal({name},1)") == f"{name} ~ Normal(\n    {name},\n    1\n)\n"


def test_comments_do_not_count_as_width():
    comment = "# " + "why " * 40
    assert tidy(f"a ~ Normal(0, 1) {comment}\nb = 2") == f"a ~ Normal(0, 1)  {comment.rstrip()}\nb = 2\n"


@pytest.mark.parametrize("text", ["a ~ ~ D(1)", "guide q { observe y ~ D(1) }", "a = 1 // 2", "data p { a : real"])
def test_a_spec_that_was_not_read_whole_is_refused(text: str):
    spec = parse(Source("broken.bayes", text)).spec
    with pytest.raises(ValueError, match="could not be read"):
        format_spec(spec)


def test_the_specs_of_the_gallery_keep_their_meaning(root):
    specs = sorted((root / "specs").glob("*.bayes"))
    assert specs
    for spec in specs:
        tidy(spec.read_text(encoding="utf-8"))
