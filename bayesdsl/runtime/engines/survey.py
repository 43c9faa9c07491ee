"""What one run of a model shows of it, before anything is fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import pyro
import torch
from pyro import poutine
from pyro.poutine.util import site_is_subsample

from bayesdsl.runtime.engines.errors import GuideMismatch


@dataclass(frozen=True)
class Survey:
    """`observations` counts observed values, those of all rows; `jumps` are the observed sites whose draws have no
    gradient."""

    latents: tuple[str, ...]
    discrete: tuple[str, ...]
    params: tuple[str, ...]
    observations: int
    jumps: tuple[str, ...]


def survey(model: Callable[..., Any]) -> Survey:
    """Run a model once, with a parameter store of its own."""
    with torch.no_grad(), pyro.get_param_store().scope():
        trace = poutine.trace(model).get_trace()
    sites = [site for site in trace.nodes.values() if site["type"] == "sample" and not site_is_subsample(site)]
    latents = [site for site in sites if not site["is_observed"]]
    data = [site for site in sites if site["is_observed"] and not _is_auxiliary(site)]
    return Survey(
        latents=tuple(site["name"] for site in latents),
        discrete=tuple(site["name"] for site in latents if site["fn"].support.is_discrete),
        params=tuple(trace.param_nodes),
        observations=round(sum(prod(site["fn"].batch_shape) * site["scale"] for site in data)),
        jumps=tuple(site["name"] for site in data if not site["fn"].has_rsample),
    )


def _is_auxiliary(site: dict[str, Any]) -> bool:
    return bool(site["infer"].get("_deterministic") or site["infer"].get("is_auxiliary"))


def check_sites(name: str, guide: Callable[..., Any], latents: tuple[str, ...]) -> None:
    """Hold the sites of a guide by hand against the model's latents. Raises GuideMismatch."""
    with torch.no_grad(), pyro.get_param_store().scope():
        trace = poutine.trace(guide).get_trace()
    drawn = [
        node for node, site in trace.iter_stochastic_nodes() if not site_is_subsample(site) and not _is_auxiliary(site)
    ]
    missing, extra = tuple(x for x in latents if x not in drawn), tuple(x for x in drawn if x not in latents)
    if missing or extra:
        raise GuideMismatch(name, missing, extra)
