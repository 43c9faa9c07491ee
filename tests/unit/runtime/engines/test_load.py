"""Programs loaded from their text."""

from __future__ import annotations

import inspect
import sys
import traceback

import pytest

from bayesdsl.runtime.load import load


def test_what_a_program_defines_is_in_its_module() -> None:
    module = load("def model(x):\n    return x + 1\n", "spec")
    assert module.model(2) == 3
    assert module.__name__ == "spec"
    assert "spec" not in sys.modules


def test_a_traceback_shows_the_programs_lines() -> None:
    module = load("def model(x):\n    y = x * 2\n    return y / 0  # line three\n", "traced")
    with pytest.raises(ZeroDivisionError) as caught:
        module.model(1)
    text = "".join(traceback.format_exception(caught.value))
    assert 'File "<traced>", line 3, in model' in text
    assert "return y / 0  # line three" in text


def test_two_programs_of_one_name_keep_their_own_lines() -> None:
    first = load("def model():\n    first = 1 / 0\n", "same")
    second = load("def model():\n    second = 1 / 0\n", "same")
    again = load("def model():\n    first = 1 / 0\n", "same")
    assert "first" in inspect.getsource(first.model)
    assert "second" in inspect.getsource(second.model)
    assert again.__file__ == first.__file__ != second.__file__


def test_text_that_is_not_python_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError):
        load("def model(:\n", "broken")
