"""The benchmarks' cells, and the page that is made of them. What is measured needs peers that tests do not have."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from benchmarks.engines import figures, notes, page, running, setting  # noqa: E402
from benchmarks.engines.child import quantities  # noqa: E402

SMALL = [name for name, model in setting.EVERY.items() if name not in ("rugged", "million") and "000000" not in name]


def nuts(*rates: float, mean: float = 0.0, ess: float = 400.0) -> dict:
    quantities = {"a": [mean, 1.0, ess], "b[0]": [1.0, 2.0, 2 * ess]}
    return {
        "ess_per_second": list(rates),
        "quantities": quantities,
        "gradient_us": 10.0 / rates[0],
        "peak_bytes": 2**28,
        "grown": 2.0,
        "setting": "4 x (1000 + 1000)",
        "runs": [{}] * len(rates),
        "run": "now",
        "quick": False,
    }


def kept(cells: dict) -> dict:
    machine = {"processor": "a processor", "cores": 2, "memory_gib": 8, "system": "Linux", "versions": {"torch": "2"}}
    return {"cells": cells, "machine": machine, "finished": "2026-01-01"}


def row(text: str, first: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {first}"))


def test_a_full_plan_has_every_model_with_every_peer_once():
    keys = [cell.key for cell in running.plan(None)]
    assert len(keys) == len(set(keys))
    assert {f"nuts/{model}/{peer}" for model in setting.MODELS for peer in setting.PEERS} <= set(keys)
    assert "svi/autoencoder/ours" in keys
    assert not [
        key for key in keys if key.startswith("gradient/") or (key.startswith("svi/") and key.endswith("/stan"))
    ]


def test_only_what_is_named_is_planned_of_each_kind_that_is_named():
    assert [cell.key for cell in running.plan("rugged,stan,nuts")] == ["nuts/rugged/stan"]
    assert [cell.key for cell in running.plan("gradient,radon,ours")] == ["gradient/radon/ours"]
    assert {cell.figure for cell in running.plan("million,ours")} == {"nuts", "svi", "threads"}


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="rugde"):
        running.plan("rugde,stan")


def test_a_missed_target_is_marked_with_its_note(monkeypatch):
    cells = {"nuts/rugged/ours": nuts(100.0, 300.0, 200.0), "nuts/rugged/pymc": nuts(160.0)}
    monkeypatch.setitem(notes.NOTES, "nuts-least", "the sampler takes half of the time.")
    text = page.page(kept(cells))
    # The median of the runs over the other's: 200 / 160.
    assert row(text, "NUTS, min-ESS/s, beside nutpie on PyMC |").endswith("| **missed** [nuts-pymc] |")
    assert "| 1.25 x | rugged | met |" in row(text, "NUTS, min-ESS/s, beside nutpie on PyMC, on each model")
    assert "- **nuts-pymc**: no note yet." in text
    assert "half of the time" not in text
    assert "not measured" in row(text, "second run")


def test_ratios_say_how_many_times_faster_we_are():
    text = page.page(kept({"nuts/rugged/ours": nuts(200.0), "nuts/rugged/stan": nuts(50.0)}))
    rows = [line for line in text.splitlines() if line.startswith("| rugged, 170 rows")]
    assert "| 200 |  |  |  | 50 (4) |" in rows[0]
    # Gradients of 0.05 and 0.2 microseconds.
    assert "| 0.05 |  |  |  | 0.2 (4) |" in rows[1]


def test_answers_that_differ_are_marked_and_those_within_chance_are_not():
    cells = {"nuts/rugged/stan": nuts(1.0, ess=1000.0), "nuts/rugged/ours": nuts(1.0, mean=0.2)}
    # 0.2 over sqrt(1 / 400 + 1 / 1000) = 3.4 standard errors.
    found = figures.difference(cells, "rugged", "ours")
    assert found.quantity == "a"
    assert found.errors == pytest.approx(3.38, abs=0.01)
    assert found.holds
    cells["nuts/rugged/ours"] = nuts(1.0, mean=0.4)
    assert not figures.difference(cells, "rugged", "ours").holds
    assert "**differs**" in page.page(kept(cells))


def test_a_peer_of_which_steps_alone_were_timed_has_anothers_draws_a_step():
    steps = {"leapfrogs_per_second": [900.0, 1000.0, 1100.0], "gradient_us": 500.0, "run": "now", "quick": False}
    shown = {"peak_bytes": 2**28, "grown": 1.0, "setting": "2 x (10 + 10)", "runs": [{}] * 3}
    same = nuts(100.0) | {"ess_per_leapfrog": [0.02]}
    cells = {"nuts/rugged/pyro": steps | shown, "nuts/rugged/numpyro": same, "nuts/rugged/ours": nuts(8000.0)}
    assert figures.ess_per_second(cells, "rugged", "pyro") == pytest.approx(20.0)
    assert "~20 (400)" in page.page(kept(cells))
    assert figures.difference(cells, "rugged", "pyro") is None


def test_what_failed_is_listed_and_counts_nowhere():
    failed = {"failed": "ValueError: no", "run": "now", "quick": False}
    text = page.page(kept({"nuts/rugged/ours": nuts(200.0), "nuts/rugged/stan": failed}))
    assert "- `nuts/rugged/stan`: ValueError: no" in text
    assert "not measured" in row(text, "NUTS, min-ESS/s, beside Stan")


def test_cells_of_several_runs_are_said_to_be():
    cells = {"nuts/rugged/ours": nuts(200.0), "nuts/rugged/stan": nuts(50.0) | {"run": "before"}}
    assert page.PARTIAL in page.page(kept(cells))
    assert page.PARTIAL not in page.page(kept({"nuts/rugged/ours": nuts(200.0)}))


def test_effective_draws_of_independent_draws_are_about_all_of_them():
    draws = {
        "a": np.random.default_rng(1).normal(size=(4, 500)),
        "b": np.random.default_rng(2).normal(size=(4, 500, 3)),
    }
    table = quantities(draws, ("a", "b"))
    assert list(table) == ["a", "b[0]", "b[1]", "b[2]"]
    # 2,000 independent draws: the estimate's own deviation is about a tenth.
    assert all(1400 < ess < 2600 for _, _, ess in table.values())


@pytest.mark.parametrize("name", SMALL)
def test_every_spec_takes_the_data_that_peers_are_handed(name):
    import bayesdsl as bd

    model = setting.EVERY[name]
    arrays = model.make()
    compiled = bd.compile(setting.MODELS_AT / f"{model.stem}.bayes")
    bound = compiled.bind(model.tables(arrays))
    assert {variable.name for variable in bound.model.variables} >= set(model.reported)
    assert (setting.MODELS_AT / f"{model.stem}.py").is_file()


def test_data_are_the_same_each_time():
    for name in ("radon", "horseshoe", "network"):
        first, second = setting.EVERY[name].make(), setting.EVERY[name].make()
        assert all(np.array_equal(first[key], second[key]) for key in first)


def test_workers_give_results_in_order():
    from benchmarks.engines.forked import forked

    found = forked(lambda number: (number**2, os.getpid()), range(5), 2)
    assert [square for square, _ in found] == [0, 1, 4, 9, 16]
    assert len({process for _, process in found}) == 2
