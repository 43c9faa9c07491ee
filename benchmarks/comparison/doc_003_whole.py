"""The network of `bnn.bayes` by NUTS at the length that the spec gives it, and how long plain Pyro's chains would take.

Nobody waits for the latter: what is measured is a gradient, of which a chain takes one a step.
"""

import time

import pyro
import torch
from pyro.infer.mcmc.util import initialize_model
from pyro.ops.integrator import potential_grad

import bayesdsl as bd
from benchmarks.comparison.doc_003 import load, shallow

GRADIENTS = 300


def whole(setting):
    """Seconds on the processor, steps of the paths after the warmup, and seconds of a plain gradient."""
    chain = {"warmup": 20, "draws": 5, "max_tree_depth": 3} if setting.short else {}
    started = time.process_time()
    fit = bd.compile(setting.specs / "bnn.bayes").fit(seed=setting.seed, **chain)
    seconds = time.process_time() - started
    chains, draws = fit["s"].shape[:2]
    return {
        "part": "one hidden layer, NUTS",
        "chains": chains,
        "draws": draws,
        "spec_seconds": seconds,
        "steps": fit.posterior.facts["leapfrog_steps"],
        "plain_gradient_seconds": gradient_seconds(setting),
    }


def gradient_seconds(setting):
    pyro.set_rng_seed(setting.seed)
    initial, potential, _, _ = initialize_model(shallow(), load(setting.specs / "curve.csv"))
    taken = []
    for _ in range(setting.steps(GRADIENTS, 3)):
        started = time.process_time()
        potential_grad(potential, {name: value.detach() for name, value in initial.items()})
        taken.append(time.process_time() - started)
    return float(torch.tensor(taken).median())
