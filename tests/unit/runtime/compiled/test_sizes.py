"""Sizes seen at some lengths of data, told as expressions in them."""

from __future__ import annotations

import pytest

from bayesdsl.runtime.compiled.sizes import Share, Size, explain, explain_share

N, M = Size.named("n"), Size.named("m")
TRIALS = [{"n": 29, "m": 13}, {"n": 11, "m": 41}, {"n": 37, "m": 23}]


def seen(size: Size) -> tuple[int, ...]:
    return tuple(size.at(trial) for trial in TRIALS)


@pytest.mark.parametrize(
    "size",
    [Size.of(7), N, 2 * N + 3, N * M, M * M + -1, 2 * N + M + 5, N + M * -1, N * N + 6 * N + 9, (N + M) * 4, N * M + N],
    ids=lambda size: size.c(),
)
def test_what_is_simple_is_explained(size: Size) -> None:
    assert explain(seen(size), TRIALS) == size


def test_what_is_not_is_not() -> None:
    assert explain(tuple(round(trial["n"] ** 0.5) for trial in TRIALS), TRIALS) is None
    assert explain(tuple(trial["n"] ** 3 for trial in TRIALS), TRIALS) is None
    # Three lengths and a number are not told by three trials.
    more = [trial | {"k": k} for trial, k in zip(TRIALS, (17, 53, 19), strict=True)]
    assert explain(tuple(sum(trial.values()) for trial in more), more) is None


@pytest.mark.parametrize(
    "share",
    [Share(Size.of(1), N), Share(Size.of(-2), N + 3), Share(N, M), Share(M, N), Share(N + M, Size.of(1), 0.9189)],
)
def test_shares_of_a_size_are_explained(share: Share) -> None:
    found = explain_share(tuple(share.at(trial) for trial in TRIALS), TRIALS, [N + M])
    assert found is not None
    # A factor is told by one of its multiples.
    assert found.at({"n": 1000, "m": 70}) == pytest.approx(share.at({"n": 1000, "m": 70}), rel=1e-14)
    assert Share.read(found.text()) == found
    # Whole numbers that are not whole in C.
    assert found.c().count("(double)") == 2
