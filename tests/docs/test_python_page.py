"""The page on Python: its blocks run from top to bottom, and lines with `# ->` give what stands there."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest
import torch
from doc_blocks import Block, blocks

import bayesdsl
from bayesdsl.driver import analyse
from bayesdsl.source import Source

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "python.md"
# `expression  # -> value`
CLAIM = re.compile(r"^(?P<expression>\S.*?)  # -> (?P<value>.+)$", re.MULTILINE)


def _program(block: Block) -> str:
    """The block as Python that checks its claims, on the lines where they stand."""
    return CLAIM.sub(lambda claim: f"_holds({claim['expression']}, {claim['value']!r})", block.text)


def _holds(value: object, told: str) -> None:
    assert repr(value) == told


def _runnable(block: Block) -> bool:
    return "needs" not in block.words or importlib.util.find_spec(block.words["needs"]) is not None


@pytest.fixture
def own_directory(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_runs_and_its_lines_give_what_they_say(own_directory, capsys):
    for block in blocks(PAGE, "bayes"):
        (own_directory / block.words["file"]).write_text(block.text, encoding="utf-8")
        assert analyse(Source(str(block), block.text)).diagnostics == ()
    namespace: dict[str, object] = {"_holds": _holds}
    default, before = torch.get_default_dtype(), torch.random.get_rng_state()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for block in filter(_runnable, blocks(PAGE, "python")):
            # Blank lines put the program on the lines of the page, so that a traceback shows them.
            exec(compile("\n" * (block.line - 1) + _program(block), PAGE.name, "exec"), namespace)
    printed = capsys.readouterr().out
    assert "theta[8]" in printed
    assert "error[BD201]" in printed
    assert torch.get_default_dtype() is default
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_claim_that_does_not_hold_fails():
    claim = Block(PAGE, 1, "python", {}, "1 + 1  # -> 3\n")
    with pytest.raises(AssertionError):
        exec(_program(claim), {"_holds": _holds})


NAMED = {
    "compile": bayesdsl.compile,
    "compile_text": bayesdsl.compile_text,
    "open_run": bayesdsl.open_run,
    "Compiled.fit": bayesdsl.Compiled.fit,
    "Compiled.simulate": bayesdsl.Compiled.simulate,
    "Compiled.bind": bayesdsl.Compiled.bind,
    "Compiled.inputs": bayesdsl.Compiled.inputs,
    "Compiled.emit": bayesdsl.Compiled.emit,
    "Bound.fit": bayesdsl.Bound.fit,
    "Fit.summary": bayesdsl.Fit.summary,
    "Fit.predict": bayesdsl.Fit.predict,
    "Fit.predictor": bayesdsl.Fit.predictor,
    "load_predictor": bayesdsl.load_predictor,
}


@pytest.mark.parametrize("name", NAMED)
def test_a_signature_on_the_page_has_the_functions_arguments(name: str):
    written = re.search(
        rf"^\| `{re.escape(name)}\((?P<arguments>[^`]*)\)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    arguments = {word.partition("=")[0].strip("* ") for word in written["arguments"].split(",")} - {""}
    assert arguments == inspect.signature(NAMED[name]).parameters.keys() - {"self"}
