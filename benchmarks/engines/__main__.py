"""bayesdsl beside Pyro, NumPyro, nutpie on PyMC and Stan, measured in one run.

    make bench                                        everything: some fifty minutes on two cores
    python -m benchmarks.engines --only rugged,stan   one model and one peer; other cells keep their figures
    python -m benchmarks.engines --only svi           one figure: cold, gradient, nuts, svi, rows, dimensions, threads
    python -m benchmarks.engines --resume             what an interrupted run has not measured
    python -m benchmarks.engines --quick --out DIR    a few draws each, to see that all works

Cells are kept in `benchmarks.json` as they come, and the page `benchmarks.md` is written from them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUGGED = ROOT.parent / "shared" / "data" / "rugged.csv"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    os.environ["BENCH_RUGGED"] = str(_rugged(options))
    from benchmarks.engines import page, running
    from benchmarks.engines.machine import hold_to_cores, machine

    try:
        cells = running.plan(options.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    cores = hold_to_cores()
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "benchmarks.json"
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"cells": {}}
    # A run that is resumed is the same run.
    named = kept.get("run") if options.resume else None
    if not (options.resume or options.only):
        kept["cells"] = {}
    kept["run"] = named or datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    for number, cell in enumerate(cells, 1):
        done = kept["cells"].get(cell.key)
        if options.resume and done and "failed" not in done and done["run"] == kept["run"]:
            continue
        found = running.run(cell, options.repeats, options.quick, options.build)
        kept["cells"][cell.key] = {**found, "run": kept["run"], "quick": options.quick}
        kept |= {"machine": machine(cores), "finished": datetime.now(UTC).strftime("%Y-%m-%d")}
        _write(file, json.dumps(kept, indent=1) + "\n")
        _write(options.out / "benchmarks.md", page.page(kept))
        print(f"{number}/{len(cells)} {cell.key}: {_said(found)}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", metavar="NAMES", help="models, peers and figures, with commas")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each cell, as far as time allows (default 3)")
    parser.add_argument("--quick", action="store_true", help="a few draws of everything")
    parser.add_argument("--resume", action="store_true", help="leave alone what this run has already measured")
    parser.add_argument("--rugged", type=Path, help="rugged.csv (by default ../shared/data/rugged.csv, or fetched)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where benchmarks.json and benchmarks.md lie")
    parser.add_argument(
        "--build", type=Path, default=ROOT / ".venv-bench" / "build", help="where compiled models of Stan are kept"
    )
    return parser


def _rugged(options: argparse.Namespace) -> Path:
    """The table of nations: as told, beside the checkout, or fetched once."""
    if options.rugged is not None or RUGGED.is_file():
        return (options.rugged or RUGGED).resolve()
    from urllib.request import urlretrieve

    kept = options.build / "rugged.csv"
    if not kept.is_file():
        options.build.mkdir(parents=True, exist_ok=True)
        urlretrieve("https://raw.githubusercontent.com/rmcelreath/rethinking/master/data/rugged.csv", kept)
    return kept.resolve()


def _write(file: Path, text: str) -> None:
    """Whole or not at all: a run may be stopped at any time."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)


def _said(found: dict[str, Any]) -> str:
    if "failed" in found:
        return f"failed: {found['failed']}"
    names = ("gradient_us", "ess_per_second", "first_seconds", "second_seconds", "guides")
    shown = {name: found[name] for name in names if name in found}
    return f"{json.dumps(shown, default=str)} in {found['took']} s"


if __name__ == "__main__":
    sys.exit(main())
