"""Runs both programs of a document, seed by seed and in turn, and takes times and differences part by part."""

from __future__ import annotations

import resource
import tempfile
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.comparison.agreement import Answer, agreement
from benchmarks.comparison.counting import lines_to_write
from benchmarks.comparison.documents import SPECS, Document
from benchmarks.comparison.setting import Setting

RUGGED = "https://raw.githubusercontent.com/rmcelreath/rethinking/master/data/rugged.csv"
FEWEST_SEEDS = 2


def measure(document: Document, *, rugged: str | None, seeds: int | None, short: bool) -> dict[str, Any]:
    """Figures of a document, as they are kept: lines to write, and for each part times and the largest difference.

    Each program runs with seeds 1, 2, ..; times are medians over them, of
    seconds on the processor. Both run on one thread.
    """
    count = max(FEWEST_SEEDS, seeds or (FEWEST_SEEDS if short else document.seeds))
    torch.set_num_threads(1)
    plain, spec = [], []
    for seed in range(1, count + 1):
        for program, runs in ((document.program, plain), (document.driver, spec)):
            runs.append(dict(_run(program, seed, short, rugged)))
    whole = {"whole": _whole(document, short, rugged)} if document.cut else {}
    return {
        "about": document.about,
        "seeds": count,
        "short": short,
        "lines": {
            "plain": lines_to_write(document.program),
            "spec": sum(map(lines_to_write, document.specs)),
            "driver": lines_to_write(document.driver),
        },
        "parts": [_part(name, plain, spec) for name in plain[0]],
        **whole,
    }


def _whole(document: Document, short: bool, rugged: str | None) -> dict[str, Any]:
    """What a part takes that is not cut short, with the spec alone."""
    run = import_module(f"benchmarks.comparison.{document.whole.stem}").whole
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(Setting(SPECS, rugged or RUGGED, Path(folder), 1, short))


def _run(program: Path, seed: int, short: bool, rugged: str | None) -> Iterator[tuple[str, tuple[float, Answer]]]:
    """The parts of a program with their seconds and answers."""
    answers = import_module(f"benchmarks.comparison.{program.stem}").answers
    collapse = program.stem.endswith("_spec")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Plain Pyro and torch remark on guides, traces and scripts; none of it is about the answers.
        warnings.simplefilter("ignore")
        setting = Setting(SPECS, rugged or RUGGED, Path(folder), seed, short)
        parts = answers(setting)
        while True:
            started = _seconds()
            try:
                name, found = next(parts)
            except StopIteration:
                return
            seconds = _seconds() - started
            yield name, (seconds, {key: _draws(value, collapse) for key, value in found.items()})


def _seconds() -> float:
    """Processor time of this process and of those it has waited for: chains may have processes of their own."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def _draws(value: Any, collapse: bool) -> np.ndarray:
    """An array (draw, *quantity) of what a program gave; a fit's draws have a dimension for chains before."""
    array = np.asarray(value, dtype=float)
    if collapse and array.ndim >= 2:
        return array.reshape(-1, *array.shape[2:])
    return array.reshape(1) if array.ndim == 0 else array


def _part(name: str, plain: list[dict], spec: list[dict]) -> dict[str, Any]:
    found = agreement([run[name][1] for run in spec], [run[name][1] for run in plain])
    return {
        "name": name,
        "plain_seconds": round(float(np.median([run[name][0] for run in plain])), 3),
        "spec_seconds": round(float(np.median([run[name][0] for run in spec])), 3),
        "quantity": found.quantity,
        "difference": round(found.difference, 5),
        "tolerance": round(found.tolerance, 5),
        "unit": found.unit,
        "holds": found.holds,
    }
