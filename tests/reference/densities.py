"""Log densities by Pyro's names and arguments, without torch where a formula is at hand.

`ELEMENTWISE` ones take arrays of one shape and give one of that shape. `WHOLE_VALUE` ones take one value (a vector, a
matrix, or a scalar whose arguments are vectors) and give a float. Any other distribution is Pyro's own, built for one
member at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy.special as sp
import scipy.stats as st

from bayesdsl.catalogue.rows import Distribution


def _logits(probs, logits):
    """The log probabilities of yes and of no."""
    if logits is not None:
        return -np.logaddexp(0.0, -logits), -np.logaddexp(0.0, logits)
    return np.log(probs), np.log1p(-probs)


def bernoulli(x, probs=None, logits=None):
    """Also for x between 0 and 1, where it is the cross entropy."""
    yes, no = _logits(probs, logits)
    return sp.xlogy(x, np.exp(yes)) + sp.xlogy(1 - x, np.exp(no)) if logits is None else x * yes + (1 - x) * no


def binomial(x, total_count=1.0, probs=None, logits=None):
    yes, no = _logits(probs, logits)
    choose = sp.gammaln(total_count + 1) - sp.gammaln(x + 1) - sp.gammaln(total_count - x + 1)
    return choose + x * yes + (total_count - x) * no


def geometric(x, probs=None, logits=None):
    yes, no = _logits(probs, logits)
    return yes + x * no


def negative_binomial(x, total_count, probs=None, logits=None):
    yes, no = _logits(probs, logits)
    choose = sp.gammaln(x + total_count) - sp.gammaln(x + 1) - sp.gammaln(total_count)
    return choose + total_count * no + x * yes


def zero_inflated(base: Callable) -> Callable:
    def density(x, gate=None, gate_logits=None, **args):
        gate = sp.expit(gate_logits) if gate_logits is not None else gate
        log_base = base(x, **args)
        return np.where(x == 0, np.log(gate + (1 - gate) * np.exp(log_base)), np.log1p(-gate) + log_base)

    return density


ELEMENTWISE: dict[str, Callable] = {
    "Normal": lambda x, loc, scale: st.norm.logpdf(x, loc, scale),
    "LogNormal": lambda x, loc, scale: st.norm.logpdf(np.log(x), loc, scale) - np.log(x),
    "HalfNormal": lambda x, scale: math.log(2) + st.norm.logpdf(x, 0, scale),
    "Cauchy": lambda x, loc, scale: st.cauchy.logpdf(x, loc, scale),
    "HalfCauchy": lambda x, scale: math.log(2) + st.cauchy.logpdf(x, 0, scale),
    "StudentT": lambda x, df, loc=0.0, scale=1.0: st.t.logpdf(x, df, loc, scale),
    "Laplace": lambda x, loc, scale: -np.abs(x - loc) / scale - np.log(2 * scale),
    "Logistic": lambda x, loc, scale: st.logistic.logpdf(x, loc, scale),
    "Gumbel": lambda x, loc, scale: st.gumbel_r.logpdf(x, loc, scale),
    "Exponential": lambda x, rate: np.log(rate) - rate * x,
    "Gamma": lambda x, concentration, rate: st.gamma.logpdf(x, concentration, scale=1 / rate),
    "InverseGamma": lambda x, concentration, rate: st.invgamma.logpdf(x, concentration, scale=rate),
    "Chi2": lambda x, df: st.chi2.logpdf(x, df),
    "Weibull": lambda x, scale, concentration: st.weibull_min.logpdf(x, concentration, scale=scale),
    "Pareto": lambda x, scale, alpha: np.log(alpha) + alpha * np.log(scale) - (alpha + 1) * np.log(x),
    "Beta": lambda x, concentration1, concentration0: st.beta.logpdf(x, concentration1, concentration0),
    "Uniform": lambda x, low, high: np.where((low <= x) & (x < high), -np.log(high - low), -np.inf),
    "Bernoulli": bernoulli,
    "Binomial": binomial,
    "BetaBinomial": lambda x, concentration1, concentration0, total_count=1.0: st.betabinom.logpmf(
        x, total_count, concentration1, concentration0
    ),
    "Geometric": geometric,
    "Poisson": lambda x, rate: sp.xlogy(x, rate) - rate - sp.gammaln(x + 1),
    "GammaPoisson": lambda x, concentration, rate: st.nbinom.logpmf(x, concentration, rate / (1 + rate)),
    "NegativeBinomial": negative_binomial,
    "ZeroInflatedPoisson": zero_inflated(lambda x, rate: st.poisson.logpmf(x, rate)),
    "ZeroInflatedNegativeBinomial": zero_inflated(negative_binomial),
}


def categorical(x, probs=None, logits=None):
    return (
        float(np.log(probs / probs.sum())[int(x)]) if logits is None else float((logits - sp.logsumexp(logits))[int(x)])
    )


def ordered_logistic(x, predictor, cutpoints):
    below = np.concatenate([[0.0], sp.expit(cutpoints - predictor), [1.0]])
    return float(np.log(np.diff(below)[int(x)]))


def multinomial(x, total_count=1.0, probs=None, logits=None):
    log_probs = np.log(probs / probs.sum()) if logits is None else logits - sp.logsumexp(logits)
    return float(sp.gammaln(x.sum() + 1) - sp.gammaln(x + 1).sum() + (x * log_probs).sum())


def multivariate_normal(x, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None):
    if scale_tril is not None:
        covariance_matrix = scale_tril @ scale_tril.T
    elif precision_matrix is not None:
        covariance_matrix = np.linalg.inv(precision_matrix)
    return float(st.multivariate_normal.logpdf(x, loc, covariance_matrix))


def low_rank_multivariate_normal(x, loc, cov_factor, cov_diag):
    return multivariate_normal(x, loc, cov_factor @ cov_factor.T + np.diag(cov_diag))


def multivariate_student_t(x, df, loc, scale_tril):
    return float(st.multivariate_t.logpdf(x, loc, scale_tril @ scale_tril.T, df=float(df)))


def mixture_of_diag_normals(x, locs, coord_scale, component_logits):
    components = st.norm.logpdf(x, locs, coord_scale).sum(-1)
    return float(sp.logsumexp(components + component_logits) - sp.logsumexp(component_logits))


def lkj_cholesky(x, concentration=1.0):
    """Row i is a point of the unit ball with i - 1 coordinates, with density (1 - r^2)^a over its known integral."""
    size, total = len(x), 0.0
    for i in range(2, size + 1):
        a, m = concentration - 1 + (size - i) / 2, i - 1
        volume = m / 2 * math.log(math.pi) + sp.gammaln(a + 1) - sp.gammaln(a + 1 + m / 2)
        total += 2 * a * math.log(x[i - 1, i - 1]) - volume
    return float(total)


def wishart(x, df, covariance_matrix=None, precision_matrix=None, scale_tril=None):
    if scale_tril is not None:
        covariance_matrix = scale_tril @ scale_tril.T
    elif precision_matrix is not None:
        covariance_matrix = np.linalg.inv(precision_matrix)
    return float(st.wishart.logpdf(x, float(df), covariance_matrix))


WHOLE_VALUE: dict[str, Callable[..., float]] = {
    "Categorical": categorical,
    "OrderedLogistic": ordered_logistic,
    "OneHotCategorical": lambda x, probs=None, logits=None: categorical(x.argmax(), probs, logits),
    "Multinomial": multinomial,
    "Dirichlet": lambda x, concentration: float(
        sp.gammaln(concentration.sum()) - sp.gammaln(concentration).sum() + ((concentration - 1) * np.log(x)).sum()
    ),
    "MultivariateNormal": multivariate_normal,
    "LowRankMultivariateNormal": low_rank_multivariate_normal,
    "MultivariateStudentT": multivariate_student_t,
    "MixtureOfDiagNormals": mixture_of_diag_normals,
    "MixtureOfDiagNormalsSharedCovariance": mixture_of_diag_normals,
    "LKJCholesky": lkj_cholesky,
    "Wishart": wishart,
}


def by_member(row: Distribution) -> Callable[..., float]:
    """Pyro's own distribution, made for a single value from arguments that have no independent copies."""

    def density(x: np.ndarray, **args: np.ndarray) -> float:
        import pyro.distributions
        import torch

        made: dict[str, object] = {name: x.shape[-1] for name in row.sizes}
        for name, value in args.items():
            parameter = row.parameter(name)
            plain = parameter.static and not parameter.tensor
            made[name] = int(value) if plain else torch.as_tensor(value, dtype=torch.float64)
        found = getattr(pyro.distributions, row.name)(**made, validate_args=False)
        return float(found.log_prob(torch.as_tensor(x, dtype=torch.float64)))

    return density
