"""R-hat, effective sample sizes and Monte Carlo errors of many elements at once.

The figures of Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), Bayesian Analysis 16, as arviz-stats computes
them, which the tests hold them against. It takes each element by itself, some two milliseconds each, and is imported
in most of a second, more than a whole run of a small model takes otherwise.

Draws are arrays of shape (element, chain, draw), finite, at least four a chain; a figure has shape (element,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import NormalDist

import numpy as np

FEWEST_DRAWS = 4
FIGURES = ("ess_bulk", "ess_tail", "rhat", "mcse_mean")

# Elements are taken so many numbers at a time, as what is worked out on the way takes several times their room.
_NUMBERS = 1 << 20
# Draws that differ by no more than a rounding of one do not vary.
_RESOLUTION = float(np.finfo(np.float64).resolution)


def chain_figures(draws: np.ndarray, tails: tuple[float, float] = (0.05, 0.95)) -> dict[str, np.ndarray]:
    """Bulk and tail effective sample sizes, rank-normalised R-hat and the mean's Monte Carlo error, by name.

    One chain is compared with itself, as two halves, for R-hat; where it has fewer than eight draws that is NaN. Where
    chains stand still in different places R-hat is infinite, or as good as that. `tails` are the probabilities of the
    tails' quantiles.
    """
    parts = [_figures(part, tails) for part in _parts(draws)]
    return {name: np.concatenate([part[name] for part in parts]) for name in FIGURES}


def energy_fractions(energy: np.ndarray) -> np.ndarray:
    """The estimated Bayesian fraction of missing information of each chain (Betancourt 2016), from its energies, an
    array of shape (chain, draw)."""
    return np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1, ddof=1)


def twice_ranks(rows: np.ndarray) -> np.ndarray:
    """Twice the rank of each number in its row, from 2, as whole numbers: equal ones share the mean of their ranks."""
    size = rows.shape[1]
    order = np.argsort(rows, axis=1)
    ascending = np.take_along_axis(rows, order, axis=1)
    changes = ascending[:, 1:] != ascending[:, :-1]
    edge = np.ones((len(rows), 1), dtype=bool)
    places = np.arange(size)
    first = np.maximum.accumulate(np.where(np.hstack([edge, changes]), places, 0), axis=1)
    last = np.where(np.hstack([changes, edge]), places, size - 1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, first + last + 2, axis=1)
    return ranks


def _parts(draws: np.ndarray) -> Iterator[np.ndarray]:
    elements, chains, length = draws.shape
    size = max(1, _NUMBERS // (chains * length))
    for start in range(0, max(elements, 1), size):
        yield draws[start : start + size]


def _figures(draws: np.ndarray, tails: tuple[float, float]) -> dict[str, np.ndarray]:
    with np.errstate(all="ignore"):  # chains that stand still
        split = _halves(draws)
        scores = _normal_scores(split)
        tail = [_effective(_halves(draws <= bound)) for bound in _quantiles(draws, tails)]
        return {
            "ess_bulk": _effective(scores),
            "ess_tail": np.minimum(*tail),
            "rhat": _rhat(split, scores, *draws.shape[1:]),
            "mcse_mean": _pooled(draws, np.std, ddof=1) / np.sqrt(_effective(split)),
        }


def _rhat(split: np.ndarray, scores: np.ndarray, chains: int, length: int) -> np.ndarray:
    """The larger R-hat of where draws are and of how far they are from the middle, by their ranks."""
    if chains == 1:
        if length < 2 * FEWEST_DRAWS:
            return np.full(len(split), np.nan)
        split = _halves(split)
        scores = _normal_scores(split)
    return np.fmax(_mixing(scores), _mixing(_normal_scores(_folded(split))))


def _pooled(draws: np.ndarray, figure: Callable[..., np.ndarray], **options: int) -> np.ndarray:
    return figure(draws.reshape(len(draws), -1), axis=1, **options)


def _quantiles(draws: np.ndarray, probabilities: tuple[float, ...]) -> Iterator[np.ndarray]:
    """For each probability the quantiles of the elements, of shape (element, 1, 1)."""
    for values in np.quantile(draws.reshape(len(draws), -1), probabilities, axis=1):
        yield values[:, None, None]


def _halves(draws: np.ndarray) -> np.ndarray:
    """Each chain as two; of an odd number of draws the middle one is left out."""
    half = draws.shape[2] // 2
    return np.concatenate([draws[:, :, :half], draws[:, :, draws.shape[2] - half :]], axis=1)


def _folded(draws: np.ndarray) -> np.ndarray:
    """How far draws are from their median: R-hat of these tells whether chains are as wide as each other."""
    return np.abs(draws - _pooled(draws, np.median)[:, None, None])


def _normal_scores(draws: np.ndarray) -> np.ndarray:
    """Draws as the normal quantiles of their ranks in all chains, by Blom's formula.

    There are at most twice as many ranks as draws, whatever the number of elements: each quantile is worked out once.
    """
    ranks = twice_ranks(draws.reshape(len(draws), -1))
    size = ranks.shape[1]
    needed = np.flatnonzero(np.bincount(ranks.ravel(), minlength=2 * size + 1))
    table = np.empty(2 * size + 1)
    table[needed] = [*map(NormalDist().inv_cdf, (needed / 2 - 3 / 8) / (size + 1 / 4))]
    return table[ranks].reshape(draws.shape)


def _mixing(draws: np.ndarray) -> np.ndarray:
    """R-hat: how much wider the draws of all chains are than those of one."""
    length = draws.shape[2]
    between = length * draws.mean(axis=2).var(axis=1, ddof=1)
    within = draws.var(axis=2, ddof=1).mean(axis=1)
    return np.sqrt((between / within + length - 1) / length)


def _effective(draws: np.ndarray) -> np.ndarray:
    """Effective sample sizes, the autocorrelations summed as far as Geyer's initial monotone sequence goes.

    Autocorrelations are taken in pairs (of lags 0 and 1, 2 and 3, ..), whose sums are positive and fall for a
    reversible chain: what comes after the first that is not is noise, and what rises is cut down to the one before. Of
    the pair that ends the sequence the first is kept where it is positive.
    """
    draws = np.asarray(draws, dtype=np.float64)
    elements, chains, length = draws.shape
    count = chains * length
    correlations = _autocorrelations(draws)
    whole = correlations[:, : 2 * (length // 2)]
    pairs = whole[:, 0::2] + whole[:, 1::2]
    # The last pair that is looked at has lags of at least `length - 3`, as those after it have hardly any draws.
    farthest = max(0, (length - 3) // 2)
    ended = ~(pairs > 0)
    ended[:, farthest:] = True
    end = ended.argmax(axis=1)
    falling = np.minimum.accumulate(pairs, axis=1)
    before = np.arange(pairs.shape[1]) < end[:, None]
    rows = np.arange(elements)
    even = whole[rows, 2 * end]
    last = np.where((even > 0) | (pairs[rows, end] >= 0), even, 0.0)
    time = 2 * np.where(before, falling, 0.0).sum(axis=1) + np.where(end > 0, last, 1.0) - 1
    sizes = count / np.maximum(time, 1 / np.log10(count))
    sizes[np.isnan(correlations[:, :2]).any(axis=1)] = np.nan
    sizes[_pooled(draws, np.ptp) < _RESOLUTION] = count
    return sizes


def _autocorrelations(draws: np.ndarray) -> np.ndarray:
    """Of shape (element, lag), from what chains have in common and how far apart they are."""
    chains, length = draws.shape[1:]
    covariances = _autocovariances(draws)
    spread = covariances[:, 0].copy()
    if chains > 1:
        spread += draws.mean(axis=2).var(axis=1, ddof=1)
    variance = covariances[:, 0] * length / (length - 1)
    correlations = 1 - (variance[:, None] - covariances) / spread[:, None]
    correlations[:, 0] = np.where(np.isnan(correlations[:, 0]), np.nan, 1.0)
    return correlations


def _autocovariances(draws: np.ndarray) -> np.ndarray:
    """At each lag, the mean of the chains', by the Fourier transform, with room enough that ends do not meet."""
    length = draws.shape[2]
    room = 1 << (2 * length - 1).bit_length()
    spectrum = np.fft.rfft(draws - draws.mean(axis=2, keepdims=True), n=room, axis=2)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    return np.fft.irfft(power.mean(axis=1), n=room, axis=1)[:, :length] / length
