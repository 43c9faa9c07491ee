"""Compare, document by document, a plain Pyro program with a spec: answers, lines to write, time.

    python -m benchmarks.comparison                      everything: some five minutes
    python -m benchmarks.comparison --documents 002 004  these alone; the others keep their figures
    python -m benchmarks.comparison --short --out DIR    a few steps each, as the tests do

Figures are kept in `comparison.json`, and the page `comparison.md` is written from them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def main(arguments: list[str] | None = None) -> int:
    from benchmarks.comparison import page
    from benchmarks.comparison.documents import DOCUMENTS
    from benchmarks.comparison.measure import measure

    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparison", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--documents", nargs="+", choices=list(DOCUMENTS), default=list(DOCUMENTS), metavar="NUMBER")
    parser.add_argument("--short", action="store_true", help="a few steps of everything")
    parser.add_argument("--seeds", type=int, help="runs of each program (by default two)")
    # A path is meant from where the command is given; a spec would look beside itself.
    parser.add_argument("--rugged", type=os.path.abspath, help="rugged.csv, where it is not to be fetched")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where comparison.json and comparison.md lie")
    options = parser.parse_args(arguments)

    figures = options.out / "comparison.json"
    kept = json.loads(figures.read_text(encoding="utf-8")) if figures.is_file() else {}
    holds = True
    for number in options.documents:
        document = DOCUMENTS[number]
        kept[number] = measure(document, rugged=options.rugged, seeds=options.seeds, short=options.short)
        holds = holds and all(part["holds"] for part in kept[number]["parts"])
        figures.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
        (options.out / "comparison.md").write_text(page.page(kept), encoding="utf-8")
        print(page.table_of_parts({number: kept[number]}), flush=True)
    return 0 if holds else 1


if __name__ == "__main__":
    # What this machine happens to have compiled before is not to show.
    with TemporaryDirectory() as cache:
        os.environ["BAYESDSL_CACHE"] = cache
        status = main()
    sys.exit(status)
