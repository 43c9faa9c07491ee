"""The figures behind the drawings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from bayesdsl.results.report import curves
from bayesdsl.results.report.nodes import h, render
from bayesdsl.results.report.style import COLOURS, by_name
from bayesdsl.types.supports import Support

DRAWS = np.random.default_rng(5).normal(0, 1, (4, 2000))


def test_a_density_is_that_of_the_draws_and_has_an_area_of_one():
    grid, heights = curves.density(DRAWS)
    # 8,000 draws and a bandwidth of 0.15: the error of a smoothed density is some 0.008 at its peak of 0.4.
    assert np.abs(heights - norm.pdf(grid)).max() < 0.03
    assert np.trapezoid(heights, grid) == pytest.approx(1, abs=0.02)


def test_a_density_ends_where_the_support_does():
    grid, heights = curves.density(np.abs(DRAWS), Support("positive", lo=0.0))
    assert grid[0] >= 0
    # A half normal is highest at zero: the edge is not smoothed away.
    assert heights[0] == pytest.approx(2 * norm.pdf(0), abs=0.06)


def test_a_heavy_tail_does_not_hide_the_rest():
    draws = np.abs(np.random.default_rng(1).standard_cauchy((4, 1000))) * 5
    grid, _ = curves.density(draws, Support("positive", lo=0.0))
    assert grid[-1] < 0.2 * draws.max()


@pytest.mark.parametrize("draws", [[], [1.0], [2.0, 2.0, 2.0], [np.nan, np.inf]])
def test_nothing_to_smooth_is_an_empty_curve(draws: list[float]):
    grid, heights = curves.density(np.array(draws))
    assert len(grid) == len(heights) == 0


@pytest.mark.parametrize(
    ("positive", "of", "text"),
    [
        (90, 100, "0.90"),
        (0, 100, "< 0.01"),
        (100, 100, "> 0.99"),
        (0, 4000, "< 0.0001"),
        (3990, 4000, "0.998"),
        (0, 800, "< 0.001"),
    ],
)
def test_the_share_over_zero_is_told_as_far_as_the_draws_tell(positive: int, of: int, text: str):
    draws = np.where(np.arange(of) < positive, 1.0, -1.0)
    assert curves.positive_share(draws) == text


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [(9.1623, 0.073, "9.162"), (-0.2, 0.05, "\N{MINUS SIGN}0.200"), (1234.5, 300, "1.23e+03"), (0.5, 0, "0.5")],
)
def test_numbers_show_two_digits_of_their_spread(value: float, spread: float, text: str):
    assert curves.figures(value, spread) == text


def test_coverage_and_reach_are_right_for_a_model_that_is_right():
    rng = np.random.default_rng(8)
    observed, draws = rng.poisson(4, 3000), rng.poisson(4, (400, 3000))
    reach = curves.reach(observed, draws)
    # 3,000 rows: three standard errors of a share of one half. The draws' quantiles add a part of one.
    assert np.mean(reach <= 0.5) == pytest.approx(0.5, abs=0.035)
    assert np.mean(reach <= 0.9) == pytest.approx(0.9, abs=0.02)
    normal, anew = rng.normal(size=3000), rng.normal(size=(400, 3000))
    assert curves.coverage(normal, anew, 0.9) == pytest.approx(0.9, abs=0.025)
    assert curves.coverage(np.array([0.0, np.nan]), anew[:, :2], 0.9) == 1


def test_what_is_far_apart_or_of_another_scale_is_not_drawn_together():
    assert curves.comparable(DRAWS, DRAWS + 2)
    assert not curves.comparable(DRAWS, DRAWS + 50)
    assert not curves.comparable(DRAWS, DRAWS * 100)
    assert not curves.comparable(DRAWS * 0, DRAWS)


def test_text_and_attributes_are_escaped_when_they_are_written():
    node = h("p", 'a < b & "c"', class_='"><script>', hidden=True, title=None)
    assert render(node) == '<p class="&quot;&gt;&lt;script&gt;" hidden>a &lt; b &amp; &quot;c&quot;</p>'
    assert render(h("p", "\x00\x1b\ud800")) == "<p>\ufffd\ufffd\\udcd800</p>".replace("\\udcd800", "\\ud800")


def test_colours_are_all_different_so_that_drawings_can_name_them():
    light = [both[0] for both in COLOURS.values()]
    assert len(set(light)) == len(light)
    assert by_name(f"stroke: {light[0]}") == f"stroke: var(--{next(iter(COLOURS))})"
