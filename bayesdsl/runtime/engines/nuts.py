"""`infer nuts(..)`: chains of nutpie's NUTS over a compiled density, in threads, or, where there is none, of Pyro's
over our own density, each in a process of its own. On another device than the cores, all chains at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled.blas import one_thread
from bayesdsl.runtime.density import Density
from bayesdsl.runtime.engines.chain import Chunk, NutsSettings, sample_chain
from bayesdsl.runtime.engines.collect import posterior
from bayesdsl.runtime.engines.errors import (
    DiscreteLatent,
    Interrupted,
    NoLatents,
    ParamsNotSupported,
    PyroOnDevice,
    Subsampled,
    UnknownSettings,
)
from bayesdsl.runtime.engines.isolation import Isolated
from bayesdsl.runtime.engines.messages import Job, Ready
from bayesdsl.runtime.engines.native_chains import NativeChains, NativeRun, prepare
from bayesdsl.runtime.engines.nutpie import library
from bayesdsl.runtime.engines.pool import run_chains
from bayesdsl.runtime.posterior import Posterior
from bayesdsl.runtime.progress import Progress, Report, silent


@dataclass(frozen=True)
class _Sampled:
    """The draws of each chain as they came, and what is to be said of them beside what they show. `values` are those
    of the variables at unconstrained draws, None where the draws are of these themselves."""

    chunks: dict[int, list[Chunk]]
    facts: dict[str, Any]
    interrupted: bool
    values: Callable[[np.ndarray], dict[str, np.ndarray]] | None = None


def run(
    bound: BoundModel,
    settings: dict[str, Any],
    seed: int,
    report: Report = silent,
    device: torch.device | None = None,
) -> Posterior:
    """Draws from the posterior by NUTS. The same seed gives the same draws, however many threads or processes run the
    chains. `facts["engine"]` is `"compiled"` or `"pyro"`, `facts["engine_note"]` why it is Pyro's where that was not
    asked for, which every progress says as well. With a `device` all chains run there at once: the engine is
    `"together"`, and the note says how many where.

    A KeyboardInterrupt ends the run with the draws so far: of the chains that have some, as many draws of each as
    leaves the most in all. Raises NoLatents, DiscreteLatent, ParamsNotSupported, Subsampled, InitFailed, WorkerFailed,
    SamplerFailed, and Interrupted where there is not a single draw; with a device NotTogether, PyroOnDevice and
    DeviceFull.
    """
    chosen = _settings(settings)
    if device is not None and chosen.engine == "pyro":
        raise PyroOnDevice(str(device))
    density = _density(bound)
    names = tuple(v.name for v in bound.variables)
    sampled = (
        _sampled(bound, density, names, chosen, seed, report)
        if device is None
        else _together(density, names, chosen, seed, report, device)
    )
    chunks = sampled.chunks
    kept, length = _trimmed({chain: sum(len(c.stats["lp"]) for c in cs) for chain, cs in chunks.items()})
    if not kept:
        raise Interrupted("nuts", "warmup")
    first = chunks[kept[0]][0]
    # Taken from the chunks, so that they are in memory once.
    draws = {n: _joined([chunks[c] for c in kept], lambda k, n=n: k.draws.pop(n), length) for n in tuple(first.draws)}
    if sampled.values is not None:
        draws = sampled.values(draws["u"])
    stats = {s: _joined([chunks[c] for c in kept], lambda k, s=s: k.stats[s], length) for s in first.stats}
    facts = sampled.facts | {
        "divergences": int(stats["diverging"].sum()),
        "step_sizes": [float(step) for step in stats["step_size"][:, -1]],
        "leapfrog_steps": int(stats["n_steps"].sum()),
        "chains_kept": [chain + 1 for chain in kept],
        "max_tree_depth": chosen.max_tree_depth,
        "target_accept_prob": chosen.target_accept_prob,
    }
    return posterior(
        bound,
        draws,
        kind="mcmc",
        engine="nuts",
        stats=stats,
        warmup=chosen.warmup,
        interrupted=sampled.interrupted,
        facts=facts,
    )


def _sampled(
    bound: BoundModel, density: Density, names: tuple[str, ...], settings: NutsSettings, seed: int, report: Report
) -> _Sampled:
    """On the cores: compiled, or by Pyro."""
    native = _native(density, settings, seed, report)
    if isinstance(native, str):
        return _by_pyro(bound, density, names, settings, seed, report, native)
    return _compiled(native, settings, seed, report)


def _together(
    density: Density,
    names: tuple[str, ...],
    settings: NutsSettings,
    seed: int,
    report: Report,
    device: torch.device,
) -> _Sampled:
    from bayesdsl.runtime.engines.together.sample import ManyChains

    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", torch.cuda.current_device())
    try:
        chains = ManyChains(density, names, settings, seed, device)
    except KeyboardInterrupt:
        raise Interrupted("nuts", "its preparation") from None
    chains.run(report)
    facts = {
        "engine": "together",
        "engine_note": f"{settings.chains:,} chain{'s' * (settings.chains > 1)} at once on {device}",
        "gradient": "traced",
        "gradient_note": "agrees with the model at random points",
        "mass_matrix": "full" if settings.full_mass else "diagonal",
        "sampler": "of all chains at once",
    }
    return _Sampled(chains.chunks, facts, chains.interrupted, chains.values)


def _native(density: Density, settings: NutsSettings, seed: int, report: Report) -> NativeRun | str:
    """The compiled density, or why Pyro is to sample, as a clause, empty where it was asked to."""
    if settings.engine == "pyro":
        return ""
    try:
        return prepare(density, settings, seed, _cores(settings) // _side_by_side(settings), report)
    except KeyboardInterrupt:
        raise Interrupted("nuts", "its compilation") from None


def _compiled(native: NativeRun, settings: NutsSettings, seed: int, report: Report) -> _Sampled:
    chains = NativeChains(native, settings, seed, _side_by_side(settings))
    with one_thread():
        chains.run(report)
    facts = {
        "engine": "compiled",
        "engine_note": "",
        "gradient": "compiled",
        "gradient_note": "",
        "mass_matrix": "low rank" if settings.full_mass else "diagonal",
        "sampler": f"nutpie {library().__version__}",
    }
    return _Sampled(chains.chunks, facts, chains.interrupted, native.values)


def _by_pyro(
    bound: BoundModel,
    density: Density,
    names: tuple[str, ...],
    settings: NutsSettings,
    seed: int,
    report: Report,
    why: str,
) -> _Sampled:
    chunks: dict[int, list[Chunk]] = {chain: [] for chain in range(settings.chains)}
    facts: dict[str, Any] = {"engine": "pyro", "engine_note": why}
    note = f"engine: Pyro's, because {why}" if why else ""
    interrupted = False
    events = _events(bound, density, names, settings, seed)
    try:
        for event in events:
            match event:
                case Chunk():
                    chunks[event.chain].append(event)
                case Ready():
                    facts.update(event.facts)
                case Progress():
                    report(replace(event, note=note))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        events.close()
    return _Sampled(chunks, facts, interrupted)


def _settings(settings: dict[str, Any]) -> NutsSettings:
    unknown = tuple(sorted(settings.keys() - {f.name for f in fields(NutsSettings)}))
    if unknown:
        raise UnknownSettings("nuts", unknown)
    return NutsSettings(**settings)


def _density(bound: BoundModel) -> Density:
    try:
        density = Density(bound)
    except (DiscreteLatent, ParamsNotSupported, Subsampled) as error:
        error.engine = "nuts"
        raise
    if not density.sites:
        raise NoLatents("nuts")
    return density


def _events(
    bound: BoundModel, density: Density, names: tuple[str, ...], settings: NutsSettings, seed: int
) -> Iterator[Chunk | Progress | Ready]:
    processes = _side_by_side(settings)
    if processes == 1 or not bound.source:
        return _here(density, names, settings, seed)
    job = Job(bound.source, bound.name, bound.inputs, bound.dtype, names, settings, seed, bound.starts)
    return run_chains(job, settings.chains, processes)


def _here(
    density: Density, names: tuple[str, ...], settings: NutsSettings, seed: int
) -> Iterator[Chunk | Progress | Ready]:
    # As in a worker: sums over data that are worked out beforehand depend on how many threads share them.
    with Isolated(seed, threads=1):
        density.trace()
    yield Ready({"gradient": density.gradient, "gradient_note": density.gradient_note})
    for chain in range(settings.chains):
        yield from sample_chain(density, names, settings, seed, chain)


def _side_by_side(settings: NutsSettings) -> int:
    """How many chains to run at once."""
    return min(settings.chains, _cores(settings))


def _cores(settings: NutsSettings) -> int:
    return (settings.cores or available_cores()) if settings.parallel else 1


def available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _trimmed(lengths: dict[int, int]) -> tuple[list[int], int]:
    """The chains to keep and how many draws of each, so that the most draws are kept in all."""
    candidates = sorted({n for n in lengths.values() if n})
    if not candidates:
        return [], 0
    best = max(candidates, key=lambda n: (n * sum(have >= n for have in lengths.values()), -n))
    return [chain for chain, have in lengths.items() if have >= best], best


def _joined(chains: list[list[Chunk]], part: Any, length: int) -> np.ndarray:
    return np.stack([np.concatenate([part(chunk) for chunk in chunks])[:length] for chunks in chains])
