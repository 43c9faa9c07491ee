"""The page of a run: what stands in it for each kind of run, and that it is one file that anybody can open."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from report_runs import GROUPS, Page, bound_groups, cells, draws_of_groups, sampled

import bayesdsl as bd
from bayesdsl.driver import Fit

matplotlib = pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[4]
ALWAYS = ["verdict", "summary"]
AT_THE_END = ["spec", "settings"]


@pytest.fixture(scope="module")
def mcmc() -> Fit:
    return sampled(bound_groups(), draws_of_groups())


@pytest.fixture(scope="module")
def written(mcmc: Fit, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page; what it is made with is as it was before."""
    before, state = dict(matplotlib.rcParams), torch.random.get_rng_state()
    path = mcmc.report(tmp_path_factory.mktemp("page") / "report.html")
    assert dict(matplotlib.rcParams) == before
    assert torch.equal(torch.random.get_rng_state(), state)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(written: str) -> Page:
    return Page(written)


def page_of(fit: Fit, directory: Path) -> Page:
    return Page(fit.report(directory / "report.html").read_text(encoding="utf-8"))


# Sections


def test_chains_have_every_section_that_applies(page: Page):
    middle = ["densities", "regressions", "checks", "chains", "pairs"]
    assert page.sections == [*ALWAYS, *middle, *AT_THE_END]
    assert {f"#{name}" for name in page.sections} - set(page.values("href")) == {"#verdict"}


def test_a_guide_has_a_loss_and_no_chains(tmp_path: Path):
    fit = bound_groups().fit("svi", steps=30, draws=200, guide="AutoDiagonalNormal")
    found = page_of(fit, tmp_path)
    assert found.sections == [*ALWAYS, "densities", "regressions", "checks", "loss", "pairs", *AT_THE_END]
    assert "200 draws from the fitted guide" in found.text


def test_a_point_has_estimates_and_a_loss_but_no_densities(tmp_path: Path):
    fit = bound_groups().fit("map", steps=30)
    found = page_of(fit, tmp_path)
    assert found.sections == [*ALWAYS, "forests", "regressions", "checks", "loss", *AT_THE_END]
    assert "its own uncertainty is left out" in found.text


def test_a_run_without_likelihood_or_draws_still_has_a_page(tmp_path: Path):
    prior = bd.compile_text("a ~ Normal(0, 1)\ninfer nuts(chains = 4)\n").bind()
    found = page_of(sampled(prior, {"a": np.zeros((4, 0))}, stats={}), tmp_path)
    assert found.sections == [*ALWAYS, *AT_THE_END]
    assert "There are no draws" in found.text


def test_draws_that_are_not_finite_are_drawn_as_far_as_they_are(tmp_path: Path):
    draws = draws_of_groups()
    draws["b"][0, :50] = np.inf
    draws["sigma"][:] = np.nan
    found = page_of(sampled(bound_groups(), draws), tmp_path)
    assert "is infinite or not a number" in found.text
    assert "densities" in found.sections


# What is told


def test_the_head_says_what_was_run(page: Page):
    assert "cells.bayes" in page.text
    assert "cell (90 rows of dict)" in page.text
    assert "seed 7" in page.text
    assert "2 January 2026, 15:04 UTC" in page.text


def test_the_verdict_stands_in_words_with_what_to_try(mcmc: Fit, page: Page):
    verdict = mcmc.verdict()
    shown = " ".join(page.text.split())
    assert verdict.findings
    for words in (verdict.sentence, *(finding.message for finding in verdict.findings)):
        assert words.replace("`", " ").split()[:6] == shown[shown.index(words.split("`")[0][:20]) :].split()[:6]
    assert shown.count("Try: ") == len(verdict.findings)


def test_the_table_holds_the_figures_of_the_summary(mcmc: Fit, page: Page):
    row = mcmc.summary()["a[round]"]
    assert "a[round]" in page.text
    assert f"{row.rhat:.3f}" in page.text
    assert f"{row.ess_bulk:.0f}" in page.text


def test_slopes_stand_in_one_drawing_with_the_share_of_draws_over_zero(mcmc: Fit, page: Page):
    warm, cold = (float((mcmc[name] > 0).mean()) for name in ("slope_warm", "slope_cold"))
    assert 0.9 < warm < 1 > cold > 0
    assert "Posterior densities of slope_warm and slope_cold." in page.drawings
    key = page.text[page.text.index("P(> 0)") :].split()
    # The name, the mean, the interval's ends with a word between them, and the share.
    assert key[key.index("slope_warm") + 5] == f"{warm:.2f}"
    assert key[key.index("slope_cold") + 5] == f"{cold:.2f}"


def test_a_numeric_predictor_has_a_panel_for_each_group(page: Page):
    drawing = next(text for text in page.drawings if text.startswith("mass against size"))
    assert "the mean's 90 % band" in drawing
    assert "the 90 % band of new outcomes" in drawing


def test_the_spec_and_the_settings_close_the_page(page: Page):
    for line in GROUPS.splitlines():
        assert line in page.text
    assert "target_accept_prob" in page.text


def test_members_of_a_large_plate_have_a_forest_with_their_names(tmp_path: Path):
    kinds = [f"kind {number}" for number in range(20)]
    fit = sampled(bound_groups(kinds), draws_of_groups(kinds=kinds))
    source = fit.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "forests" in Page(source).sections
    drawing = source[source.index("Intervals of a for each of 20 members") :].split("</svg>")[0]
    assert [kind for kind in kinds if f">{kind}</text>" not in drawing] == []


