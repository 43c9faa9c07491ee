"""Whether a program can take several draws at once, as losses with `vectorize_particles` ask.

They add a plate on the left of all others. A product of matrices or an index by position then meets dimensions that it
does not expect: it fails, or works and means something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isclose
from typing import Any

import pyro
import torch
from pyro import poutine
from pyro.infer import ELBO

# Copies of one draw have the density of that draw each, up to the order of sums.
_AGREEMENT = 1e-6

# What a program raises that meets dimensions it does not expect.
_REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AssertionError)


def takes_many(
    model: Callable[[], Any], guide: Callable[[], Any], drawn: poutine.Trace, latents: Iterable[str], loss: ELBO
) -> bool:
    """Whether as many copies of one draw as the loss has particles, given at once, have that draw's density each.

    `drawn` is a trace of the guide with a value for each of `latents`.
    """
    loss._guess_max_plate_nesting(model, guide, (), {})
    particles, nesting = loss.num_particles, loss.max_plate_nesting
    many = drawn.copy()
    for name in latents:
        node = many.nodes[name]
        value = node["value"]
        missing = nesting - (value.dim() - node["fn"].event_dim)
        many.nodes[name] = {**node, "value": value.expand((particles, *(1,) * missing, *value.shape))}

    def at_once() -> None:
        with pyro.plate("particles at once", particles, dim=-1 - nesting):
            model()

    with torch.no_grad():
        one = poutine.trace(poutine.replay(model, trace=drawn)).get_trace().log_prob_sum()
        try:
            all_of_them = poutine.trace(poutine.replay(at_once, trace=many)).get_trace().log_prob_sum()
        except _REFUSALS:
            return False
    return isclose(float(all_of_them), particles * float(one), rel_tol=_AGREEMENT)
