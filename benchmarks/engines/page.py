"""The page of the benchmarks, from its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from textwrap import fill
from typing import Any

from benchmarks.engines import figures
from benchmarks.engines.figures import Cells
from benchmarks.engines.notes import NOTES
from benchmarks.engines.setting import (
    BY_DIMENSIONS,
    BY_ROWS,
    EVERY,
    MODELS,
    PEERS,
    TITLES,
    Model,
)

OPENING = """\
# Benchmarks

The same models in bayesdsl, [Pyro](https://pyro.ai), [NumPyro](https://num.pyro.ai),
[nutpie](https://github.com/pymc-devs/nutpie) on [PyMC](https://www.pymc.io), and [Stan](https://mc-stan.org), measured
in one run on one machine. `make bench` runs all and writes this page; the programs are in `benchmarks/engines`.

Figures are medians of repeated runs. Behind a figure stands how many times faster bayesdsl is, in brackets, or slower
where it is under 1. Every cell is a process of its own, one at a time, all on the same two cores; every library has one
thread a chain, and all reals are in double precision but for the autoencoder. Stan is what pystan brings, compiled with
`-O3` and called without pystan's transport of draws. Pyro runs the program that our spec becomes. Each samples as it
does by itself: nutpie on PyMC with a mass matrix of draws and gradients; bayesdsl, by the same nutpie, with one of
draws alone where the warmup has 300 steps or more (`docs/engine.md`).
"""

PARTIAL = "\n**Not of one piece: these cells come from several runs, or from a short one.**\n"
MISSING, FAILED = "", "failed"
WIDTH = 120


def page(kept: Mapping[str, Any]) -> str:
    """The whole page from what `benchmarks.json` holds."""
    cells: Cells = kept["cells"]
    parts = [
        OPENING + (PARTIAL if len({(one["run"], one["quick"]) for one in cells.values()}) > 1 or _quick(cells) else ""),
        *_section("Targets", "Missed ones are marked, with what is known about them.", _targets(cells), _notes(cells)),
    ]
    for title, text, make in SECTIONS:
        parts += _section(title, text, make(cells))
    parts += _section("What did not run", "", _failures(cells))
    parts += _section("Machine", "", _machine(kept))
    return "\n".join(parts)


def _quick(cells: Cells) -> bool:
    return any(one["quick"] for one in cells.values())


def _section(title: str, text: str, *bodies: list[str]) -> list[str]:
    lines = [body for body in bodies if body]
    if not lines:
        return []
    return [f"## {title}\n", *([fill(text, WIDTH) + "\n"] if text else []), *("\n".join(body) + "\n" for body in lines)]


def _table(head: Iterable[str], rows: Iterable[list[str]], words: int = 1) -> list[str]:
    head = list(head)
    marks = ["---"] * words + ["---:"] * (len(head) - words)
    return [f"| {' | '.join(cells)} |" for cells in (head, marks, *rows)]


def figure(value: float | None) -> str:
    """Three digits."""
    if value is None:
        return MISSING
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _times(faster: float | None) -> str:
    return "" if faster is None else f" ({figure(faster)})"


# Targets


def _targets(cells: Cells) -> list[str]:
    rows = []
    for target in figures.TARGETS:
        found = target.measured(cells)
        sign = "at least" if target.least else "at most"
        bound = f"{sign} {target.bound:g} {target.unit}"
        if found is None:
            rows.append([target.text, bound, "not measured", "", ""])
            continue
        value, of = found
        mark = "met" if target.met(value) else f"**missed** [{target.name}]"
        rows.append([target.text, bound, f"{figure(value)} {target.unit}", of, mark])
    return _table(("target", "asked", "measured", "of", ""), rows, words=5)


def _notes(cells: Cells) -> list[str]:
    found = []
    for target in figures.TARGETS:
        measured = target.measured(cells)
        if measured is not None and not target.met(measured[0]):
            found.append(f"- **{target.name}**: {NOTES.get(target.name, 'no note yet.')}")
    return found


# Tables of models by peers


Figure = Callable[[Cells, str, str], float | None]


def _by_peer(cells: Cells, kind: str, models: Mapping[str, Model], get: Figure, more_is_better: bool) -> list[str]:
    rows = []
    for name, model in models.items():
        if not any(f"{kind}/{name}/{peer}" in cells for peer in PEERS):
            continue
        ours = get(cells, name, "ours")
        row = [model.about]
        for peer in PEERS:
            found = get(cells, name, peer)
            faster = figures.ratio(ours, found) if more_is_better else figures.ratio(found, ours)
            failed = "failed" in cells.get(f"{kind}/{name}/{peer}", {})
            about = "~" if more_is_better and found and figures.scaled(cells, name, peer, kind) else ""
            row.append(FAILED if failed else about + figure(found) + ("" if peer == "ours" else _times(faster)))
        rows.append(row)
    return _table(("", *(TITLES[peer] for peer in PEERS)), rows) if rows else []


def _nuts(cells: Cells) -> list[str]:
    return _by_peer(cells, "nuts", MODELS, figures.ess_per_second, True)


def _gradients(cells: Cells) -> list[str]:
    return _by_peer(cells, "nuts", MODELS, figures.microseconds, False)


def _cold(cells: Cells) -> list[str]:
    rows = []
    for which, title in (("first", "first run"), ("second", "second run")):
        ours = figures.cold(cells, "ours", which)
        found = {peer: figures.cold(cells, peer, which) for peer in PEERS}
        if any(value is not None for value in found.values()):
            row = [figure(v) + ("" if p == "ours" else _times(figures.ratio(v, ours))) for p, v in found.items()]
            rows.append([title, *row])
    return _table(("", *(TITLES[peer] for peer in PEERS)), rows) if rows else []


def _svi(cells: Cells) -> list[str]:
    peers = ("ours", "pyro", "numpyro")
    rows = []
    for name, guide in figures.guides(cells):
        found = {peer: figures.steps_per_second(cells, name, guide, peer) for peer in peers}
        row = [figure(v) + ("" if p == "ours" else _times(figures.ratio(found["ours"], v))) for p, v in found.items()]
        losses = [_loss(cells, name, guide, peer) for peer in peers]
        rows.append([EVERY[name].about, guide, *row, *losses])
    head = ("", "guide", *(TITLES[peer] for peer in peers), *(f"loss, {TITLES[peer]}" for peer in peers))
    return _table(head, rows, words=2) if rows else []


def _loss(cells: Cells, model: str, guide: str, peer: str) -> str:
    found = figures.cell(cells, "svi", model, peer)
    return MISSING if found is None or guide not in found["guides"] else f"{found['guides'][guide]['loss']:,.1f}"


def _memory(cells: Cells) -> list[str]:
    rows = []
    for name, model in MODELS.items():
        found = {peer: figures.cell(cells, "nuts", name, peer) for peer in PEERS}
        if any(found.values()):
            large = name == "million"
            text = [
                "" if one is None else f"{one['peak_bytes'] / 2**20:,.0f}" + (f" ({one['grown']:.1f})" if large else "")
                for one in found.values()
            ]
            rows.append([model.about, *text])
    return _table(("", *(TITLES[peer] for peer in PEERS)), rows) if rows else []


def _rows(cells: Cells) -> list[str]:
    return _by_peer(cells, "rows", BY_ROWS, lambda c, m, p: figures.microseconds(c, m, p, "rows"), False)


def _row_memory(cells: Cells) -> list[str]:
    def grown(cells: Cells, model: str, peer: str) -> float | None:
        found = figures.cell(cells, "rows", model, peer)
        return None if found is None else found["grown"]

    largest = {name: model for name, model in BY_ROWS.items() if name.endswith(f"-{10**6}")}
    return _by_peer(cells, "rows", largest, grown, False)


def _dimensions(cells: Cells) -> list[str]:
    get = figures.microseconds
    return _by_peer(cells, "dimensions", BY_DIMENSIONS, lambda c, m, p: get(c, m, p, "dimensions"), False)


def _dimensions_nuts(cells: Cells) -> list[str]:
    get = figures.ess_per_second
    return _by_peer(cells, "dimensions", BY_DIMENSIONS, lambda c, m, p: get(c, m, p, "dimensions"), True)


def _agreement(cells: Cells) -> list[str]:
    rows = []
    for name, model in MODELS.items():
        row = [model.about]
        for peer in PEERS:
            found = figures.difference(cells, name, peer)
            if found is None:
                row.append("reference" if figures.reference(cells, name) == peer else MISSING)
            else:
                text = f"{found.errors:.1f} (`{found.quantity}`)"
                row.append(text if found.holds else f"**differs**: {text}, {found.deviations:.2g} sd")
        if any(row[1:]):
            rows.append(row)
    return _table(("", *(TITLES[peer] for peer in PEERS)), rows) if rows else []


def _settings(cells: Cells) -> list[str]:
    rows = []
    for name, model in MODELS.items():
        found = {peer: figures.cell(cells, "nuts", name, peer) for peer in PEERS}
        if any(found.values()):
            text = ["" if one is None else f"{one['setting']}, {len(one['runs'])}" for one in found.values()]
            rows.append([model.about, *text])
    return _table(("", *(TITLES[peer] for peer in PEERS)), rows) if rows else []


def _failures(cells: Cells) -> list[str]:
    return [f"- `{key}`: {one['failed']}" for key, one in cells.items() if "failed" in one]


def _machine(kept: Mapping[str, Any]) -> list[str]:
    machine = kept["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return [
        f"{machine['processor']}, {machine['cores']} cores used, {machine['memory_gib']} GiB, {machine['system']}; "
        f"{versions}; {kept['finished']}."
    ]


SECTIONS = (
    (
        "NUTS, effective draws per second",
        "The least effective of all reported quantities (bulk), per second of sampling with warmup, without compiling. "
        "Marked ~: from the leapfrog steps a second of a short run, and the effective draws a step of NumPyro, whose "
        "sampler is the same; all draws would take many minutes.",
        _nuts,
    ),
    ("Gradients", "Microseconds of the log density with its gradient, on one thread.", _gradients),
    (
        "From the shell to the summary",
        "Seconds of a script on rugged, 4 x (1000 + 1000), with empty caches and once more.",
        _cold,
    ),
    (
        "SVI, steps per second",
        "With Adam and one particle. Losses are means of the last fifth of the first 2,000 steps, of large models 200.",
        _svi,
    ),
    (
        "Memory",
        "Peak of NUTS in MiB, of the largest process. For a million rows in brackets: how much it grew from the moment "
        "all libraries were there, over the size of the data.",
        _memory,
    ),
    ("Growth with rows", "Microseconds of a gradient.", _rows),
    (
        "Memory of a million rows",
        "Growth of the process with the data, a compiled model and its gradients, over the size of the data.",
        _row_memory,
    ),
    ("Growth with dimensions", "Microseconds of a gradient.", _dimensions),
    ("Growth with dimensions, NUTS", "Effective draws per second, as above; 4 x (300 + 300).", _dimensions_nuts),
    (
        "Do they agree?",
        "The largest difference of a posterior mean from that of the peer with the most effective draws, in Monte "
        f"Carlo standard errors; more than {figures.ERRORS:g}, and {figures.NO_MATTER:g} sd, is none.",
        _agreement,
    ),
    ("Draws and runs", "Chains x (warmup + draws), and how many such runs the median is of.", _settings),
)
