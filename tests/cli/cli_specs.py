"""Specs that the tests of the command line give it."""

from __future__ import annotations

SCHOOLS = """\
data school {
    y     = [28, 8, -3, 7, -1, 1, 18, 12]
    sigma = [15, 10, 16, 11, 9, 11, 10, 18]
}
mu  ~ Normal(0, 5)
tau ~ HalfCauchy(5)
theta[school] ~ Normal(mu, tau) noncentered
observe y ~ Normal(theta, sigma)
infer nuts(chains = 1, warmup = 20, draws = 20)
infer quick = svi(steps = 20, draws = 20)
infer point = map(steps = 20)
"""
WITH_ERRORS = """\
data obs { y = [1, 2, 3] }
a ~ Nrmal(0, 1)
b ~ Normal(q, 1)
observe y ~ Normal(b, 1)
"""
WITH_WARNING = """\
data obs { y = [1, 2, 3] }
a, b ~ Normal(0, 1)
observe y ~ Normal(a, 1)
infer quick = svi(steps = 20, draws = 20)
"""
