"""From the shell to a summary on the screen, as a script of somebody who uses that peer: `cold.py PEER CSV`.

The model is rugged with 4 chains of 1,000 + 1,000 on two cores. Ours is the command `bayesdsl run`.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path


def main(peer: str, path: str) -> None:
    import numpy as np

    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    SCRIPTS[peer]({name: np.array([float(row[name]) for row in rows]) for name in rows[0]})


def numpyro(data):
    import jax
    from numpyro.infer import MCMC, NUTS

    from benchmarks.engines.models import rugged

    mcmc = MCMC(NUTS(rugged.numpyro(data)), num_warmup=1000, num_samples=1000, num_chains=4, progress_bar=False)
    mcmc.run(jax.random.key(1), **data)
    mcmc.print_summary()


def pymc(data):
    import arviz
    import nutpie

    from benchmarks.engines.models import rugged

    compiled = nutpie.compile_pymc_model(rugged.pymc(data, lambda arrays: arrays), backend="numba")
    trace = nutpie.sample(compiled, draws=1000, tune=1000, chains=4, cores=2, seed=1, progress_bar=False)
    print(arviz.summary(trace))


def stan(data):
    import arviz
    import stan

    from benchmarks.engines.setting import MODELS_AT

    program = (MODELS_AT / "rugged.stan").read_text(encoding="utf-8")
    given = {"n": len(data["africa"]), **{name: values.tolist() for name, values in data.items()}}
    fit = stan.build(program, data=given, random_seed=1).sample(num_chains=4, num_warmup=1000, num_samples=1000)
    print(arviz.summary(arviz.from_pystan(fit)))


def pyro(data):
    import bayesdsl as bd
    from benchmarks.engines.peers.pyro import by_hand
    from benchmarks.engines.setting import MODELS_AT

    compiled = bd.compile(MODELS_AT / "rugged.bayes")
    by_hand(compiled.model, compiled.inputs({"nation": data}))


SCRIPTS = {"numpyro": numpyro, "pymc": pymc, "stan": stan, "pyro": pyro}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(*sys.argv[1:])
