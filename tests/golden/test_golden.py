"""Specs beside what the compiler makes of them: findings as text and as JSON, the checked model, the Pyro program.

Those that are about no finding have the NumPyro program as well. A case is a directory with a `spec.bayes`. `pytest
--update-golden` writes the files beside it anew; look at what git says has changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import BayesError, Diagnostic
from bayesdsl.diagnostics.render import render_summary, render_text
from bayesdsl.diagnostics.schema import render_json
from bayesdsl.driver import Compiled, analyse, decode_spec
from bayesdsl.model import ir
from bayesdsl.model.printer import print_model

HERE = Path(__file__).parent
NAME = "spec.bayes"
CASES = sorted(path.parent for path in HERE.glob(f"*/{NAME}"))
OF_CODES = [case for case in CASES if case.name.startswith("bd")]

# A spec that is too long would be a megabyte here.
TOO_LARGE = {"BD106"}


def named(case: Path) -> str:
    return case.name


def results(case: Path) -> tuple[tuple[Diagnostic, ...], ir.Model | None]:
    """What is found in a case's spec, and its model if it has one."""
    try:
        checked = analyse(decode_spec(NAME, (case / NAME).read_bytes()))
    except BayesError as error:
        return error.diagnostics, None
    return checked.diagnostics, checked.model


def files(case: Path) -> dict[str, str]:
    """The files that belong to a case by name."""
    found, model = results(case)
    text = "\n\n".join((*map(render_text, found), render_summary(found, [NAME])))
    made = {"diagnostics.txt": text, "diagnostics.json": render_json(found, [NAME])}
    if model is not None:
        compiled = Compiled(model, found)
        made |= {"model.txt": print_model(model).rstrip("\n"), "program.py": compiled.source.rstrip("\n")}
        if case not in OF_CODES:
            made["numpyro.py"] = compiled.emit("numpyro").rstrip("\n")
    return {name: f"{content}\n" for name, content in made.items()}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_spec_gives_what_stands_beside_it(case: Path, update_golden: bool):
    made = files(case)
    stale = [path for path in case.iterdir() if path.name not in (NAME, *made)]
    if update_golden:
        for name, content in made.items():
            (case / name).write_text(content, encoding="utf-8")
        for path in stale:
            path.unlink()
    assert [path.name for path in case.iterdir() if path.name not in (NAME, *made)] == []
    for name, content in made.items():
        kept = (case / name).read_text(encoding="utf-8") if (case / name).is_file() else ""
        assert content == kept, f"{case.name}/{name} differs: run `pytest --update-golden` and look at the change"


@pytest.mark.parametrize("case", OF_CODES, ids=named)
def test_a_case_named_by_a_code_has_findings_of_it_alone(case: Path):
    code = case.name[:5].upper()
    assert case.name == f"{code.lower()}_{CODES[code].name.replace('-', '_')}"
    found, _ = results(case)
    assert {finding.code for finding in found} == {code}, [f"{f.code}: {f.message}" for f in found]


def test_every_code_of_specs_has_a_case():
    wanted = {code for code in CODES if code < "BD7"} - TOO_LARGE
    assert {case.name[:5].upper() for case in OF_CODES} == wanted


def test_the_canonical_specs_and_the_tours_have_no_errors():
    for case in CASES:
        if case not in OF_CODES:
            found, model = results(case)
            assert model is not None, [f"{f.code}: {f.message}" for f in found]
