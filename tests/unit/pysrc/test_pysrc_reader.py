"""Python text of our own read as nodes: what is printed of it is what was written."""

from __future__ import annotations

from textwrap import dedent

import pytest

from bayesdsl.pysrc import nodes as py
from bayesdsl.pysrc.printer import print_module
from bayesdsl.pysrc.reader import read_expression, read_function


def printed(*statements: py.Stmt) -> str:
    return print_module(py.Module(None, statements)).text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "x @ weight.T + bias",
        "-(a + 1) ** 2 / b % 3 - 1 // c",
        "f(x[..., None, :, 1:-1:2], *, 3)".replace("*, ", ""),
        "x if x is not None else [1, (2,), {'a': -0.5}]".replace("'", '"'),
        "lambda key, scale=1.0: g(key, shape=(1, n), scale=scale)",
        "not a >= b",
    ],
)
def test_an_expression_is_printed_as_it_was_written(text: str):
    assert printed(py.ExprStmt(read_expression(text))) == text.replace("-(a + 1) ** 2", "-((a + 1) ** 2)")


def test_names_are_replaced_and_keywords_without_their_names_fall_away():
    made = read_expression(
        "f(rate, logits=logits, probs=g(probs))", {"rate": py.Constant(2), "probs": py.Name("p")}, frozenset({"logits"})
    )
    assert printed(py.ExprStmt(made)) == "f(2, probs=g(p))"


def test_a_function_is_printed_as_it_was_written():
    text = dedent(
        '''
        def f(x, y=None, z=-1):
            """What it gives."""
            x = x + z
            return x if y is None else x * y
        '''
    ).strip()
    assert printed(read_function(text)) == text


@pytest.mark.parametrize("text", ["[x for x in y]", "x and y", "x < y < z", "f'{x}'"])
def test_what_programs_are_not_made_of_is_refused(text: str):
    with pytest.raises(TypeError, match="no such expression"):
        read_expression(text)


@pytest.mark.parametrize("text", ["x = 1", "def f(x):\n    for y in x:\n        pass\n"])
def test_a_function_of_anything_but_assignments_is_refused(text: str):
    with pytest.raises(TypeError):
        read_function(text)
