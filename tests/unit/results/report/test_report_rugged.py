"""Terrain and income: the slopes inside and outside Africa, and the lines with their bands, as a page shows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from report_runs import Page

import bayesdsl as bd

pytest.importorskip("matplotlib")


def test_the_slopes_have_the_signs_of_the_draws_with_probabilities_over_nine_tenths(
    root: Path, shared_data: Path, tmp_path: Path
):
    model = bd.compile(root / "specs" / "rugged.bayes")
    data = {"nation": shared_data / "rugged.csv"}
    # A posterior that is all but normal: the curvature at its mode gives it, in a second.
    fit = model.fit("svi", data=data, seed=1, guide="AutoLaplaceApproximation", steps=600, draws=2000)
    inside, elsewhere = (float((fit[f"slope_{where}"] > 0).mean()) for where in ("in_africa", "elsewhere"))
    # The posterior has 0.94 and 0.01; three standard errors of 2,000 draws are two in a hundred.
    assert inside > 0.9
    assert elsewhere < 0.1
    page = Page(fit.report(tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Posterior densities of slope_in_africa and slope_elsewhere." in page.drawings
    key = page.text[page.text.index("P(> 0)") :].split()
    assert key[key.index("slope_in_africa") + 5] == f"{inside:.2f}"
    assert key[key.index("slope_elsewhere") + 5] == f"{elsewhere:.2f}"
    assert any(text.startswith("log_gdp against rugged") for text in page.drawings)
    inside_of = page.text[page.text.index("observations inside") :]
    half, nine_tenths, of_the_mean = (
        int(share) for share in re.findall(r"interval(?: of the mean)?\s+(\d+) %", inside_of)[:3]
    )
    # 170 rows: three standard errors of these shares are 12 and 7 in a hundred.
    assert abs(half - 50) < 12
    assert abs(nine_tenths - 90) < 7
    assert of_the_mean < 40
