"""How the sampler went: each chain's path through the quantities it mixed worst in, and how their ranks spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesdsl.results.checks.chains import LOG_DENSITY
from bayesdsl.results.convergence import energy_fractions
from bayesdsl.results.report import curves
from bayesdsl.results.report.drawing import calm, drawn, short
from bayesdsl.results.report.material import Material, Quantity
from bayesdsl.results.report.nodes import Element, h
from bayesdsl.results.report.style import colour, series
from bayesdsl.results.summary import Row, summarise
from bayesdsl.results.table import format_rhat
from bayesdsl.runtime.posterior import Posterior

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 6
# Of each chain so many points are drawn.
POINTS = 240
RANK_BINS = 20
TICKS = 120


def worst(material: Material, most: int) -> list[tuple[Quantity, int]]:
    """The elements that the chains agree least on, by R-hat and then by the smaller effective sample size.

    What is derived repeats the unknowns, and is left out. Weights of networks are not comparable between chains, so
    that what is derived and the log density stand for them.
    """
    networks = any(quantity.layer is not None for quantity in material.quantities)
    compared = [q for q in material.quantities if q.layer is None and (networks or q.role != "derived")]
    if networks and "lp" in material.posterior.stats:
        compared.append(_log_density(material))
    found = [
        (_trouble(row), place, quantity, element)
        for place, quantity in enumerate(compared)
        for element, row in enumerate(quantity.rows)
        if row.rhat is not None
    ]
    found.sort(key=lambda item: (item[0], item[1], item[3]))
    return [(quantity, element) for _, _, quantity, element in found[:most]]


def _log_density(material: Material) -> Quantity:
    posterior = material.posterior
    values = np.asarray(posterior.stats["lp"], dtype=np.float64)
    density = Posterior(posterior.kind, posterior.engine, {LOG_DENSITY: values}, {LOG_DENSITY: ()}, {})
    rows = summarise(density, material.summary.interval).rows
    return Quantity(LOG_DENSITY, "derived", (), None, None, rows, (0,), values[:, :, None], 1)


def _trouble(row: Row) -> tuple[float, float]:
    # R-hat to the digits that are told; where it is as good, fewer effective draws are worse.
    return -round(row.rhat, 2), min(row.ess_bulk or np.inf, row.ess_tail or np.inf)


def chains(material: Material) -> list[Element] | None:
    """The sampler's figures, traces and ranks; None for what is not made of chains."""
    posterior = material.posterior
    if posterior.kind != "mcmc" or posterior.draws_per_chain < 2:
        return None
    shown = worst(material, MOST)
    parts = [h("p", _sampler(material))]
    if shown:
        parts.append(_traces(material, shown))
    return parts


def _sampler(material: Material) -> str:
    """The sampler's own record in a sentence or two."""
    posterior = material.posterior
    words = [f"{posterior.chains} chain{'s' * (posterior.chains > 1)} of {posterior.draws_per_chain:,} draws"]
    if posterior.warmup:
        words[0] += f" after {posterior.warmup:,} of warmup"
    stats = posterior.stats
    if "diverging" in stats:
        words.append(f"{int(np.sum(stats['diverging']))} divergent")
    if "step_size" in stats:
        sizes = np.asarray(stats["step_size"])[:, -1]
        words.append(f"step size {sizes.min():.2g}" + (f" to {sizes.max():.2g}" if len(sizes) > 1 else ""))
    if "n_steps" in stats:
        words.append(f"{np.mean(stats['n_steps']):.1f} gradients a draw")
    if "acceptance_rate" in stats:
        words.append(f"mean acceptance {np.mean(stats['acceptance_rate']):.2f}")
    if "energy" in stats and (bfmi := _bfmi(np.asarray(stats["energy"]))) is not None:
        words.append(f"energy (E-BFMI) at least {bfmi:.2f}")
    return f"{'; '.join(words)}."


def _bfmi(energy: np.ndarray) -> float | None:
    if energy.shape[1] < 4 or not np.isfinite(energy).all() or (energy.std(axis=1) == 0).any():
        return None
    return float(energy_fractions(energy).min())


def _traces(material: Material, shown: list[tuple[Quantity, int]]) -> Element:
    posterior = material.posterior
    diverging = np.asarray(posterior.stats.get("diverging", np.zeros((0, 0))), dtype=bool)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(3, 1.5))
        for (quantity, element), (left, right) in zip(shown, grid, strict=True):
            draws, row = quantity.draws(element), quantity.rows[element]
            _trace(left, draws, diverging)
            title = short(row.name, 34)
            left.set_title(title)
            ess = min(row.ess_bulk or np.inf, row.ess_tail or np.inf)
            left.set_title(
                f"R-hat {format_rhat(row.rhat)}, ESS {ess:,.0f}", loc="right", color=colour("muted"), fontsize=7
            )
            _ranks(right, draws)
        for axes in grid[:-1, 0]:
            axes.tick_params(labelbottom=False)
        grid[-1, 0].set_xlabel("draw")
        grid[-1, 1].set_xlabel("rank")

    names = curves.listed([quantity.rows[element].name for quantity, element in shown])
    few = posterior.draws_per_chain > POINTS
    caption = "The quantities that mix worst. Left: " + (f"{POINTS} draws of each chain" if few else "every draw")
    caption += ", a colour a chain" if posterior.chains > 1 else ""
    caption += "; ticks at the foot are divergent draws" if diverging.any() else ""
    caption += (
        ". Right: how often each chain has draws of which rank; chains that agree stay within the shaded band."
        if posterior.chains > 1
        else ". Right: how often draws of which rank come in the first half and in the second; within the shaded band "
        "where the chain does not drift."
    )
    return drawn(paint, height=1.05 * len(shown) + 0.35, alt=f"Traces and ranks of {names}.", caption=caption)


def _trace(axes: Axes, draws: np.ndarray, diverging: np.ndarray) -> None:
    kept = curves.thinned(draws.shape[1], POINTS)
    for chain, values in enumerate(draws):
        axes.plot(kept, values[kept], color=series(chain), linewidth=0.55, alpha=0.85)
    low, high = axes.get_ylim()
    if diverging.any():
        low -= 0.06 * (high - low)
        where = np.flatnonzero(diverging.any(axis=0))
        where = where[curves.thinned(len(where), TICKS)]
        axes.plot(where, np.full(len(where), low), "|", color=colour("ink"), markersize=4, markeredgewidth=0.6)
    axes.set_ylim(low, high)
    axes.margins(x=0.01)
    calm(axes, across=5, up=3)


def _ranks(axes: Axes, draws: np.ndarray) -> None:
    """Histograms of ranks, chain by chain; one chain is held against itself in halves."""
    from scipy.stats import binom, rankdata

    if len(draws) == 1:
        half = draws.shape[1] // 2
        draws = np.stack([draws[0, :half], draws[0, -half:]])
    ranks = rankdata(draws, method="average").reshape(draws.shape)
    bins = min(RANK_BINS, max(draws.shape[1] // 10, 2))
    edges = np.linspace(0.5, ranks.size + 0.5, bins + 1)
    low, high = binom.ppf([0.025, 0.975], draws.shape[1], 1 / bins)
    axes.axhspan(low, high, color=colour("rule"), alpha=0.45, linewidth=0)
    for chain, own in enumerate(ranks):
        counts, _ = np.histogram(own, edges)
        axes.stairs(counts, edges, color=series(chain), linewidth=0.9, baseline=None)
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.6 * draws.shape[1] / bins))
    axes.set_xlim(edges[0], edges[-1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xticks([])
