"""`bayesdsl run --prior-from`: one run's posterior is the next one's prior, and both are kept with what they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bayesdsl.results.manifest import fingerprint
from bayesdsl.results.rundir import open_run

COIN = """\
data toss { heads : binary }
p ~ Beta(1, 1)
observe heads ~ Bernoulli(p)
infer nuts(chains = 1, warmup = 100, draws = 200)
infer quick = svi(guide = AutoNormal, optim = Adam(lr = 0.05), steps = 100, draws = 200)
infer point = map(steps = 20)
"""


@pytest.fixture
def coin(here: Path) -> Path:
    (here / "coin.bayes").write_text(COIN)
    (here / "monday.csv").write_text("heads\n1\n0\n0\n0\n1\n0\n")
    (here / "tuesday.csv").write_text("heads\n0\n1\n0\n")
    return here


@pytest.fixture
def monday(command, coin) -> Path:
    done = command("run", "coin.bayes", "--data", "monday.csv", "--seed", "1", "--out", "monday", "-q")
    assert done.status == 0, done.err
    return coin / "monday"


def test_two_commands_learn_in_two_steps(command, monday, here):
    done = command(
        "run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "monday", "--seed", "2", "--out", "two"
    )
    assert done.status == 0, done.err
    assert "\nprior: p from monday (1 number, 200 draws)\n" in done.err

    first, second = open_run(monday), open_run(here / "two")
    record = second.manifest.prior
    assert (record.run, record.numbers, record.draws) == ("monday", 1, 200)
    assert [latent.name for latent in record.latents] == ["p"]
    assert record.manifest_sha256 == fingerprint(monday / "manifest.json")
    assert record.draws_sha256 == first.manifest.files["draws.nc"].sha256
    assert first.manifest.prior is None
    # The program of the run is all of it: the prior stands there in numbers.
    assert 'pyro.factor("earlier", earlier(p))' in second.program
    assert "200 draws of monday" in second.program
    assert second.source == COIN
    # Heads in 2 of 6 and 1 of 3 tosses: Beta(4, 7), whose sd is 0.14; 200 draws twice are worth some 60 each at least.
    assert abs(float(np.mean(second.posterior.draws["p"])) - 4 / 11) < 4 * 0.14 * np.sqrt(2 / 60)


def test_the_same_seed_gives_the_same_two_steps(command, monday, here):
    for name in ("one", "two"):
        command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "monday", "--seed", "2", "--out", name)
    assert (here / "one" / "draws.nc").read_bytes() == (here / "two" / "draws.nc").read_bytes()
    assert (here / "one" / "model.py").read_bytes() == (here / "two" / "model.py").read_bytes()


def test_the_manifest_without_an_earlier_run_says_so(monday):
    assert json.loads((monday / "manifest.json").read_text())["prior"] is None


def test_a_run_that_is_not_there_is_told_before_anything_runs(command, monday):
    done = command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "sunday")
    assert done.status == 2
    assert "error[BD805]: there is no run at sunday" in done.err


def test_a_directory_that_is_no_run_is_told(command, monday, here):
    (here / "notes").mkdir()
    done = command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "notes")
    assert done.status == 2
    assert "notes is not a run" in done.err


def test_a_run_whose_draws_are_damaged_is_told(command, monday):
    draws = monday / "draws.nc"
    content = bytearray(draws.read_bytes())
    content[len(content) // 2] ^= 1
    draws.write_bytes(bytes(content))
    done = command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "monday")
    assert done.status == 2
    assert "error[BD805]" in done.err


def test_a_point_is_no_prior(command, coin):
    command("run", "coin.bayes", "--data", "monday.csv", "--infer", "point", "--out", "mode", "-q")
    done = command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "mode", "--out", "two")
    assert done.status == 1
    assert "error[BD842]: mode is a point found by `map`" in done.err
    assert not (coin / "two").exists()


def test_a_bad_verdict_on_the_earlier_run_is_repeated(command, coin):
    command("run", "coin.bayes", "--data", "monday.csv", "--infer", "quick", "--set", "infer.steps=3", "--out", "bad")
    done = command("run", "coin.bayes", "--data", "tuesday.csv", "--prior-from", "bad", "--infer", "quick", "--no-save")
    assert done.status == 0
    assert "warning[BD847]: the verdict on bad was: Do not use these draws yet" in done.err


def test_a_bare_file_is_the_only_table(command, coin):
    (coin / "two.bayes").write_text("data a { x : real }\ndata b { y : real }\nm ~ Normal(0, 1)\n" + "infer nuts()\n")
    done = command("run", "two.bayes", "--data", "monday.csv")
    assert done.status == 2
    assert "--data monday.csv does not say which table it is" in done.err
    assert "its tables are a, b" in done.err
