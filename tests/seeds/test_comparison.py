"""The comparison with plain Pyro: its page is what its figures say, its programs run, its tools do find differences."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module", autouse=True)
def _the_root_is_importable(root: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield


@pytest.fixture(scope="module")
def figures(root: Path) -> dict:
    return json.loads((root / "docs" / "comparison.json").read_text(encoding="utf-8"))


def test_the_page_is_written_from_the_figures(root: Path, figures: dict) -> None:
    from benchmarks.comparison.page import page

    assert (root / "docs" / "comparison.md").read_text(encoding="utf-8") == page(figures)


def test_every_document_was_compared_in_full_and_agrees(figures: dict) -> None:
    from benchmarks.comparison.documents import DOCUMENTS

    assert figures.keys() == DOCUMENTS.keys()
    assert not any(document["short"] for document in figures.values())
    assert [part["name"] for d in figures.values() for part in d["parts"] if not part["holds"]] == []


def test_the_lines_of_the_page_are_those_of_the_programs(figures: dict) -> None:
    from benchmarks.comparison.counting import lines_to_write
    from benchmarks.comparison.documents import DOCUMENTS

    for number, document in DOCUMENTS.items():
        assert figures[number]["lines"] == {
            "plain": lines_to_write(document.program),
            "spec": sum(map(lines_to_write, document.specs)),
            "driver": lines_to_write(document.driver),
        }, f"document {number}: run `make compare`"


def test_both_programs_of_every_document_run(root: Path, rugged_file: Path, figures: dict, tmp_path: Path) -> None:
    """A few steps of each: what they answer is nothing yet, but both name the same quantities in the same shapes."""
    command = [sys.executable, "-m", "benchmarks.comparison", "--short", "--out", str(tmp_path)]
    done = subprocess.run([*command, "--rugged", str(rugged_file)], cwd=root, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    short = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))

    assert {n: [p["name"] for p in d["parts"]] for n, d in short.items()} == {
        n: [p["name"] for p in d["parts"]] for n, d in figures.items()
    }
    assert all(part["plain_seconds"] > 0 and part["spec_seconds"] > 0 for d in short.values() for part in d["parts"])
    assert "short runs" in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def answers(shift: float = 0.0, seeds: int = 4) -> list[dict[str, np.ndarray]]:
    made = [np.random.default_rng([seed, int(100 * shift)]) for seed in range(seeds)]
    return [{"a": shift + rng.normal(size=500), "b": 3 * rng.normal(size=(500, 2)) - 1} for rng in made]


def test_draws_from_one_distribution_agree_and_moved_ones_do_not() -> None:
    """500 draws with 4 seeds have an error of 0.03 sd of a difference: a shift of 0.5 is far out."""
    from benchmarks.comparison.agreement import agreement

    same = [{name: -value[::-1] for name, value in answer.items()} for answer in answers()]
    for answer in same:
        answer["b"] -= 2
    assert agreement(answers(), same).holds
    moved = agreement(answers(), answers(0.5))
    assert not moved.holds
    assert moved.quantity == "a"
    assert 0.3 < moved.difference < 0.7


def test_points_agree_within_a_hundredth() -> None:
    from benchmarks.comparison.agreement import agreement

    here = [{"w": np.array([[1.0, 2.0]])}] * 2
    assert agreement(here, [{"w": np.array([[1.0, 2.005]])}] * 2).holds
    found = agreement(here, [{"w": np.array([[1.0, 2.05]])}] * 2)
    assert not found.holds
    assert found.quantity == "w[2]"


def test_a_quantity_that_one_side_lacks_is_an_error() -> None:
    from benchmarks.comparison.agreement import agreement

    with pytest.raises(KeyError):
        agreement([{"a": np.zeros(9)}] * 2, answers(seeds=2))


def test_lines_are_counted_without_comments_and_documentation(tmp_path: Path) -> None:
    from benchmarks.comparison.counting import lines_to_write

    program, spec = tmp_path / "p.py", tmp_path / "s.bayes"
    program.write_text(
        '"""What\nit is."""\n\n# why\nx = [\n    1,\n]\n\n\ndef f():\n    """Doc."""\n    return "text"\n'
    )
    spec.write_text("# a spec\n\nmu ~ Normal(0, 1)  # a prior\nobserve y ~ Normal(mu, 1)\n")

    assert lines_to_write(program) == 5
    assert lines_to_write(spec) == 2
