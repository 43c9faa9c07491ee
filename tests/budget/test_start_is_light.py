"""A run of a small model takes little more than the import of torch and Pyro: nothing else that is heavy comes with it.

What is held is which libraries a run imports, and not a time, which other programs on the machine would change.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Each takes between a tenth of a second and a whole one.
HEAVY = (
    "arviz",
    "arviz_base",
    "arviz_stats",
    "IPython",
    "jax",
    "matplotlib",
    "networkx",
    "numba",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sympy",
    "torch._dynamo",
    "torch._inductor",
    "torch.utils.tensorboard",
    "xarray",
)

# The command, and then on standard error what it has imported.
COMMAND = f"""
import sys
from bayesdsl.cli.process import entry
status = entry()
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""

MODELS = {
    "nuts": """\
data point {
    group : category = ["a", "a", "b", "b", "b"]
    x = [0.5, 1, 2, 3.5, 4]
    y : real = [1, 2, 3, 5, 4]
}
a[group] ~ Normal(0, 2)
b : positive ~ Normal(0, 1)
sigma ~ Uniform(0, 10)
observe y ~ Normal(a[group] + b * x, sigma)
derive twice = 2 * b
infer nuts(chains = 1, warmup = 20, draws = 20)
""",
    "nuts of a classification": """\
data point { x = [0.5, 1, 2, 3.5, 4]; y = [0, 1, 0, 1, 1] }
a ~ Normal(0, 2)
sigma ~ HalfNormal(1)
observe y ~ Bernoulli(logits = a + sigma * x)
infer nuts(chains = 1, warmup = 20, draws = 20)
""",
    "nuts of a mixture": """\
plate kind = ["low", "high"]
data point { y : real = [1, 2, 3, 5, 4] }
w[kind] ~ Dirichlet(1)
a[kind] : ordered ~ Normal(0, 2)
sigma ~ HalfNormal(1)
observe y ~ Mixture(w, Normal(a, sigma))
infer nuts(chains = 1, warmup = 20, draws = 20)
""",
    "svi": """\
data point { x = [0.5, 1, 2, 3.5, 4]; y = [0, 1, 0, 1, 1] }
a ~ Normal(0, 2)
sigma ~ HalfNormal(1)
observe y ~ Bernoulli(logits = a + sigma * x)
infer svi(steps = 400, draws = 200)
""",
    "map": """\
data point { y : real = [1, 2, 3, 5, 4] }
a ~ Normal(0, 2)
sigma ~ HalfNormal(1)
observe y ~ Normal(a, sigma)
infer map(steps = 400)
""",
}


@pytest.mark.parametrize(("model", "saved"), [*((name, True) for name in MODELS), ("nuts", False)])
def test_a_run_imports_nothing_heavy_beside_torch_and_pyro(tmp_path: Path, model: str, saved: bool) -> None:
    spec = tmp_path / "small.bayes"
    spec.write_text(MODELS[model], encoding="utf-8")
    options = ["--out", str(tmp_path / "run")] if saved else ["--no-save"]
    command = [sys.executable, "-c", COMMAND, "run", str(spec), "--seed", "1", "--quiet", *options]
    # What is made at a first run is not to be had.
    cache = {"BAYESDSL_CACHE": str(tmp_path / "cache")}
    environment = {**os.environ, **cache, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert "sigma" in done.stdout
    imported = done.stderr.splitlines()[-1].split() if done.stderr else []
    assert imported == []
