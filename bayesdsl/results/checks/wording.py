"""Names and numbers as the findings of a verdict write them."""

from __future__ import annotations

from math import ceil, log10


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def percent(share: float) -> str:
    return f"{100 * share:.2g}%" if 0 < share < 0.1 else f"{100 * share:.0f}%"


def short(value: float, digits: int = 3) -> str:
    """So many significant digits, all of those before the point, and an exponent only far from one."""
    size = abs(value)
    if size >= 1e7 or 0 < size < 1e-4:
        return f"{value:.{digits - 1}e}"
    return f"{value:.0f}" if size >= 10**digits else f"{value:.{digits}g}"


def rhat(value: float) -> str:
    return f"{value:.3f}"


def round_up(draws: float) -> int:
    """To two significant digits."""
    step = 10 ** max(int(log10(max(draws, 1))) - 1, 0)
    return int(ceil(draws / step) * step)


def double(count: int) -> int:
    return 2 * count if count else 1000