NETWORK = """\
data point { x : real; y : real }
layer f = Linear(1, 8) -> Tanh -> Linear(8, 1) { weight ~ Normal(0, 1); bias ~ Normal(0, 1) }
s ~ HalfNormal(1)
observe y ~ Normal(f(x), s)
infer nuts(chains = 4)
"""


def test_weights_of_a_network_are_not_held_against_each_other_between_chains(tmp_path: Path):
    x = np.linspace(-1, 1, 20)
    bound = bd.compile_text(NETWORK).bind({"point": {"x": x, "y": x}})
    rng = np.random.default_rng(9)
    # Every chain has its own values, as where the units of a network changed places.
    apart = 5 * np.arange(4)[:, None]
    weights = {
        variable.name: rng.normal(0, 1, (4, 50, *[len(bound.data.coords[dim]) for dim in variable.dims]))
        + apart.reshape(4, 1, *[1 for _ in variable.dims])
        for variable in bound.model.variables
        if variable.name != "s"
    }
    draws = {**weights, "s": np.abs(rng.normal(1, 0.1, (4, 50)))}
    source = sampled(bound, draws, stats={"lp": rng.normal(0, 1, (4, 50))}).report(tmp_path / "r.html").read_text()
    found = Page(source)
    traces = next(text for text in found.drawings if text.startswith("Traces"))
    assert set(traces.removeprefix("Traces and ranks of ").rstrip(".").split(" and ")) == {"s", "log density"}
    table = source[source.index("f.0.weight[") : source.index('id="densities"')]
    of_weights, of_s = table.split(">s</th>")
    assert 'class="trouble"' in of_s
    assert 'class="trouble"' not in of_weights
    assert any(text.startswith("y against x") for text in found.drawings)


# One file that anybody can open


def test_the_page_refers_to_nothing_outside_itself(written: str, page: Page):
    assert "http" not in written
    assert "@import" not in written
    assert page.values("src") == []
    references = [*page.values("href"), *page.values("xlink:href"), *re.findall(r"url\(([^)]*)\)", written)]
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {reference.lstrip("#") for reference in references} <= set(ids)
    assert all(reference.startswith("#") for reference in references)


def test_every_drawing_is_told_in_words_of_its_own(page: Page):
    assert len(page.drawings) > 5
    assert len(set(page.drawings)) == len(page.drawings)


def test_there_is_no_script(page: Page):
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_a_run_that_was_saved_gives_the_page_of_the_fit_to_the_byte(mcmc: Fit, written: str, tmp_path: Path):
    run = bd.open_run(mcmc.save(tmp_path / "run"))
    path = run.report()
    assert path == tmp_path / "run" / "report.html"
    assert path.read_text(encoding="utf-8") == written
    assert bd.open_run(tmp_path / "run").summary()["mu"].mean == mcmc.summary()["mu"].mean


def test_names_of_users_are_never_markup(tmp_path: Path):
    kinds = ['<b>&"bold"</b>', "$\\frac{1}$", "'; --</svg>"]
    bound = bd.compile_text(f"# <script>alert(1)</script>\n{GROUPS}", name="<i>.bayes").bind(cells(kinds=kinds))
    fit = sampled(bound, draws_of_groups(kinds=kinds))
    found = page_of(fit, tmp_path)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "b", "i"})
    assert "# <script>alert(1)</script>" in found.text
    assert "$\\frac{1}$" in found.text
    assert '<b>&\\"bold\\"</b>' in found.text


WIDE = """\
plate unit = 40
plate input = 40
w[input, unit] ~ Normal(0, 1)
v[unit] ~ Normal(0, 1)
data row { y : real }
observe y ~ Normal(mean[unit](v), 1)
infer nuts(chains = 4)
"""


def test_thousands_of_elements_make_a_page_under_two_megabytes(tmp_path: Path):
    bound = bd.compile_text(WIDE).bind({"row": {"y": np.linspace(-1, 1, 500)}})
    rng = np.random.default_rng(0)
    draws = {"w": rng.normal(0, 1, (4, 25, 40, 40)), "v": rng.normal(0, 1, (4, 25, 40))}
    path = sampled(bound, draws).report(tmp_path / "report.html")
    assert path.stat().st_size < 2e6
    found = Page(path.read_text(encoding="utf-8"))
    assert "1,600 elements" in found.text
    assert "1,400 more are in the draws" in found.text
    assert "Intervals of the 1600 elements of w, sorted." in found.drawings


# What else a process does


def test_pyplot_and_its_windows_are_not_loaded():
    script = "import sys; from bayesdsl.results.report import drawing; from matplotlib import style, figure"
    script += "; drawing.drawn(lambda f: f.subplots().plot([1, 2]), height=1, alt='a'); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "matplotlib.backends.backend_svg" in told.stdout.split()
    assert "matplotlib.pyplot" not in told.stdout.split()


def test_the_page_can_be_asked_for_before_the_library_that_draws_is_loaded():
    script = "import sys; import bayesdsl.results.report.page; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"matplotlib", "torch", "pyro", "scipy", "arviz_stats"}.isdisjoint(told.stdout.split())


def test_without_the_library_that_draws_one_is_told_what_to_install(mcmc: Fit, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("bayesdsl.results.report.page.find_spec", lambda _: None)
    with pytest.raises(bd.BayesError) as told:
        mcmc.report(tmp_path / "report.html")
    (finding,) = told.value.diagnostics
    assert finding.code == "BD849"
    assert "bayesdsl[report]" in finding.hint


@pytest.mark.parametrize("name", ["missing/report.html", "."])
def test_a_page_that_cannot_be_written_is_a_finding(mcmc: Fit, tmp_path: Path, name: str):
    with pytest.raises(bd.BayesError) as told:
        mcmc.report(tmp_path / name)
    assert [finding.code for finding in told.value.diagnostics] == ["BD850"]
